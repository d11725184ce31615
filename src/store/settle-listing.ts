/**
 * Closing a complete listing: what it lacks is counted absent, what was absent long enough is forgotten, what
 * needs nothing joins the snapshot.
 *
 * Kept true: a row with `settled = 1` is either in the snapshot or absent from two listings and waiting to be
 * forgotten. So a message that disappears is always noticed, by its row or by the snapshot.
 */
import { heldEpochOver } from "./maildrop-lease.ts";
import type { ListingSnapshot } from "./records.ts";
import { all, first, once, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { RememberedVerbs } from "./store.ts";
import { uidKey, uidOf, wireBytes } from "./uid-key.ts";

type Settlement = Parameters<RememberedVerbs["settleListing"]>[0];

/** Complete listings that must lack a message before it may be forgotten. */
const listingsBeforeForgetting = 2;

interface Scope {
  accountId: string;
  epoch: number;
}

export function settleListingVerb(db: StatementBuilder) {
  const heldEpoch = heldEpochOver(db);
  const settledByUid = preparedList((input: Scope, keys: readonly Uint8Array[]) =>
    db
      .selectFrom("remembered")
      .select(["id", "uid_key", "uid_long"])
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch)
      .where("uid_key", "in", keys)
      .where((eb) => eb("settled", "=", eb.lit(1)))
      .where("absent_since", "is", null)
      .orderBy("id"),
  );
  const markAbsent = prepared((input: Scope & { id: number; at: number }) =>
    db
      .updateTable("remembered")
      .set((eb) => ({
        absent_since: eb.fn.coalesce("absent_since", eb.val(input.at)),
        absent_listings: eb("absent_listings", "+", 1),
        settled: 0,
      }))
      .where("id", "=", input.id)
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch),
  );
  const markPresent = prepared((input: Scope & { id: number }) =>
    db
      .updateTable("remembered")
      .set({ absent_since: null, absent_listings: 0, settled: 0 })
      .where("id", "=", input.id)
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch),
  );
  const forget = prepared((input: Scope & { before: number }) =>
    db
      .deleteFrom("remembered")
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch)
      .where("absent_since", "is not", null)
      .where("absent_listings", ">=", listingsBeforeForgetting)
      .where((eb) =>
        eb.or([eb("state", "in", ["deletePending", "skipped"]), eb("absent_since", "<=", input.before)]),
      ),
  );
  const settleAbsent = prepared((input: Scope) =>
    db
      .updateTable("remembered")
      .set({ settled: 1 })
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch)
      .where((eb) => eb("settled", "=", eb.lit(0)))
      .where("absent_listings", ">=", listingsBeforeForgetting),
  );
  // Everything open that needs nothing from us: the listing decides whether it stands in the snapshot. Rows without a
  // UID are left out below: a condition on it here makes SQLite walk all rows of the account by their UIDs.
  const quietRows = prepared((input: Scope) =>
    db
      .selectFrom("remembered")
      .select(["id", "uid_key", "uid_long"])
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch)
      .where((eb) => eb("settled", "=", eb.lit(0)))
      .where("absent_since", "is", null)
      // A wish that came during the visit is for the next one: its row stays open.
      .where("wish", "is", null)
      .where((eb) =>
        eb.or([
          eb("state", "=", "left"),
          eb.and([eb("state", "=", "skipped"), eb("reason", "in", ["tooLarge", "markedSeen"])]),
        ]),
      ),
  );
  const settleRow = prepared((input: { id: number }) =>
    db.updateTable("remembered").set({ settled: 1 }).where("id", "=", input.id),
  );
  const anyOpen = prepared((input: Scope) =>
    db
      .selectFrom("remembered")
      .select("id")
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch)
      .where((eb) => eb("settled", "=", eb.lit(0)))
      .limit(1),
  );

  /** Rows that stood in the former snapshot and are lacking now: of equal UIDs as many as are lacking. */
  function* vanished(scope: Scope, uids: readonly string[], present: ReadonlySet<number>): Steps<number[]> {
    const lacking = new Map<string, number>();
    for (const uid of uids) lacking.set(uid, (lacking.get(uid) ?? 0) + 1);
    const ids: number[] = [];
    for (const row of yield* settledByUid(scope, [...lacking.keys()].map(uidKey))) {
      const uid = uidOf(row) ?? "";
      const left = lacking.get(uid) ?? 0;
      if (left === 0 || present.has(row.id)) continue;
      lacking.set(uid, left - 1);
      ids.push(row.id);
    }
    return ids;
  }

  function* writeSnapshot(scope: Scope, snapshot: ListingSnapshot | null): Steps<void> {
    if (snapshot === null) {
      yield* run(once(db.deleteFrom("listing").where("account_id", "=", scope.accountId)));
      return;
    }
    const { sizes } = snapshot;
    const columns = {
      uids: wireBytes(snapshot.uids),
      sizes: new Uint8Array(sizes.buffer, sizes.byteOffset, sizes.byteLength),
    };
    yield* run(
      once(
        db
          .insertInto("listing")
          .values({ account_id: scope.accountId, ...columns })
          .onConflict((conflict) => conflict.column("account_id").doUpdateSet(columns)),
      ),
    );
    const quiet = yield* all(quietRows(scope));
    const standsIn = lookupIn(snapshot.uids, quiet.length);
    for (const row of quiet) {
      const uid = uidOf(row);
      if (uid !== null && standsIn(uid)) yield* run(settleRow({ id: row.id }));
    }
  }

  return {
    *settleListing(settle: Settlement): Steps<{ settled: boolean }> {
      const epoch = yield* heldEpoch(settle.lease);
      if (epoch === null) return { settled: false };
      const scope = { accountId: settle.lease.accountId, epoch };

      // One listing counts once, however a row is named.
      const present = new Set(settle.presentIds);
      const absent = new Set(settle.absentIds);
      for (const id of yield* vanished(scope, settle.absentUids, present)) absent.add(id);
      for (const id of absent) yield* run(markAbsent({ ...scope, id, at: settle.at }));
      for (const id of present) yield* run(markPresent({ ...scope, id }));
      yield* run(forget({ ...scope, before: settle.at - settle.forgetAfterMs }));
      yield* run(settleAbsent(scope));
      yield* writeSnapshot(scope, settle.snapshot);

      const open = yield* first(anyOpen(scope));
      const settled = open === undefined && settle.digest !== null;
      yield* run(
        once(
          db
            .updateTable("remote_account")
            .set({ listing_digest: settled ? settle.digest : null })
            .where("id", "=", scope.accountId),
        ),
      );
      return { settled };
    },
  };
}

/** Whether a UID stands among those joined by LF: a few are searched for, many are worth a set of all. */
function lookupIn(uids: string, lookups: number): (uid: string) => boolean {
  if (lookups > 100) {
    const set = new Set(uids.split("\n"));
    return (uid) => set.has(uid);
  }
  const text = `\n${uids}\n`;
  return (uid) => text.includes(`\n${uid}\n`);
}
