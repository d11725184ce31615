/**
 * Where the demo's messages went and why, read from what `rpop trace --json` says about each. Pure.
 */

/** What the demo reads of a ledger row. */
export interface LedgerLine {
  readonly kind: string;
  readonly messageId: string | null;
  readonly recipient: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** One delivery of one message. */
export interface Placement {
  readonly about: string;
  /** Path of the file in the Maildir, as the program told it; null: not delivered. */
  readonly where: string | null;
  readonly why: string;
}

/** One placement for each copy that was delivered, and one for a message that none of ours got. */
export function placementsOf(about: string, rows: readonly LedgerLine[]): Placement[] {
  const delivered = rows.filter((row) => row.kind === "delivered");
  if (delivered.length === 0) return [{ about, where: null, why: "not delivered" }];
  return delivered.map((row) => {
    const { where } = row.detail;
    return { about, where: typeof where === "string" ? where : null, why: whyOf(row, rows) };
  });
}

function whyOf(delivered: LedgerLine, rows: readonly LedgerLine[]): string {
  const distributed = rows.find(
    ({ kind, recipient, messageId }) =>
      kind === "distributed" && recipient === delivered.recipient && messageId === delivered.messageId,
  );
  const field = distributed?.detail.why;
  if (field === undefined) return "the mailbox is theirs";
  if (field === "none") return "nobody of ours is named";
  const copies = rows.some(({ kind }) => kind === "merged") ? ", its copy merged" : "";
  return `${String(field)}: ${delivered.recipient ?? ""}${copies}`;
}

/** A table for a terminal; columns as wide as their longest cell. */
export function placementTable(
  placements: readonly Placement[],
  shownPath: (path: string) => string,
): string {
  const rows = placements.map(
    ({ about, where, why }) => [about, where === null ? "-" : shownPath(where), why] as const,
  );
  const head = ["message", "went to", "why"] as const;
  const width = (column: 0 | 1) => Math.max(...[head, ...rows].map((row) => row[column].length));
  const line = (row: readonly [string, string, string]) =>
    `  ${row[0].padEnd(width(0))}  ${row[1].padEnd(width(1))}  ${row[2]}`;
  return [line(head), ...rows.map(line)].join("\n");
}
