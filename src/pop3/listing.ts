/**
 * Multi-line answers of short lines (CAPA, LIST, UIDL), read as the bytes come in. Pure.
 *
 * A reader is fed pieces of any size and keeps the unfinished line. Lines end in LF, a CR before it is taken
 * off, a line of one dot ends the answer. A bound that is passed stops the reading at once.
 */
import { LISTING_BYTES, LISTING_LINE_BYTES } from "./limits.ts";

const LF = "\n";
const CR = 13;
const DOT = 46;

/** Splits an answer into lines; what a line means is the subclass's affair. */
export abstract class ListingReader {
  readonly #maxLines: number;
  #carry = "";
  #bytes = 0;
  /** Lines seen, the final dot not counted. */
  lines = 0;
  done = false;
  /** The bound that was passed, by the name that a failure gives it; reading must stop. */
  exceeded: { readonly limit: "line-bytes" | "lines" | "listing-bytes"; readonly bound: number } | null =
    null;

  constructor(maxLines: number) {
    this.#maxLines = maxLines;
  }

  protected abstract line(text: string, start: number, end: number): void;

  /** Takes the next bytes; returns how many of them, from the end, belong to whatever follows this answer. */
  feed(chunk: Buffer): number {
    return this.take(chunk.toString("latin1", 0, chunk.length));
  }

  /** `feed` with the bytes as latin1. */
  protected take(chunk: string): number {
    this.#bytes += chunk.length;
    const text = this.#carry + chunk;
    let start = 0;
    for (;;) {
      const lf = text.indexOf(LF, start);
      if (lf < 0) break;
      if (lf - start > LISTING_LINE_BYTES) return this.#stop("line-bytes", LISTING_LINE_BYTES);
      let end = lf;
      if (end > start && text.charCodeAt(end - 1) === CR) end--;
      if (text.charCodeAt(start) === DOT) {
        if (end - start === 1) {
          this.done = true;
          return text.length - lf - 1;
        }
        start++;
      }
      this.lines++;
      if (this.lines > this.#maxLines) return this.#stop("lines", this.#maxLines);
      this.line(text, start, end);
      start = lf + 1;
    }
    this.#carry = text.slice(start);
    if (this.#carry.length > LISTING_LINE_BYTES) return this.#stop("line-bytes", LISTING_LINE_BYTES);
    if (this.#bytes > LISTING_BYTES) return this.#stop("listing-bytes", LISTING_BYTES);
    return 0;
  }

  #stop(limit: "line-bytes" | "lines" | "listing-bytes", bound: number): number {
    this.exceeded = { limit, bound };
    return 0;
  }
}

/** Keeps the lines as they are, latin1. For CAPA. */
export class LineReader extends ListingReader {
  readonly all: string[] = [];

  protected override line(text: string, start: number, end: number): void {
    this.all.push(text.slice(start, end));
  }
}

/**
 * Keeps the answer as it came: all bytes to the final dot's line, latin1. For UIDL, whose lines nobody reads when they
 * are the same as last time.
 */
export class TextReader extends ListingReader {
  text = "";

  protected override line(): void {}

  protected override take(chunk: string): number {
    const rest = super.take(chunk);
    this.text += rest === 0 ? chunk : chunk.slice(0, chunk.length - rest);
    return rest;
  }
}

/**
 * Lines of `number rest`. A line whose number has not 1 to 10 digits, is 0, over STAT's count or seen before is
 * dropped, and so is one without a rest; any blanks separate (Comcast sends several).
 */
abstract class NumberedReader extends ListingReader {
  readonly #count: number;
  #highest = 0;
  #seen: Set<number> | null = null;
  readonly numbers: number[] = [];
  /** Lines dropped. */
  dropped = 0;

  /** The numbers kept ascend. */
  get ascending(): boolean {
    return this.#seen === null;
  }

  constructor(count: number, maxLines: number) {
    super(maxLines);
    this.#count = count;
  }

  /** Keeps the rest of a line; false when it is unreadable. */
  protected abstract keep(text: string, start: number, end: number): boolean;

  protected override line(text: string, start: number, end: number): void {
    let at = start;
    let number = 0;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    const digits = at - start;
    let rest = at;
    while (rest < end && isBlank(text.charCodeAt(rest))) rest++;
    let stop = end;
    while (stop > rest && isBlank(text.charCodeAt(stop - 1))) stop--;
    const readable = digits > 0 && digits <= 10 && rest > at && stop > rest;
    if (
      !readable ||
      number === 0 ||
      number > this.#count ||
      this.#isKnown(number) ||
      !this.keep(text, rest, stop)
    ) {
      this.dropped++;
      return;
    }
    this.numbers.push(number);
    if (number > this.#highest) this.#highest = number;
    this.#seen?.add(number);
  }

  /** Numbers nearly always ascend: the set is made only when they do not. */
  #isKnown(number: number): boolean {
    if (number > this.#highest) return false;
    this.#seen ??= new Set(this.numbers);
    return this.#seen.has(number);
  }
}

/** UIDL: the id is all that follows the blanks, opaque bytes as latin1 (RFC 1939, section 7). */
export class UidReader extends NumberedReader {
  readonly ids: string[] = [];

  /** @param text a whole answer, read and found within its bounds by `TextReader` */
  static of(text: string, count: number): UidReader {
    const reader = new UidReader(count, Number.POSITIVE_INFINITY);
    reader.take(text);
    return reader;
  }

  protected override keep(text: string, start: number, end: number): boolean {
    this.ids.push(text.slice(start, end));
    return true;
  }
}

/** LIST: the size in octets is the second word; what may follow it is ignored (RFC 1939, section 5). */
export class SizeReader extends NumberedReader {
  readonly sizes: number[] = [];

  protected override keep(text: string, start: number, end: number): boolean {
    let at = start;
    let size = 0;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      size = size * 10 + digit;
    }
    if (at === start || (at < end && !isBlank(text.charCodeAt(at))) || !Number.isSafeInteger(size))
      return false;
    this.sizes.push(size);
    return true;
  }
}

/** `+OK 2 320` gives count and octets (RFC 1939, section 5); null when it cannot be read (20,000 messages and an overflow). */
export function parseStat(text: string): { count: number; octets: number } | null {
  const match = /^(\d{1,10})[ \t]+(\d{1,15})(?![^ \t])/.exec(text);
  return match === null ? null : { count: Number(match[1]), octets: Number(match[2]) };
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
