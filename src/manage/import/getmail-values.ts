/**
 * The text of a getmailrc: sections of `name = value` (Python's RawConfigParser), and values that are Python literals
 * ("Parameter types and formats" of getmail's configuration manual).
 */

export interface Section {
  readonly name: string;
  readonly line: number;
  readonly values: ReadonlyMap<string, { readonly text: string; readonly line: number }>;
}

/**
 * Comments are lines that begin with `#` or `;`; a line that begins with a blank goes on with the value before it.
 *
 * @param odd is told of lines that are neither
 */
export function readSections(lines: readonly string[], odd: (line: number, text: string) => void): Section[] {
  const sections: { name: string; line: number; values: Map<string, { text: string; line: number }> }[] = [];
  let last: { text: string; line: number } | null = null;
  for (const [index, written] of lines.entries()) {
    const line = index + 1;
    const text = written.trim();
    if (text === "" || /^[#;]/.test(text)) continue;
    const header = /^\[([^\]]+)\]$/.exec(text);
    if (last !== null && /^\s/.test(written)) last.text += `\n${text}`;
    else if (header) {
      sections.push({ name: header[1] ?? "", line, values: new Map() });
      last = null;
    } else {
      const [, key, value = ""] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(text) ?? [];
      const section = sections.at(-1);
      if (key === undefined || !section) odd(line, text);
      else {
        last = { text: value, line };
        section.values.set(key.toLowerCase(), last);
      }
    }
  }
  return sections;
}

export type Literal = string | readonly Literal[];

/** `("a", 'b', r"c\d", 5)`; null where the text is no tuple or list of such values. */
export function readTuple(text: string): readonly Literal[] | null {
  const pattern =
    /\s+|([([])|([)\]])|,|[rRbBuU]{0,2}(?:"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)')|[\w.+-]+/gy;
  const open: Literal[][] = [[]];
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    const found = pattern.exec(text);
    if (!found) return null;
    const [word, opening, closing, double, single] = found;
    const inner = open.at(-1);
    if (!inner) return null;
    const quoted = double ?? single;
    if (opening !== undefined) {
      const nested: Literal[] = [];
      inner.push(nested);
      open.push(nested);
    } else if (closing !== undefined) open.pop();
    else if (quoted !== undefined) inner.push(/^[rR]/.test(word) ? quoted : unescaped(quoted));
    else if (!/^[\s,]/.test(word)) inner.push(word);
  }
  const [whole] = open;
  const [tuple, second] = whole ?? [];
  return open.length === 1 && Array.isArray(tuple) && second === undefined ? tuple : null;
}

function unescaped(text: string): string {
  return text.replace(
    /\\(n|t|r|\\|'|")/g,
    (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char,
  );
}

/** A tuple of strings; null where it is none. */
export function readStrings(text: string): string[] | null {
  const tuple = readTuple(text);
  return tuple?.every((one) => typeof one === "string") ? (tuple as string[]) : null;
}

export function readFlag(text: string | undefined, otherwise: boolean): boolean {
  if (text === undefined) return otherwise;
  return /^(true|yes|on|1)$/i.test(text) ? true : /^(false|no|off|0)$/i.test(text) ? false : otherwise;
}
