/**
 * The audit trail (spec 10): what was done, as rows, and the rows as people look for them. No secret stands in it.
 */
import { type Actor, demand } from "../auth/policies.ts";
import type { AuditRow } from "../store/records.ts";
import type { DiffEntry } from "./configuration-file/plan.ts";
import type { ManageContext } from "./context.ts";

/** A file of a hundred thousand records is told by its first ones and their number. */
const mostRowsOfOneChange = 1000;
const mostValueLength = 500;

/** Changes of the configuration: a row for each line of the diff, with the values before and after. */
export function auditOfChanges(actor: Actor, at: number, diff: readonly DiffEntry[]): AuditRow[] {
  const rows = diff
    .slice(0, mostRowsOfOneChange)
    .map((entry) =>
      auditRow(
        actor,
        at,
        `${entry.change} ${entry.kind}`,
        entry.owner === null ? entry.name : `${entry.owner}/${entry.name}`,
        Object.fromEntries(
          entry.fields.map(({ key, from, to, secret }) => [
            key,
            secret ? "secret" : { from: bounded(from), to: bounded(to) },
          ]),
        ),
      ),
    );
  const more = diff.length - rows.length;
  return more > 0 ? [...rows, auditRow(actor, at, "change more", `${more}`, {})] : rows;
}

/** One row about something else that was done. */
export function auditRow(
  actor: Actor,
  at: number,
  action: string,
  subject: string,
  detail: AuditRow["detail"] = {},
): AuditRow {
  return { at, actor: actor.name, role: actor.role, action, subject, detail };
}

function bounded(value: unknown): unknown {
  const text = JSON.stringify(value) ?? "null";
  return text.length <= mostValueLength ? value : `${text.slice(0, mostValueLength)}…`;
}

/** @returns what was done since then, oldest first; of very many, the last ones. */
export async function listAudit(
  { store, actor }: Pick<ManageContext, "store" | "actor">,
  query: { readonly since: number; readonly limit: number },
): Promise<AuditRow[]> {
  demand(actor, "see-audit");
  return store.auditRows(query);
}
