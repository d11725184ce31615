/**
 * Values sealed at rest: AES-256-GCM, with the key's id in front and the place of the value as associated data
 * (spec 10, R-60). A sealed value moved to another table, row or field does not open.
 *
 * Layout: version (1 byte, 1) · key id (8) · nonce (12) · tag (16) · ciphertext.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const VERSION = 1;
const KEY_ID_END = 9;
const NONCE_END = KEY_ID_END + 12;
const TAG_END = NONCE_END + 16;

/** 32 bytes, and the id by which sealed values name it. */
export interface SecretKey {
  readonly bytes: Uint8Array;
  /** Hex, 16 digits; tells nothing of the key. */
  readonly id: string;
}

export function secretKey(bytes: Uint8Array): SecretKey {
  return { bytes, id: createHash("sha256").update("rpop key id\0").update(bytes).digest("hex").slice(0, 16) };
}

/** @param place "table/id/field": where the value will stand. */
export function sealValue(key: SecretKey, plain: Uint8Array, place: string): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce);
  cipher.setAAD(Buffer.from(place, "utf8"));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(key.id, "hex"), nonce, cipher.getAuthTag(), body]);
}

/** @returns undefined when the value was sealed by another key, for another place, or is damaged. */
export function openValue(key: SecretKey, sealed: Uint8Array, place: string): Uint8Array | undefined {
  if (sealed.length < TAG_END || sealedKeyId(sealed) !== key.id) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, sealed.subarray(KEY_ID_END, NONCE_END));
  decipher.setAAD(Buffer.from(place, "utf8"));
  decipher.setAuthTag(sealed.subarray(NONCE_END, TAG_END));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(TAG_END)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Id of the key that a value was sealed with; empty for what is no sealed value. */
export function sealedKeyId(sealed: Uint8Array): string {
  return sealed[0] === VERSION ? Buffer.from(sealed.subarray(1, KEY_ID_END)).toString("hex") : "";
}
