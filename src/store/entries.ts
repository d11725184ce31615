/**
 * Queue entries in the hands of people: looked at, held, released, tried again, redirected, dropped. Only while no
 * process works on them.
 */
import type { Address } from "../core/address.ts";
import type { FailureCode } from "../core/failure.ts";
import type { MessageId } from "../core/ids.ts";
import { auditWriter } from "./audit.ts";
import { addressText } from "./columns.ts";
import { counterOver } from "./counter.ts";
import { entryOf, messageOf, targetColumns } from "./entry-row.ts";
import { ledgerWriter } from "./ledger.ts";
import { messageRemover } from "./queue.ts";
import type { QueueVerbs } from "./queue-contract.ts";
import type {
  AuditRow,
  EntryState,
  EntryTarget,
  LedgerRow,
  MessageRecord,
  QueueEntryRecord,
} from "./records.ts";
import type { MessageTable, QueueEntryTable } from "./schema.ts";
import { all, first, once, run, type StatementBuilder, type Steps } from "./steps.ts";

type EntryChange = Parameters<QueueVerbs["changeEntry"]>[1];
type EntryFilter = Parameters<QueueVerbs["queueEntries"]>[0];

export function entryVerbs(db: StatementBuilder) {
  const writeLedger = ledgerWriter(db);
  const removeIfDone = messageRemover(db);
  const count = counterOver(db);
  const writeAudit = auditWriter(db);

  return {
    *queueEntries(filter: EntryFilter): Steps<{ entry: QueueEntryRecord; message: MessageRecord }[]> {
      let query = db
        .selectFrom("queue_entry")
        .innerJoin("message", "message.id", "queue_entry.message_id")
        .selectAll("queue_entry")
        .select([
          "message.id as id",
          "message.spool_ref",
          "message.size_bytes",
          "message.prefix_bytes",
          "message.reverse_path",
          "message.remote_account_id",
          "message.remote_account_epoch",
          "message.received_at",
          "message.digest",
          "message.message_id_field",
          "message.subject",
          "message.sender",
          "message.first_visit",
        ])
        .orderBy("queue_entry.message_id")
        .orderBy("queue_entry.ordinal");
      if (filter.state !== undefined) query = query.where("queue_entry.state", "=", filter.state);
      if (filter.messageId !== undefined)
        query = query.where("queue_entry.message_id", "=", filter.messageId);
      if (filter.limit !== undefined) query = query.limit(filter.limit);
      const rows: (QueueEntryTable & MessageTable)[] = yield* all(once(query));
      return rows.map((row) => ({ entry: entryOf(row), message: messageOf(row) }));
    },

    *queueCounts(): Steps<Record<EntryState, number>> {
      const rows = yield* all(
        once(
          db
            .selectFrom("queue_entry")
            .select((eb) => ["state", eb.fn.countAll<number>().as("entries")])
            .groupBy("state"),
        ),
      );
      const counts = { queued: 0, ready: 0, sending: 0, held: 0, undeliverable: 0 };
      for (const row of rows) counts[row.state] = row.entries;
      return counts;
    },

    *hastenEntries(code: FailureCode, at: number): Steps<number> {
      return yield* run(
        once(
          db
            .updateTable("queue_entry")
            .set({ due_at: at })
            .where("state", "=", "queued")
            .where("due_at", ">", at)
            // JSON as we write it: the code stands first.
            .where("failure", "like", `{"code":"${code}"%`),
        ),
      );
    },

    *message(id: MessageId): Steps<MessageRecord | null> {
      const row = yield* first(once(db.selectFrom("message").selectAll().where("id", "=", id)));
      return row ? messageOf(row) : null;
    },

    *changeEntry(
      key: { messageId: MessageId; ordinal: number },
      change: EntryChange,
      at: number,
      ledger: readonly LedgerRow[],
      audit: readonly AuditRow[] = [],
    ): Steps<{ readonly freedRefs: string[] } | "busy" | "gone"> {
      const row = yield* first(
        once(
          db
            .selectFrom("queue_entry")
            .selectAll()
            .where("message_id", "=", key.messageId)
            .where("ordinal", "=", key.ordinal),
        ),
      );
      if (!row) return "gone";
      if (row.lease_owner !== null && (row.lease_until ?? 0) > at) return "busy";
      if (change.kind === "drop") {
        yield* run(
          once(
            db
              .deleteFrom("queue_entry")
              .where("message_id", "=", key.messageId)
              .where("ordinal", "=", key.ordinal),
          ),
        );
      } else {
        const columns = changedColumns(row, change, at);
        if (columns === null) return { freedRefs: [] };
        // Its process died beyond the final dot: it may have arrived.
        const doubts = row.state === "sending" ? 1 : 0;
        if (doubts > 0) yield* count("doubts", doubts);
        yield* run(
          once(
            db
              .updateTable("queue_entry")
              .set({
                ...columns,
                doubts: row.doubts + doubts,
                // A person decided: what it waited for is no measure of the destination's trouble any more.
                deferred_to: null,
                lease_owner: null,
                lease_until: null,
                lease_token: row.lease_token + 1,
              })
              .where("message_id", "=", key.messageId)
              .where("ordinal", "=", key.ordinal),
          ),
        );
      }
      yield* writeLedger(ledger);
      yield* writeAudit(audit);
      return { freedRefs: change.kind === "drop" ? yield* removeIfDone(key.messageId) : [] };
    },
  };
}

/** What a change writes besides raising the token; null: the entry is that already. */
function changedColumns(row: QueueEntryTable, change: Exclude<EntryChange, { kind: "drop" }>, at: number) {
  // Its link may have been renamed already: where there is a witness, the entry goes on from it.
  const waiting = row.ready_token === null ? ("queued" as const) : ("ready" as const);
  switch (change.kind) {
    case "hold":
      return row.state === "held" ? null : { state: "held" as const, due_at: null };
    case "release":
      return row.state === "held" ? { state: waiting, due_at: at } : null;
    case "retry":
      return { state: waiting, due_at: at, expires_at: change.expiresAt };
    case "redirect":
      return { ...redirectedColumns(change), due_at: at, expires_at: change.expiresAt };
  }
}

function redirectedColumns(change: { recipient: Address; target: EntryTarget }) {
  return {
    state: "queued" as const,
    recipient: addressText(change.recipient),
    ...targetColumns(change.target),
    attempts: 0,
    failure: null,
    ready_token: null,
    ready_at: null,
    ready_destination: null,
  };
}
