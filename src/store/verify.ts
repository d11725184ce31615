/**
 * What can be asked of the database to prove that nothing is lost: that it is whole, that all mail that was taken is
 * on its way or came to an end, and where mail was delivered to (spec 8, `rpop verify`). Reads only.
 */
import { sql } from "kysely";
import type { MessageId } from "../core/ids.ts";
import { fromJson } from "./columns.ts";
import type { LedgerKind } from "./records.ts";
import { all, first, once, type StatementBuilder, type Steps, type TypedStatement } from "./steps.ts";
import type { DeliveredRow, TakenMail } from "./store.ts";

/** What ends a message's way, or one recipient's part of it. */
const endings: readonly LedgerKind[] = [
  "delivered",
  "undeliverable",
  "reported",
  "merged",
  "dropped",
  "expired",
];
const mostFaults = 20;

export function verifyVerbs(db: StatementBuilder) {
  const accepted = sql.lit<LedgerKind>("accepted");

  return {
    *databaseFaults(): Steps<string[]> {
      const integrity: TypedStatement<{ integrity_check: string }> = {
        sql: `PRAGMA integrity_check(${mostFaults})`,
        parameters: [],
      };
      const faults = (yield* all(integrity)).map((row) => row.integrity_check);
      const references: TypedStatement<{ table: string; parent: string }> = {
        sql: "PRAGMA foreign_key_check",
        parameters: [],
      };
      const orphans = (yield* all(references)).map(({ table, parent }) => `${table}: no row of ${parent}`);
      return [...faults.filter((fault) => fault !== "ok"), ...new Set(orphans)].slice(0, mostFaults);
    },

    *takenMail(limit: number): Steps<TakenMail> {
      const count = yield* first(
        once(
          db
            .selectFrom("ledger")
            .select((eb) => [eb.fn.countAll<number>().as("messages"), eb.fn.min("at").as("since")])
            .where("kind", "=", accepted),
        ),
      );
      const lost = yield* all(
        once(
          db
            .selectFrom("ledger as taken")
            .select(["taken.message_id as id", "taken.at as at"])
            .where("taken.kind", "=", accepted)
            .where("taken.message_id", "is not", null)
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(
                  selectFrom("message").select("message.id").whereRef("message.id", "=", "taken.message_id"),
                ),
              ),
            )
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(
                  selectFrom("ledger as ending")
                    .select("ending.id")
                    .whereRef("ending.message_id", "=", "taken.message_id")
                    .where("ending.kind", "in", endings),
                ),
              ),
            )
            .orderBy("taken.id")
            .limit(limit),
        ),
      );
      return {
        messages: count?.messages ?? 0,
        since: count?.since ?? null,
        lost: lost.map(({ id, at }) => ({ messageId: id as MessageId, at })),
      };
    },

    *deliveredSince({ since, afterId, limit }: DeliveredQuery): Steps<DeliveredRow[]> {
      const rows = yield* all(
        once(
          db
            .selectFrom("ledger")
            .select(["id", "detail"])
            .where("id", ">", afterId)
            .where("kind", "=", sql.lit<LedgerKind>("delivered"))
            .where("at", ">=", since)
            .orderBy("id")
            .limit(limit),
        ),
      );
      return rows.map(({ id, detail }) => {
        const { where } = fromJson<{ where?: unknown }>(detail);
        return { id, where: typeof where === "string" ? where : "" };
      });
    },
  };
}

interface DeliveredQuery {
  readonly since: number;
  readonly afterId: number;
  readonly limit: number;
}
