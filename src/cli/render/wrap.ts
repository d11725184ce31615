/**
 * Text broken into lines: at blanks, and between East Asian characters, which have none.
 */
import { textWidth } from "./width.ts";

/** A line does not begin with these. */
const closing = /^[、。,.)」』】!?ー…]/u;
/** What may stay together: a run of characters without blanks or wide ones, or one wide character. */
const pieces = /[\u0021-\u2e7f]+ *|[^\u0021-\u2e7f]/gu;

/** Line ends in the text stay. */
export function wrapped(text: string, width: number): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, width))
    .join("\n");
}

function wrapLine(text: string, width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(pieces) ?? []) {
    if (line !== "" && textWidth(line + piece.trimEnd()) > width && !closing.test(piece)) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  }
  return [...lines, line.trimEnd()].join("\n");
}
