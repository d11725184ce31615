/** What RPOP put before a message that it delivered, taken off again. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Delivered {
  /** Path of the Maildir file. */
  readonly path: string;
  /** `Return-Path` and our `Received`, as written. */
  readonly prefix: string;
  /** The message as it came: after CRLF → LF, our prefix off. */
  readonly message: Buffer;
}

/** Our two fields, the second one folded over several lines. */
const ownPrefix = /^Return-Path: <[^\n]*>\nReceived: [^\n]*\n([ \t][^\n]*\n)*/;

/** @throws when a delivered file does not begin with exactly one Return-Path and our Received. */
export function splitDelivered(path: string, bytes: Buffer): Delivered {
  const [prefix] = ownPrefix.exec(bytes.subarray(0, 4096).toString("latin1")) ?? [];
  if (prefix === undefined) throw new Error(`no Return-Path and Received at the top of ${path}`);
  return { path, prefix, message: bytes.subarray(prefix.length) };
}

/** Every message in `new` of a Maildir, in the order of the file names; none when there is no Maildir. */
export async function* deliveredIn(maildir: string): AsyncGenerator<Delivered> {
  const names = await readdir(join(maildir, "new")).catch(() => []);
  for (const name of names.sort()) {
    const path = join(maildir, "new", name);
    yield splitDelivered(path, await readFile(path));
  }
}
