import { expect, test } from "vitest";
import { begin, inlineStore, putAccount, sampleItem } from "../../test/support/stores.ts";
import { connectSqlite, sqliteBuilder } from "./dialect/sqlite.ts";
import { sqliteFrom } from "./dialect/sqlite-module.ts";
import { settleListingVerb } from "./settle-listing.ts";

/** Whatever names a row must: the open ones, the absent ones, one UID, one row. Never all rows of the account. */
const narrow = [
  /USING (COVERING )?INDEX remembered_open \(/,
  /USING INDEX remembered_absent \(account_id=\? AND epoch=\? AND absent_since>\?\)/,
  /USING INDEX remembered_uid \(account_id=\? AND epoch=\? AND uid_key=\?\)/,
  /USING INTEGER PRIMARY KEY \(rowid=\?\)/,
];

test("settling a large maildrop walks over none of the rows that were settled before", async () => {
  await using opened = await inlineStore().open();
  const { store, nodeId } = opened;
  await putAccount(store);
  const { lease } = await begin(store, nodeId);
  await store.accept([sampleItem("m1", lease, { uid: "u1" })], null, 0, nodeId);
  await store.flush();

  const module = await sqliteFrom("package");
  if (!module) throw new Error("no SQLite");
  const connection = connectSqlite(module, opened.path, 1000);
  try {
    const steps = settleListingVerb(sqliteBuilder()).settleListing({
      lease,
      at: 1000,
      absentIds: [7],
      absentUids: ["gone"],
      presentIds: [8],
      snapshot: { uids: "u1\nu2", sizes: Float64Array.of(1, 2) },
      digest: new Uint8Array(32),
      forgetAfterMs: 1,
    });
    const plans: string[] = [];
    for (let step = steps.next(); !step.done; ) {
      const { sql } = step.value;
      const { rows } = connection.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters: [] });
      for (const row of rows) {
        const { detail } = row as { readonly detail: string };
        if (/\bremembered\b/.test(detail)) plans.push(detail);
      }
      step = steps.next(connection.execute(step.value));
    }
    expect(plans.length).toBeGreaterThan(6);
    expect(plans.filter((plan) => !narrow.some((way) => way.test(plan)))).toEqual([]);
  } finally {
    connection.close(false);
  }
});
