/**
 * The tokens of a `.fetchmailrc` (fetchmail(1), "Run Control Syntax"): words, quoted strings, `=`. Comments, commas,
 * semicolons and colons separate.
 *
 * As tried with fetchmail 6.4: 'single' and "double" quotes end at the next such quote, a backslash does not keep it
 * (`\x22` does); where a word without blanks that begins with the quote is longer, it is a word, quotes and all.
 */

export interface Token {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** A quoted string is never a keyword. */
  readonly quoted: boolean;
}

const separators = /(?:[\s,;:]+|#[^\n]*)*/y;
const quotedString = /"([^"]*)"|'([^']*)'/y;
const bareWord = /=|[^\s,;:=]+/y;

export function fetchmailTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const skipped = matchAt(separators, text, at)?.[0] ?? "";
    line += skipped.split("\n").length - 1;
    at += skipped.length;
    const quoted = matchAt(quotedString, text, at);
    const word = matchAt(bareWord, text, at)?.[0] ?? "";
    if (quoted && quoted[0].length >= word.length) {
      tokens.push({ text: unescaped(quoted[1] ?? quoted[2] ?? ""), line, quoted: true });
      line += quoted[0].split("\n").length - 1;
      at += quoted[0].length;
    } else if (word !== "") {
      tokens.push({ text: unescaped(word), line, quoted: false });
      at += word.length;
    }
  }
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** `\n \t \b \r`, decimal `\nnn` without a leading zero, octal `\0ooo`, hexadecimal `\xhh`; a line end is joined. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:\r?\n|x([0-9a-f]{1,2})|0([0-7]{0,3})|([1-9]\d{0,2})|([\s\S]))/gi,
    (written, hex?: string, octal?: string, decimal?: string, other?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal || "0", 8) & 0xff);
      if (decimal !== undefined) return String.fromCharCode(Number(decimal) & 0xff);
      if (other === undefined) return written.startsWith("\\") ? "" : written;
      return { n: "\n", t: "\t", b: "\b", r: "\r" }[other] ?? other;
    },
  );
}
