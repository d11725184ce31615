/**
 * Names of things. What people see is a UUIDv7 (RFC 9562, 5.7): sorted by birth, unique without asking anyone.
 */

declare const brand: unique symbol;

/** A string that only its own kind may stand for. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A message that became ours, from before its bytes are written until after it is gone. */
export type MessageId = Branded<"MessageId">;
export type RemoteAccountId = Branded<"RemoteAccountId">;
export type LocalAccountId = Branded<"LocalAccountId">;
export type DomainId = Branded<"DomainId">;

/** Names that may be made in one millisecond before the next one is borrowed (RFC 9562, 6.2, method 1). */
export const uuidsPerMillisecond = 4096;

/**
 * UUIDv7 from a moment, a count within it, and eight random bytes: sorted as they were made.
 *
 * @param at milliseconds since 1970
 * @param count 0 to 4095, growing within one millisecond
 * @param random at least 8 bytes from a good source
 */
export function uuidv7(at: number, count: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  bytes.set(random.subarray(0, 8), 8);
  let rest = at;
  for (let index = 5; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | (count >> 8);
  bytes[7] = count & 0xff;
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Buffer.from(bytes.buffer).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Where new names come from; handed in, so that a test can foresee them. */
export interface IdSource {
  next(): string;
}
