/**
 * Reports, destinations in trouble, doubts, and the end of kept mail, on every store.
 */
import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  entryKey,
  firstAccount,
  putAccount,
  queueOwn,
  sampleEntry,
  sampleFailure,
  sampleItem,
  sampleNode,
} from "../../test/support/stores.ts";
import type { MessageId } from "../core/ids.ts";
import type { EntrySettlement } from "./queue-contract.ts";

const deferred = (id: string, destination: string | null, doubtful = false): EntrySettlement => ({
  ...entryKey(id),
  kind: "deferred",
  dueAt: 9000,
  failure: sampleFailure,
  destination,
  doubtful,
  ledger: [],
});

describeStore("reports", (implementation) => {
  const settlement = (id: string, report: string) => ({
    entries: [{ ...entryKey(id), ledger: [] }],
    report: sampleItem(report, null),
    senderKey: "carol@far.example",
    atMost: { since: 0, toSender: 10, inAll: 100 },
    doubtful: 0,
  });

  test("the failed entry goes and the report stands, in one commit, claimed by us", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1");
    expect(await store.settleReported(nodeId, settlement("m1", "r1"), 70_000)).toEqual({
      outcome: "settled",
      freedRefs: ["m1.1"],
    });
    expect(await store.queueEntries({})).toMatchObject([
      { entry: { messageId: "r1", leaseOwner: nodeId, leaseUntil: 70_000 } },
    ]);
    expect(await store.reportCounts("carol@far.example", 5000)).toEqual({ toSender: 1, inAll: 1 });
    expect(await store.reportCounts("dave@far.example", 5000)).toEqual({ toSender: 0, inAll: 1 });
    expect(await store.reportCounts("carol@far.example", 5001)).toEqual({ toSender: 0, inAll: 0 });
  });

  test("asked again after a lost answer, it answers the same and writes nothing (R-4)", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1");
    await store.settleReported(nodeId, settlement("m1", "r1"), 70_000);
    expect(await store.settleReported(nodeId, settlement("m1", "r1"), 70_000)).toMatchObject({
      outcome: "settled",
    });
    expect(await store.reportCounts("carol@far.example", 0)).toMatchObject({ inAll: 1 });
  });

  test("one entry that is not ours any more: nothing is written", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1", "m2");
    const both = {
      ...settlement("m1", "r1"),
      entries: [
        { ...entryKey("m1"), ledger: [] },
        { ...entryKey("m2", 0, 2), ledger: [] },
      ],
    };
    expect(await store.settleReported(nodeId, both, 70_000)).toEqual({ outcome: "lost", freedRefs: [] });
    expect((await store.queueEntries({})).map(({ entry }) => entry.messageId)).toEqual(["m1", "m2"]);
    expect(await store.reportCounts("carol@far.example", 0)).toMatchObject({ inAll: 0 });
  });
});

describeStore("the brake", (implementation) => {
  test("counts in the commit itself: of reports that come at once, no more go out than may", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1", "m2", "m3");
    const reported = (id: string, report: string, senderKey: string) =>
      store.settleReported(
        nodeId,
        {
          entries: [{ ...entryKey(id), ledger: [] }],
          report: sampleItem(report, null),
          senderKey,
          atMost: { since: 0, toSender: 1, inAll: 2 },
          doubtful: 1,
        },
        70_000,
      );
    expect(await reported("m1", "r1", "a@x")).toMatchObject({ outcome: "settled" });
    expect(await reported("m2", "r2", "a@x")).toEqual({ outcome: "rate-sender", freedRefs: [] });
    expect(await reported("m2", "r2", "b@x")).toMatchObject({ outcome: "settled" });
    expect(await reported("m3", "r3", "c@x")).toMatchObject({ outcome: "rate-all" });
    expect(await store.doubtCount()).toBe(2);
  });
});

describeStore("wire destinations", (implementation) => {
  test("sending is a move of the holder alone; a dead holder's entry comes back doubted, and is counted", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1", "m2");
    expect(await store.markSending(nodeId, 1000, [entryKey("m1"), entryKey("m2", 0, 2)])).toBe(false);
    expect(await store.queueEntries({ state: "sending" })).toEqual([]);
    expect(await store.markSending(nodeId, 1000, [entryKey("m1")])).toBe(true);
    expect(await store.markSending(nodeId, 1000, [entryKey("m1")])).toBe(false);
    expect(await store.queueEntries({ state: "sending" })).toHaveLength(1);
    // The lease runs out, or the node is gone: whoever claims next must know.
    const other = await store.registerNode(sampleNode(2));
    const claim = { nodeId: other, at: 60_000, limit: 9, leaseUntil: 90_000 };
    const claimed = await store.claimDue(claim);
    expect(claimed.map(({ entry }) => [entry.messageId, entry.state, entry.doubts])).toEqual([
      ["m1", "queued", 1],
      ["m2", "queued", 0],
    ]);
    expect(await store.doubtCount()).toBe(1);
  });

  test("after its lease ended nothing is sent; renewed claims stay", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1");
    await store.renewClaims(nodeId, 59_000, 120_000);
    expect(await store.markSending(nodeId, 119_999, [entryKey("m1")])).toBe(true);
    await queueOwn(opened, "m2");
    expect(await store.markSending(nodeId, 60_000, [entryKey("m2")])).toBe(false);
    await store.renewClaims(nodeId, 60_000, 120_000);
    expect(await store.markSending(nodeId, 60_001, [entryKey("m2")])).toBe(false);
  });

  test("an answer that was lost counts, and shows on the entry", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1", "m2");
    await store.settleEntries(nodeId, [deferred("m1", "lmtp://x", true), deferred("m2", "lmtp://x")]);
    expect((await store.queueEntries({})).map(({ entry }) => entry.doubts)).toEqual([1, 0]);
    expect(await store.doubtCount()).toBe(1);
  });

  test("a destination is in trouble from its first failure until mail arrives there", async () => {
    await using opened = await implementation.open();
    const { store, nodeId, clock } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await store.accept([sampleItem("m1", lease)], nodeId, 60_000, nodeId);
    await queueOwn(opened, "m2", "m3");
    const failingSince = clock.now();
    await store.settleEntries(nodeId, [deferred("m1", "lmtp://x")]);
    clock.advance(1000);
    await store.settleEntries(nodeId, [deferred("m2", "lmtp://x"), deferred("m3", null)]);
    expect(await store.destinationTroubles()).toEqual([
      {
        destination: "lmtp://x",
        failingSince,
        failedAt: failingSince + 1000,
        failure: sampleFailure,
        deferred: 2,
      },
    ]);
    expect(await store.accountsDeferredTo(["lmtp://x", "lmtp://y"])).toEqual([
      { accountId: firstAccount, destination: "lmtp://x" },
    ]);
    const [again] = await store.claimDue({ nodeId, at: 9000, limit: 1, leaseUntil: 60_000 });
    if (!again) throw new Error("nothing was due");
    const key = { ...entryKey(again.entry.messageId), leaseToken: again.entry.leaseToken };
    const recoveredAt = clock.now();
    await store.settleEntries(nodeId, [{ ...key, kind: "done", recovered: "lmtp://x", ledger: [] }]);
    expect(await store.destinationTroubles()).toEqual([]);
    // What waited for it goes at once, what waits for another reason does not.
    const due = (await store.queueEntries({})).map(({ entry }) => entry.dueAt);
    expect(due.sort()).toEqual([9000, recoveredAt].sort());
  });
});

describeStore("troubles and people", (implementation) => {
  test("an entry that a person holds or redirects no longer counts against its destination", async () => {
    await using opened = await implementation.open();
    const { store, nodeId, clock } = opened;
    await queueOwn(opened, "m1", "m2");
    await store.settleEntries(nodeId, [deferred("m1", "lmtp://x"), deferred("m2", "lmtp://x")]);
    const hold = { kind: "hold" } as const;
    await store.changeEntry({ messageId: "m1" as MessageId, ordinal: 0 }, hold, clock.now(), []);
    expect(await store.destinationTroubles()).toMatchObject([{ deferred: 1 }]);
  });

  test("a trouble that nothing waited for any more begins anew", async () => {
    await using opened = await implementation.open();
    const { store, nodeId, clock } = opened;
    await queueOwn(opened, "m1", "m2", "m3");
    await store.settleEntries(nodeId, [deferred("m1", "lmtp://x")]);
    const drop = { kind: "drop" } as const;
    await store.changeEntry({ messageId: "m1" as MessageId, ordinal: 0 }, drop, clock.now(), []);
    clock.advance(86_400_000);
    const anew = clock.now();
    await store.settleEntries(nodeId, [deferred("m2", "lmtp://x")]);
    clock.advance(1000);
    await store.settleEntries(nodeId, [deferred("m3", "lmtp://x")]);
    expect(await store.destinationTroubles()).toMatchObject([{ failingSince: anew, deferred: 2 }]);
  });

  test("a person's retry of what a dead process was sending counts the doubt (R-52)", async () => {
    await using opened = await implementation.open();
    const { store, nodeId, clock } = opened;
    await queueOwn(opened, "m1");
    await store.markSending(nodeId, 1000, [entryKey("m1")]);
    await store.leaveNode(nodeId);
    const retry = { kind: "retry", expiresAt: 1 } as const;
    await store.changeEntry({ messageId: "m1" as MessageId, ordinal: 0 }, retry, clock.now(), []);
    expect(await store.queueEntries({})).toMatchObject([{ entry: { state: "queued", doubts: 1 } }]);
    expect(await store.doubtCount()).toBe(1);
  });
});

describeStore("undeliverable mail", (implementation) => {
  test("is kept until its time is over, and then ends with a ledger row (R-49)", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const entries = [sampleEntry(0), sampleEntry(1)];
    await store.accept([sampleItem("m1", null, { entries })], nodeId, 60_000, nodeId);
    const kept = (ordinal: number, keptUntil: number): EntrySettlement => ({
      ...entryKey("m1", ordinal),
      kind: "undeliverable",
      failure: sampleFailure,
      keptUntil,
      doubtful: false,
      ledger: [],
    });
    await store.settleEntries(nodeId, [kept(0, 50_000), kept(1, 80_000)]);
    expect(await store.undeliverableEndingBy(50_000)).toBe(1);
    expect(await store.expireUndeliverable(49_999, 9)).toEqual({ expired: 0, freedRefs: [] });
    expect(await store.expireUndeliverable(50_000, 9)).toEqual({ expired: 1, freedRefs: [] });
    expect(await store.expireUndeliverable(90_000, 9)).toEqual({ expired: 1, freedRefs: ["m1.1"] });
    expect((await store.trace({ messageId: "m1", limit: 9 })).map(({ kind }) => kind)).toEqual([
      "expired",
      "expired",
    ]);
  });
});
