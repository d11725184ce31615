/** The table that a crash run prints: configuration by row, how many kills found a message there. */
import type { CampaignReport } from "./campaign.ts";
import { places, rowOf, rows, rowsOf } from "./places.ts";

/** Rows first, then the places inside of rows that have several. A dash: mail of this configuration never is there. */
export function hitsTable(reports: readonly CampaignReport[]): string {
  const details = places.filter((place) => !rows.some((row) => row === place));
  const head = ["configuration", "kills", "mails", ...rows, ...details];
  const lines = reports.map((report) => {
    const possible = rowsOf(report.configuration);
    return [
      report.configuration.name,
      String(report.kills),
      String(report.messages),
      ...rows.map((row) => (possible.includes(row) ? String(report.rowHits.get(row) ?? 0) : "-")),
      ...details.map((place) =>
        possible.includes(rowOf(place)) ? String(report.placeHits.get(place) ?? 0) : "-",
      ),
    ];
  });
  const table = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
