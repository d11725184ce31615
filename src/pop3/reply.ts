/**
 * Status lines: what a server says first to every command. Pure.
 *
 * Text is latin1, one character per byte, until it leaves this folder as `remoteText`.
 */
import { isUtf8 } from "node:buffer";
import { REMOTE_WORDS_BYTES } from "./limits.ts";

/** `ok` is +OK, `refused` is -ERR, `continue` is the lone + of AUTH (RFC 1939 section 3, RFC 5034 section 4). */
export interface StatusLine {
  readonly kind: "ok" | "refused" | "continue";
  /** What follows the indicator, blanks around it taken off; latin1. */
  readonly text: string;
}

/** Reads a line without its line end; null when it is no status line, so that we are out of step. */
export function parseStatus(line: string): StatusLine | null {
  const start = line.slice(0, 4).toUpperCase();
  if (start.startsWith("+OK")) return { kind: "ok", text: line.slice(3).trim() };
  if (start === "-ERR") return { kind: "refused", text: line.slice(4).trim() };
  if (start === "+" || start.startsWith("+ ")) return { kind: "continue", text: line.slice(1).trim() };
  return null;
}

/** `[IN-USE] busy` gives `IN-USE` (RFC 2449, section 8; RFC 3206); null without a code. */
export function responseCodeOf(text: string): string | null {
  return /^\[([!-Z^-~]{1,64})\]/.exec(text)?.[1]?.toUpperCase() ?? null;
}

/** The server's words for a failure: at most 500 bytes, UTF-8 where they are UTF-8, else latin1; null when empty. */
export function remoteWords(text: string): string | null {
  if (text === "") return null;
  let bytes = Buffer.from(text.slice(0, REMOTE_WORDS_BYTES), "latin1");
  if (text.length > REMOTE_WORDS_BYTES) bytes = withoutCutCharacter(bytes);
  return isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("latin1");
}

function withoutCutCharacter(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  for (let spare = 1; spare <= 3; spare++) {
    if (((bytes[bytes.length - spare] ?? 0) & 0xc0) === 0xc0) return bytes.subarray(0, bytes.length - spare);
  }
  return bytes;
}
