/**
 * Holds what was delivered against what was sent: every message once, byte for byte. What stands before a message is
 * the delivery's own header. One program may be allowed to treat a CR that ends no line in its own way.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Fingerprint, sha256, withoutLineEnds } from "./mail-series.ts";

/** @throws at the first message that is lacking, doubled, changed, or not expected. */
export async function compareDelivered(
  maildir: string,
  expected: ReadonlyMap<number, Fingerprint>,
  changesLoneCr: boolean,
): Promise<void> {
  const seen = new Set<number>();
  for (const folder of ["new", "cur"]) {
    for (const file of await readdir(join(maildir, folder))) {
      const bytes = await readFile(join(maildir, folder, file));
      const head = bytes.subarray(0, 4096).toString("latin1");
      const index = Number(/^Message-ID: <(\d+)\.sample@/m.exec(head)?.[1] ?? Number.NaN);
      const message = expected.get(index);
      if (message === undefined)
        throw new Error(`message ${index} was delivered and is none of the new ones`);
      if (seen.has(index)) throw new Error(`message ${index} was delivered twice`);
      const { sizeBytes, sha256: digest } = changesLoneCr ? message.text : message;
      const compared = changesLoneCr ? withoutLineEnds(bytes) : bytes;
      if (compared.length < sizeBytes || sha256(compared.subarray(-sizeBytes)) !== digest)
        throw new Error(`message ${index} was changed: ${join(maildir, folder, file)}`);
      seen.add(index);
    }
  }
  if (seen.size !== expected.size)
    throw new Error(`${seen.size} of ${expected.size} messages were delivered`);
}
