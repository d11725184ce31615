/**
 * How many columns text takes on a terminal: East Asian wide characters take two, combining marks none.
 */

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const zero = /[\p{Mn}\p{Me}\p{Cf}]/u;

export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

/** Cut so that it takes at most `width` columns, with `…` at the end where something is missing. */
export function shortened(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let result = "";
  let used = 1;
  for (const character of text) {
    used += textWidth(character);
    if (used > width) break;
    result += character;
  }
  return `${result}…`;
}
