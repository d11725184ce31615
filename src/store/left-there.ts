/**
 * Messages that stay at the provider: what the first visit of a maildrop passes over, what was left there and for how
 * long, what was never taken and what a person wants of it.
 *
 * A wish opens its row and ends the settled listing, so that the next visit meets the message again.
 */
import { sql } from "kysely";
import type { RemoteAccountId } from "../core/ids.ts";
import { auditWriter } from "./audit.ts";
import { ledgerWriter } from "./ledger.ts";
import { heldEpochOver } from "./maildrop-lease.ts";
import type { AuditRow, RememberedUid, RememberedWish, VisitLease } from "./records.ts";
import { type RememberedRow, rememberedOf } from "./remembered.ts";
import { all, once, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { LeftThereVerbs, SkippedMessage } from "./store.ts";
import { type UidColumns, uidColumns, uidOf } from "./uid-key.ts";

type FirstVisitDecision = Parameters<LeftThereVerbs["decideFirstVisit"]>[1];
type Wish = Parameters<LeftThereVerbs["wishSkipped"]>[1];

export function leftThereVerbs(db: StatementBuilder) {
  const heldEpoch = heldEpochOver(db);
  const writeLedger = ledgerWriter(db);
  const writeAudit = auditWriter(db);
  const epochOf = (accountId: string) =>
    db.selectFrom("remote_account").select("epoch").where("id", "=", accountId);
  const markSeen = prepared(
    (input: UidColumns & { accountId: string; epoch: number; sizeBytes: number | null }) =>
      db.insertInto("remembered").values({
        account_id: input.accountId,
        epoch: input.epoch,
        uid_key: input.uid_key,
        uid_long: input.uid_long,
        size_bytes: input.sizeBytes,
        state: "skipped",
        reason: "markedSeen",
        failures: 0,
        absent_listings: 0,
        settled: 0,
      }),
  );
  const left = prepared((input: { accountId: string; before: number; limit: number }) =>
    db
      .selectFrom("remembered")
      .selectAll()
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", epochOf(input.accountId))
      .where("state", "=", sql.lit("left"))
      .where("taken_at", "<=", input.before)
      .where("uid_key", "is not", null)
      .where("header_digest", "is not", null)
      .where("absent_since", "is", null)
      .orderBy("taken_at")
      .limit(input.limit),
  );
  const wishFor = prepared(
    (input: { id: number; accountId: string; wish: RememberedWish | null; by: string | null }) =>
      db
        .updateTable("remembered")
        .set((eb) => ({
          wish: input.wish,
          wish_by: input.by,
          settled: 0,
          // Whoever asks for it does not want to wait for the rest that its failures earned.
          retry_at: eb.case().when(eb.val(input.wish), "=", "take").then(null).else(eb.ref("retry_at")).end(),
        }))
        .where("id", "=", input.id)
        .where("account_id", "=", input.accountId)
        .where("epoch", "=", epochOf(input.accountId))
        .where("state", "=", sql.lit("skipped")),
  );
  const rowsById = preparedList((input: { accountId: string }, ids: readonly number[]) =>
    db.selectFrom("remembered").selectAll().where("account_id", "=", input.accountId).where("id", "in", ids),
  );

  return {
    *decideFirstVisit(lease: VisitLease, decision: FirstVisitDecision): Steps<boolean> {
      const epoch = yield* heldEpoch(lease);
      if (epoch === null) return false;
      const { accountId } = lease;
      for (const { uid, sizeBytes } of decision.seen)
        yield* run(markSeen({ accountId, epoch, sizeBytes, ...uidColumns(uid) }));
      yield* run(
        once(
          db.updateTable("remote_account").set({ first_visit: decision.state }).where("id", "=", accountId),
        ),
      );
      yield* writeLedger(
        decision.seen.map(({ uid, sizeBytes }) => ({
          at: decision.at,
          kind: "skipped" as const,
          messageId: null,
          remoteAccountId: accountId,
          uid,
          messageIdField: null,
          recipient: null,
          detail: { reason: "markedSeen", sizeBytes },
        })),
      );
      return true;
    },

    *leftBefore(accountId: RemoteAccountId, takenBefore: number, limit: number): Steps<RememberedUid[]> {
      return (yield* all(left({ accountId, before: takenBefore, limit }))).map(rememberedOf);
    },

    *leftCounts(accountIds: readonly RemoteAccountId[]): Steps<Map<RemoteAccountId, number>> {
      const counts = new Map<RemoteAccountId, number>();
      for (const id of accountIds) {
        const [row] = yield* all(
          once(
            db
              .selectFrom("remembered")
              .select((eb) => eb.fn.countAll<number>().as("count"))
              .where("account_id", "=", id)
              .where("epoch", "=", epochOf(id))
              .where("state", "=", sql.lit("left"))
              .where("header_digest", "is not", null)
              .where("absent_since", "is", null),
          ),
        );
        counts.set(id, row?.count ?? 0);
      }
      return counts;
    },

    *skippedMessages(accountId: RemoteAccountId): Steps<SkippedMessage[]> {
      const rows: RememberedRow[] = yield* all(
        once(
          db
            .selectFrom("remembered")
            .selectAll()
            .where("account_id", "=", accountId)
            .where("epoch", "=", epochOf(accountId))
            .where("state", "=", "skipped")
            .where("absent_since", "is", null)
            .orderBy("id"),
        ),
      );
      return rows.map((row) => ({ ...rememberedOf(row), reason: row.reason ?? "failing" }));
    },

    *skippedCounts() {
      const rows = yield* all(
        once(
          db
            .selectFrom("remembered")
            .innerJoin("remote_account", (join) =>
              join
                .onRef("remote_account.id", "=", "remembered.account_id")
                .onRef("remote_account.epoch", "=", "remembered.epoch"),
            )
            .select((eb) => ["account_id", "reason", eb.fn.countAll<number>().as("count")])
            .where("state", "=", sql.lit("skipped"))
            .where("reason", "<>", sql.lit("markedSeen"))
            .where("absent_since", "is", null)
            .groupBy(["account_id", "reason"]),
        ),
      );
      return rows.map(({ account_id, reason, count }) => ({
        accountId: account_id as RemoteAccountId,
        reason: reason ?? ("failing" as const),
        count,
      }));
    },

    *wishSkipped(
      accountId: RemoteAccountId,
      { ids, wish, by, at }: Wish,
      audit: readonly AuditRow[] = [],
    ): Steps<number> {
      const rows = yield* rowsById({ accountId }, ids);
      const uidOfRow = new Map(rows.map((row) => [row.id, uidOf(row)]));
      const noted: number[] = [];
      for (const id of new Set(ids)) {
        if ((yield* run(wishFor({ id, accountId, wish, by: wish === null ? null : by }))) === 1)
          noted.push(id);
      }
      if (noted.length === 0) return 0;
      yield* writeAudit(audit);
      yield* run(
        once(db.updateTable("remote_account").set({ listing_digest: null }).where("id", "=", accountId)),
      );
      yield* writeLedger(
        noted.map((id) => ({
          at,
          kind: "asked" as const,
          messageId: null,
          remoteAccountId: accountId,
          uid: uidOfRow.get(id) ?? null,
          messageIdField: null,
          recipient: null,
          detail: { by, wish: wish ?? "none" },
        })),
      );
      return noted.length;
    },
  };
}
