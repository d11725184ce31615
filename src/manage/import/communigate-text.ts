/**
 * CommuniGate Pro's text for data ("Data Formats" of its guide): strings, arrays `(a, b)`, dictionaries
 * `{key = value;}`, data blocks `[base64]`, and `#123`, `#I[1.2.3.4]:5`, `#T22-10-2009_15:24:45`, `#NULL#`.
 */

export type CgpValue = string | readonly CgpValue[] | CgpDictionary | null;

export interface CgpDictionary {
  readonly entries: ReadonlyMap<string, CgpValue>;
  /** Where it begins, from 1. */
  readonly line: number;
}

export interface CgpText {
  /** What could be read; null: nothing. */
  readonly value: CgpValue;
  /** Where reading stopped before the end; null: it did not. */
  readonly stoppedAt: number | null;
}

export function readCgpText(text: string): CgpText {
  const parser = new Parser(text);
  const value = parser.value();
  parser.blanks();
  return { value, stoppedAt: parser.failedAt ?? (parser.atEnd ? null : parser.line) };
}

export function isDictionary(value: CgpValue | undefined): value is CgpDictionary {
  return typeof value === "object" && value !== null && "entries" in value && "line" in value;
}

/** Deeper nesting is no configuration of anybody's. */
const deepest = 50;

class Parser {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #depth = 0;
  failedAt: number | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get line(): number {
    return this.#line;
  }

  value(): CgpValue {
    this.blanks();
    if (this.#depth > deepest) return this.#fail();
    this.#depth++;
    const value = this.#opened();
    this.#depth--;
    return value;
  }

  #opened(): CgpValue {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#dictionary();
      case "(":
        return this.#array();
      case '"':
        return this.#quoted();
      case "[":
        return this.#dataBlock();
      case "#":
        return this.#special();
      default:
        return this.#atom() ?? this.#fail();
    }
  }

  #dictionary(): CgpDictionary {
    const entries = new Map<string, CgpValue>();
    const { line } = this;
    this.#at++;
    for (this.blanks(); !this.#take("}"); this.blanks()) {
      const key = this.#text[this.#at] === '"' ? this.#quoted() : this.#atom();
      this.blanks();
      if (key === null || !this.#take("=")) {
        this.#fail();
        break;
      }
      entries.set(key, this.value());
      this.blanks();
      if (this.failedAt !== null) break;
      if (!this.#take(";")) {
        // The last one may go without.
        if (this.#text[this.#at] !== "}") this.#fail();
        if (this.failedAt !== null) break;
      }
    }
    return { entries, line };
  }

  #array(): CgpValue[] {
    const items: CgpValue[] = [];
    this.#at++;
    for (this.blanks(); !this.#take(")"); this.blanks()) {
      items.push(this.value());
      this.blanks();
      if (this.failedAt !== null) break;
      if (!this.#take(",") && this.#text[this.#at] !== ")") {
        this.#fail();
        break;
      }
    }
    return items;
  }

  /** `\"`, `\\`, `\r`, `\n`, `\t`, `\e` (a line end) and `\nnn`, decimal. */
  #quoted(): string | null {
    const [written, inner] = this.#match(/"((?:[^"\\]|\\[\s\S])*)"/y) ?? [];
    if (written === undefined || inner === undefined) return this.#fail();
    return inner.replace(/\\(?:(\d{3})|([\s\S]))/g, (_, code?: string, char?: string) =>
      code === undefined
        ? ({ r: "\r", n: "\n", e: "\n", t: "\t" }[char ?? ""] ?? char ?? "")
        : String.fromCharCode(Number(code) & 0xff),
    );
  }

  #atom(): string | null {
    return this.#match(/[\w.@%+\-*/:!$&~\u0080-\uffff]+/y)?.[0] ?? null;
  }

  #dataBlock(): string | null {
    return this.#match(/\[[^\]]*\]/y)?.[0] ?? this.#fail();
  }

  #special(): string | null {
    const [written] = this.#match(/#(?:NULL#|I\[[^\]]*\](?::\d+)?|T[\w\-:]+|[+-]?[\w:.]+)/y) ?? [];
    if (written === undefined) return this.#fail();
    if (written === "#NULL#") return null;
    return /^#[IT]/.test(written) ? written.slice(2) : written.slice(1);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) {
      this.#at += found[0].length;
      this.#line += found[0].split("\n").length - 1;
    }
    return found;
  }

  /** White space, and comments as in C. */
  blanks(): void {
    this.#match(/(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y);
  }

  #take(char: string): boolean {
    if (this.failedAt !== null || this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #fail(): null {
    this.failedAt ??= this.#line;
    return null;
  }
}
