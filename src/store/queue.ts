/**
 * Queue entries in the hands of processes: claimed, made ready, settled. Every move names the token it was claimed
 * under and is one statement; a holder whose token was raised moves nothing.
 *
 * | from | to | by |
 * | --- | --- | --- |
 * | queued | ready(W := token) | `markReady` |
 * | queued | sending | `markSending` |
 * | sending | queued, doubted | `claimDue`: its process ended without an answer (R-52) |
 * | queued, ready, sending | gone | `done` |
 * | queued, sending | queued, later | `deferred` |
 * | ready | ready, later: its link is the witness | `deferred` |
 * | ready | queued | `requeued` |
 * | queued, ready, sending | undeliverable | `undeliverable` |
 */
import type { MessageId } from "../core/ids.ts";
import { freedRefNoter } from "./backup.ts";
import { jsonText } from "./columns.ts";
import { counterOver } from "./counter.ts";
import { destinationNoter } from "./destinations.ts";
import { entryOf, messageOf } from "./entry-row.ts";
import { ledgerWriter } from "./ledger.ts";
import type { AliveSteps } from "./nodes.ts";
import type { ClaimedEntry, EntryKey, EntrySettlement, ReadyKey } from "./queue-contract.ts";
import type { QueueEntryTable } from "./schema.ts";
import { all, first, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";

interface HeldKey {
  nodeId: number;
  messageId: string;
  ordinal: number;
  leaseToken: number;
}

interface DeferredColumns {
  dueAt: number;
  failure: string | null;
  destination: string | null;
  doubts: number;
}

/** @param now wall clock, for the moment of a delivery that no ledger row tells */
export function queueVerbs(db: StatementBuilder, alive: AliveSteps, now: () => number) {
  const writeLedger = ledgerWriter(db);
  const removeIfDone = messageRemover(db);
  const noteDestination = destinationNoter(db, now);
  const count = counterOver(db);
  // Not our own: what we hold is in our hands, whatever somebody does to the clock.
  const freeExpired = prepared((input: { nodeId: number; at: number }) =>
    db
      .updateTable("queue_entry")
      .set({ lease_owner: null, lease_until: null })
      .where("lease_owner", "is not", null)
      .where("lease_owner", "!=", input.nodeId)
      .where("lease_until", "<=", input.at),
  );
  const claimFree = prepared((input: { nodeId: number; at: number; limit: number; leaseUntil: number }) =>
    db
      .updateTable("queue_entry")
      .set((eb) => ({
        lease_owner: input.nodeId,
        lease_until: input.leaseUntil,
        lease_token: eb("lease_token", "+", 1),
      }))
      .where(({ eb, refTuple }) =>
        eb(
          refTuple("message_id", "ordinal"),
          "in",
          eb
            .selectFrom("queue_entry as due")
            .select(["due.message_id", "due.ordinal"])
            .where("due.lease_owner", "is", null)
            .where("due.due_at", "is not", null)
            .where("due.due_at", "<=", input.at)
            .orderBy("due.due_at")
            .limit(input.limit)
            .$asTuple("message_id", "ordinal"),
        ),
      )
      .returningAll(),
  );
  // Nobody holds them: their process died, or was stopped, between the final dot and the answer.
  const doubtFree = prepared((input: { at: number }) =>
    db
      .updateTable("queue_entry")
      .set((eb) => ({ state: "queued" as const, doubts: eb("doubts", "+", 1) }))
      .where("state", "=", "sending")
      .where("lease_owner", "is", null)
      .where("due_at", "is not", null)
      .where("due_at", "<=", input.at),
  );
  const sending = prepared((input: HeldKey & { at: number }) =>
    db
      .updateTable("queue_entry")
      .set({ state: "sending" })
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken)
      .where("lease_until", ">", input.at)
      .where("state", "=", "queued"),
  );
  const notSending = prepared((input: HeldKey) =>
    db
      .updateTable("queue_entry")
      .set({ state: "queued" })
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken)
      .where("state", "=", "sending"),
  );
  const renew = prepared((input: { nodeId: number; at: number; until: number }) =>
    db
      .updateTable("queue_entry")
      .set({ lease_until: input.until })
      .where("lease_owner", "=", input.nodeId)
      .where("lease_until", ">", input.at),
  );
  const messagesById = preparedList((_input: object, ids: readonly string[]) =>
    db.selectFrom("message").selectAll().where("id", "in", ids),
  );
  const entryCounts = preparedList((_input: object, ids: readonly string[]) =>
    db
      .selectFrom("queue_entry")
      .select((eb) => ["message_id", eb.fn.countAll<number>().as("entries")])
      .where("message_id", "in", ids)
      .groupBy("message_id"),
  );
  const nextDue = prepared(() =>
    db
      .selectFrom("queue_entry")
      .select("due_at")
      .where("lease_owner", "is", null)
      .where("due_at", "is not", null)
      .orderBy("due_at")
      .limit(1),
  );
  const ready = prepared((input: HeldKey & { at: number; preparedAt: number; destination: string }) =>
    db
      .updateTable("queue_entry")
      .set((eb) => ({
        state: "ready" as const,
        ready_token: eb.ref("lease_token"),
        ready_at: input.preparedAt,
        ready_destination: input.destination,
      }))
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken)
      .where("lease_until", ">", input.at)
      .where("state", "=", "queued"),
  );
  const remove = prepared((input: HeldKey) =>
    db
      .deleteFrom("queue_entry")
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken),
  );
  const defer = prepared((input: HeldKey & DeferredColumns) =>
    db
      .updateTable("queue_entry")
      .set((eb) => ({
        // A ready entry may be in the Maildir already: only its link tells, so it stays ready.
        state: eb
          .case()
          .when("state", "=", "ready")
          .then("ready" as const)
          .else("queued" as const)
          .end(),
        attempts: eb("attempts", "+", 1),
        due_at: input.dueAt,
        failure: input.failure,
        doubts: eb("doubts", "+", input.doubts),
        deferred_to: input.destination,
        lease_owner: null,
        lease_until: null,
      }))
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken),
  );
  const requeue = prepared((input: HeldKey & { dueAt: number; failure: string | null }) =>
    db
      .updateTable("queue_entry")
      .set((eb) => ({
        state: "queued",
        due_at: input.dueAt,
        failure: eb.fn.coalesce(eb.val(input.failure), "failure"),
        lease_owner: null,
        lease_until: null,
        ready_token: null,
        ready_at: null,
        ready_destination: null,
      }))
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken),
  );
  const giveUp = prepared((input: HeldKey & { failure: string | null; keptUntil: number; doubts: number }) =>
    db
      .updateTable("queue_entry")
      .set((eb) => ({
        state: "undeliverable" as const,
        attempts: eb("attempts", "+", 1),
        due_at: null,
        expires_at: input.keptUntil,
        deferred_to: null,
        failure: input.failure,
        doubts: eb("doubts", "+", input.doubts),
        lease_owner: null,
        lease_until: null,
        // A witness, where there is one, stays: a person's retry goes on from it.
      }))
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken),
  );
  const messageAccount = prepared((input: { id: string }) =>
    db.selectFrom("message").select(["remote_account_id", "remote_account_epoch"]).where("id", "=", input.id),
  );
  // Only for the maildrop it came from: after an edit of host or login the record is a new mailbox (spec 5.5).
  const noteFirstDelivery = prepared((input: { id: string; epoch: number; at: number }) =>
    db
      .updateTable("remote_account")
      .set({ first_delivered_at: input.at })
      .where("id", "=", input.id)
      .where("epoch", "=", input.epoch)
      .where("first_delivered_at", "is", null),
  );

  const noteFound = prepared((input: { destination: string; fileName: string }) =>
    db
      .insertInto("found_file")
      .values({ destination: input.destination, file_name: input.fileName })
      .onConflict((conflict) => conflict.doNothing()),
  );

  function* withMessages(rows: readonly QueueEntryTable[]): Steps<ClaimedEntry[]> {
    const ids = [...new Set(rows.map((row) => row.message_id))];
    const messages = new Map((yield* messagesById({}, ids)).map((row) => [row.id, messageOf(row)]));
    const counts = new Map((yield* entryCounts({}, ids)).map((row) => [row.message_id, row.entries]));
    return rows.flatMap((row) => {
      const message = messages.get(row.message_id);
      return message ? [{ entry: entryOf(row), message, sole: counts.get(row.message_id) === 1 }] : [];
    });
  }

  function* settleOne(nodeId: number, settlement: EntrySettlement): Steps<boolean> {
    const { messageId, ordinal, leaseToken } = settlement;
    const key = { nodeId, messageId, ordinal, leaseToken };
    switch (settlement.kind) {
      case "done": {
        const { found } = settlement;
        // Somebody else's entry is that file: this one stays claimed, and looks again.
        if (found !== undefined && (yield* run(noteFound(found))) !== 1) return false;
        if ((yield* run(remove(key))) !== 1) return false;
        if (settlement.doubtful) yield* count("doubts", 1);
        return true;
      }
      case "deferred": {
        const { dueAt, destination } = settlement;
        const failure = jsonText(settlement.failure);
        const doubts = settlement.doubtful ? 1 : 0;
        if ((yield* run(defer({ ...key, dueAt, failure, destination, doubts }))) !== 1) return false;
        if (doubts > 0) yield* count("doubts", doubts);
        return true;
      }
      case "requeued":
        return (
          (yield* run(
            requeue({ ...key, dueAt: settlement.dueAt, failure: jsonText(settlement.failure) }),
          )) === 1
        );
      case "undeliverable": {
        const { keptUntil } = settlement;
        const doubts = settlement.doubtful ? 1 : 0;
        const failure = jsonText(settlement.failure);
        if ((yield* run(giveUp({ ...key, failure, keptUntil, doubts }))) !== 1) return false;
        if (doubts > 0) yield* count("doubts", doubts);
        return true;
      }
    }
  }

  /** @param noted accounts and epochs whose first delivery stands, as far as this transaction has asked */
  function* afterDelivery(messageId: MessageId, at: number, noted: Set<string>): Steps<string[]> {
    const origin = yield* first(messageAccount({ id: messageId }));
    if (origin?.remote_account_id && origin.remote_account_epoch !== null) {
      const { remote_account_id: id, remote_account_epoch: epoch } = origin;
      const maildrop = `${epoch} ${id}`;
      if (!noted.has(maildrop)) yield* run(noteFirstDelivery({ id, epoch, at }));
      noted.add(maildrop);
    }
    return yield* removeIfDone(messageId);
  }

  return {
    *claimDue(claim: {
      nodeId: number;
      at: number;
      limit: number;
      leaseUntil: number;
    }): Steps<ClaimedEntry[]> {
      if (!(yield* alive(claim.nodeId))) return [];
      yield* run(freeExpired({ nodeId: claim.nodeId, at: claim.at }));
      const doubted = yield* run(doubtFree({ at: claim.at }));
      if (doubted > 0) yield* count("doubts", doubted);
      const rows = yield* all(claimFree(claim));
      rows.sort((one, other) => (one.due_at ?? 0) - (other.due_at ?? 0) || one.queued_at - other.queued_at);
      return yield* withMessages(rows);
    },

    *nextEntryDue(): Steps<number | null> {
      return (yield* first(nextDue({})))?.due_at ?? null;
    },

    *markReady(nodeId: number, at: number, keys: readonly ReadyKey[]): Steps<EntryKey[]> {
      const moved: EntryKey[] = [];
      for (const { messageId, ordinal, leaseToken, destination, preparedAt } of keys) {
        const changed = yield* run(
          ready({ nodeId, at, messageId, ordinal, leaseToken, destination, preparedAt }),
        );
        if (changed === 1) moved.push({ messageId, ordinal, leaseToken });
      }
      return moved;
    },

    *markSending(nodeId: number, at: number, keys: readonly EntryKey[]): Steps<boolean> {
      const moved: EntryKey[] = [];
      for (const { messageId, ordinal, leaseToken } of keys) {
        if ((yield* run(sending({ nodeId, at, messageId, ordinal, leaseToken }))) !== 1) break;
        moved.push({ messageId, ordinal, leaseToken });
      }
      if (moved.length === keys.length) return true;
      // Nothing of this transaction is sent, so nothing of it is in doubt.
      for (const { messageId, ordinal, leaseToken } of moved) {
        yield* run(notSending({ nodeId, messageId, ordinal, leaseToken }));
      }
      return false;
    },

    *renewClaims(nodeId: number, at: number, until: number): Steps<void> {
      yield* run(renew({ nodeId, at, until }));
    },

    *settleEntries(
      nodeId: number,
      settlements: readonly EntrySettlement[],
    ): Steps<{ settled: EntryKey[]; freedRefs: string[] }> {
      const settled: EntryKey[] = [];
      const freedRefs: string[] = [];
      const noted = new Set<string>();
      for (const settlement of settlements) {
        if (!(yield* settleOne(nodeId, settlement))) continue;
        const { messageId, ordinal, leaseToken } = settlement;
        settled.push({ messageId, ordinal, leaseToken });
        yield* noteDestination(settlement);
        if (settlement.kind === "done") {
          freedRefs.push(...(yield* afterDelivery(messageId, settlement.ledger[0]?.at ?? now(), noted)));
        }
        yield* writeLedger(settlement.ledger);
      }
      return { settled, freedRefs };
    },
  };
}

/**
 * Removes a message's row when no entry needs it.
 *
 * @returns its spool ref, in a list; an empty one where the row stays, or a backup still copies the file.
 */
export function messageRemover(db: StatementBuilder): (id: MessageId) => Steps<string[]> {
  const removeUnneeded = prepared((input: { id: string }) =>
    db
      .deleteFrom("message")
      .where("id", "=", input.id)
      .where("id", "not in", (eb) =>
        eb.selectFrom("queue_entry").select("message_id").where("message_id", "=", input.id),
      )
      .returning("spool_ref"),
  );
  const noteFreed = freedRefNoter(db);
  return function* (id) {
    const removed = yield* first(removeUnneeded({ id }));
    if (removed === undefined || (yield* noteFreed(removed.spool_ref))) return [];
    return [removed.spool_ref];
  };
}
