import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  digest,
  firstAccount,
  type OpenedStore,
  putAccount,
  sampleFailure,
  sampleItem,
} from "../../test/support/stores.ts";
import type { RememberedUid, SkipReason, VisitLease } from "./records.ts";

const day = 86_400_000;

function skipNote(uid: string | null, reason: SkipReason, id: number | null = null) {
  return {
    kind: "skip",
    id,
    uid,
    sizeBytes: 9,
    reason,
    failures: 1,
    failure: sampleFailure,
    retryAt: 50,
  } as const;
}

async function visited(opened: OpenedStore): Promise<VisitLease> {
  await putAccount(opened.store);
  return (await begin(opened.store, opened.nodeId)).lease;
}

let messages = 0;

async function accept(opened: OpenedStore, lease: VisitLease, ...items: Parameters<typeof sampleItem>[2][]) {
  const results = await opened.store.accept(
    items.map((more) => sampleItem(`m${++messages}`, lease, more)),
    null,
    0,
    opened.nodeId,
  );
  return results.map((result) => (result.kind === "lost-lease" ? -1 : (result.rememberedId ?? -1)));
}

interface Settle {
  at?: number;
  absentIds?: readonly number[];
  absentUids?: readonly string[];
  presentIds?: readonly number[];
  uids?: readonly string[] | null;
  digest?: Uint8Array | null;
}

async function settle(opened: OpenedStore, lease: VisitLease, how: Settle): Promise<boolean> {
  const uids = how.uids ?? null;
  const { settled } = await opened.store.settleListing({
    lease,
    at: how.at ?? 1000,
    absentIds: how.absentIds ?? [],
    absentUids: how.absentUids ?? [],
    presentIds: how.presentIds ?? [],
    snapshot: uids === null ? null : { uids: uids.join("\n"), sizes: Float64Array.from(uids, () => 9) },
    digest: how.digest === undefined ? digest("listing") : how.digest,
    forgetAfterMs: 30 * day,
  });
  return settled;
}

const uidsOf = (rows: readonly RememberedUid[]) => rows.map((row) => row.uid);

describeStore("remembered UIDs", (implementation) => {
  test("what was accepted is found by UID, digest and header digest, each with all that was said", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    const lease = await visited(opened);
    const item = sampleItem("m1", lease, { uid: "u\xff1", state: "deletePending" });
    const [result] = await store.accept([item], null, 0, opened.nodeId);
    const row = {
      id: result?.kind === "accepted" ? result.rememberedId : null,
      uid: "u\xff1",
      sizeBytes: 4500,
      state: "deletePending",
      reason: null,
      digest: item.message.digest,
      headerDigest: item.headerDigest,
      messageId: "m1",
      failures: 0,
      failure: null,
      retryAt: null,
      absentSince: null,
      absentListings: 0,
      takenAt: 5000,
      wish: null,
      wishBy: null,
    };
    expect(await store.rememberedByUid(firstAccount, ["nobody", "u\xff1"])).toEqual([row]);
    expect(await store.rememberedByDigest(firstAccount, [digest("x"), item.message.digest])).toEqual([row]);
    expect(await store.rememberedByHeaderDigest(firstAccount, [item.headerDigest])).toEqual([row]);
    expect((await store.remembered(firstAccount)).open).toEqual([row]);
    expect(await store.rememberedByUid(firstAccount, [])).toEqual([]);
  });

  const hash = "\n".padEnd(33, "h");
  const bytewise = [
    { name: "case", uids: ["Abc", "aBC"] },
    { name: "a NUL and what follows it", uids: ["a\0b", "a\0c", "a"] },
    { name: "high bytes", uids: ["\xe9", "\xc3\xa9"] },
    { name: "over 255 bytes, by the last byte", uids: [`${"x".repeat(300)}1`, `${"x".repeat(300)}2`] },
    { name: "255 and 256 bytes", uids: ["y".repeat(255), "y".repeat(256)] },
    { name: "33 bytes, as long as a digest's key", uids: [hash.replace("\n", "k"), "z".repeat(256)] },
  ];
  test.each(bytewise)("UIDs are bytes: $name tells them apart (R-11)", async ({ uids }) => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await accept(opened, lease, ...uids.map((uid) => ({ uid })));
    for (const uid of uids)
      expect(uidsOf(await opened.store.rememberedByUid(firstAccount, [uid]))).toEqual([uid]);
    expect(uidsOf((await opened.store.remembered(firstAccount)).open)).toEqual(uids);
  });

  test("a repeated UID is as many rows (R-12)", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    const ids = await accept(opened, lease, { uid: "u" }, { uid: "u", sizeBytes: 2 });
    const rows = await opened.store.rememberedByUid(firstAccount, ["u", "u"]);
    expect(rows.map((row) => row.id)).toEqual(ids);
  });

  test("thousands of UIDs are looked up at once, in the order they were remembered", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    const uids = Array.from({ length: 700 }, (_, index) => `u${index}`);
    await opened.store.noteMessages(
      lease,
      uids.map((uid) => skipNote(uid, "markedSeen")),
      [],
    );
    const asked = [...uids, ...Array.from({ length: 5000 }, (_, index) => `other${index}`)].reverse();
    expect(uidsOf(await opened.store.rememberedByUid(firstAccount, asked))).toEqual(uids);
  });

  test("notes: skipped, skipped again by id, renamed, moved to another state, forgotten", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    const lease = await visited(opened);
    await store.noteMessages(lease, [skipNote("u1", "failing")], [ledgerRow]);
    const [row] = (await store.remembered(firstAccount)).open;
    const id = row?.id ?? 0;
    expect(row).toMatchObject({
      uid: "u1",
      state: "skipped",
      reason: "failing",
      failures: 1,
      failure: sampleFailure,
    });
    expect(row).toMatchObject({
      retryAt: 50,
      digest: null,
      headerDigest: null,
      messageId: null,
      sizeBytes: 9,
    });
    expect(await store.trace({ uid: "u1", limit: 9 })).toEqual([ledgerRow]);

    await store.noteMessages(lease, [skipNote("u1", "stuck", id)], []);
    expect((await store.remembered(firstAccount)).open).toMatchObject([{ id, reason: "stuck" }]);
    await store.noteMessages(lease, [{ kind: "rename", id, uid: null, sizeBytes: null }], []);
    expect((await store.remembered(firstAccount)).open).toMatchObject([{ id, uid: null, sizeBytes: null }]);
    await store.noteMessages(lease, [{ kind: "state", id, state: "deletePending" }], []);
    expect((await store.remembered(firstAccount)).open).toMatchObject([
      { id, state: "deletePending", reason: null },
    ]);
    await store.noteMessages(lease, [{ kind: "forget", id }], []);
    expect((await store.remembered(firstAccount)).open).toEqual([]);
  });

  test("an accepted message takes the place of the row it replaces", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await opened.store.noteMessages(lease, [skipNote("u1", "failing")], []);
    const [skipped] = (await opened.store.remembered(firstAccount)).open;
    await accept(opened, lease, { uid: "u1", replaces: skipped?.id ?? 0 });
    expect((await opened.store.remembered(firstAccount)).open).toMatchObject([{ uid: "u1", state: "left" }]);
  });

  test("a settled listing: the snapshot is kept, what needs nothing is open no more, the digest counts", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await accept(opened, lease, { uid: "u1" }, { uid: "u2" });
    await opened.store.noteMessages(lease, [skipNote("u3", "tooLarge"), skipNote("u4", "markedSeen")], []);
    expect(await settle(opened, lease, { uids: ["u1", "u3", "u2", "u4"] })).toBe(true);
    expect((await opened.store.remembered(firstAccount)).open).toEqual([]);
    expect((await opened.store.remembered(firstAccount)).snapshot).toEqual({
      uids: "u1\nu3\nu2\nu4",
      sizes: Float64Array.of(9, 9, 9, 9),
    });
    const next = await opened.store.beginVisit({
      accountId: firstAccount,
      nodeId: opened.nodeId,
      at: 9999,
      leaseMs: 1,
    });
    expect(next).toMatchObject({ listingDigest: digest("listing") });
    expect(await opened.store.remembered(firstAccount)).toMatchObject({ count: 4 });
  });

  const unsettled = [
    { name: "a message to be deleted", more: { state: "deletePending" as const }, uids: ["u"] },
    { name: "a message that the snapshot lacks", more: {}, uids: [] },
    { name: "a message without a UID", more: { uid: null }, uids: ["u"] },
  ];
  test.each(unsettled)("not settled while a row is open: $name", async ({ more, uids }) => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await accept(opened, lease, { uid: "u", ...more });
    expect(await settle(opened, lease, { uids })).toBe(false);
    expect((await opened.store.remembered(firstAccount)).open).toHaveLength(1);
    const next = await opened.store.beginVisit({
      accountId: firstAccount,
      nodeId: opened.nodeId,
      at: 9999,
      leaseMs: 1,
    });
    expect(next).toMatchObject({ listingDigest: null });
  });

  test.each(["failing", "stuck"] as const)("a %s message stays open in every listing", async (reason) => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await opened.store.noteMessages(lease, [skipNote("u", reason)], []);
    expect(await settle(opened, lease, { uids: ["u"] })).toBe(false);
    expect((await opened.store.remembered(firstAccount)).open).toHaveLength(1);
  });

  test("without a digest nothing is settled", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    expect(await settle(opened, lease, { uids: ["u"], digest: null })).toBe(false);
  });

  test("a listing in which nothing is settled clears the snapshot", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await settle(opened, lease, { uids: ["u"] });
    await settle(opened, lease, { uids: null });
    expect((await opened.store.remembered(firstAccount)).snapshot).toBe(null);
  });

  const absences = [
    { name: "to be deleted", state: "deletePending" as const, skipped: null, gone: 2 },
    { name: "too large", state: null, skipped: "tooLarge" as const, gone: 2 },
    { name: "stuck", state: null, skipped: "stuck" as const, gone: 2 },
    { name: "left, the second listing soon", state: "left" as const, skipped: null, gone: null },
  ];
  test.each(absences)("a row is forgotten after two listings without it: $name (R-15)", async (row) => {
    await using opened = await implementation.open();
    const { store } = opened;
    const lease = await visited(opened);
    if (row.skipped) await store.noteMessages(lease, [skipNote("u", row.skipped)], []);
    else await accept(opened, lease, { uid: "u", state: row.state ?? "left" });
    const [remembered] = (await store.remembered(firstAccount)).open;
    const absentIds = [remembered?.id ?? 0];

    await settle(opened, lease, { absentIds, at: 2000 });
    expect((await store.remembered(firstAccount)).open).toMatchObject([
      { absentSince: 2000, absentListings: 1 },
    ]);
    const settled = await settle(opened, lease, { absentIds, at: 3000 });
    const after = await store.rememberedByUid(firstAccount, ["u"]);
    if (row.gone === null) expect(after).toMatchObject([{ absentSince: 2000, absentListings: 2 }]);
    else expect(after).toEqual([]);
    // Nothing is open: one that only waits for its time is not held against listings.
    expect(settled).toBe(true);
  });

  const ages = [
    { name: "one millisecond short of it", at: 1000 + 30 * day - 1, there: true },
    { name: "on it", at: 1000 + 30 * day, there: false },
  ];
  test.each(ages)(
    "a left message is forgotten after two listings and its time: $name",
    async ({ at, there }) => {
      await using opened = await implementation.open();
      const lease = await visited(opened);
      await accept(opened, lease, { uid: "u" });
      await settle(opened, lease, { uids: ["u"] });
      await settle(opened, lease, { absentUids: ["u"], at: 1000 });
      const [row] = (await opened.store.remembered(firstAccount)).open;
      await settle(opened, lease, { absentIds: [row?.id ?? 0], at: 1001 });
      await settle(opened, lease, { at });
      expect(await opened.store.rememberedByUid(firstAccount, ["u"])).toHaveLength(there ? 1 : 0);
    },
  );

  test("a left message absent only once is not forgotten, however long ago", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await accept(opened, lease, { uid: "u" });
    await settle(opened, lease, { uids: ["u"] });
    await settle(opened, lease, { absentUids: ["u"], at: 1000 });
    await settle(opened, lease, { at: 1000 + 90 * day });
    expect(await opened.store.rememberedByUid(firstAccount, ["u"])).toHaveLength(1);
  });

  test("what comes back is present again, and its absences start anew", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    const ids = await accept(opened, lease, { uid: "u", state: "deletePending" });
    await settle(opened, lease, { absentIds: ids });
    await settle(opened, lease, { presentIds: ids });
    expect((await opened.store.remembered(firstAccount)).open).toMatchObject([
      { absentSince: null, absentListings: 0 },
    ]);
    await settle(opened, lease, { absentIds: ids });
    expect((await opened.store.remembered(firstAccount)).open).toMatchObject([{ absentListings: 1 }]);
  });

  test("a row named twice is absent once, and one named present is not absent", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    const [one, other] = await accept(opened, lease, { uid: "u" }, { uid: "v" });
    await settle(opened, lease, { uids: ["u", "v"] });
    await settle(opened, lease, {
      absentIds: [one ?? 0, one ?? 0],
      absentUids: ["u", "v"],
      presentIds: [other ?? 0],
      uids: ["v"],
    });
    expect(await opened.store.rememberedByUid(firstAccount, ["u", "v"])).toMatchObject([
      { uid: "u", absentListings: 1 },
      { uid: "v", absentListings: 0 },
    ]);
  });

  test("of equal UIDs as many are absent as the listing lacks (R-12)", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    await accept(opened, lease, { uid: "u" }, { uid: "u" }, { uid: "u" });
    await settle(opened, lease, { uids: ["u", "u", "u"] });
    await settle(opened, lease, { absentUids: ["u", "u"], uids: ["u"] });
    const rows = await opened.store.rememberedByUid(firstAccount, ["u"]);
    expect(rows.map((row) => row.absentListings)).toEqual([1, 1, 0]);
  });

  test("a note opens a settled row again", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    const [id] = await accept(opened, lease, { uid: "u" });
    await settle(opened, lease, { uids: ["u"] });
    await opened.store.noteMessages(lease, [{ kind: "state", id: id ?? 0, state: "deletePending" }], []);
    expect((await opened.store.remembered(firstAccount)).open).toMatchObject([
      { id, state: "deletePending" },
    ]);
  });

  test("a snapshot of 50,000 goes in and comes out whole", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    const uids = Array.from({ length: 50_000 }, (_, index) => `UID\xfe${index}`);
    await settle(opened, lease, { uids });
    const snapshot = (await opened.store.remembered(firstAccount)).snapshot;
    expect(snapshot?.uids.split("\n")).toEqual(uids);
    expect(snapshot?.sizes.length).toBe(50_000);
  });

  test("accounts do not see each other's rows", async () => {
    await using opened = await implementation.open();
    const lease = await visited(opened);
    const [id] = await accept(opened, lease, { uid: "u" });
    const other = "account-2" as typeof firstAccount;
    await putAccount(opened.store, other, { port: 1 });
    const { lease: theirs } = await begin(opened.store, opened.nodeId, other);
    expect(await opened.store.rememberedByUid(other, ["u"])).toEqual([]);
    await opened.store.noteMessages(
      theirs,
      [{ kind: "forget", id: id ?? 0 }, skipNote("w", "stuck", id ?? 0)],
      [],
    );
    await settle(opened, theirs, { absentIds: [id ?? 0] });
    await opened.store.accept([sampleItem("x", theirs, { replaces: id ?? 0 })], null, 0, opened.nodeId);
    expect(await opened.store.rememberedByUid(firstAccount, ["u"])).toMatchObject([
      { state: "left", absentListings: 0 },
    ]);
  });
});

const ledgerRow = {
  at: 5,
  kind: "skipped",
  messageId: null,
  remoteAccountId: firstAccount,
  uid: "u1",
  messageIdField: null,
  recipient: null,
  detail: { reason: "failing" },
} as const;
