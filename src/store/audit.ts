/**
 * The audit trail: who did what, and when; written in the transaction of what was done (spec 10). Bounded: the
 * newest 100,000 rows are kept.
 */
import { fromJson } from "./columns.ts";
import type { AuditRow } from "./records.ts";
import { all, once, prepared, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { AuditVerbs } from "./store.ts";

const mostRows = 100_000;

/** Writes audit rows inside another verb. */
export function auditWriter(db: StatementBuilder): (rows: readonly AuditRow[]) => Steps<void> {
  interface RowColumns {
    at: number;
    actor: string;
    role: string;
    action: string;
    subject: string;
    detail: string;
  }
  const insert = prepared((input: RowColumns) =>
    db.insertInto("audit").values({
      at: input.at,
      actor: input.actor,
      role: input.role,
      action: input.action,
      subject: input.subject,
      detail: input.detail,
    }),
  );
  const purge = prepared((_: object) =>
    db.deleteFrom("audit").where("id", "<=", (eb) =>
      eb
        .selectFrom("audit")
        .select((inner) => inner(inner.fn.max("id"), "-", mostRows).as("last"))
        .limit(1),
    ),
  );
  return function* (rows) {
    for (const row of rows) {
      yield* run(
        insert({
          at: row.at,
          actor: JSON.stringify(row.actor),
          role: row.role,
          action: row.action,
          subject: JSON.stringify(row.subject),
          detail: JSON.stringify(row.detail),
        }),
      );
    }
    if (rows.length > 0) yield* run(purge({}));
  };
}

export function auditVerbs(db: StatementBuilder) {
  return {
    *auditRows({ since, limit }: Parameters<AuditVerbs["auditRows"]>[0]): Steps<AuditRow[]> {
      const rows = yield* all(
        once(db.selectFrom("audit").selectAll().where("at", ">=", since).orderBy("id", "desc").limit(limit)),
      );
      return rows.reverse().map((row) => ({
        at: row.at,
        actor: fromJson<string>(row.actor),
        role: row.role,
        action: row.action,
        subject: fromJson<string>(row.subject),
        detail: fromJson(row.detail),
      }));
    },
  };
}
