/**
 * The ledger: a row for every decision about a message, in the order of the decisions (spec 8, trace).
 */
import { foldName } from "../core/address.ts";
import type { MessageId, RemoteAccountId } from "../core/ids.ts";
import { fromJson, fromJsonOrNull, jsonText } from "./columns.ts";
import type { LedgerKind, LedgerRow } from "./records.ts";
import { all, first, once, prepared, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { LedgerVerbs } from "./store.ts";
import { uidColumns, uidKey, uidOf } from "./uid-key.ts";

type TraceQuery = Parameters<LedgerVerbs["trace"]>[0];

/** Writes ledger rows inside another verb. */
export function ledgerWriter(db: StatementBuilder): (rows: readonly LedgerRow[]) => Steps<void> {
  interface RowColumns {
    at: number;
    kind: string;
    messageId: string | null;
    remoteAccountId: string | null;
    uidKey: Uint8Array | null;
    uidLong: Uint8Array | null;
    messageIdField: string | null;
    recipient: string | null;
    detail: string;
  }
  const insert = prepared((input: RowColumns) =>
    db.insertInto("ledger").values({
      at: input.at,
      kind: input.kind,
      message_id: input.messageId,
      remote_account_id: input.remoteAccountId,
      uid_key: input.uidKey,
      uid_long: input.uidLong,
      message_id_field: input.messageIdField,
      recipient: input.recipient,
      detail: input.detail,
    }),
  );
  return function* (rows) {
    for (const row of rows) {
      const uid = uidColumns(row.uid);
      yield* run(
        insert({
          at: row.at,
          kind: row.kind,
          messageId: row.messageId,
          remoteAccountId: row.remoteAccountId,
          uidKey: uid.uid_key,
          uidLong: uid.uid_long,
          messageIdField: jsonText(row.messageIdField),
          recipient: row.recipient === null ? null : recipientText(row.recipient),
          detail: JSON.stringify(row.detail),
        }),
      );
    }
  };
}

export function ledgerVerbs(db: StatementBuilder) {
  const write = ledgerWriter(db);

  const oldest = prepared(() => db.selectFrom("ledger").select(["id", "at"]).orderBy("id").limit(1));
  const newest = prepared(() => db.selectFrom("ledger").select("id").orderBy("id", "desc").limit(1));
  // By id, which grows as time does; an index over the moments would cost every message.
  const purge = prepared((input: { before: number; limit: number }) =>
    db.deleteFrom("ledger").where("id", "in", (eb) =>
      eb
        .selectFrom(eb.selectFrom("ledger").select(["id", "at"]).orderBy("id").limit(input.limit).as("old"))
        .select("old.id")
        .where("old.at", "<", input.before),
    ),
  );

  /** Ids of rows that match, the newest first: of too many, the last ones are those people ask for. */
  function* matches(query: TraceQuery): Steps<{ id: number; message_id: string | null }[]> {
    const { messageId, messageIdField, uid, recipient } = query;
    if ([messageId, messageIdField, uid, recipient].every((part) => part === undefined)) return [];
    return yield* all(
      once(
        db
          .selectFrom("ledger")
          .select(["id", "message_id"])
          .where((eb) =>
            eb.or([
              ...(messageId === undefined ? [] : [eb("message_id", "=", messageId)]),
              ...(messageIdField === undefined
                ? []
                : [eb("message_id_field", "=", JSON.stringify(messageIdField))]),
              ...(uid === undefined ? [] : [eb("uid_key", "=", uidKey(uid))]),
              ...(recipient === undefined ? [] : [eb("recipient", "=", recipientText(recipient))]),
            ]),
          )
          .orderBy("id", "desc")
          .limit(query.limit),
      ),
    );
  }

  return {
    *appendLedger(rows: readonly LedgerRow[]): Steps<void> {
      yield* write(rows);
    },

    *purgeLedger(before: number, limit: number): Steps<number> {
      return yield* run(purge({ before, limit }));
    },

    *ledgerSpan(): Steps<{ oldestAt: number | null; rows: number }> {
      const from = yield* first(oldest({}));
      const to = yield* first(newest({}));
      return { oldestAt: from?.at ?? null, rows: from && to ? to.id - from.id + 1 : 0 };
    },

    *trace(query: TraceQuery): Steps<LedgerRow[]> {
      const found = yield* matches(query);
      const messages = [...new Set(found.flatMap((row) => row.message_id ?? []))];
      const loose = found.filter((row) => row.message_id === null).map((row) => row.id);
      const rows = new Map<number, LedgerRow>();
      for (let start = 0; start < Math.max(messages.length, loose.length); start += 500) {
        const ids = messages.slice(start, start + 500);
        const looseIds = loose.slice(start, start + 500);
        const chunk = yield* all(
          once(
            db
              .selectFrom("ledger")
              .selectAll()
              .where((eb) => eb.or([eb("message_id", "in", ids), eb("id", "in", looseIds)]))
              .orderBy("id", "desc")
              .limit(query.limit),
          ),
        );
        for (const row of chunk) {
          rows.set(row.id, {
            at: row.at,
            kind: row.kind as LedgerKind,
            messageId: row.message_id as MessageId | null,
            remoteAccountId: row.remote_account_id as RemoteAccountId | null,
            uid: uidOf(row),
            messageIdField: fromJsonOrNull<string>(row.message_id_field),
            recipient: fromJsonOrNull<string>(row.recipient),
            detail: fromJson(row.detail),
          });
        }
      }
      const oldestFirst = [...rows].sort(([one], [other]) => one - other).map(([, row]) => row);
      return oldestFirst.slice(-query.limit);
    },
  };
}

function recipientText(recipient: string): string {
  return JSON.stringify(foldName(recipient));
}
