/**
 * What we remember of a maildrop's messages, looked up and noted.
 *
 * A row is *open* (`settled = 0`) until a complete listing settles it (`settle-listing.ts`); any note opens it again.
 */
import type { Failure } from "../core/failure.ts";
import type { MessageId, RemoteAccountId } from "../core/ids.ts";
import { fromJsonOrNull, jsonText } from "./columns.ts";
import { ledgerWriter } from "./ledger.ts";
import { heldEpochOver } from "./maildrop-lease.ts";
import type { LedgerRow, ListingSnapshot, RememberedState, RememberedUid, VisitLease } from "./records.ts";
import type { RememberedTable } from "./schema.ts";
import { all, first, pick, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { Remembered, RememberedVerbs } from "./store.ts";
import { type UidColumns, uidColumns, uidKey, uidOf, wireText } from "./uid-key.ts";

type MessageNote = Parameters<RememberedVerbs["noteMessages"]>[1][number];
export type RememberedRow = Omit<RememberedTable, "id"> & { readonly id: number };

interface RowOfAccount {
  id: number;
  accountId: string;
}

const skipColumns = [
  "epoch",
  "uid_key",
  "uid_long",
  "size_bytes",
  "reason",
  "failures",
  "failure",
  "retry_at",
] as const satisfies readonly (keyof RememberedTable)[];

type SkipColumns = Pick<RememberedTable, (typeof skipColumns)[number]>;

export function rememberedVerbs(db: StatementBuilder) {
  const heldEpoch = heldEpochOver(db);
  const writeLedger = ledgerWriter(db);
  const snapshot = prepared((input: { accountId: string }) =>
    db.selectFrom("listing").select(["uids", "sizes"]).where("account_id", "=", input.accountId),
  );
  // The epoch is read with the rows: rows from before an edit of host or login are found by digest only (spec 5.4).
  const ofThisMaildrop = (accountId: string) =>
    db
      .selectFrom("remembered")
      .selectAll()
      .where("account_id", "=", accountId)
      .where("epoch", "=", (eb) =>
        eb.selectFrom("remote_account").select("epoch").where("id", "=", accountId),
      );
  const counts = prepared((input: { accountId: string }) => {
    const epoch = db.selectFrom("remote_account").select("epoch").where("id", "=", input.accountId);
    return db
      .selectFrom("remembered")
      .select((eb) => [
        eb.fn.countAll<number>().as("rows"),
        eb.fn.count<number>("uid_key").filterWhere("epoch", "=", epoch).as("with_uid"),
        eb.fn.countAll<number>().filterWhere("epoch", "<>", epoch).as("former"),
      ])
      .where("account_id", "=", input.accountId);
  });
  const openRows = prepared((input: { accountId: string }) =>
    ofThisMaildrop(input.accountId)
      .where((eb) => eb("settled", "=", eb.lit(0)))
      .orderBy("id"),
  );
  const rowsByUid = preparedList((input: { accountId: string }, keys: readonly Uint8Array[]) =>
    ofThisMaildrop(input.accountId).where("uid_key", "in", keys),
  );
  const rowsByDigest = preparedList((input: { accountId: string }, digests: readonly Uint8Array[]) =>
    db
      .selectFrom("remembered")
      .selectAll()
      .where("account_id", "=", input.accountId)
      .where("digest", "in", digests),
  );
  const rowsByHeaderDigest = preparedList((input: { accountId: string }, digests: readonly Uint8Array[]) =>
    db
      .selectFrom("remembered")
      .selectAll()
      .where("account_id", "=", input.accountId)
      .where("header_digest", "in", digests),
  );

  // A first visit may note every message of a large maildrop: each kind of note is one prepared statement.
  const rename = prepared((input: RowOfAccount & UidColumns & { epoch: number; sizeBytes: number | null }) =>
    db
      .updateTable("remembered")
      .set({
        uid_key: input.uid_key,
        uid_long: input.uid_long,
        size_bytes: input.sizeBytes,
        // It was found in this maildrop: also a row from before an edit belongs here from now on.
        epoch: input.epoch,
        absent_since: null,
        absent_listings: 0,
        settled: 0,
      })
      .where("id", "=", input.id)
      .where("account_id", "=", input.accountId),
  );
  const move = prepared((input: RowOfAccount & { state: RememberedState }) =>
    db
      .updateTable("remembered")
      .set((eb) => ({
        state: input.state,
        reason: eb.case().when(eb.val(input.state), "=", "skipped").then(eb.ref("reason")).else(null).end(),
        settled: 0,
      }))
      .where("id", "=", input.id)
      .where("account_id", "=", input.accountId),
  );
  const forget = prepared((input: RowOfAccount) =>
    db.deleteFrom("remembered").where("id", "=", input.id).where("account_id", "=", input.accountId),
  );
  const skipAgain = prepared((input: RowOfAccount & SkipColumns) =>
    db
      .updateTable("remembered")
      .set({
        state: "skipped",
        absent_since: null,
        absent_listings: 0,
        settled: 0,
        ...pick(skipColumns, input),
      })
      .where("id", "=", input.id)
      .where("account_id", "=", input.accountId),
  );
  const skipNew = prepared((input: SkipColumns & { accountId: string }) =>
    db.insertInto("remembered").values({
      account_id: input.accountId,
      state: "skipped",
      absent_listings: 0,
      settled: 0,
      ...pick(skipColumns, input),
    }),
  );

  function* note(accountId: string, epoch: number, message: MessageNote): Steps<void> {
    switch (message.kind) {
      case "rename": {
        const { id, sizeBytes } = message;
        yield* run(rename({ id, accountId, epoch, sizeBytes, ...uidColumns(message.uid) }));
        return;
      }
      case "state":
        yield* run(move({ id: message.id, accountId, state: message.state }));
        return;
      case "forget":
        yield* run(forget({ id: message.id, accountId }));
        return;
      case "skip": {
        const columns = {
          ...uidColumns(message.uid),
          epoch,
          size_bytes: message.sizeBytes,
          reason: message.reason,
          failures: message.failures,
          failure: jsonText(message.failure),
          retry_at: message.retryAt,
        };
        const { id } = message;
        yield* run(
          id === null ? skipNew({ accountId, ...columns }) : skipAgain({ id, accountId, ...columns }),
        );
        return;
      }
    }
  }

  return {
    *remembered(accountId: RemoteAccountId): Steps<Remembered> {
      const counted = yield* first(counts({ accountId }));
      const listing = yield* first(snapshot({ accountId }));
      return {
        count: counted?.rows ?? 0,
        withUidCount: counted?.with_uid ?? 0,
        formerCount: counted?.former ?? 0,
        snapshot: listing ? snapshotOf(listing) : null,
        open: (yield* all(openRows({ accountId }))).map(rememberedOf),
      };
    },

    *rememberedByUid(accountId: RemoteAccountId, uids: readonly string[]): Steps<RememberedUid[]> {
      return distinct(yield* rowsByUid({ accountId }, [...new Set(uids)].map(uidKey)));
    },

    *rememberedByDigest(accountId: RemoteAccountId, digests: readonly Uint8Array[]): Steps<RememberedUid[]> {
      return distinct(yield* rowsByDigest({ accountId }, digests));
    },

    *rememberedByHeaderDigest(
      accountId: RemoteAccountId,
      digests: readonly Uint8Array[],
    ): Steps<RememberedUid[]> {
      return distinct(yield* rowsByHeaderDigest({ accountId }, digests));
    },

    *noteMessages(
      lease: VisitLease,
      notes: readonly MessageNote[],
      ledger: readonly LedgerRow[],
    ): Steps<void> {
      const epoch = yield* heldEpoch(lease);
      if (epoch === null) return;
      for (const message of notes) yield* note(lease.accountId, epoch, message);
      yield* writeLedger(ledger);
    },
  };
}

/** Each row once, in the order they were remembered: two chunks of a list may find the same row. */
function snapshotOf(row: { readonly uids: Uint8Array; readonly sizes: Uint8Array }): ListingSnapshot {
  const sizes = new Float64Array(row.sizes.byteLength / 8);
  new Uint8Array(sizes.buffer).set(row.sizes);
  return { uids: wireText(row.uids), sizes };
}

function distinct(rows: readonly RememberedRow[]): RememberedUid[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return [...byId.values()].sort((one, other) => one.id - other.id).map(rememberedOf);
}

export function rememberedOf(row: RememberedRow): RememberedUid {
  return {
    id: row.id,
    uid: uidOf(row),
    sizeBytes: row.size_bytes,
    state: row.state,
    reason: row.reason,
    digest: row.digest,
    headerDigest: row.header_digest,
    messageId: row.message_id as MessageId | null,
    failures: row.failures,
    failure: fromJsonOrNull<Failure>(row.failure),
    retryAt: row.retry_at,
    absentSince: row.absent_since,
    absentListings: row.absent_listings,
    takenAt: row.taken_at,
    wish: row.wish,
    wishBy: row.wish_by,
  };
}
