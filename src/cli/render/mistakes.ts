/**
 * Mistakes in a file, one line each, with line and column so that editors can jump to them.
 */
import type { Mistake, Warning } from "../../manage/configuration-file/mistake.ts";
import type { Params } from "../../words/params.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { nearest } from "./nearest.ts";

/** `FILE:LINE:COLUMN: sentence`. */
export function mistakeLine(words: Words, file: string, mistake: Mistake): string {
  return `${file}:${mistake.line}:${mistake.column}: ${mistakeSentence(words, mistake)}`;
}

export function mistakeSentence(words: Words, mistake: Pick<Mistake, "code" | "path" | "params">): string {
  const { known, key } = mistake.params;
  const suggestion =
    mistake.code === "unknown-key" && known !== undefined
      ? nearest(String(key), String(known).split(", "))
      : undefined;
  const escaped: Params = { key: keyOf(mistake.path), ...escapedParams(mistake.params), suggestion };
  return words.mistakes[mistake.code](escaped);
}

export function warningSentence(words: Words, warning: Warning): string {
  return words.warnings[warning.code](escapedParams(warning.params));
}

/** `windows[0].from` is called `from`; a list's element by its list. */
function keyOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).replace(/(\[\d+\])+$/, "");
}

function escapedParams(params: Readonly<Record<string, string | number>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [
      key,
      typeof value === "string" ? escapeText(value) : value,
    ]),
  );
}
