/**
 * Login names are bytes on the wire: kept as latin1 strings, one character per byte; people read and write UTF-8.
 */

/** `müller` as its UTF-8 bytes, one character each. */
export function wireText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The other way; bytes that are no UTF-8 are shown as latin1. */
export function peopleText(wire: string): string {
  const bytes = Buffer.from(wire, "latin1");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return wire;
  }
}
