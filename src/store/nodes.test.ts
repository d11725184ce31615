import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  end,
  firstAccount,
  putAccount,
  sampleItem,
  sampleNode,
} from "../../test/support/stores.ts";

describeStore("processes", (implementation) => {
  test("a registered node is listed with what identifies it, alive and seen at its start", async () => {
    await using opened = await implementation.open();
    const id = await opened.store.registerNode({ ...sampleNode(42), startedAt: 2500 });
    const node = (await opened.store.nodes()).find((one) => one.id === id);
    expect(node).toEqual({
      ...sampleNode(42),
      startedAt: 2500,
      seenAt: 2500,
      id,
      fenced: false,
      serving: null,
    });
  });

  test("a number is never used again, not even after its node is forgotten", async () => {
    await using opened = await implementation.open();
    const first = await opened.store.registerNode(sampleNode(1));
    await opened.store.forgetNode(first);
    expect(await opened.store.registerNode(sampleNode(1))).toBeGreaterThan(first);
  });

  test("a heartbeat is seen by the next reader of this process", async () => {
    await using opened = await implementation.open();
    await opened.store.heartbeat(opened.nodeId, 9999);
    expect((await opened.store.nodes())[0]?.seenAt).toBe(9999);
  });

  const endings = [
    { name: "fencing", end: "fenceNode" as const },
    { name: "forgetting", end: "forgetNode" as const },
    { name: "leaving of", end: "leaveNode" as const },
  ];
  test.each(endings)("$name a node frees its maildrops and its entries", async ({ end: verb }) => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const other = await store.registerNode(sampleNode(2));
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await store.accept([sampleItem("m1", lease)], nodeId, 1_000_000, nodeId);
    const visit = { accountId: firstAccount, nodeId: other, at: 1001, leaseMs: 1000 };
    const claim = { nodeId: other, at: 6000, limit: 10, leaseUntil: 7000 };
    expect(await store.beginVisit(visit)).toBe("busy");
    expect(await store.claimDue(claim)).toEqual([]);

    await store[verb](nodeId);

    expect(await store.beginVisit(visit)).toMatchObject({ lease: { nodeId: other, token: 2 } });
    expect(await store.claimDue(claim)).toMatchObject([{ entry: { leaseOwner: other, leaseToken: 2 } }]);
  });

  test("a process that leaves takes its row along, unless it was declared dead meanwhile", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const other = await store.registerNode(sampleNode(2));
    await store.fenceNode(other);
    await store.leaveNode(other);
    await store.leaveNode(nodeId);
    expect((await store.nodes()).map(({ id }) => id)).toEqual([other]);
  });

  test("from its fencing on, nothing of a node is taken", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await store.accept([sampleItem("m1", lease)], nodeId, 1_000_000, nodeId);
    const key = { messageId: sampleItem("m1", lease).message.id, ordinal: 0, leaseToken: 1 };
    await store.fenceNode(nodeId);

    const late = [sampleItem("m2", lease), sampleItem("m3", null)];
    expect(await store.accept(late, nodeId, 1_000_000, nodeId)).toEqual([
      { kind: "lost-lease" },
      { kind: "lost-lease" },
    ]);
    expect(
      await store.markReady(nodeId, 1500, [{ ...key, destination: "maildir:/x", preparedAt: 6000 }]),
    ).toEqual([]);
    expect(
      await store.settleEntries(nodeId, [{ ...key, kind: "done", recovered: null, ledger: [] }]),
    ).toEqual({
      settled: [],
      freedRefs: [],
    });
    expect(await store.claimDue({ nodeId, at: 9000, limit: 9, leaseUntil: 9999 })).toEqual([]);
    expect(await store.beginVisit({ accountId: firstAccount, nodeId, at: 9000, leaseMs: 1 })).toBe("busy");
    expect(await store.renewVisit(lease, 9999)).toBe(null);
    await end(store, lease);
    expect((await store.remoteAccount(firstAccount))?.last.successAt).toBe(null);
    expect((await store.nodes())[0]?.fenced).toBe(true);
  });

  test("ownedRefs names those refs that a message row owns", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const items = Array.from({ length: 300 }, (_, index) => sampleItem(`m${index}`, null));
    await store.accept(items, null, 0, nodeId);
    const asked = [...items.map((item) => item.message.spoolRef), "nobody.1"];
    expect(new Set(await store.ownedRefs(asked))).toEqual(new Set(asked.slice(0, -1)));
    expect(await store.ownedRefs([])).toEqual([]);
  });
});
