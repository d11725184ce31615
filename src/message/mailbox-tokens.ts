/**
 * The lexical half of reading address lists: RFC 5322, 3.2, and what real mailers write instead.
 *
 * Linear: no character is looked at more than a fixed number of times, whatever the text. Never throws.
 * A quotation mark or parenthesis that has no partner is read as white space: it joins nothing.
 */

/** Deepest nesting of comments, and of groups, that is followed. */
export const maxDepth = 20;

/** A piece of an address list; `start` and `end` are offsets in the text. */
export type Token = WordToken | AtToken | SeparatorToken;

/** An atom with its dots, a quoted string, an address literal, an encoded word. */
export interface WordToken extends Place {
  readonly kind: "word";
  /** Unquoted. */
  readonly text: string;
  readonly form: "atom" | "quoted" | "literal" | "encoded";
  /** White space stands before it; comments alone are no space: `a(b)c` is one name. */
  readonly spaceBefore: boolean;
}

/** The sign between local part and domain. */
export interface AtToken extends Place {
  readonly kind: "@";
}

/** A character that shapes the list. */
interface SeparatorToken extends Place {
  readonly kind: "," | ";" | ":" | "<" | ">";
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Steps taken, for tests of linearity. */
export interface StepCount {
  steps: number;
}

const blank = /[ \t\r\n\u3000]/;
const wordEnds = /[ \t\r\n\u3000@,;:<>()"\u001b]/;
const encodedWord = /=\?[\w*.:+-]{1,60}\?[bq]\?[^\s?<>]{0,1000}\?=/iy;
const plainRun = /[^ \t\r\n\u3000@,;:<>()"\\\u001b=]+/y;
const literal = /\[[\w.:-]{1,255}\]/y;
/** A quoted string that holds the end of a mailbox: the mark that opened it was one too many. */
const runsOver = /@[^@<>\s,;]{1,255}>[ \t\r\n]*[,;]/;

function isMark(char: string): char is Exclude<Token["kind"], "word"> {
  return "@,;:<>".includes(char);
}

/** Reads tokens one by one. */
export class MailboxTokens {
  /** A comment nested deeper than `maxDepth` was met; `next` then gives null. */
  tooDeep = false;
  readonly #text: string;
  readonly #count: StepCount;
  #position = 0;
  #afterAt = false;
  /** After a search that met no end: the comments it passed on its way to the end of the text. */
  #commentEnds: ReadonlyMap<number, number> | null = null;
  /** Once a search met no end, later ones are not made: they would start inside what it looked through. */
  #noClosingQuote = false;
  #noEscapeEnd = false;
  #quotesBalance: boolean | null = null;

  constructor(text: string, count: StepCount) {
    this.#text = text;
    this.#count = count;
  }

  /** The next token; null at the end, or where the text nests too deep. */
  next(): Token | null {
    let spaceBefore = false;
    for (;;) {
      spaceBefore = this.#skipBlanksAndComments() || spaceBefore;
      if (this.tooDeep || this.#position >= this.#text.length) return null;
      const start = this.#position;
      const char = this.#text.charAt(start);
      if (isMark(char)) {
        this.#position++;
        this.#afterAt = char === "@";
        return { kind: char, start, end: this.#position };
      }
      const word = this.#word(char);
      this.#afterAt = false;
      if (word) return { kind: "word", ...word, spaceBefore, start, end: this.#position };
      this.#position++;
      spaceBefore = true;
    }
  }

  /** The word that begins with this character; null for a quotation mark that nothing closes. */
  #word(char: string): { text: string; form: WordToken["form"] } | null {
    if (char === '"') {
      const text = this.#quotedString();
      return text === null ? null : { text, form: "quoted" };
    }
    if (char === "[" && this.#afterAt) {
      const text = this.#match(literal);
      if (text !== null) return { text, form: "literal" };
    }
    const encoded = char === "=" ? this.#match(encodedWord) : char === "\u001b" ? this.#escapedRun() : null;
    return encoded === null ? { text: this.#atom(), form: "atom" } : { text: encoded, form: "encoded" };
  }

  /** Comments are nested (RFC 5322, 3.2.2). @returns whether white space was among it */
  #skipBlanksAndComments(): boolean {
    let space = false;
    while (this.#position < this.#text.length && !this.tooDeep) {
      const char = this.#text.charAt(this.#position);
      this.#count.steps++;
      if (blank.test(char)) {
        space = true;
        this.#position++;
      } else if (char === "(" || char === ")") {
        const end = char === "(" ? this.#commentEnd() : null;
        if (end === null) space = true;
        this.#position = end ?? this.#position + 1;
      } else {
        break;
      }
    }
    return space;
  }

  /** Offset behind the comment that begins here; null where nothing closes it. */
  #commentEnd(): number | null {
    if (this.#commentEnds) return this.#commentEnds.get(this.#position) ?? null;
    const ends = new Map<number, number>();
    const open: number[] = [];
    for (let index = this.#position; index < this.#text.length; index++) {
      this.#count.steps++;
      const char = this.#text.charAt(index);
      if (char === "\\") {
        index++;
      } else if (char === "(") {
        open.push(index);
        if (open.length > maxDepth) {
          this.tooDeep = true;
          return null;
        }
      } else if (char === ")") {
        const start = open.pop();
        if (open.length === 0) return index + 1;
        if (start !== undefined) ends.set(start, index + 1);
      }
    }
    this.#commentEnds = ends;
    return null;
  }

  /** What the quotation marks hold, unescaped; null where they are not balanced. */
  #quotedString(): string | null {
    if (this.#noClosingQuote) return null;
    let text = "";
    for (let index = this.#position + 1; index < this.#text.length; index++) {
      this.#count.steps++;
      const char = this.#text.charAt(index);
      if (char === '"') {
        if (!this.#balanced() && runsOver.test(text)) return null;
        this.#position = index + 1;
        return text;
      }
      if (char === "\\") index++;
      text += this.#text.charAt(index);
    }
    this.#noClosingQuote = true;
    return null;
  }

  /** Whether the text has an even number of quotation marks, so that nobody forgot one. */
  #balanced(): boolean {
    if (this.#quotesBalance === null) {
      let even = true;
      for (let index = 0; index < this.#text.length; index++) {
        this.#count.steps++;
        const char = this.#text.charAt(index);
        if (char === "\\") index++;
        else if (char === '"') even = !even;
      }
      this.#quotesBalance = even;
    }
    return this.#quotesBalance;
  }

  /** Raw ISO-2022-JP in a display name: its bytes look like `"`, `(`, `<`, `@`; nothing of them is meant so. */
  #escapedRun(): string | null {
    if (this.#noEscapeEnd || this.#text.charAt(this.#position + 1) !== "$") return null;
    const close = this.#text.indexOf("\u001b(", this.#position + 1);
    this.#count.steps += (close === -1 ? this.#text.length : close) - this.#position;
    if (close === -1) {
      this.#noEscapeEnd = true;
      return null;
    }
    const start = this.#position;
    this.#position = Math.min(close + 3, this.#text.length);
    return this.#text.slice(start, this.#position);
  }

  #atom(): string {
    const start = this.#position;
    let text = "";
    while (this.#position < this.#text.length) {
      const run = this.#match(plainRun);
      if (run !== null) {
        text += run;
        continue;
      }
      const char = this.#text.charAt(this.#position);
      // The first character may be an escape that begins nothing: `next` has looked at it.
      if (wordEnds.test(char) && this.#position > start) break;
      this.#position++;
      if (char === "\\") {
        text += this.#text.charAt(this.#position);
        this.#position++;
      } else {
        text += char;
      }
    }
    this.#position = Math.min(this.#position, this.#text.length);
    return text;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text);
    this.#count.steps += found ? found[0].length : 1;
    if (!found) return null;
    this.#position += found[0].length;
    return found[0];
  }
}
