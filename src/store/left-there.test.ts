import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  digest,
  firstAccount,
  putAccount,
  sampleItem,
} from "../../test/support/stores.ts";
import type { Store } from "./store.ts";

const at = 7000;

const skips = async (store: Store) =>
  (await store.skippedMessages(firstAccount)).map(({ uid, reason, wish }) => [uid, reason, wish]);

describeStore("messages that stay at the provider", (implementation) => {
  async function opened() {
    const one = await implementation.open();
    await putAccount(one.store);
    const { lease } = await begin(one.store, one.nodeId);
    return { ...one, lease, [Symbol.asyncDispose]: () => one[Symbol.asyncDispose]() };
  }

  test("a first visit's decision is one commit: what is seen, with its ledger rows, and the state", async () => {
    await using one = await opened();
    const { store, lease } = one;
    const seen = [
      { uid: "a\xff", sizeBytes: 10 },
      { uid: "b", sizeBytes: null },
    ];
    expect(await store.decideFirstVisit(lease, { at, state: "decided", seen })).toBe(true);
    expect(await skips(store)).toEqual([
      ["a\xff", "markedSeen", null],
      ["b", "markedSeen", null],
    ]);
    expect((await store.remoteAccount(firstAccount))?.firstVisit).toBe("decided");
    expect(await store.trace({ uid: "a\xff", limit: 9 })).toMatchObject([
      { at, kind: "skipped", detail: { reason: "markedSeen", sizeBytes: 10 } },
    ]);
    // Whole mailboxes are marked so: they are in no count of what went wrong.
    expect(await store.skippedCounts()).toEqual([]);
  });

  test("a lease that is lost decides nothing", async () => {
    await using one = await opened();
    const { store, lease } = one;
    const lost = { ...lease, token: lease.token + 1 };
    const seen = [{ uid: "a", sizeBytes: 1 }];
    expect(await store.decideFirstVisit(lost, { at, state: "over", seen })).toBe(false);
    expect(await skips(store)).toEqual([]);
    expect((await store.remoteAccount(firstAccount))?.firstVisit).toBe("pending");
  });

  test("another maildrop begins with a first visit of its own; what was skipped in the former one is not its", async () => {
    await using one = await opened();
    const { store, lease } = one;
    await store.decideFirstVisit(lease, { at, state: "over", seen: [{ uid: "a", sizeBytes: 1 }] });
    await putAccount(store, firstAccount, { host: "other.example" }, { maildropChanged: true });
    expect((await store.remoteAccount(firstAccount))?.firstVisit).toBe("pending");
    expect(await skips(store)).toEqual([]);
  });

  test("what was left before a moment: the oldest first, and only what a header can recognise", async () => {
    await using one = await opened();
    const { store, lease, nodeId } = one;
    const items = [
      sampleItem("m1", lease, { message: { receivedAt: 300 } }),
      sampleItem("m2", lease, { message: { receivedAt: 100 } }),
      sampleItem("m3", lease, { message: { receivedAt: 900 } }),
      sampleItem("m4", lease, { message: { receivedAt: 100 }, state: "deletePending" }),
      sampleItem("m5", lease, { message: { receivedAt: 100 }, uid: null }),
    ];
    await store.accept(items, null, 0, nodeId);
    const before = async (moment: number, limit = 10) =>
      (await store.leftBefore(firstAccount, moment, limit)).map(({ messageId }) => messageId);
    expect(await before(500)).toEqual(["m2", "m1"]);
    expect(await before(500, 1)).toEqual(["m2"]);
    expect(await before(900)).toEqual(["m2", "m1", "m3"]);
    expect(await store.leftCounts([firstAccount])).toEqual(new Map([[firstAccount, 4]]));
  });

  test("deleteLeft: what was left is to be deleted, and the listing is looked at anew", async () => {
    await using one = await opened();
    const { store, lease, nodeId } = one;
    await store.accept([sampleItem("m1", lease)], null, 0, nodeId);
    await store.settleListing({
      lease,
      at,
      absentIds: [],
      absentUids: [],
      presentIds: [],
      snapshot: { uids: "uid m1", sizes: Float64Array.from([4500]) },
      digest: digest("l"),
      forgetAfterMs: 1,
    });
    const { version } = await store.readConfiguration();
    const [account] = (await store.readConfiguration()).remoteAccounts;
    if (!account) throw new Error("no account");
    const { id, setBy: _setBy, last: _last, mark: _mark, version: _version, ...settings } = account;
    await store.applyChanges(version, [
      {
        kind: "put-remote-account",
        id,
        settings: { ...settings, leaveOnServer: false },
        setBy: "file",
        maildropChanged: false,
        dueAt: null,
        deleteLeft: true,
      },
    ]);
    expect((await store.remembered(firstAccount)).snapshot).toBeNull();
    expect((await store.remembered(firstAccount)).open).toMatchObject([
      { uid: "uid m1", state: "deletePending" },
    ]);
    expect(await store.leftCounts([firstAccount])).toEqual(new Map([[firstAccount, 0]]));
  });

  test("a wish opens a settled row, ends the settled listing, and is taken back", async () => {
    await using one = await opened();
    const { store, lease } = one;
    await store.decideFirstVisit(lease, { at, state: "over", seen: [{ uid: "a", sizeBytes: 1 }] });
    const settle = () =>
      store.settleListing({
        lease,
        at,
        absentIds: [],
        absentUids: [],
        presentIds: [],
        snapshot: { uids: "a", sizes: Float64Array.from([1]) },
        digest: digest("l"),
        forgetAfterMs: 1,
      });
    expect(await settle()).toEqual({ settled: true });
    const [message] = await store.skippedMessages(firstAccount);
    const ids = [message?.id ?? 0, 999];
    expect(await store.wishSkipped(firstAccount, { ids, wish: "delete", by: "ann", at })).toBe(1);
    expect((await store.remembered(firstAccount)).open).toMatchObject([
      { uid: "a", wish: "delete", wishBy: "ann" },
    ]);
    // A visit that began before it cannot settle it away.
    expect(await settle()).toEqual({ settled: false });
    await store.wishSkipped(firstAccount, { ids, wish: null, by: "ann", at });
    expect(await skips(store)).toEqual([["a", "markedSeen", null]]);
    expect(await settle()).toEqual({ settled: true });
    expect((await store.trace({ uid: "a", limit: 9 })).map(({ detail }) => detail.wish)).toEqual([
      undefined,
      "delete",
      "none",
    ]);
  });

  test("the header of a message is accepted once, with the commit that ends the wish for it", async () => {
    await using one = await opened();
    const { store, lease, nodeId } = one;
    await store.decideFirstVisit(lease, { at, state: "over", seen: [{ uid: "a", sizeBytes: 1 }] });
    const [message] = await store.skippedMessages(firstAccount);
    const id = message?.id ?? 0;
    await store.wishSkipped(firstAccount, { ids: [id], wish: "header", by: "ann", at });
    const headerOf = (name: string) => {
      const item = sampleItem(name, lease, { uid: "a" });
      return item.visit === null ? item : { ...item, visit: { ...item.visit, headerOf: id } };
    };
    const [first] = await store.accept([headerOf("m1")], null, 0, nodeId);
    expect(first).toMatchObject({ kind: "accepted", rememberedId: id });
    const [second] = await store.accept([headerOf("m2")], null, 0, nodeId);
    expect(second).toMatchObject({ kind: "merged" });
    expect(await skips(store)).toEqual([["a", "markedSeen", null]]);
    expect((await store.queueEntries({})).map(({ entry }) => entry.messageId)).toEqual(["m1"]);
  });

  test("what was skipped is counted by account and reason", async () => {
    await using one = await opened();
    const { store, lease } = one;
    const skip = (uid: string, reason: "tooLarge" | "stuck" | "failing") => ({
      kind: "skip" as const,
      id: null,
      uid,
      sizeBytes: 1,
      reason,
      failures: 0,
      failure: null,
      retryAt: null,
    });
    await store.noteMessages(
      lease,
      [skip("a", "tooLarge"), skip("b", "tooLarge"), skip("c", "stuck"), skip("d", "failing")],
      [],
    );
    const counts = await store.skippedCounts();
    expect(counts.map(({ reason, count }) => `${reason} ${count}`).sort()).toEqual([
      "failing 1",
      "stuck 1",
      "tooLarge 2",
    ]);
  });
});
