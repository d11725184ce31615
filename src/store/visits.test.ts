import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  end,
  firstAccount,
  putAccount,
  sampleFailure,
  sampleItem,
  sampleNode,
  sampleSettings,
} from "../../test/support/stores.ts";
import type { RemoteAccountId } from "../core/ids.ts";

const second = "account-2" as RemoteAccountId;
const mark = { failure: sampleFailure, since: 1, retryAt: 2, count: 3 };

describeStore("visits", (implementation) => {
  test("a visit begins with all it needs to know", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    await store.noteHost("pop.ISP.example", 1110, { capabilities: { off: ["UIDL", "TOP"] } });
    const first = await begin(store, nodeId);
    await store.accept(
      [sampleItem("m1", first.lease), sampleItem("m2", first.lease, { uid: null })],
      null,
      0,
      nodeId,
    );
    await end(store, first.lease);
    expect(await begin(store, nodeId, firstAccount, 3000)).toEqual({
      lease: {
        accountId: firstAccount,
        host: "POP.isp.example",
        port: 1110,
        login: sampleSettings().login,
        nodeId,
        token: 2,
        until: 4000,
      },
      account: await store.remoteAccount(firstAccount),
      host: { mark: null, capabilities: { off: ["UIDL", "TOP"] }, noPipeliningUntil: null },
      listingDigest: null,
    });
    expect(await store.remembered(firstAccount)).toMatchObject({ count: 2, withUidCount: 1, formerCount: 0 });
  });

  const maildrops = [
    { name: "the same record", settings: null, answer: "busy" },
    {
      name: "another record of the same maildrop, its host in another case",
      settings: { host: "pop.isp.EXAMPLE" },
      answer: "busy",
    },
    { name: "another port", settings: { port: 995 }, answer: "begun" },
    { name: "another login, as bytes", settings: { login: "USER\xff@isp" }, answer: "begun" },
  ] as const;
  test.each(maildrops)("while one visit is under way: $name is $answer", async ({ settings, answer }) => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    if (settings) await putAccount(store, second, settings);
    await begin(store, nodeId);
    const accountId = settings ? second : firstAccount;
    const start = await store.beginVisit({ accountId, nodeId, at: 1999, leaseMs: 1000 });
    expect(typeof start === "string" ? start : "begun").toBe(answer);
    expect(await store.visitUnderWay(accountId, 1999)).toBe(true);
  });

  test("of two processes that begin at once, one visits", async () => {
    await using opened = await implementation.open();
    const other = await opened.again();
    await putAccount(opened.store);
    const rival = await other.registerNode(sampleNode(2));
    const starts = await Promise.all([
      opened.store.beginVisit({ accountId: firstAccount, nodeId: opened.nodeId, at: 1, leaseMs: 9 }),
      other.beginVisit({ accountId: firstAccount, nodeId: rival, at: 1, leaseMs: 9 }),
    ]);
    expect(starts.filter((start) => start === "busy")).toHaveLength(1);
  });

  test("a lease that ran out is taken over, and its former holder writes nothing any more", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const rival = await store.registerNode(sampleNode(2));
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    const taken = await store.beginVisit({ accountId: firstAccount, nodeId: rival, at: 2000, leaseMs: 1000 });
    expect(taken).toMatchObject({ lease: { token: 2, nodeId: rival } });

    expect(await store.renewVisit(lease, 9000)).toBe(null);
    expect(await store.accept([sampleItem("m1", lease)], null, 0, nodeId)).toEqual([{ kind: "lost-lease" }]);
    await store.noteMessages(lease, [skip("u1")], []);
    expect((await store.remembered(firstAccount)).open).toEqual([]);
    const settle = { at: 1, absentIds: [], absentUids: [], presentIds: [], forgetAfterMs: 1 };
    const snapshot = { uids: "u", sizes: Float64Array.of(1) };
    const digest = new Uint8Array([1]);
    expect(await store.settleListing({ lease, ...settle, snapshot, digest })).toEqual({ settled: false });
    expect((await store.remembered(firstAccount)).snapshot).toBe(null);
    await store.endVisit({ lease, last: lastVisit, mark, dueAt: 1, hostMark: mark, withoutSpecialHeader: 1 });
    expect(await store.remoteAccount(firstAccount)).toMatchObject({ last: { endedAt: null }, mark: null });
    expect(await store.markedHosts()).toEqual([]);
    expect(await store.visitUnderWay(firstAccount, 2500)).toBe(true);
  });

  test("a visit whose record came to name another maildrop writes nothing any more", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await putAccount(store, firstAccount, { login: "other" }, { maildropChanged: true });
    expect(await store.accept([sampleItem("m1", lease)], null, 0, nodeId)).toEqual([{ kind: "lost-lease" }]);
    await store.noteMessages(lease, [skip("u1")], []);
    expect((await store.remembered(firstAccount)).open).toEqual([]);
  });

  test("a visit whose record was removed accepts nothing", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await store.applyChanges(1, [{ kind: "remove-remote-account", id: firstAccount }]);
    expect(await store.accept([sampleItem("m1", lease)], null, 0, nodeId)).toEqual([{ kind: "lost-lease" }]);
    // A new record of that maildrop waits for the one that is still in there.
    await putAccount(store, second);
    expect(await store.beginVisit({ accountId: second, nodeId, at: 1500, leaseMs: 1 })).toBe("busy");
  });

  test("a renewed lease lasts until its new end", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    expect(await store.renewVisit(lease, 5000)).toEqual({ ...lease, until: 5000 });
    expect(await store.visitUnderWay(firstAccount, 4999)).toBe(true);
    expect(await store.beginVisit({ accountId: firstAccount, nodeId, at: 4999, leaseMs: 1 })).toBe("busy");
    expect(await store.visitUnderWay(firstAccount, 5000)).toBe(false);
  });

  test("a visit's end frees the maildrop at once and tells how it went", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await store.endVisit({ lease, last: lastVisit, mark, dueAt: 8, hostMark: mark, withoutSpecialHeader: 5 });
    const next = await store.beginVisit({ accountId: firstAccount, nodeId, at: 1100, leaseMs: 1 });
    expect(next).toMatchObject({
      account: { last: lastVisit, mark, dueAt: 8, withoutSpecialHeader: 5 },
      host: { mark },
    });
  });

  const hostMarks = [
    { name: "left out: stays", given: {}, after: mark },
    { name: "null: ends", given: { hostMark: null }, after: null },
    {
      name: "given: replaces",
      given: { hostMark: { ...mark, retryAt: 99 } },
      after: { ...mark, retryAt: 99 },
    },
  ];
  test.each(hostMarks)("the host's mark at a visit's end, $name", async ({ given, after }) => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const visit = { last: lastVisit, mark: null, dueAt: null, withoutSpecialHeader: 0 };
    await store.endVisit({ lease: (await begin(store, nodeId)).lease, ...visit, hostMark: mark });
    expect(await store.markedHosts()).toEqual([{ host: "pop.isp.example", port: 1110, mark }]);
    await store.endVisit({ lease: (await begin(store, nodeId)).lease, ...visit, ...given });
    expect((await store.host("POP.ISP.example", 1110)).mark).toEqual(after);
    expect(await store.markedHosts()).toHaveLength(after === null ? 0 : 1);
  });

  test("notes about a host leave unnamed fields as they are", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    expect(await store.host("h", 1)).toEqual({ mark: null, capabilities: {}, noPipeliningUntil: null });
    await store.noteHost("h", 1, { capabilities: { starttls: ["SASL \u0000x"] }, noPipeliningUntil: 7 });
    await store.noteHost("H", 1, { capabilities: {} });
    await store.noteHost("h", 1, {});
    await store.noteHost("h", 2, { noPipeliningUntil: 8 });
    expect(await store.host("h", 1)).toEqual({ mark: null, capabilities: {}, noPipeliningUntil: 7 });
    expect(await store.host("h", 2)).toMatchObject({ noPipeliningUntil: 8 });
  });
});

const lastVisit = { successAt: null, failure: sampleFailure, endedAt: 1600, taken: 4 };

function skip(uid: string) {
  return {
    kind: "skip",
    id: null,
    uid,
    sizeBytes: 1,
    reason: "tooLarge",
    failures: 0,
    failure: null,
    retryAt: null,
  } as const;
}
