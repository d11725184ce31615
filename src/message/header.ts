/**
 * The header section of a message: raw fields in their order (RFC 5322, 2.2 and 3.6).
 *
 * Bytes are in LF form. Fields can be read and left out; what remains keeps its bytes, so that signatures
 * over it (DKIM) survive. Nothing throws, whatever the bytes are: what cannot be read stays raw.
 *
 * Where the header ends: at the first blank line (empty, or a single CR), at the end, or at the first line
 * that is neither a field, nor a continuation, nor an mbox line (`From `, `>From `). That line and all behind
 * it are body, as Postfix, Exim and mutt read it; going on would take fields out of what others see as text.
 */

/** Most bytes that a header section is looked for in. */
export const maxHeaderBytes = 2 * 1024 * 1024;

/** Most fields that are read; what stands behind them stays raw. */
const maxFields = 50_000;

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const COLON = 58;

interface Field {
  /** Lower case; null for raw bytes that are no field (an mbox line, fields past the bound). */
  readonly name: string | null;
  readonly start: number;
  /** Of the first byte behind the colon. */
  readonly valueStart: number;
  /** Behind the closing LF. */
  readonly end: number;
}

/** A header section and where it lies in the bytes it was read from. */
export interface ParsedHeader {
  readonly header: Header;
  /** Where the fields end: the blank line, or the first line that is no field. `header.toBytes()` and the bytes from here on are the message. */
  readonly headerEnd: number;
  /** Where the body begins: behind the blank line; equal to `headerEnd` where there is none. */
  readonly bodyOffset: number;
}

/** The fields of a message in their order; immutable. Names are matched without case. */
export class Header {
  /** Over 50,000 fields or 2 MiB: not all of it was read, so nobody's address in it is to be trusted. */
  readonly oversized: boolean;
  readonly #bytes: Uint8Array;
  readonly #fields: readonly Field[];

  private constructor(bytes: Uint8Array, fields: readonly Field[], oversized: boolean) {
    this.#bytes = bytes;
    this.#fields = fields;
    this.oversized = oversized;
  }

  /**
   * Reads the header section that the bytes begin with; a message, or what `findHeaderEnd` cut off.
   * The bytes are kept, not copied. Never throws.
   */
  static parse(bytes: Uint8Array): ParsedHeader {
    const limit = Math.min(bytes.length, maxHeaderBytes);
    const fields: Field[] = [];
    let position = 0;
    let open: { name: string | null; start: number; valueStart: number } | null = null;
    const close = () => {
      if (open) fields.push({ ...open, end: position });
      open = null;
    };
    let ended = false;
    while (position < limit) {
      const found = bytes.indexOf(LF, position);
      const next = found === -1 || found >= limit ? limit : found + 1;
      const first = bytes[position];
      if (first === LF || (first === CR && bytes[position + 1] === LF)) {
        ended = true;
        break;
      }
      if (first === SPACE || first === TAB) {
        if (!open) {
          ended = true;
          break;
        }
      } else {
        const field = fieldAt(bytes, position, next);
        if (!field) {
          ended = true;
          break;
        }
        close();
        if (fields.length >= maxFields) {
          const stop = rawEnd(bytes, position, limit);
          fields.push({ name: null, start: position, valueStart: position, end: stop });
          return finish(bytes, fields, stop, true);
        }
        open = field;
      }
      position = next;
    }
    if (!ended && limit === maxHeaderBytes) {
      // The last field may go on behind the bound: it is left to the body, never half removed.
      return finish(bytes, fields, (open as Field | null)?.start ?? position, true);
    }
    close();
    return finish(bytes, fields, position, false);

    function finish(
      all: Uint8Array,
      read: readonly Field[],
      headerEnd: number,
      oversized: boolean,
    ): ParsedHeader {
      const blank = all[headerEnd] === LF ? 1 : all[headerEnd] === CR && all[headerEnd + 1] === LF ? 2 : 0;
      return { header: new Header(all, read, oversized), headerEnd, bodyOffset: headerEnd + blank };
    }
  }

  has(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.#fields.some((field) => field.name === wanted);
  }

  /** How many fields have this name. */
  count(name: string): number {
    const wanted = name.toLowerCase();
    return this.#fields.reduce((sum, field) => (field.name === wanted ? sum + 1 : sum), 0);
  }

  /** The topmost value of that name, as `all` gives it; null where there is none. */
  first(name: string): string | null {
    const wanted = name.toLowerCase();
    const field = this.#fields.find((candidate) => candidate.name === wanted);
    return field ? this.#value(field) : null;
  }

  /**
   * Every value of that name, from the top: unfolded, without blanks around it, encoded words as they came.
   * Decoded as UTF-8 where the value is valid UTF-8, else byte by byte (ISO 8859-1), so no byte is lost.
   */
  all(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#fields.filter((field) => field.name === wanted).map((field) => this.#value(field));
  }

  /**
   * The values that the last hop wrote: from the topmost field of that name down to the next Received below
   * it. Further down, former hops wrote theirs (spec 6).
   */
  topmostHop(name: string): string[] {
    const wanted = name.toLowerCase();
    const values: string[] = [];
    for (const field of this.#fields) {
      if (field.name === wanted) values.push(this.#value(field));
      else if (field.name === "received" && values.length > 0) break;
    }
    return values;
  }

  /** The header without every field of these names; the others keep their order and bytes. */
  without(names: readonly string[]): Header {
    const unwanted = new Set(names.map((name) => name.toLowerCase()));
    const kept = this.#fields.filter((field) => field.name === null || !unwanted.has(field.name));
    if (kept.length === this.#fields.length) return this;
    return new Header(this.#bytes, kept, this.oversized);
  }

  /** The raw bytes of the fields as they came, each with its LF; without the blank line. */
  toBytes(): Uint8Array {
    const runs: Uint8Array[] = [];
    let start = 0;
    let end = 0;
    for (const field of this.#fields) {
      if (field.start !== end) {
        if (end > start) runs.push(this.#bytes.subarray(start, end));
        start = field.start;
      }
      end = field.end;
    }
    if (end > start) runs.push(this.#bytes.subarray(start, end));
    return Buffer.concat(runs);
  }

  #value(field: Field): string {
    return decode(this.#bytes.subarray(field.valueStart, field.end))
      .replace(/\r?\n/g, "")
      .replace(/^[ \t]+/, "")
      .trimEnd();
  }
}

/**
 * Looks for the blank line that closes a header section, so that a stream need not be held whole.
 *
 * @param bytes the message so far, LF form
 * @param from how many of them an earlier call has seen; 0 at first
 * @returns offset behind the blank line (where the body begins); -1 while there is none. A caller gives up at
 *   `maxHeaderBytes` and takes what it has for the header.
 */
export function findHeaderEnd(bytes: Uint8Array, from: number): number {
  if (bytes[0] === LF) return 1;
  if (bytes[0] === CR && bytes[1] === LF) return 2;
  // LF CR LF may have been cut anywhere.
  let position = bytes.indexOf(LF, Math.max(0, from - 2));
  while (position !== -1) {
    if (bytes[position + 1] === LF) return position + 2;
    if (bytes[position + 1] === CR && bytes[position + 2] === LF) return position + 3;
    position = bytes.indexOf(LF, position + 1);
  }
  return -1;
}

/** Name and place of the field or mbox line that begins here; null where it is neither. */
function fieldAt(bytes: Uint8Array, start: number, end: number) {
  let position = start;
  while (position < end && isNameByte(bytes[position] ?? 0)) position++;
  const nameEnd = position;
  while (bytes[position] === SPACE || bytes[position] === TAB) position++;
  if (nameEnd > start && position < end && bytes[position] === COLON) {
    return { name: latin1(bytes.subarray(start, nameEnd)).toLowerCase(), start, valueStart: position + 1 };
  }
  const line = latin1(bytes.subarray(start, Math.min(end, start + 6)));
  return /^>?From /.test(line) ? { name: null, start, valueStart: start } : null;
}

/** RFC 5322, 2.2: printable ASCII without the colon. */
function isNameByte(byte: number): boolean {
  return byte > 32 && byte < 127 && byte !== COLON;
}

/** Where the first blank line from here on begins, or the limit. */
function rawEnd(bytes: Uint8Array, start: number, limit: number): number {
  let position = start;
  while (position < limit) {
    if (bytes[position] === LF || (bytes[position] === CR && bytes[position + 1] === LF)) return position;
    const found = bytes.indexOf(LF, position);
    position = found === -1 ? limit : found + 1;
  }
  return Math.min(position, limit);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
