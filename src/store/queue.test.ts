import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  entryKey,
  firstAccount,
  type OpenedStore,
  putAccount,
  queueOwn,
  sampleEntry,
  sampleFailure,
  sampleItem,
  sampleNode,
} from "../../test/support/stores.ts";
import type { MessageId } from "../core/ids.ts";
import type { EntrySettlement } from "./queue-contract.ts";

async function only(opened: OpenedStore) {
  const rows = await opened.store.queueEntries({});
  if (rows.length !== 1) throw new Error(`${rows.length} entries`);
  return rows[0]?.entry;
}

describeStore("claims", (implementation) => {
  test("due entries are claimed oldest first, up to the limit, and each by one only", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const items = ["m3", "m1", "m2"].map((id, index) => {
      const item = sampleItem(id, null);
      return { ...item, message: { ...item.message, receivedAt: 100 + index } };
    });
    await store.accept(items, null, 0, nodeId);
    const claim = { nodeId, at: 102, limit: 2, leaseUntil: 500 };
    const first = await store.claimDue(claim);
    expect(first.map(({ entry }) => entry.messageId)).toEqual(["m3", "m1"]);
    expect(first[0]).toMatchObject({
      entry: { leaseOwner: nodeId, leaseUntil: 500, leaseToken: 1 },
      message: { id: "m3", spoolRef: "m3.1" },
      sole: true,
    });
    expect((await store.claimDue(claim)).map(({ entry }) => entry.messageId)).toEqual(["m2"]);
    expect(await store.claimDue(claim)).toEqual([]);
  });

  test("not due yet: not claimed; nextEntryDue tells when", async () => {
    await using opened = await implementation.open();
    await opened.store.accept([sampleItem("m1", null)], null, 0, opened.nodeId);
    const claim = { nodeId: opened.nodeId, limit: 9, leaseUntil: 9999 };
    expect(await opened.store.claimDue({ ...claim, at: 4999 })).toEqual([]);
    expect(await opened.store.nextEntryDue()).toBe(5000);
    expect(await opened.store.claimDue({ ...claim, at: 5000 })).toHaveLength(1);
    expect(await opened.store.nextEntryDue()).toBe(null);
  });

  test("two processes that claim at once share the entries without overlap", async () => {
    await using opened = await implementation.open();
    const other = await opened.again();
    const rival = await other.registerNode(sampleNode(2));
    const ids = Array.from({ length: 40 }, (_, index) => `m${index}`);
    await opened.store.accept(
      ids.map((id) => sampleItem(id, null)),
      null,
      0,
      opened.nodeId,
    );
    const claims = await Promise.all([
      opened.store.claimDue({ nodeId: opened.nodeId, at: 9000, limit: 25, leaseUntil: 9999 }),
      other.claimDue({ nodeId: rival, at: 9000, limit: 25, leaseUntil: 9999 }),
    ]);
    const got = claims.flat().map(({ entry }) => entry.messageId);
    expect(got).toHaveLength(40);
    expect(new Set(got).size).toBe(40);
  });

  test("a claim that ran out is taken over under a higher token; the former holder moves nothing", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const rival = await store.registerNode(sampleNode(2));
    await queueOwn(opened, "m1");
    const claim = { nodeId: rival, limit: 9, leaseUntil: 99_000 };
    expect(await store.claimDue({ ...claim, at: 59_999 })).toEqual([]);
    const [taken] = await store.claimDue({ ...claim, at: 60_000 });
    expect(taken?.entry).toMatchObject({ leaseOwner: rival, leaseToken: 2 });

    const late: EntrySettlement[] = [
      { ...entryKey("m1"), kind: "done", recovered: null, ledger: [] },
      { ...entryKey("m1"), kind: "requeued", failure: null, dueAt: 1, ledger: [] },
      {
        ...entryKey("m1"),
        kind: "deferred",
        destination: null,
        doubtful: false,
        dueAt: 1,
        failure: sampleFailure,
        ledger: [],
      },
      {
        ...entryKey("m1"),
        kind: "undeliverable",
        keptUntil: 1_000_000_000,
        doubtful: false,
        failure: sampleFailure,
        ledger: [],
      },
    ];
    expect(
      await store.markReady(nodeId, 59_999, [{ ...entryKey("m1"), destination: "d", preparedAt: 6000 }]),
    ).toEqual([]);
    // The token alone is not enough either: it must be the holder's.
    expect(
      await store.markReady(nodeId, 61_000, [
        { ...entryKey("m1", 0, 2), destination: "d", preparedAt: 6000 },
      ]),
    ).toEqual([]);
    expect(await store.settleEntries(nodeId, late)).toEqual({ settled: [], freedRefs: [] });
    const others = late.map((settlement) => ({ ...settlement, leaseToken: 2 }));
    expect(await store.settleEntries(nodeId, others)).toEqual({ settled: [], freedRefs: [] });
    expect(await only(opened)).toEqual(taken?.entry);
  });

  test("sole only while the message has no other entry", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const entries = [sampleEntry(0), sampleEntry(1)];
    await store.accept([sampleItem("m1", null, { entries })], null, 0, nodeId);
    const claim = { nodeId, at: 9000, limit: 9, leaseUntil: 60_000 };
    expect(await store.claimDue(claim)).toMatchObject([{ sole: false }, { sole: false }]);
    const other = await store.registerNode(sampleNode(2));
    await store.settleEntries(nodeId, [{ ...entryKey("m1", 0), kind: "done", recovered: null, ledger: [] }]);
    const later = await store.claimDue({
      ...claim,
      nodeId: other,
      at: 60_000,
      leaseUntil: 90_000,
    });
    expect(later).toMatchObject([{ entry: { ordinal: 1 }, sole: true }]);
  });
});

describeStore("moves", (implementation) => {
  test("queued to ready: the witness' token, moment and destination are kept", async () => {
    await using opened = await implementation.open();
    await queueOwn(opened, "m1", "m2");
    const keys = [entryKey("m1"), entryKey("m2", 0, 9)].map((key) => ({
      ...key,
      destination: "maildir:/a",
      preparedAt: 6900,
    }));
    expect(await opened.store.markReady(opened.nodeId, 7000, keys)).toEqual([entryKey("m1")]);
    const [ready, other] = await opened.store.queueEntries({});
    const fields = { readyToken: 1, readyAt: 6900, readyDestination: "maildir:/a", leaseToken: 1 };
    expect(ready?.entry).toMatchObject({ state: "ready", leaseOwner: opened.nodeId, ...fields });
    expect(other?.entry).toMatchObject({ state: "queued", readyToken: null });
  });

  const late = [
    { name: "its lease ran out", at: 60_000 },
    { name: "it is ready already", at: 7000 },
  ];
  test.each(late)("not to ready when $name", async ({ at }) => {
    await using opened = await implementation.open();
    await queueOwn(opened, "m1");
    const keys = [{ ...entryKey("m1"), destination: "maildir:/a", preparedAt: 6000 }];
    if (at === 7000) await opened.store.markReady(opened.nodeId, 6000, keys);
    expect(await opened.store.markReady(opened.nodeId, at, keys)).toEqual([]);
  });

  test("done: the row goes; the message and its file go with the last entry", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const entries = [sampleEntry(0), sampleEntry(1)];
    await store.accept([sampleItem("m1", null, { entries })], nodeId, 60_000, nodeId);
    const done = (ordinal: number) => ({
      ...entryKey("m1", ordinal),
      kind: "done" as const,
      recovered: null,
      ledger: [],
    });
    expect(await store.settleEntries(nodeId, [done(0)])).toEqual({
      settled: [entryKey("m1", 0)],
      freedRefs: [],
    });
    expect(await store.message("m1" as MessageId)).not.toBe(null);
    expect(await store.settleEntries(nodeId, [done(1), done(0)])).toEqual({
      settled: [entryKey("m1", 1)],
      freedRefs: ["m1.1"],
    });
    expect(await store.message("m1" as MessageId)).toBe(null);
  });

  test("the first delivery of a remote account's mail is kept, later ones do not change it", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await store.accept([sampleItem("m1", lease), sampleItem("m2", lease)], nodeId, 60_000, nodeId);
    const delivered = (id: string, at: number) => ({
      ...entryKey(id),
      kind: "done" as const,
      recovered: null,
      ledger: [{ ...ledgerRow, messageId: id as MessageId, at }],
    });
    const failed = {
      ...entryKey("m1"),
      kind: "deferred" as const,
      destination: null,
      doubtful: false,
      dueAt: 1,
      failure: sampleFailure,
      ledger: [],
    };
    await store.settleEntries(nodeId, [failed]);
    expect((await store.remoteAccount(firstAccount))?.firstDeliveredAt).toBe(null);
    await store.settleEntries(nodeId, [delivered("m2", 7777)]);
    await store.claimDue({ nodeId, at: 9000, limit: 1, leaseUntil: 9999 });
    await store.settleEntries(nodeId, [{ ...delivered("m1", 8888), leaseToken: 2 }]);
    expect((await store.remoteAccount(firstAccount))?.firstDeliveredAt).toBe(7777);
    expect(await store.queueEntries({})).toEqual([]);
    expect(await store.trace({ messageId: "m2", limit: 9 })).toMatchObject([{ kind: "delivered", at: 7777 }]);
  });

  const settlements = [
    {
      name: "deferred from queued",
      ready: false,
      settlement: {
        kind: "deferred",
        destination: null,
        doubtful: false,
        dueAt: 9000,
        failure: sampleFailure,
      },
      after: { state: "queued", attempts: 1, dueAt: 9000, failure: sampleFailure, readyToken: null },
    },
    {
      name: "deferred from ready: its witness decides at the next attempt",
      ready: true,
      settlement: {
        kind: "deferred",
        destination: null,
        doubtful: false,
        dueAt: 9000,
        failure: sampleFailure,
      },
      after: { state: "ready", attempts: 1, dueAt: 9000, readyToken: 1, readyDestination: "d" },
    },
    {
      name: "requeued: without blame",
      ready: true,
      settlement: { kind: "requeued", failure: null, dueAt: 9000 },
      after: {
        state: "queued",
        attempts: 0,
        dueAt: 9000,
        failure: null,
        readyToken: null,
        readyAt: null,
        readyDestination: null,
      },
    },
    {
      name: "undeliverable",
      ready: false,
      settlement: {
        kind: "undeliverable",
        keptUntil: 1_000_000_000,
        doubtful: false,
        failure: sampleFailure,
      },
      after: { state: "undeliverable", attempts: 1, dueAt: null, failure: sampleFailure },
    },
  ] as const;
  test.each(settlements)("$name", async ({ ready, settlement, after }) => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1");
    if (ready)
      await store.markReady(nodeId, 6000, [{ ...entryKey("m1"), destination: "d", preparedAt: 6000 }]);
    const answer = await store.settleEntries(nodeId, [{ ...entryKey("m1"), ...settlement, ledger: [] }]);
    expect(answer).toEqual({ settled: [entryKey("m1")], freedRefs: [] });
    expect(await only(opened)).toMatchObject({ ...after, leaseOwner: null, leaseUntil: null, leaseToken: 1 });
    const [next] = await store.claimDue({ nodeId, at: 9000, limit: 9, leaseUntil: 9999 });
    expect(next?.entry.leaseToken).toBe(after.dueAt === null ? undefined : 2);
  });

  test("ledger rows are written for what was settled, not for what was not", async () => {
    await using opened = await implementation.open();
    await queueOwn(opened, "m1");
    const done = { kind: "done" as const, recovered: null, ledger: [ledgerRow] };
    await opened.store.settleEntries(opened.nodeId, [
      { ...entryKey("m1", 0, 5), ...done },
      { ...entryKey("m1"), ...done },
    ]);
    expect(await opened.store.trace({ messageId: "m1", limit: 9 })).toEqual([ledgerRow]);
  });
});

describeStore("a person's verbs", (implementation) => {
  const changes = [
    { name: "hold", from: "queued", change: { kind: "hold" }, after: { state: "held", dueAt: null } },
    {
      name: "hold one that is ready",
      from: "ready",
      change: { kind: "hold" },
      after: { state: "held", readyToken: 1 },
    },
    {
      name: "release one that is held",
      from: "held",
      change: { kind: "release" },
      after: { state: "queued", dueAt: 99_000 },
    },
    {
      name: "release one that was ready",
      from: "held ready",
      change: { kind: "release" },
      after: { state: "ready", readyToken: 1 },
    },
    {
      name: "release one that is not held",
      from: "undeliverable",
      change: { kind: "release" },
      after: { state: "undeliverable", dueAt: null },
    },
    {
      name: "retry an undeliverable one",
      from: "undeliverable",
      change: { kind: "retry", expiresAt: 777_000 },
      after: { state: "queued", dueAt: 99_000, expiresAt: 777_000, attempts: 1 },
    },
    {
      name: "retry a ready one",
      from: "ready",
      change: { kind: "retry", expiresAt: 1 },
      after: { state: "ready", dueAt: 99_000, readyToken: 1 },
    },
    {
      name: "redirect",
      from: "ready",
      change: {
        kind: "redirect",
        recipient: { localPart: "new", domain: "x" },
        target: { kind: "postmaster" },
        expiresAt: 888_000,
      },
      after: {
        state: "queued",
        recipient: { localPart: "new", domain: "x" },
        target: { kind: "postmaster" },
        dueAt: 99_000,
        expiresAt: 888_000,
        attempts: 0,
        failure: null,
        readyToken: null,
      },
    },
  ] as const;
  test.each(changes)("$name", async ({ from, change, after }) => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1");
    const key = entryKey("m1");
    if (from.endsWith("ready"))
      await store.markReady(nodeId, 6000, [{ ...key, destination: "d", preparedAt: 6000 }]);
    const settled = from === "undeliverable" ? "undeliverable" : "deferred";
    await store.settleEntries(nodeId, [
      {
        ...key,
        kind: settled,
        dueAt: 70_000,
        keptUntil: 70_000,
        destination: null,
        doubtful: false,
        failure: sampleFailure,
        ledger: [],
      },
    ]);
    if (from.startsWith("held")) await store.changeEntry(key, { kind: "hold" }, 80_000, []);
    expect(await store.changeEntry(key, change, 99_000, [])).toEqual({ freedRefs: [] });
    expect(await only(opened)).toMatchObject(after);
    const [claimed] = await store.claimDue({ nodeId, at: 99_000, limit: 9, leaseUntil: 99_999 });
    expect(claimed !== undefined).toBe(
      "state" in after && (after.state === "queued" || after.state === "ready"),
    );
  });

  test("drop: the row goes, and the message with its last one", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const entries = [sampleEntry(0), sampleEntry(1)];
    await store.accept([sampleItem("m1", null, { entries })], null, 0, nodeId);
    const drop = (ordinal: number) =>
      store.changeEntry(entryKey("m1", ordinal), { kind: "drop" }, 1, [ledgerRow]);
    expect(await drop(1)).toEqual({ freedRefs: [] });
    expect(await drop(1)).toBe("gone");
    expect(await drop(0)).toEqual({ freedRefs: ["m1.1"] });
    expect(await store.queueEntries({})).toEqual([]);
    expect(await store.trace({ messageId: "m1", limit: 9 })).toHaveLength(2);
  });

  test("while a process works on it: busy; once its claim ran out: changed, and the process moves nothing", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1");
    expect(await store.changeEntry(entryKey("m1"), { kind: "hold" }, 59_999, [ledgerRow])).toBe("busy");
    expect(await store.trace({ messageId: "m1", limit: 9 })).toEqual([]);
    expect(await store.changeEntry(entryKey("m1"), { kind: "hold" }, 60_000, [])).toEqual({ freedRefs: [] });
    const done = { ...entryKey("m1"), kind: "done" as const, recovered: null, ledger: [] };
    expect((await store.settleEntries(nodeId, [done])).settled).toEqual([]);
    expect(await only(opened)).toMatchObject({ state: "held", leaseOwner: null, leaseToken: 2 });
  });

  test("entries are listed with their messages and counted by state", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await queueOwn(opened, "m1", "m2", "m3");
    await store.settleEntries(nodeId, [
      {
        ...entryKey("m2"),
        kind: "undeliverable",
        keptUntil: 1_000_000_000,
        doubtful: false,
        failure: sampleFailure,
        ledger: [],
      },
    ]);
    expect(await store.queueCounts()).toEqual({ queued: 2, ready: 0, sending: 0, held: 0, undeliverable: 1 });
    const ids = async (filter: Parameters<typeof store.queueEntries>[0]) =>
      (await store.queueEntries(filter)).map(({ message }) => message.id);
    expect(await ids({})).toEqual(["m1", "m2", "m3"]);
    expect(await ids({ state: "undeliverable" })).toEqual(["m2"]);
    expect(await ids({ messageId: "m3" as MessageId })).toEqual(["m3"]);
    expect(await ids({ limit: 2 })).toEqual(["m1", "m2"]);
  });
});

const ledgerRow = {
  at: 6000,
  kind: "delivered",
  messageId: "m1" as MessageId,
  remoteAccountId: null,
  uid: null,
  messageIdField: null,
  recipient: null,
  detail: {},
} as const;
