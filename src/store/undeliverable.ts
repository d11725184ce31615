/**
 * Mail that failed for good and is kept for a person: until when, and its end. Nothing ends without a ledger
 * row.
 */
import { addressKey } from "../core/address.ts";
import type { MessageId, RemoteAccountId } from "../core/ids.ts";
import { addressOf, fromJsonOrNull } from "./columns.ts";
import { ledgerWriter } from "./ledger.ts";
import { messageRemover } from "./queue.ts";
import { all, first, once, prepared, run, type StatementBuilder, type Steps } from "./steps.ts";

export function undeliverableVerbs(db: StatementBuilder) {
  const writeLedger = ledgerWriter(db);
  const removeIfDone = messageRemover(db);
  const remove = prepared((input: { messageId: string; ordinal: number }) =>
    db
      .deleteFrom("queue_entry")
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal),
  );

  return {
    *undeliverableEndingBy(by: number): Steps<number> {
      const row = yield* first(
        once(
          db
            .selectFrom("queue_entry")
            .select((eb) => eb.fn.countAll<number>().as("found"))
            .where("state", "=", "undeliverable")
            .where("expires_at", "<=", by),
        ),
      );
      return row?.found ?? 0;
    },

    *expireUndeliverable(at: number, limit: number): Steps<{ expired: number; freedRefs: string[] }> {
      const rows = yield* all(
        once(
          db
            .selectFrom("queue_entry")
            .innerJoin("message", "message.id", "queue_entry.message_id")
            .select([
              "queue_entry.message_id",
              "queue_entry.ordinal",
              "queue_entry.recipient",
              "message.remote_account_id",
              "message.message_id_field",
            ])
            .where("queue_entry.state", "=", "undeliverable")
            .where("queue_entry.expires_at", "<=", at)
            .where("queue_entry.lease_owner", "is", null)
            .orderBy("queue_entry.expires_at")
            .limit(limit),
        ),
      );
      const freedRefs: string[] = [];
      for (const row of rows) {
        const messageId = row.message_id as MessageId;
        yield* run(remove({ messageId, ordinal: row.ordinal }));
        yield* writeLedger([
          {
            at,
            kind: "expired",
            messageId,
            remoteAccountId: row.remote_account_id as RemoteAccountId | null,
            uid: null,
            messageIdField: fromJsonOrNull<string>(row.message_id_field),
            recipient: addressKey(addressOf(row.recipient)),
            detail: { ordinal: row.ordinal },
          },
        ]);
        freedRefs.push(...(yield* removeIfDone(messageId)));
      }
      return { expired: rows.length, freedRefs };
    },
  };
}
