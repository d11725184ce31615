/**
 * What backup and restore ask of the database, on every store.
 */
import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  end,
  entryKey,
  firstAccount,
  type OpenedStore,
  putAccount,
  queueOwn,
  sampleItem,
  sampleNode,
} from "../../test/support/stores.ts";
import type { EntrySettlement } from "./queue-contract.ts";
import type { LedgerRow } from "./records.ts";

const done = (id: string, more: object = {}): EntrySettlement => ({
  ...entryKey(id),
  kind: "done",
  recovered: null,
  ledger: [],
  ...more,
});

async function settle({ store, nodeId }: OpenedStore, ...settlements: EntrySettlement[]) {
  return store.settleEntries(nodeId, settlements);
}

describeStore("backup", (implementation) => {
  test("while a backup copies, freed spool files stay; when it is through, they may go", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1", "m2", "m3");
    expect((await settle(opened, done("m1"))).freedRefs).toEqual(["m1.1"]);
    expect(await store.holdSpool(nodeId, 1000, 9000)).toBe(true);
    expect(await settle(opened, done("m2"))).toMatchObject({ settled: [{ messageId: "m2" }], freedRefs: [] });
    expect(await store.freedRefs(2000, 10)).toEqual([]);
    // Nobody who clears up behind a dead process takes it for an orphan.
    expect(await store.ownedRefs(["m1.1", "m2.1", "m3.1"])).toEqual(["m3.1", "m2.1"]);
    await store.endSpoolHold(nodeId);
    expect(await store.freedRefs(2000, 10)).toEqual(["m2.1"]);
    await store.forgetFreedRefs(["m2.1"]);
    expect(await store.freedRefs(2000, 10)).toEqual([]);
    expect((await settle(opened, done("m3"))).freedRefs).toEqual(["m3.1"]);
  });

  test("one backup at a time; a hold ends with its time, or with its process", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const other = await store.registerNode(sampleNode(2));
    await store.holdSpool(other, 1000, 5000);
    expect(await store.holdSpool(nodeId, 4999, 9000)).toBe(false);
    expect(await store.holdSpool(nodeId, 5000, 9000)).toBe(true);
    expect(await store.renewSpoolHold(other, 20_000)).toBe(false);
    expect(await store.renewSpoolHold(nodeId, 9000)).toBe(true);
    await queueOwn(opened, "m1");
    await settle(opened, done("m1"));
    expect(await store.freedRefs(8999, 10)).toEqual([]);
    expect(await store.freedRefs(9000, 10)).toEqual(["m1.1"]);
    await store.holdSpool(other, 9000, 90_000);
    await store.fenceNode(other);
    expect(await store.freedRefs(9001, 10)).toEqual(["m1.1"]);
  });

  test("a restored database begins anew: all is to be looked for, and nothing is ready or being sent", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1", "m2", "m3");
    await store.markReady(nodeId, 1000, [{ ...entryKey("m1"), destination: "maildir:/a", preparedAt: 900 }]);
    await store.markSending(nodeId, 1000, [entryKey("m2")]);
    expect(await store.restoration()).toBeNull();
    await store.beginRestored({ restoredAt: 7000, madeAt: 6000 });
    expect(await store.restoration()).toEqual({ restoredAt: 7000, madeAt: 6000 });
    expect(await store.nodes()).toEqual([]);
    const entries = (await store.queueEntries({})).map(({ entry }) => entry);
    const anew = {
      state: "queued",
      verify: true,
      readyToken: null,
      readyDestination: null,
      leaseOwner: null,
    };
    expect(entries).toMatchObject([
      { ...anew, doubts: 0 },
      { ...anew, doubts: 1 },
      { ...anew, doubts: 0 },
    ]);
    // Above every token of the life that was lost.
    expect(Math.min(...entries.map((entry) => entry.leaseToken))).toBeGreaterThan(1_000_000);
  });

  test("after a restore an account's mail is looked for until one whole visit has ended", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    await putAccount(store);
    await store.beginRestored({ restoredAt: 7000, madeAt: 6000 });
    const nodeId = await store.registerNode(sampleNode(3));
    const verified = async (id: string) => {
      const { lease } = await begin(store, nodeId, firstAccount, 8000);
      const [result] = await store.accept([sampleItem(id, lease)], nodeId, 60_000, nodeId);
      const [row] = await store.queueEntries({ messageId: sampleItem(id, null).message.id });
      const told = result?.kind === "accepted" && result.verify === true;
      expect(row?.entry.verify).toBe(told);
      return { lease, told };
    };
    const cut = await verified("m1");
    expect(cut.told).toBe(true);
    await end(store, cut.lease, { whole: false });
    const whole = await verified("m2");
    expect(whole.told).toBe(true);
    await end(store, whole.lease, { whole: true });
    expect((await verified("m3")).told).toBe(false);
  });

  test("a file is one entry's; a second entry that takes it for its own is not settled", async () => {
    await using opened = await implementation.open();
    await queueOwn(opened, "m1", "m2");
    const found = { destination: "maildir:/a", fileName: "5.Rx-0.abc" };
    expect((await settle(opened, done("m1", { found }))).settled).toHaveLength(1);
    expect((await settle(opened, done("m2", { found }))).settled).toHaveLength(0);
    expect(await opened.store.foundFiles("maildir:/a")).toEqual(["5.Rx-0.abc"]);
    expect(await opened.store.queueEntries({})).toHaveLength(1);
  });

  test("what went over a wire after a restore is counted: it may have arrived before", async () => {
    await using opened = await implementation.open();
    await queueOwn(opened, "m1");
    await settle(opened, done("m1", { doubtful: true }));
    expect(await opened.store.doubtCount()).toBe(1);
  });

  test("the ledger's oldest rows go, a bounded number at a time; younger ones stay (R-66)", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    const row = (at: number): LedgerRow => ({
      at,
      kind: "accepted",
      messageId: null,
      remoteAccountId: null,
      uid: `uid ${at}`,
      messageIdField: null,
      recipient: null,
      detail: {},
    });
    await store.appendLedger([1, 2, 3, 10, 11].map(row));
    await store.flush();
    expect(await store.ledgerSpan()).toEqual({ oldestAt: 1, rows: 5 });
    expect(await store.purgeLedger(10, 2)).toBe(2);
    expect(await store.purgeLedger(10, 2)).toBe(1);
    expect(await store.purgeLedger(10, 2)).toBe(0);
    expect(await store.ledgerSpan()).toEqual({ oldestAt: 10, rows: 2 });
  });
});
