import { closeSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import {
  begin,
  describeStore,
  digest,
  end,
  firstAccount,
  putAccount,
  type StoreImplementation,
  sampleFailure,
  sampleItem,
  sampleNode,
  sampleSettings,
} from "../../test/support/stores.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { connectSqlite } from "./dialect/sqlite.ts";
import { sqliteFrom } from "./dialect/sqlite-module.ts";
import { openStore } from "./open.ts";

const found = await sqliteFrom("package");
if (!found) throw new Error("no SQLite");
const module = found;

/** A statement past the store, as another program would run it. */
function meddle(path: string, sql: string): unknown[] {
  const connection = connectSqlite(module, path, 1000);
  try {
    return [...connection.execute({ sql, parameters: [] }).rows];
  } finally {
    connection.close(true);
  }
}

const suite = (implementation: StoreImplementation) => {
  test("the installation's name is made once and stays", async () => {
    await using opened = await implementation.open();
    expect(opened.store.installationId).toMatch(/^[0-9a-f]{16}$/);
    expect((await opened.again()).installationId).toBe(opened.store.installationId);
    await using other = await implementation.open();
    expect(other.store.installationId).not.toBe(opened.store.installationId);
  });

  test("nobody else may read the file, nor what SQLite keeps beside it", async () => {
    await using opened = await implementation.open();
    for (const path of [opened.path, `${opened.path}-wal`]) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("what was answered is there for the next process", async () => {
    await using opened = await implementation.open();
    await putAccount(opened.store);
    const { lease } = await begin(opened.store, opened.nodeId);
    await opened.store.accept([sampleItem("m1", lease)], null, 0, opened.nodeId);
    expect(await (await opened.again()).queueEntries({})).toHaveLength(1);
  });

  test("what is batched is there for others after flush, and after close", async () => {
    await using opened = await implementation.open();
    const other = await opened.again();
    await putAccount(opened.store);
    const visit = { accountId: firstAccount, nodeId: opened.nodeId, at: 1001, leaseMs: 1000 };
    const { lease } = await begin(opened.store, opened.nodeId);
    await end(opened.store, lease);
    await opened.store.flush();
    expect(await other.beginVisit(visit)).toMatchObject({ lease: { token: 2 } });
    await opened.store.heartbeat(opened.nodeId, 4242);
    await opened.store.close();
    expect((await other.nodes())[0]?.seenAt).toBe(4242);
  });

  test("close twice is close once; a verb after it is refused", async () => {
    await using opened = await implementation.open();
    await Promise.all([opened.store.close(), opened.store.close()]);
    await opened.store.close();
    await opened.store.flush();
    await expect(opened.store.nodes()).rejects.toMatchObject({
      failure: { code: "module-stopped", scope: "local" },
    });
  });

  test("what is asked for just before close is still answered", async () => {
    await using opened = await implementation.open();
    const registered = opened.store.registerNode(sampleNode(7));
    const closed = opened.store.close();
    expect(await registered).toBeGreaterThan(opened.nodeId);
    await closed;
  });

  test("a verb that fails does so by itself, with a failure of ours", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const twice = { ...sampleItem("m2", null), message: sampleItem("m1", null).message };
    const answers = await Promise.allSettled([
      store.accept([sampleItem("m1", null)], null, 0, nodeId),
      store.accept([{ ...twice, message: { ...twice.message, id: "m2" as never } }], null, 0, nodeId),
      store.accept([sampleItem("m3", null)], null, 0, nodeId),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(answers[1]).toMatchObject({ reason: { failure: { code: "database", scope: "local" } } });
    expect((await store.queueEntries({})).map(({ message }) => message.id)).toEqual(["m1", "m3"]);
  });

  test("a database of a newer program is refused: database-newer", async () => {
    await using opened = await implementation.open();
    await opened.store.close();
    meddle(opened.path, "INSERT INTO migration VALUES (999, 'later', 1)");
    await expect(implementation.openAt(opened.path, opened.clock)).rejects.toMatchObject({
      failure: { code: "database-newer", scope: "local", permanent: true },
    });
  });

  test("a directory that is not there is our own trouble", async () => {
    await using directory = await temporaryDirectory("store");
    const path = join(directory.path, "nowhere", "rpop.db");
    await expect(implementation.openAt(path, new ManualClock())).rejects.toMatchObject({
      failure: { code: "database", scope: "local" },
    });
  });

  test("records travel whole: bytes, numbers, failures, text that no database likes", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease, account } = await begin(store, nodeId);
    expect(account).toMatchObject(sampleSettings());
    const item = sampleItem("m1", lease, { uid: "u\xff" });
    await store.accept([item], nodeId, 9000, nodeId);
    const key = { messageId: item.message.id, ordinal: 0, leaseToken: 1 };
    expect(await store.message(item.message.id)).toEqual(item.message);
    await store.settleEntries(nodeId, [
      {
        ...key,
        kind: "undeliverable",
        keptUntil: 1_000_000_000,
        doubtful: false,
        failure: sampleFailure,
        ledger: [],
      },
    ]);
    expect((await store.queueEntries({}))[0]?.entry.failure).toEqual(sampleFailure);
    const snapshot = { uids: "u\xff\nv", sizes: Float64Array.of(1, Number.NaN) };
    await store.settleListing({
      lease,
      at: 1,
      absentIds: [],
      absentUids: [],
      presentIds: [],
      snapshot,
      digest: digest("l"),
      forgetAfterMs: 1,
    });
    expect((await store.remembered(firstAccount)).snapshot).toEqual(snapshot);
    const [row] = await store.rememberedByUid(firstAccount, ["u\xff"]);
    expect(row).toMatchObject({ digest: item.message.digest, headerDigest: item.headerDigest });
  });

  test("after the last process the file alone holds everything", async () => {
    await using opened = await implementation.open();
    await opened.store.close();
    expect(statSync(`${opened.path}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
    expect(await (await opened.again()).nodes()).toHaveLength(1);
  });
};
describeStore("opening and closing", suite, { threads: true });

test("quickCheck finds a damaged page; without it the file opens", async () => {
  await using directory = await temporaryDirectory("store");
  const path = join(directory.path, "rpop.db");
  const clock = new ManualClock();
  const store = await openStore({ path, thread: "inline", clock });
  await store.close();
  const [{ rootpage }] = meddle(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'ledger_uid'") as [
    { rootpage: number },
  ];
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(200, 0xff), 0, 200, (rootpage - 1) * 4096);
  closeSync(file);

  await expect(openStore({ path, thread: "inline", clock, quickCheck: true })).rejects.toMatchObject({
    failure: { code: "database", scope: "local" },
  });
  await (await openStore({ path, thread: "inline", clock })).close();
});

test("inline, the batch's second is the clock's", async () => {
  await using directory = await temporaryDirectory("store");
  const path = join(directory.path, "rpop.db");
  const clock = new ManualClock();
  const store = await openStore({ path, thread: "inline", clock });
  const nodeId = await store.registerNode(sampleNode(1));
  await store.heartbeat(nodeId, 4242);
  const seen = () => meddle(path, "SELECT seen_at FROM node");
  clock.advance(999);
  await store.configurationVersion();
  expect(seen()).toMatchObject([{ seen_at: 1000 }]);
  clock.advance(1);
  await store.configurationVersion();
  expect(seen()).toMatchObject([{ seen_at: 4242 }]);
  await store.close();
});

test("a file that cannot be opened is our own trouble", async () => {
  await using directory = await temporaryDirectory("store");
  const path = join(directory.path, "rpop.db");
  // A directory in its place stops root as well, which no permission does.
  mkdirSync(path);
  await expect(openStore({ path, thread: "inline", clock: new ManualClock() })).rejects.toMatchObject({
    failure: { code: "database", scope: "local" },
  });
});
