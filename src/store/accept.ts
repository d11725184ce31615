/**
 * The moment a message becomes ours (S3 of reliability 1): message, entries, remembered UID and ledger, for a whole
 * batch in one commit. Nothing is written under a lease that is no longer held, or twice for one message id.
 */
import { addressKey } from "../core/address.ts";
import { groupBy } from "../core/group-by.ts";
import { addressText, jsonText } from "./columns.ts";
import { messageRow, targetColumns } from "./entry-row.ts";
import { ledgerWriter } from "./ledger.ts";
import { heldEpochOver } from "./maildrop-lease.ts";
import type { AliveSteps } from "./nodes.ts";
import type { AcceptItem, AcceptResult, NewEntry } from "./queue-contract.ts";
import type { LedgerRow, VisitLease } from "./records.ts";
import type { Flag, MessageTable, QueueEntryTable } from "./schema.ts";
import { all, first, pick, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";
import { uidColumns } from "./uid-key.ts";

/** Copies too old to be merged are removed a few at each accept, so that no accept pays for many. */
const copiesPurgedAtOnce = 200;

/** Under whom the new entries stand; null: nobody's. */
export interface Claim {
  readonly owner: number;
  readonly until: number;
}

const messageColumns = [
  "id",
  "spool_ref",
  "size_bytes",
  "prefix_bytes",
  "reverse_path",
  "remote_account_id",
  "remote_account_epoch",
  "received_at",
  "digest",
  "message_id_field",
  "subject",
  "sender",
  "first_visit",
] as const satisfies readonly (keyof MessageTable)[];

const entryColumns = [
  "message_id",
  "ordinal",
  "recipient",
  "target_kind",
  "target_account_id",
  "notify",
  "state",
  "file_name",
  "attempts",
  "queued_at",
  "due_at",
  "expires_at",
  "failure",
  "lease_owner",
  "lease_until",
  "lease_token",
  "doubts",
  "verify",
] as const satisfies readonly (keyof QueueEntryTable)[];

/** Writes a batch of messages; for transactions that accept and do something else as well. */
export type Acceptor = (items: readonly AcceptItem[], claim: Claim | null) => Steps<AcceptResult[]>;

/** What is asked once for a batch. */
interface Batch {
  /** Ids of messages that may have been accepted before; certain of all others that they were not. */
  readonly seen: Set<string>;
  /** What `heldEpoch` answered, by lease: nobody else writes meanwhile. */
  readonly epochs: Map<VisitLease, number | null>;
  /** Whether an account's mail is to be looked for before it is delivered. */
  readonly verify: Map<string, Flag>;
}

export function acceptorOver(db: StatementBuilder): Acceptor {
  const heldEpoch = heldEpochOver(db);
  const writeLedger = ledgerWriter(db);
  const entriesOfMessage = prepared((input: { id: string }) =>
    db
      .selectFrom("message")
      .innerJoin("queue_entry", "queue_entry.message_id", "message.id")
      .select("queue_entry.ordinal")
      .where("message.id", "=", input.id),
  );
  const knownMessages = preparedList((_input: object, ids: readonly string[]) =>
    db.selectFrom("message").select("id").where("id", "in", ids),
  );
  const rememberedMessages = preparedList((input: { accountId: string }, digests: readonly Uint8Array[]) =>
    db
      .selectFrom("remembered")
      .select("message_id")
      .where("account_id", "=", input.accountId)
      .where("digest", "in", digests),
  );
  const rememberedOfMessage = prepared(
    (input: { accountId: string; digest: Uint8Array; messageId: string }) =>
      db
        .selectFrom("remembered")
        .select("id")
        .where("account_id", "=", input.accountId)
        .where("digest", "=", input.digest)
        .where("message_id", "=", input.messageId),
  );
  const insertMessage = prepared((row: MessageTable) =>
    db.insertInto("message").values(pick(messageColumns, row)),
  );
  const insertEntry = prepared((row: Pick<QueueEntryTable, (typeof entryColumns)[number]>) =>
    db.insertInto("queue_entry").values(pick(entryColumns, row)),
  );
  interface RememberedColumns {
    accountId: string;
    epoch: number;
    uidKey: Uint8Array | null;
    uidLong: Uint8Array | null;
    sizeBytes: number | null;
    state: "left" | "deletePending";
    digest: Uint8Array;
    headerDigest: Uint8Array;
    messageId: string;
    takenAt: number;
  }
  const insertRemembered = prepared((input: RememberedColumns) =>
    db
      .insertInto("remembered")
      .values({
        account_id: input.accountId,
        epoch: input.epoch,
        uid_key: input.uidKey,
        uid_long: input.uidLong,
        size_bytes: input.sizeBytes,
        state: input.state,
        digest: input.digest,
        header_digest: input.headerDigest,
        message_id: input.messageId,
        taken_at: input.takenAt,
        failures: 0,
        absent_listings: 0,
        settled: 0,
      })
      .returning("id"),
  );
  const accountVerify = prepared((input: { id: string }) =>
    db.selectFrom("remote_account").select("verify").where("id", "=", input.id),
  );
  const removeRemembered = prepared((input: { id: number; accountId: string }) =>
    db.deleteFrom("remembered").where("id", "=", input.id).where("account_id", "=", input.accountId),
  );
  const fulfilWish = prepared((input: { id: number; accountId: string }) =>
    db
      .updateTable("remembered")
      .set({ wish: null, wish_by: null, settled: 0 })
      .where("id", "=", input.id)
      .where("account_id", "=", input.accountId)
      .where("wish", "=", "header"),
  );
  const copyOf = prepared((input: { accountId: string; digest: Uint8Array; key: string; since: number }) =>
    db
      .selectFrom("copy")
      .select("accepted_at")
      .where("account_id", "=", input.accountId)
      .where("digest", "=", input.digest)
      .where("recipient_key", "=", input.key)
      .where("accepted_at", ">=", input.since),
  );
  const writeCopy = prepared((input: { accountId: string; digest: Uint8Array; key: string; at: number }) =>
    db
      .insertInto("copy")
      .values({
        account_id: input.accountId,
        digest: input.digest,
        recipient_key: input.key,
        accepted_at: input.at,
      })
      .onConflict((conflict) =>
        conflict.columns(["account_id", "digest", "recipient_key"]).doUpdateSet({ accepted_at: input.at }),
      ),
  );
  /** What an earlier accept of this very message answered, as far as it can still be told. */
  function* acceptedBefore(
    { message, visit, entries }: AcceptItem,
    verify: Flag,
  ): Steps<AcceptResult | null> {
    const there = new Set((yield* all(entriesOfMessage({ id: message.id }))).map((row) => row.ordinal));
    const merged = entries.map((entry) => entry.ordinal).filter((ordinal) => !there.has(ordinal));
    if (!visit) return there.size > 0 ? { kind: "accepted", rememberedId: null, merged } : null;
    const remembered = yield* first(
      rememberedOfMessage({
        accountId: visit.lease.accountId,
        digest: message.digest,
        messageId: message.id,
      }),
    );
    const rememberedId = remembered?.id ?? null;
    if (there.size > 0) {
      return { kind: "accepted", rememberedId, merged, ...(verify === 1 ? { verify: true } : {}) };
    }
    // Remembered without a row: every entry was a copy or is delivered already; either way the file may go.
    return remembered ? { kind: "merged", rememberedId } : null;
  }

  /** Entries that are no copies; those that are kept are noted for later copies. */
  function* withoutCopies(item: AcceptItem): Steps<readonly NewEntry[]> {
    const accountId = item.visit?.lease.accountId;
    const digest = item.copyDigest;
    if (item.mergeSince === null || accountId === undefined || digest === null) return item.entries;
    const kept: NewEntry[] = [];
    for (const entry of item.entries) {
      const key = recipientKey(entry);
      const copy = yield* first(copyOf({ accountId, digest, key, since: item.mergeSince }));
      if (copy === undefined) kept.push(entry);
    }
    // Only now: two recipients of one message are never copies of each other.
    for (const entry of kept) {
      yield* run(writeCopy({ accountId, digest, key: recipientKey(entry), at: item.message.receivedAt }));
    }
    return kept;
  }

  function* insertEntries(
    item: AcceptItem,
    entries: readonly NewEntry[],
    claim: Claim | null,
    verify: Flag,
  ): Steps<void> {
    const at = item.message.receivedAt;
    for (const entry of entries) {
      yield* run(
        insertEntry({
          message_id: item.message.id,
          ordinal: entry.ordinal,
          recipient: addressText(entry.recipient),
          ...targetColumns(entry.target),
          notify: entry.notify,
          state: "queued",
          file_name: entry.fileName,
          attempts: 0,
          queued_at: at,
          due_at: at,
          expires_at: entry.expiresAt,
          failure: jsonText(entry.failure),
          lease_owner: claim?.owner ?? null,
          lease_until: claim?.until ?? null,
          lease_token: claim === null ? 0 : 1,
          doubts: 0,
          verify,
        }),
      );
    }
  }

  function* remember(item: AcceptItem, epoch: number | null): Steps<number | null> {
    const { visit, message } = item;
    if (!visit || epoch === null) return null;
    if (visit.headerOf !== undefined) return visit.headerOf;
    const { accountId } = visit.lease;
    if (visit.replaces !== null) yield* run(removeRemembered({ id: visit.replaces, accountId }));
    const uid = uidColumns(visit.uid);
    const inserted = yield* first(
      insertRemembered({
        accountId,
        epoch,
        uidKey: uid.uid_key,
        uidLong: uid.uid_long,
        sizeBytes: visit.sizeBytes,
        state: visit.state,
        digest: message.digest,
        headerDigest: item.headerDigest,
        messageId: message.id,
        takenAt: message.receivedAt,
      }),
    );
    return inserted?.id ?? null;
  }

  /** Nearly always none: asked for all of them together, since asking for each is a tenth of accepting it. */
  function* seenBefore(items: readonly AcceptItem[]): Steps<Set<string>> {
    const ids = items.map((item) => item.message.id);
    const seen = new Set((yield* knownMessages({}, ids)).map((row) => row.id));
    for (const [accountId, theirs] of groupBy(items, (item) => item.visit?.lease.accountId)) {
      if (accountId === undefined) continue;
      const digests = theirs.map((item) => item.message.digest);
      for (const { message_id } of yield* rememberedMessages({ accountId }, digests)) {
        if (message_id !== null) seen.add(message_id);
      }
    }
    return seen;
  }

  function* epochOf(lease: VisitLease, { epochs }: Batch): Steps<number | null> {
    const known = epochs.get(lease);
    if (known !== undefined) return known;
    const epoch = yield* heldEpoch(lease);
    epochs.set(lease, epoch);
    return epoch;
  }

  function* verifyOf({ visit }: AcceptItem, batch: Batch): Steps<Flag> {
    if (visit === null) return 0;
    const id = visit.lease.accountId;
    const known = batch.verify.get(id) ?? (yield* first(accountVerify({ id })))?.verify ?? 0;
    batch.verify.set(id, known);
    return known;
  }

  function* acceptOne(item: AcceptItem, claim: Claim | null, batch: Batch): Steps<AcceptResult> {
    const verify = yield* verifyOf(item, batch);
    const before = batch.seen.has(item.message.id) ? yield* acceptedBefore(item, verify) : null;
    if (before) return before;
    batch.seen.add(item.message.id);
    const epoch = item.visit ? yield* epochOf(item.visit.lease, batch) : null;
    if (item.visit && epoch === null) return { kind: "lost-lease" };

    const headerOf = item.visit?.headerOf;
    if (headerOf !== undefined && item.visit) {
      const { accountId } = item.visit.lease;
      if ((yield* run(fulfilWish({ id: headerOf, accountId }))) !== 1) {
        return { kind: "merged", rememberedId: null };
      }
    }
    const kept = yield* withoutCopies(item);
    const merged = item.entries.filter((entry) => !kept.includes(entry));
    if (kept.length > 0) {
      yield* run(insertMessage(messageRow(item.message, epoch)));
      yield* insertEntries(item, kept, claim, verify);
    }
    const rememberedId = yield* remember(item, epoch);
    yield* writeLedger(ledgerOf(item, merged));
    if (kept.length === 0) return { kind: "merged", rememberedId };
    return {
      kind: "accepted",
      rememberedId,
      merged: merged.map((entry) => entry.ordinal),
      ...(verify === 1 ? { verify: true } : {}),
    };
  }

  return function* (items, claim) {
    const batch: Batch = { seen: yield* seenBefore(items), epochs: new Map(), verify: new Map() };
    const results: AcceptResult[] = [];
    for (const item of items) results.push(yield* acceptOne(item, claim, batch));
    return results;
  };
}

/** @param accept of the same database */
export function acceptVerbs(db: StatementBuilder, alive: AliveSteps, accept: Acceptor) {
  const purgeCopies = prepared((input: { before: number }) =>
    db
      .deleteFrom("copy")
      .where(({ eb, refTuple }) =>
        eb(
          refTuple("account_id", "digest", "recipient_key"),
          "in",
          eb
            .selectFrom("copy as old")
            .select(["old.account_id", "old.digest", "old.recipient_key"])
            .where("old.accepted_at", "<", input.before)
            .orderBy("old.accepted_at")
            .limit(copiesPurgedAtOnce)
            .$asTuple("account_id", "digest", "recipient_key"),
        ),
      ),
  );

  return {
    *accept(
      items: readonly AcceptItem[],
      claimFor: number | null,
      claimUntil: number,
      nodeId: number,
    ): Steps<AcceptResult[]> {
      if (!(yield* alive(nodeId))) return items.map(() => ({ kind: "lost-lease" }));
      const owner = claimFor !== null && (claimFor === nodeId || (yield* alive(claimFor))) ? claimFor : null;
      const claim = owner === null ? null : { owner, until: claimUntil };
      const results = yield* accept(items, claim);
      const since = items.flatMap((item) => item.mergeSince ?? []);
      if (since.length > 0) yield* run(purgeCopies({ before: Math.min(...since) }));
      return results;
    },
  };
}

/** Whose copy it is: one person reached by two names gets one. */
function recipientKey(entry: NewEntry): string {
  switch (entry.target.kind) {
    case "local":
      return `local ${entry.target.accountId}`;
    case "postmaster":
      return "postmaster";
    case "remote":
      return JSON.stringify(addressKey(entry.recipient));
  }
}

/** The caller's rows, with `merged` in place of `accepted` for each entry that was left out as a copy. */
function ledgerOf(item: AcceptItem, merged: readonly NewEntry[]): LedgerRow[] {
  if (merged.length === 0) return [...item.ledger];
  const { message, visit } = item;
  const left = new Set(merged.map((entry) => addressKey(entry.recipient)));
  const whole = merged.length === item.entries.length;
  const rows = item.ledger.filter(
    (row) => row.kind !== "accepted" || !(whole || (row.recipient !== null && left.has(row.recipient))),
  );
  for (const entry of merged) {
    rows.push({
      at: message.receivedAt,
      kind: "merged",
      messageId: message.id,
      remoteAccountId: message.remoteAccountId,
      uid: visit?.uid ?? null,
      messageIdField: message.messageIdField,
      recipient: addressKey(entry.recipient),
      detail: { ordinal: entry.ordinal },
    });
  }
  return rows;
}
