/**
 * The digests by which a message is known again; SHA-256, LF form, never of chosen fields
 * such as Message-ID alone (F13).
 *
 * One pass: the header at once, then the body in any pieces. The digests depend on the bytes, not on the cuts.
 */
import { createHash } from "node:crypto";
import { Header } from "./header.ts";

/** What tells a message from others; each digest has 32 bytes. */
export interface MessageDigests {
  /** All bytes: the same message under another UID. */
  readonly message: Uint8Array;
  /** The header section alone: equal to `headerDigest` of what `TOP n 0` shows. */
  readonly header: Uint8Array;
  /** Body, and header without what differs between copies for several recipients (spec 6, R-44); null: not wanted. */
  readonly copy: Uint8Array | null;
  /** Of the message in LF form. */
  readonly sizeBytes: number;
}

/** Written on delivery, once per copy (spec 6, copies). */
const deliveryFields = [
  "Return-Path",
  "Received",
  "Delivered-To",
  "X-Original-To",
  "Envelope-To",
  "X-Envelope-To",
] as const;

/**
 * The digest of a header section, with or without its closing blank line: servers differ in whether TOP
 * sends that line, and whether it sends one more.
 */
export function headerDigest(bytes: Uint8Array): Uint8Array {
  return createHash("sha256")
    .update(bytes.subarray(0, textEnd(bytes)))
    .update("\n")
    .digest();
}

/** How copies of a message differ. */
export interface CopyWishes {
  /** Of the account, whose field differs between copies; null for none. */
  readonly specialHeader: string | null;
}

/**
 * Takes a message in once: first `header`, then `body` as often as it likes, then `finish`.
 */
export class MessageDigester {
  readonly #copies: CopyWishes | null;
  readonly #body = createHash("sha256");
  #header: Uint8Array = new Uint8Array();
  #sizeBytes = 0;

  /** @param copies null: nobody looks for copies of it, which saves reading its header once more */
  constructor(copies: CopyWishes | null) {
    this.#copies = copies;
  }

  /** The header section up to and with its blank line, as `findHeaderEnd` cuts it; kept until `finish`. */
  header(bytes: Uint8Array): void {
    this.#header = bytes;
    this.#sizeBytes += bytes.length;
  }

  /** The next piece of the body, of any length. */
  body(chunk: Uint8Array): void {
    this.#body.update(chunk);
    this.#sizeBytes += chunk.length;
  }

  /** The digests; the digester is used up. */
  finish(): MessageDigests {
    const body = this.#body.digest();
    const header = headerDigest(this.#header);
    const message = createHash("sha256").update("rpop1").update(header).update(body).digest();
    const copy =
      this.#copies === null
        ? null
        : createHash("sha256").update(this.#copyHeader(this.#copies)).update("\n").update(body).digest();
    return { message, header, copy, sizeBytes: this.#sizeBytes };
  }

  #copyHeader({ specialHeader }: CopyWishes): Uint8Array {
    const { header, headerEnd } = Header.parse(this.#header);
    const special = specialHeader === null ? [] : [specialHeader];
    const fields = header.without([...deliveryFields, ...special]).toBytes();
    const rest = this.#header.subarray(headerEnd);
    const bytes = new Uint8Array(fields.length + rest.length);
    bytes.set(fields);
    bytes.set(rest, fields.length);
    return bytes.subarray(0, textEnd(bytes));
  }
}

/** Where the line ends at the end begin. */
function textEnd(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--;
  return end;
}
