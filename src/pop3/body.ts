/**
 * The bytes of a message on their way from the wire: dot-stuffing off, CRLF to LF, end found. Pure.
 *
 * Works in place in the piece received, and gives the same bytes for any cutting into pieces. Only CRLF.CRLF ends
 * a message; LF.LF does so only where the server ends its status lines in bare LF. Everything else is
 * kept as sent: NUL, 8-bit bytes, lone CR and LF, lines of any length.
 */
const LF = 10;
const CR = 13;
const DOT = 46;
const LONE_CR = Buffer.from("\r");

/** What the bytes so far leave undecided. */
type Place =
  | "line-start"
  | "inside"
  | "after-cr" // a CR is held back
  | "after-dot" // a dot at the start of a line is held back
  | "after-dot-cr"; // and the CR behind it

/** Decodes one multi-line answer; one object for one message. */
export class BodyDecoder {
  readonly #bareLf: boolean;
  #place: Place = "line-start";
  #firstBytes = "";
  /** The message's size as RFC 1939 counts: two octets for a CRLF, without stuffing and without the final line. */
  octets = 0;
  /** The end was seen. */
  done = false;

  /** @param bareLf the server ends its status lines in bare LF */
  constructor(bareLf: boolean) {
    this.#bareLf = bareLf;
  }

  /** The message begins like an answer to another command: out of step, or odd mail. */
  get startsLikeReply(): boolean {
    return /^(\+OK|-ERR)([ \n\r]|$)/.test(this.#firstBytes);
  }

  /**
   * Takes the next bytes, which now belong to the decoder: they are overwritten.
   *
   * @returns the message's bytes in this piece (perhaps none), and how many of the piece's bytes were used: all of
   *   them until `done`, then those up to the end of the final line.
   */
  decode(chunk: Buffer): { bytes: Buffer; used: number } {
    const end = chunk.length;
    let read = 0;
    let write = 0;
    let heldCr = false;
    while (read < end && !this.done) {
      switch (this.#place) {
        case "line-start":
          if (chunk[read] === DOT) {
            this.#place = "after-dot";
            read++;
          } else {
            this.#place = "inside";
          }
          break;
        case "after-dot":
          if (chunk[read] === CR) {
            this.#place = "after-dot-cr";
            read++;
          } else if (chunk[read] === LF && this.#bareLf) {
            this.done = true;
            read++;
          } else {
            this.#place = "inside";
          }
          break;
        case "after-dot-cr":
          if (chunk[read] === LF) {
            this.done = true;
            read++;
          } else {
            this.#place = "after-cr";
          }
          break;
        case "after-cr":
          if (chunk[read] === LF) {
            chunk[write++] = LF;
            read++;
            this.octets += 2;
            this.#place = "line-start";
          } else {
            // A lone CR is text. Held back from the piece before this one, it finds no room in here.
            if (write < read) chunk[write++] = CR;
            else heldCr = true;
            this.octets += 1;
            this.#place = "inside";
          }
          break;
        case "inside": {
          const lf = chunk.indexOf(LF, read);
          let stop = lf < 0 ? end : lf;
          const crBefore = stop > read && chunk[stop - 1] === CR;
          if (crBefore) stop--;
          if (write !== read) chunk.copyWithin(write, read, stop);
          write += stop - read;
          this.octets += stop - read;
          if (lf < 0) {
            if (crBefore) this.#place = "after-cr";
            read = end;
          } else {
            chunk[write++] = LF;
            this.octets += crBefore ? 2 : 1;
            this.#place = crBefore || this.#bareLf ? "line-start" : "inside";
            read = lf + 1;
          }
          break;
        }
      }
    }
    const here = chunk.subarray(0, write);
    const bytes = heldCr ? Buffer.concat([LONE_CR, here]) : here;
    if (this.#firstBytes.length < 5) {
      this.#firstBytes += bytes.toString("latin1", 0, Math.min(bytes.length, 5 - this.#firstBytes.length));
    }
    return { bytes, used: read };
  }
}
