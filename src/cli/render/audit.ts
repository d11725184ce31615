/**
 * The audit trail for people, a line for each act and one for each value, and for scripts.
 */
import type { AuditRow } from "../../store/records.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { isoTime, timeText } from "./quantities.ts";
import type { ListTime } from "./remote-accounts.ts";

export function auditLines(words: Words, rows: readonly AuditRow[], time: ListTime): string[] {
  return rows.flatMap((row) => {
    const at = timeText(row.at, time.now, time.timeZone);
    const action = words.audit.actions[row.action] ?? row.action;
    const who = `${escapeText(row.actor)} (${words.audit.roles[row.role] ?? row.role})`;
    return [
      `${at}  ${who}: ${words.audit.did(action, escapeText(row.subject))}`,
      ...Object.entries(row.detail).map(([key, value]) => `    ${key}: ${valueText(words, value)}`),
    ];
  });
}

/** `from → to`; where something was added, what it is. */
function valueText(words: Words, value: unknown): string {
  if (value === "secret") return words.audit.secret();
  if (typeof value !== "object" || value === null) return plain(words, value);
  const { from, to } = value as { from?: unknown; to?: unknown };
  return (from ?? null) === null ? plain(words, to) : `${plain(words, from)} → ${plain(words, to)}`;
}

function plain(words: Words, value: unknown): string {
  if (value === null || value === undefined) return words.terms.none;
  return escapeText(typeof value === "string" ? value : JSON.stringify(value));
}

export function auditJson(row: AuditRow): Record<string, unknown> {
  return { ...row, at: isoTime(row.at) };
}
