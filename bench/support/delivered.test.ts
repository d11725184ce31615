import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { compareDelivered } from "./delivered.ts";
import { fingerprints, mailSeries } from "./mail-series.ts";
import { makeMaildirs } from "./maildirs.ts";

const series = mailSeries([300, 4000, 200_000]);
/** The first is known already. */
const expected = fingerprints(series, 1);
const prefix = Buffer.from("Received: from somewhere\n");

interface Delivery {
  readonly what: string;
  /** File names and their messages. */
  readonly files: Readonly<Record<string, Buffer>>;
  readonly says: string | null;
  readonly changesLoneCr?: boolean;
}

const [known, one, other] = [0, 1, 2].map((index) => series.message(index)) as [Buffer, Buffer, Buffer];
const flipped = Buffer.from(other);
flipped[10_000] = (flipped[10_000] ?? 0) ^ 1;
const withoutCr = Buffer.from(other.toString("latin1").replaceAll("\r", ""), "latin1");

test.each<Delivery>([
  { what: "both, as they were", files: { a: one, b: other }, says: null },
  { what: "a header before one", files: { a: Buffer.concat([prefix, one]), b: other }, says: null },
  { what: "one is lacking", files: { a: one }, says: "1 of 2 messages" },
  { what: "one came twice", files: { a: one, b: other, c: other }, says: "2 was delivered twice" },
  { what: "one was known", files: { a: one, b: other, c: known }, says: "0 was delivered and is none" },
  { what: "something else came", files: { a: one, b: Buffer.from("hello\n") }, says: "none of the new ones" },
  { what: "one bit is wrong", files: { a: one, b: flipped }, says: "2 was changed" },
  { what: "the end is lacking", files: { a: one, b: other.subarray(0, -1) }, says: "2 was changed" },
  { what: "lone CRs are lacking", files: { a: one, b: withoutCr }, says: "2 was changed" },
  { what: "lone CRs may be lacking", files: { a: one, b: withoutCr }, says: null, changesLoneCr: true },
  { what: "a bit may not", files: { a: one, b: flipped }, says: "2 was changed", changesLoneCr: true },
])("$what", async ({ files, says, changesLoneCr = false }) => {
  await using directory = await temporaryDirectory("delivered");
  const maildir = join(directory.path, "Maildir");
  await makeMaildirs([maildir], false);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(maildir, "new", name), bytes);

  const compared = compareDelivered(maildir, expected, changesLoneCr);

  if (says === null) await expect(compared).resolves.toBeUndefined();
  else await expect(compared).rejects.toThrow(says);
});

test("mail that was seen meanwhile counts", async () => {
  await using directory = await temporaryDirectory("delivered");
  const maildir = join(directory.path, "Maildir");
  await makeMaildirs([maildir], false);
  await writeFile(join(maildir, "new", "a"), one);
  await writeFile(join(maildir, "tmp", "b"), other);
  await copyFile(join(maildir, "tmp", "b"), join(maildir, "cur", "b:2,S"));
  await compareDelivered(maildir, expected, false);
});
