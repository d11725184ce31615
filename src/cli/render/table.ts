/**
 * Plain tables: columns as wide as their text, two blanks between, no lines around.
 */
import { padded, textWidth } from "./width.ts";

/** @param rows cells without control characters; each row as long as the heading. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  bold: (text: string) => string,
): string {
  const widths = heading.map((title, column) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[column] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : padded(cell, widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [bold(line(heading)), ...rows.map(line)].join("\n");
}
