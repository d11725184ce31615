/** APOP (RFC 1939, section 7): the password proven by a digest over the greeting's timestamp. Pure. */
import { createHash } from "node:crypto";

const TIMESTAMP_BYTES = 512;

/**
 * The timestamp of a greeting, `<x@y>` in printable ASCII without blanks, at most 512 bytes; null when there is none.
 * Anything looser lets a false server try out the password byte by byte (R-37, CVE-2007-1558).
 */
export function apopTimestampOf(greeting: string): string | null {
  const found = /<[!-;=?A-~]+@[!-;=?A-~]+>/.exec(greeting)?.[0];
  return found !== undefined && found.length <= TIMESTAMP_BYTES ? found : null;
}

/** The digest to send, 32 hex digits. */
export function apopDigest(timestamp: string, password: Uint8Array): string {
  return createHash("md5").update(timestamp, "latin1").update(password).digest("hex");
}
