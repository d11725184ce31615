import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  digest,
  end,
  firstAccount,
  putAccount,
  sampleDomain,
  sampleFailure,
  sampleItem,
  sampleLocalAccount,
  sampleSettings,
} from "../../test/support/stores.ts";
import type { DomainId, LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import type { SecretRecord } from "./records.ts";

describeStore("configuration", (implementation) => {
  test("what was set is read back, and one version counts every commit", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    const first = await store.applyChanges(0, [
      { kind: "set-setting", key: "channels", value: 7 },
      { kind: "set-setting", key: "activitySchedule", value: { windows: [{ days: ["mon"] }] } },
      { kind: "set-rules", rules: 'keep; # "\u00e9"' },
      { kind: "put-domain", domain: sampleDomain() },
      { kind: "put-account", account: sampleLocalAccount() },
    ]);
    expect(first).toEqual({ version: 1 });
    await putAccount(store, firstAccount, {}, { dueAt: 777 });

    expect(await store.readConfiguration()).toEqual({
      settings: { channels: 7, activitySchedule: { windows: [{ days: ["mon"] }] } },
      rules: 'keep; # "\u00e9"',
      domains: [{ ...sampleDomain(), version: 1 }],
      accounts: [{ ...sampleLocalAccount(), version: 1 }],
      remoteAccounts: [
        {
          ...sampleSettings(),
          id: firstAccount,
          setBy: "administrator",
          serverSetBy: "administrator",
          last: { successAt: null, failure: null, endedAt: null, taken: 0 },
          mark: null,
          dueAt: 777,
          firstDeliveredAt: null,
          withoutSpecialHeader: 0,
          firstVisit: "pending",
          version: 1,
        },
      ],
      version: 2,
    });
    expect(await store.configurationVersion()).toBe(2);
  });

  test("removals and unsets take away, an edit counts the record's version", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    await store.applyChanges(0, [
      { kind: "set-setting", key: "channels", value: 7 },
      { kind: "set-rules", rules: "keep;" },
      { kind: "put-domain", domain: sampleDomain() },
      { kind: "put-account", account: sampleLocalAccount() },
    ]);
    await store.applyChanges(1, [
      { kind: "set-setting", key: "channels", value: 0 },
      { kind: "put-domain", domain: sampleDomain({ name: "Other.example" }) },
      { kind: "put-account", account: sampleLocalAccount({ destination: null }) },
    ]);
    expect(await store.readConfiguration()).toMatchObject({
      settings: { channels: 0 },
      domains: [{ name: "Other.example", version: 2 }],
      accounts: [{ destination: null, version: 2 }],
    });
    await putAccount(store);
    await store.applyChanges(3, [
      { kind: "unset-setting", key: "channels" },
      { kind: "set-rules", rules: null },
      { kind: "remove-domain", id: "domain-1" as DomainId },
      { kind: "remove-account", id: "local-1" as LocalAccountId },
      { kind: "remove-remote-account", id: firstAccount },
    ]);
    expect(await store.readConfiguration()).toEqual({
      settings: {},
      rules: null,
      domains: [],
      accounts: [],
      remoteAccounts: [],
      version: 4,
    });
  });

  test("a change against another version than the stored one is a conflict and changes nothing", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    await store.applyChanges(0, [{ kind: "set-setting", key: "a", value: 1 }]);
    expect(await store.applyChanges(0, [{ kind: "set-setting", key: "a", value: 2 }])).toBe("conflict");
    expect(await store.readConfiguration()).toMatchObject({ settings: { a: 1 }, version: 1 });
  });

  test("two processes that change the same version: one wins", async () => {
    await using opened = await implementation.open();
    const other = await opened.again();
    const answers = await Promise.all([
      opened.store.applyChanges(0, [{ kind: "set-setting", key: "a", value: 1 }]),
      other.applyChanges(0, [{ kind: "set-setting", key: "a", value: 2 }]),
    ]);
    expect(answers.filter((answer) => answer === "conflict")).toHaveLength(1);
    expect(await other.configurationVersion()).toBe(1);
  });

  test("two accounts swap their names, and a removed one's name is free, in one commit", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    const bob = sampleLocalAccount({ id: "local-2" as LocalAccountId, name: "Bob" });
    const carol = sampleLocalAccount({ id: "local-3" as LocalAccountId, name: "Carol" });
    await store.applyChanges(
      0,
      [sampleLocalAccount(), bob, carol].map((account) => ({ kind: "put-account", account }) as const),
    );
    await store.applyChanges(1, [
      { kind: "put-account", account: { ...sampleLocalAccount(), name: "BOB" } },
      { kind: "put-account", account: { ...bob, name: "carol" } },
      { kind: "remove-account", id: carol.id },
    ]);
    const names = (await store.readConfiguration()).accounts.map(({ id, name }) => [id, name]);
    expect(names).toEqual([
      ["local-1", "BOB"],
      ["local-2", "carol"],
    ]);
  });

  test("two accounts of one folded name in a domain are refused, and nothing of that commit stays", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    const changes = [
      { kind: "set-setting", key: "a", value: 1 },
      { kind: "put-account", account: sampleLocalAccount({ name: "\u00c9mile" }) },
      {
        kind: "put-account",
        account: sampleLocalAccount({ id: "2" as LocalAccountId, name: "e\u0301mile" }),
      },
    ] as const;
    await expect(store.applyChanges(0, changes)).rejects.toMatchObject({
      failure: { code: "database", scope: "local" },
    });
    expect(await store.readConfiguration()).toMatchObject({ settings: {}, accounts: [], version: 0 });
  });

  const secrets: SecretRecord[] = [
    { kind: "sealed", sealed: new Uint8Array([1, 0, 2]) },
    { kind: "file", path: "/run/secret" },
    { kind: "env", name: "POP_PASSWORD" },
    { kind: "command", command: "pass show 'isp'" },
  ];
  test.each(secrets)("a password kept as $kind is read back", async (secret) => {
    await using opened = await implementation.open();
    await putAccount(opened.store, firstAccount, { secret });
    expect((await opened.store.remoteAccount(firstAccount))?.secret).toEqual(secret);
  });

  test("an edit of a remote account ends its mark, sets its next visit, and keeps its last visit", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    const mark = { failure: sampleFailure, since: 1, retryAt: 2, count: 3 };
    const last = { successAt: 1500, failure: sampleFailure, endedAt: 1600, taken: 4 };
    await store.endVisit({ lease, last, mark, dueAt: 9000, withoutSpecialHeader: 20 });
    expect(await store.remoteAccount(firstAccount)).toMatchObject({
      mark,
      last,
      dueAt: 9000,
      withoutSpecialHeader: 20,
    });

    await putAccount(store, firstAccount, { leaveOnServer: false }, { dueAt: 5 });

    expect(await store.remoteAccount(firstAccount)).toMatchObject({
      mark: null,
      last,
      dueAt: 5,
      leaveOnServer: false,
      version: 2,
    });
  });

  test("an edit during a visit is not undone by the visit's end", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await putAccount(store, firstAccount, { pollEveryMs: null }, { dueAt: null });
    const mark = { failure: sampleFailure, since: 1, retryAt: 2, count: 3 };
    const last = { successAt: null, failure: sampleFailure, endedAt: 1600, taken: 0 };
    await store.endVisit({ lease, last, mark, dueAt: 9000, withoutSpecialHeader: 0 });
    expect(await store.remoteAccount(firstAccount)).toMatchObject({ mark: null, dueAt: null, last });
    expect(await store.visitUnderWay(firstAccount, 1001)).toBe(false);
  });

  test("another maildrop: former UIDs and the listing hide nothing, digests still do, DELE waits anew", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    const item = sampleItem("m1", lease, { uid: "u1" });
    await store.accept([item], nodeId, 9000, nodeId);
    const key = { messageId: item.message.id, ordinal: 0, leaseToken: 1 };
    await store.settleEntries(nodeId, [{ ...key, kind: "done", recovered: null, ledger: [] }]);
    const snapshot = { uids: "u1", sizes: Float64Array.of(4500) };
    await store.settleListing({
      lease,
      at: 1100,
      absentIds: [],
      absentUids: [],
      presentIds: [],
      snapshot,
      digest: digest("l"),
      forgetAfterMs: 1,
    });
    await end(store, lease);
    expect((await store.remoteAccount(firstAccount))?.firstDeliveredAt).not.toBe(null);

    await putAccount(store, firstAccount, { host: "new.example" }, { maildropChanged: true });

    expect((await store.remoteAccount(firstAccount))?.firstDeliveredAt).toBe(null);
    const again = await begin(store, nodeId);
    expect(again.listingDigest).toBe(null);
    expect(await store.remembered(firstAccount)).toEqual({
      count: 1,
      withUidCount: 0,
      formerCount: 1,
      snapshot: null,
      open: [],
    });
    expect(await store.rememberedByUid(firstAccount, ["u1"])).toEqual([]);
    const [byDigest] = await store.rememberedByDigest(firstAccount, [item.message.digest]);
    expect(byDigest).toMatchObject({ uid: "u1", messageId: "m1" });
    expect(await store.rememberedByHeaderDigest(firstAccount, [item.headerDigest])).toEqual([byDigest]);

    // Found again there, under whatever name: from then on it belongs to this maildrop.
    await store.noteMessages(
      again.lease,
      [{ kind: "rename", id: byDigest?.id ?? 0, uid: "n1", sizeBytes: 1 }],
      [],
    );
    expect(await store.rememberedByUid(firstAccount, ["n1"])).toMatchObject([
      { state: "left", sizeBytes: 1 },
    ]);
  });

  test("a message of the former maildrop that is delivered later does not vouch for the new one", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    await store.accept([sampleItem("m1", lease)], nodeId, 9000, nodeId);
    await putAccount(store, firstAccount, { login: "other" }, { maildropChanged: true });
    const key = { messageId: sampleItem("m1", lease).message.id, ordinal: 0, leaseToken: 1 };
    await store.settleEntries(nodeId, [{ ...key, kind: "done", recovered: null, ledger: [] }]);
    expect((await store.remoteAccount(firstAccount))?.firstDeliveredAt).toBe(null);
  });

  test("removing a remote account removes what it remembered and leaves its queue entries", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId);
    const item = sampleItem("m1", lease, { mergeSince: 1 });
    await store.accept([item], null, 0, nodeId);
    await end(store, lease);
    await store.applyChanges(1, [{ kind: "remove-remote-account", id: firstAccount }]);
    expect(await store.remoteAccount(firstAccount)).toBe(null);
    expect(await store.rememberedByDigest(firstAccount, [item.message.digest])).toEqual([]);
    expect(await store.queueEntries({})).toHaveLength(1);
    expect(await store.beginVisit({ accountId: firstAccount, nodeId, at: 1, leaseMs: 1 })).toBe("gone");
    expect(await store.visitUnderWay("nobody" as RemoteAccountId, 1)).toBe(false);
  });
});
