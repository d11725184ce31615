import { expect, test } from "vitest";
import { begin, describeStore, firstAccount, putAccount } from "../../test/support/stores.ts";
import type { RemoteAccountId } from "../core/ids.ts";
import { lackingUids } from "./lacking-uids.ts";
import type { Store } from "./store.ts";

const long = "L".repeat(300);

async function importUids(store: Store, uids: readonly string[], id: RemoteAccountId = firstAccount) {
  const version = await store.configurationVersion();
  return store.applyChanges(version, [{ kind: "import-uids", id, uids, from: "fetchmail", at: 70 }]);
}

const remembered = async (store: Store) =>
  (await store.remembered(firstAccount)).open.map(({ uid, state, sizeBytes, digest }) => ({
    uid,
    state,
    sizeBytes,
    digest,
  }));

const left = (uid: string) => ({ uid, state: "left", sizeBytes: null, digest: null });

describeStore("imported UIDs", (implementation) => {
  test("are remembered as left, without size and digest, and told by the ledger", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    await putAccount(store);
    await importUids(store, ["one", "two\xff", long]);
    expect(await remembered(store)).toEqual([left("one"), left("two\xff"), left(long)]);
    expect(await store.trace({ uid: "two\xff", limit: 9 })).toMatchObject([
      { kind: "imported", at: 70, remoteAccountId: firstAccount, detail: { from: "fetchmail" } },
    ]);
  });

  test("what is remembered already is not remembered again; equal UIDs are counted", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    await putAccount(store);
    await importUids(store, ["one", "two", "two", long]);
    await importUids(store, ["two", "one", "three", "two", "two", long]);
    expect((await remembered(store)).map(({ uid }) => uid)).toEqual([
      "one",
      "two",
      "two",
      long,
      "three",
      "two",
    ]);
  });

  test("the next visit looks again, though the listing was settled", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    const settle = { lease, at: 1, absentIds: [], absentUids: [], presentIds: [], forgetAfterMs: 1 };
    const digest = new Uint8Array([7]);
    expect(await store.settleListing({ ...settle, snapshot: null, digest })).toEqual({ settled: true });
    await importUids(store, ["one"]);
    await store.endVisit({
      lease,
      last: { successAt: null, failure: null, endedAt: null, taken: 0 },
      mark: null,
      dueAt: null,
      withoutSpecialHeader: 0,
    });
    expect((await begin(store, nodeId)).listingDigest).toBeNull();
    expect((await store.remembered(firstAccount)).open).toHaveLength(1);
  });

  test("an account of another maildrop hides nothing by them, a missing one takes none", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    await putAccount(store);
    await importUids(store, ["one"]);
    await putAccount(store, firstAccount, { login: "other" }, { maildropChanged: true });
    expect(await store.rememberedByUid(firstAccount, ["one"])).toEqual([]);
    await importUids(store, ["one"]);
    expect(await store.rememberedByUid(firstAccount, ["one"])).toHaveLength(1);
    await importUids(store, ["one"], "nobody" as RemoteAccountId);
    expect(await store.trace({ uid: "one", limit: 9 })).toHaveLength(2);
  });
});

test("lacking UIDs: counted, in the order given", () => {
  expect(lackingUids(["a", "b", "a", "c"], ["a", null, "c"])).toEqual(["b", "a"]);
  expect(lackingUids([], ["a"])).toEqual([]);
});
