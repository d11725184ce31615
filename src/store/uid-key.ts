/**
 * UIDs as the database compares them: bytes up to 255, longer ones by their SHA-256.
 *
 * The key of a long UID begins with LF, which no UID can hold (the server's line ends there): no 33 byte UID can be
 * taken for the digest of another. The long UID itself is kept beside its key, in no index, so that callers see
 * what the server said.
 */
import { createHash } from "node:crypto";

const longestKeptBytes = 255;

export interface UidColumns {
  readonly uid_key: Uint8Array | null;
  readonly uid_long: Uint8Array | null;
}

/** Columns for a UID as a latin1 string; null for none. */
export function uidColumns(uid: string | null): UidColumns {
  if (uid === null) return { uid_key: null, uid_long: null };
  const bytes = wireBytes(uid);
  if (bytes.length <= longestKeptBytes) return { uid_key: bytes, uid_long: null };
  return { uid_key: uidKey(uid), uid_long: bytes };
}

/** The bytes by which a UID is looked up. */
export function uidKey(uid: string): Uint8Array {
  const bytes = wireBytes(uid);
  if (bytes.length <= longestKeptBytes) return bytes;
  return Buffer.concat([Buffer.from("\n"), createHash("sha256").update(bytes).digest()]);
}

/** The UID of a row, as a latin1 string. */
export function uidOf(row: UidColumns): string | null {
  const bytes = row.uid_long ?? row.uid_key;
  return bytes === null ? null : wireText(bytes);
}

/** Bytes of a latin1 string. */
export function wireBytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Bytes as a latin1 string, one character each. */
export function wireText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
