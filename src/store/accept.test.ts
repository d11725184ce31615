import { expect, test } from "vitest";
import {
  address,
  begin,
  describeStore,
  digest,
  firstAccount,
  type OpenedStore,
  putAccount,
  sampleEntry,
  sampleItem,
} from "../../test/support/stores.ts";
import { failure } from "../core/failure.ts";
import type { LocalAccountId } from "../core/ids.ts";
import type { AcceptItem } from "./queue-contract.ts";

async function visiting(opened: OpenedStore) {
  await putAccount(opened.store);
  return (await begin(opened.store, opened.nodeId)).lease;
}

async function accept(opened: OpenedStore, ...items: AcceptItem[]) {
  return opened.store.accept(items, opened.nodeId, 60_000, opened.nodeId);
}

async function ordinals(opened: OpenedStore, id: string): Promise<number[]> {
  const rows = await opened.store.queueEntries({ messageId: id as never });
  return rows.map(({ entry }) => entry.ordinal);
}

describeStore("accept", (implementation) => {
  test("message and entries are there as they were given, claimed for the accepting process", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const unknown = failure("unknown-user", "recipient", { permanent: true, remoteText: "a\0b" });
    const entries = [
      sampleEntry(0, { notify: "failure" }),
      sampleEntry(1, { target: { kind: "postmaster" }, failure: unknown }),
      sampleEntry(2, { target: { kind: "remote" }, recipient: { localPart: 'a"\0\ud800@', domain: "x" } }),
    ];
    const item = sampleItem("m1", lease, { entries });
    const [result] = await accept(opened, item);
    expect(result).toEqual({ kind: "accepted", rememberedId: expect.any(Number), merged: [] });
    expect(await opened.store.queueEntries({})).toEqual(
      entries.map((entry) => ({
        message: item.message,
        entry: {
          messageId: "m1",
          ...entry,
          state: "queued",
          attempts: 0,
          queuedAt: 5000,
          dueAt: 5000,
          leaseOwner: opened.nodeId,
          leaseUntil: 60_000,
          leaseToken: 1,
          readyToken: null,
          readyAt: null,
          readyDestination: null,
          doubts: 0,
          verify: false,
        },
      })),
    );
    expect(await opened.store.message(item.message.id)).toEqual(item.message);
  });

  test("unclaimed entries wait for whoever asks first", async () => {
    await using opened = await implementation.open();
    await opened.store.accept([sampleItem("m1", null)], null, 0, opened.nodeId);
    expect(await opened.store.nextEntryDue()).toBe(5000);
    const free = { leaseOwner: null, leaseUntil: null, leaseToken: 0 };
    expect(await opened.store.queueEntries({})).toMatchObject([{ entry: free }]);
  });

  test("a message of our own making needs no visit and remembers nothing", async () => {
    await using opened = await implementation.open();
    const item = sampleItem("m1", null);
    expect(await accept(opened, item)).toEqual([{ kind: "accepted", rememberedId: null, merged: [] }]);
    expect(await opened.store.message(item.message.id)).toEqual({ ...item.message, remoteAccountId: null });
  });

  test("accepting an id again changes nothing and answers as before (R-4)", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const items = [
      sampleItem("m1", lease, { entries: [sampleEntry(0), sampleEntry(1)] }),
      sampleItem("m2", null),
    ];
    const first = await accept(opened, ...items);
    expect(await accept(opened, ...items)).toEqual(first);
    expect(await opened.store.queueEntries({})).toHaveLength(3);
    expect((await opened.store.remembered(firstAccount)).open).toHaveLength(1);
    expect((await opened.store.trace({ messageId: "m1", limit: 9 })).length).toBe(0);
  });

  test("accepting an id again after its delivery does not bring it back", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const item = sampleItem("m1", lease);
    const [first] = await accept(opened, item);
    const key = { messageId: item.message.id, ordinal: 0, leaseToken: 1 };
    await opened.store.settleEntries(opened.nodeId, [{ ...key, kind: "done", recovered: null, ledger: [] }]);
    const rememberedId = first?.kind === "accepted" ? first.rememberedId : null;
    expect(await accept(opened, item)).toEqual([{ kind: "merged", rememberedId }]);
    expect(await opened.store.queueEntries({})).toEqual([]);
  });

  test("one item's lost lease leaves the others of the batch alone", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const stale = { ...lease, token: lease.token - 1 };
    const results = await accept(
      opened,
      sampleItem("m1", lease),
      sampleItem("m2", stale),
      sampleItem("m3", null),
    );
    expect(results.map((result) => result.kind)).toEqual(["accepted", "lost-lease", "accepted"]);
    expect(await opened.store.message("m2" as never)).toBe(null);
    expect(await opened.store.rememberedByUid(firstAccount, ["uid m2"])).toEqual([]);
  });

  test("a batch that cannot be written whole is not written at all", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const twice = sampleItem("m2", lease, { message: { spoolRef: "m1.1" } });
    await expect(accept(opened, sampleItem("m1", lease), twice)).rejects.toMatchObject({
      failure: { code: "database", scope: "local", permanent: false },
    });
    expect(await opened.store.queueEntries({})).toEqual([]);
    expect((await opened.store.remembered(firstAccount)).open).toEqual([]);
  });

  test("no node, no acceptance: one that never registered", async () => {
    await using opened = await implementation.open();
    expect(await opened.store.accept([sampleItem("m1", null)], null, 0, 999)).toEqual([
      { kind: "lost-lease" },
    ]);
  });
});

describeStore("copies", (implementation) => {
  const merge = { copyDigest: digest("same"), mergeSince: 1000 };
  const alice = sampleEntry(0, { target: { kind: "local", accountId: "alice" as LocalAccountId } });
  const bob = sampleEntry(1, { target: { kind: "local", accountId: "bob" as LocalAccountId } });

  const recipients = [
    {
      name: "the same local account by another name",
      first: alice,
      later: { ...alice, recipient: address("al@x") },
      merged: true,
    },
    { name: "another local account", first: alice, later: bob, merged: false },
    {
      name: "postmaster, whatever the address",
      first: sampleEntry(0, { target: { kind: "postmaster" } }),
      later: sampleEntry(5, { target: { kind: "postmaster" } }),
      merged: true,
    },
    {
      name: "a remote address in another case",
      first: sampleEntry(0, { target: { kind: "remote" }, recipient: address("Foo@x") }),
      later: sampleEntry(0, { target: { kind: "remote" }, recipient: address("foO@x") }),
      merged: true,
    },
    {
      name: "another remote address",
      first: sampleEntry(0, { target: { kind: "remote" }, recipient: address("foo@x") }),
      later: sampleEntry(0, { target: { kind: "remote" }, recipient: address("foo@y") }),
      merged: false,
    },
  ];
  test.each(recipients)(
    "the second copy for $name: left out is $merged",
    async ({ first, later, merged }) => {
      await using opened = await implementation.open();
      const lease = await visiting(opened);
      await accept(opened, sampleItem("m1", lease, { ...merge, entries: [first] }));
      const [result] = await accept(opened, sampleItem("m2", lease, { ...merge, entries: [later] }));
      expect(result?.kind).toBe(merged ? "merged" : "accepted");
      // Remembered all the same: it is not to be fetched again.
      expect(await opened.store.rememberedByUid(firstAccount, ["uid m2"])).toHaveLength(1);
      expect(await opened.store.message("m2" as never)).toEqual(merged ? null : expect.anything());
    },
  );

  test("two copies in one batch, told as a union: each recipient gets it once (F14)", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const results = await accept(
      opened,
      sampleItem("m1", lease, { ...merge, entries: [alice] }),
      sampleItem("m2", lease, { ...merge, entries: [alice, bob] }),
      sampleItem("m3", lease, { ...merge, entries: [alice, bob] }),
    );
    expect(results).toMatchObject([{ merged: [] }, { merged: [0] }, { kind: "merged" }]);
    expect(await ordinals(opened, "m1")).toEqual([0]);
    expect(await ordinals(opened, "m2")).toEqual([1]);
    expect(await ordinals(opened, "m3")).toEqual([]);
  });

  test("two names of one person in one message are no copies of each other", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const entries = [alice, { ...alice, ordinal: 7 }];
    expect(await accept(opened, sampleItem("m1", lease, { ...merge, entries }))).toMatchObject([
      { merged: [] },
    ]);
  });

  const apart = [
    { name: "another digest", later: { copyDigest: digest("other"), mergeSince: 1000 } },
    { name: "merging switched off", later: { copyDigest: digest("same") } },
    { name: "accepted before the window", later: { copyDigest: digest("same"), mergeSince: 5001 } },
  ];
  test.each(apart)("no copy: $name", async ({ later }) => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    await accept(opened, sampleItem("m1", lease, { ...merge, entries: [alice] }));
    expect(await accept(opened, sampleItem("m2", lease, { ...later, entries: [alice] }))).toMatchObject([
      { merged: [] },
    ]);
  });

  test("a message accepted without merging is nobody's original", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    await accept(opened, sampleItem("m1", lease, { copyDigest: digest("same"), entries: [alice] }));
    expect(await accept(opened, sampleItem("m2", lease, { ...merge, entries: [alice] }))).toMatchObject([
      { merged: [] },
    ]);
  });

  test("copies merge within one account only", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const other = "account-2" as typeof firstAccount;
    await putAccount(opened.store, other, { port: 1 });
    const { lease: theirs } = await begin(opened.store, opened.nodeId, other);
    await accept(opened, sampleItem("m1", lease, { ...merge, entries: [alice] }));
    expect(await accept(opened, sampleItem("m2", theirs, { ...merge, entries: [alice] }))).toMatchObject([
      { merged: [] },
    ]);
  });

  test("the ledger tells what was left out, and does not call a whole copy accepted", async () => {
    await using opened = await implementation.open();
    const lease = await visiting(opened);
    const row = (id: string) => ({
      at: 5000,
      kind: "accepted" as const,
      messageId: id as never,
      remoteAccountId: firstAccount,
      uid: "u",
      messageIdField: null,
      recipient: null,
      detail: {},
    });
    await accept(
      opened,
      sampleItem("m1", lease, { ...merge, entries: [alice], ledger: [row("m1")] }),
      sampleItem("m2", lease, { ...merge, entries: [alice], ledger: [row("m2")] }),
    );
    const kinds = async (messageId: string) =>
      (await opened.store.trace({ messageId, limit: 9 })).map(({ kind, recipient }) => [kind, recipient]);
    expect(await kinds("m1")).toEqual([["accepted", null]]);
    expect(await kinds("m2")).toEqual([["merged", "user0@example.com"]]);
  });
});
