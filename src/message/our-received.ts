/**
 * Where our own Received field ends in a message that we delivered: what stands behind it is the message as it came,
 * whatever we put above it.
 *
 * Two deliveries of one message differ in our fields alone (Return-Path, Received, X-Real-To), so that what follows
 * tells whether they are the same.
 */

/** Our fields stand at the very top; nobody puts more than a few above them. */
export const ourFieldsAtMostBytes = 16 * 1024;

export interface OurReceived {
  /** Our id of that delivery's message. */
  readonly messageId: string;
  /** Offset of the first byte behind the field. */
  readonly end: number;
}

/**
 * Reads the topmost Received field.
 *
 * @param bytes the start of a message with LF line ends; `ourFieldsAtMostBytes` are enough
 * @returns null where the topmost Received is not of this installation, or there is none.
 */
export function findOurReceived(bytes: Uint8Array, installationId: string): OurReceived | null {
  const text = Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    Math.min(bytes.length, ourFieldsAtMostBytes),
  ).toString("latin1");
  let at = 0;
  while (at < text.length) {
    const end = fieldEnd(text, at);
    if (end === null || text[at] === "\n") return null;
    const field = text.slice(at, end);
    if (/^received:/i.test(field)) {
      const mark = /\(RPOP\s+([\w.-]{1,200})\)\s+(?:with\s+\S+\s+)?id\s+([\w-]{1,200})/.exec(field);
      return mark?.[1] === installationId && mark[2] !== undefined ? { messageId: mark[2], end } : null;
    }
    at = end;
  }
  return null;
}

/** Offset behind the field that begins at `start`, its folded lines included; null: it does not end in here. */
function fieldEnd(text: string, start: number): number | null {
  let at = start;
  for (;;) {
    const line = text.indexOf("\n", at);
    if (line === -1) return null;
    at = line + 1;
    const next = text[at];
    if (next !== " " && next !== "\t") return at;
  }
}
