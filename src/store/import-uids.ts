/**
 * What another program remembered of a maildrop becomes ours, in the same commit as the account it belongs to: a
 * server that runs meanwhile never visits the account without them.
 */
import { lackingUids } from "./lacking-uids.ts";
import { ledgerWriter } from "./ledger.ts";
import { first, once, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { ConfigurationChange } from "./store.ts";
import { uidColumns, uidKey, uidOf } from "./uid-key.ts";

type ImportUids = Extract<ConfigurationChange, { kind: "import-uids" }>;

interface Maildrop {
  accountId: string;
  epoch: number;
}

/** Of an account that is gone nothing is remembered. */
export function importUidsOver(db: StatementBuilder): (change: ImportUids) => Steps<void> {
  const writeLedger = ledgerWriter(db);
  const rowsByUid = preparedList((input: Maildrop, keys: readonly Uint8Array[]) =>
    db
      .selectFrom("remembered")
      .select(["id", "uid_key", "uid_long"])
      .where("account_id", "=", input.accountId)
      .where("epoch", "=", input.epoch)
      .where("uid_key", "in", keys),
  );
  const insert = prepared((input: Maildrop & { uidKey: Uint8Array | null; uidLong: Uint8Array | null }) =>
    db.insertInto("remembered").values({
      account_id: input.accountId,
      epoch: input.epoch,
      uid_key: input.uidKey,
      uid_long: input.uidLong,
      state: "left",
      failures: 0,
      absent_listings: 0,
      settled: 0,
    }),
  );

  return function* (change) {
    const { id, at, from } = change;
    const account = yield* first(once(db.selectFrom("remote_account").select("epoch").where("id", "=", id)));
    if (!account) return;
    const maildrop = { accountId: id, epoch: account.epoch };
    const rows = yield* rowsByUid(maildrop, [...new Set(change.uids)].map(uidKey));
    const there = new Map(rows.map((row) => [row.id, uidOf(row)]));
    const lacking = lackingUids(change.uids, [...there.values()]);
    for (const uid of lacking) {
      const { uid_key, uid_long } = uidColumns(uid);
      yield* run(insert({ ...maildrop, uidKey: uid_key, uidLong: uid_long }));
    }
    yield* writeLedger(
      lacking.map((uid) => ({
        at,
        kind: "imported",
        messageId: null,
        remoteAccountId: id,
        uid,
        messageIdField: null,
        recipient: null,
        detail: { from },
      })),
    );
    if (lacking.length === 0) return;
    // The settled listing knew nothing of them: the next visit must look.
    yield* run(once(db.updateTable("remote_account").set({ listing_digest: null }).where("id", "=", id)));
  };
}
