/**
 * Rows of a comma-separated file (RFC 4180): quoted fields may hold separators, line ends and doubled quotes.
 */

export interface CsvRow {
  readonly cells: readonly string[];
  /** Where the row begins, from 1. */
  readonly line: number;
}

/** Separated by what the first line uses most of: a comma, a semicolon or a tab. Empty lines are no rows. */
export function readCsvText(text: string): CsvRow[] {
  const separator = separatorOf(text.slice(0, text.search(/[\r\n]|$/)));
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let line = 1;
  let begin = 1;
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"[^${separator}\\r\\n]*|([^${separator}\\r\\n]*))(${separator}|\\r?\\n|\\r|$)`,
    "y",
  );
  for (let found = cell.exec(text); found; found = cell.exec(text)) {
    const [whole, quoted, plain = "", end = ""] = found;
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    line += whole.split("\n").length - 1;
    if (end === separator) continue;
    if (cells.some((one) => one !== "")) rows.push({ cells, line: begin });
    cells = [];
    begin = line;
    if (end === "" || cell.lastIndex >= text.length) break;
  }
  return rows;
}

function separatorOf(header: string): string {
  const count = (separator: string) => header.split(separator).length;
  return [",", ";", "\t"].reduce((most, one) => (count(one) > count(most) ? one : most));
}
