import { expect, test } from "vitest";
import {
  begin,
  describeStore,
  end,
  firstAccount,
  putAccount,
  sampleFailure,
} from "../../test/support/stores.ts";
import { failure } from "../core/failure.ts";
import type { RemoteAccountId } from "../core/ids.ts";
import { connectSqlite } from "./dialect/sqlite.ts";
import { sqliteFrom } from "./dialect/sqlite-module.ts";

const id = (name: string) => name as RemoteAccountId;
const mark = (retryAt: number) => ({ failure: sampleFailure, since: 1, retryAt, count: 1 });
const lane = { host: "pop.isp.example", port: 1110, troubled: false };

describeStore("schedule", (implementation) => {
  test("lanes: by host and port, accounts with a mark apart, disabled ones nowhere", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store, id("a"), { login: "a", host: "POP.isp.example" }, { dueAt: 300 });
    await putAccount(store, id("b"), { login: "b", host: "pop.ISP.example" }, { dueAt: 100 });
    await putAccount(store, id("c"), { login: "c", host: "other.example" }, { dueAt: 50 });
    await putAccount(store, id("d"), { login: "d" }, { dueAt: 10 });
    await putAccount(store, id("e"), { login: "e", pollEveryMs: null }, { dueAt: null });
    const { lease } = await begin(store, nodeId, id("d"));
    await end(store, lease, { mark: mark(900), dueAt: 900 });
    await store.noteHost("Other.example", 1110, { capabilities: { off: ["UIDL"] } });
    const lanes = await store.dueLanes();
    expect(lanes.sort((x, y) => x.dueAt - y.dueAt)).toEqual([
      { host: "other.example", port: 1110, troubled: false, dueAt: 50, accounts: 1, hostReached: true },
      { ...lane, dueAt: 100, accounts: 2, hostReached: false },
      { ...lane, troubled: true, dueAt: 900, accounts: 1, hostReached: false },
    ]);
  });

  test("the front of a lane: the first ones by due moment, due or not, as many as asked for", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    for (const [name, dueAt] of [
      ["late", 300],
      ["early", 100],
      ["middle", 200],
    ] as const) {
      await putAccount(store, id(name), { login: name }, { dueAt });
    }
    const [front, none] = await store.dueAccounts([
      { ...lane, limit: 2 },
      { ...lane, port: 110, limit: 5 },
    ]);
    expect(front).toEqual([
      { ...lane, id: "early", ownerId: null, dueAt: 100 },
      { ...lane, id: "middle", ownerId: null, dueAt: 200 },
    ]);
    expect(none).toEqual([]);
  });

  const refusals = [
    { name: "not due yet", dueAt: 2000, hostRest: null, answer: { dueAt: 2000, hostRestsUntil: null } },
    { name: "its host rests", dueAt: 500, hostRest: 5000, answer: { dueAt: 500, hostRestsUntil: 5000 } },
    { name: "disabled", dueAt: null, hostRest: null, answer: { dueAt: null, hostRestsUntil: null } },
  ];

  test.each(refusals)("a visit by schedule does not begin: $name", async ({ dueAt, hostRest, answer }) => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    if (hostRest !== null) {
      await putAccount(store, id("other"), { login: "other" });
      const { lease } = await begin(store, nodeId, id("other"));
      await end(store, lease, { hostMark: mark(hostRest) });
    }
    await putAccount(store, firstAccount, {}, { dueAt });
    const start = { accountId: firstAccount, nodeId, at: 1000, leaseMs: 1000 };
    expect(await store.beginDueVisit(start)).toEqual({ notDue: true, troubled: false, ...answer });
    expect(await store.visitUnderWay(firstAccount, 1000)).toBe(false);
  });

  test("a due moment is visited once: the second one finds the lease, later the new moment", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store, firstAccount, {}, { dueAt: 1000 });
    const start = { accountId: firstAccount, nodeId, at: 1000, leaseMs: 1000 };
    const begun = await store.beginDueVisit(start);
    if (typeof begun === "string" || "notDue" in begun) throw new Error("not begun");
    expect(await store.beginDueVisit(start)).toBe("busy");
    await end(store, begun.lease, { dueAt: 301_000 });
    expect(await store.beginDueVisit(start)).toMatchObject({ notDue: true, dueAt: 301_000 });
  });

  test("a host whose mark has expired may be tried", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store, firstAccount, {}, { dueAt: 1000 });
    const first = await begin(store, nodeId);
    await end(store, first.lease, { hostMark: mark(2000), dueAt: 2000 });
    const begun = await store.beginDueVisit({ accountId: firstAccount, nodeId, at: 2000, leaseMs: 1000 });
    expect(begun).toMatchObject({ host: { mark: { retryAt: 2000 } } });
  });

  test("changes: edits, announced ends and cleared marks are seen once; a visit of one's own is not", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store, id("a"), { login: "a" }, { dueAt: 100 });
    await putAccount(store, id("b"), { login: "b", host: "b.example" }, { dueAt: 200 });
    const { scheduleVersion } = await store.pulse(nodeId);
    const quiet = await begin(store, nodeId, id("a"));
    await end(store, quiet.lease, { dueAt: 700 });
    expect((await store.pulse(nodeId)).scheduleVersion).toBe(scheduleVersion);

    const asked = await begin(store, nodeId, id("a"));
    await end(store, asked.lease, { dueAt: 600, announce: true });
    await store.flush();
    const seen = await store.scheduleChanges(scheduleVersion, []);
    expect(seen.lanes).toEqual([{ ...lane, dueAt: 600 }]);
    expect(seen.version).toBe((await store.pulse(nodeId)).scheduleVersion);
    expect((await store.scheduleChanges(seen.version, [])).lanes).toEqual([]);
  });

  test("changes: of the visited accounts, those that are gone or disabled are named", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    for (const name of ["kept", "disabled", "removed"]) await putAccount(store, id(name), { login: name });
    await putAccount(store, id("disabled"), { login: "disabled", pollEveryMs: null }, { dueAt: null });
    await store.applyChanges(await store.configurationVersion(), [
      { kind: "remove-remote-account", id: id("removed") },
    ]);
    const { unwanted } = await store.scheduleChanges(0, [id("kept"), id("disabled"), id("removed")]);
    expect(unwanted).toEqual(["disabled", "removed"]);
  });

  test("only what is still due is put off", async () => {
    await using opened = await implementation.open();
    const { store } = opened;
    await putAccount(store, id("due"), { login: "due" }, { dueAt: 100 });
    await putAccount(store, id("later"), { login: "later" }, { dueAt: 5000 });
    await store.postponeVisits([id("due"), id("later")], 1000, 2000);
    expect((await store.remoteAccount(id("due")))?.dueAt).toBe(2000);
    expect((await store.remoteAccount(id("later")))?.dueAt).toBe(5000);
  });

  test("a cleared host: its mark goes, and whoever it sent away is due; an account's own mark stays", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const down = failure("host-unreachable", "host");
    for (const name of ["sent away", "refused", "well"]) await putAccount(store, id(name), { login: name });
    const sent = await begin(store, nodeId, id("sent away"));
    const last = { successAt: null, failure: down, endedAt: 10, taken: 0 };
    await end(store, sent.lease, { last, hostMark: mark(9000), dueAt: 9000 });
    const refused = await begin(store, nodeId, id("refused"));
    await end(store, refused.lease, { mark: mark(8000), dueAt: 8000 });
    const well = await begin(store, nodeId, id("well"));
    await end(store, well.lease, { last: { ...last, failure: null }, dueAt: 7000 });

    const { scheduleVersion } = await store.pulse(nodeId);
    const cleared = await store.clearMarks(
      { hosts: [{ host: "POP.isp.example", port: 1110 }], accounts: [] },
      500,
    );
    expect(cleared).toEqual({ hosts: 1, accounts: 0 });
    expect(await store.markedHosts()).toEqual([]);
    const due = async (name: string) => (await store.remoteAccount(id(name)))?.dueAt;
    expect([await due("sent away"), await due("refused"), await due("well")]).toEqual([500, 8000, 7000]);
    expect((await store.scheduleChanges(scheduleVersion, [])).lanes).toEqual([{ ...lane, dueAt: 500 }]);

    expect(await store.clearMarks({ hosts: [], accounts: [id("refused"), id("well")] }, 600)).toEqual({
      hosts: 0,
      accounts: 1,
    });
    expect(await store.remoteAccount(id("refused"))).toMatchObject({ mark: null, dueAt: 600 });
  });

  test("a clock set back silences nobody and hurries nobody (R-69); done twice it is as done once", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const visited = async (name: string, endedAt: number, dueAt: number, marked = false) => {
      await putAccount(store, id(name), { login: name });
      const { lease } = await begin(store, nodeId, id(name));
      const last = { successAt: null, failure: null, endedAt, taken: 0 };
      await end(store, lease, { last, dueAt, mark: marked ? mark(dueAt) : null });
    };
    // It was 100,000; somebody sets it to 10,000.
    await visited("in the future", 100_000, 100_300);
    await visited("in the past", 9_900, 10_200);
    await visited("marked", 100_000, 101_800, true);
    await putAccount(store, id("never"), { login: "never" }, { dueAt: 100_000 });
    await putAccount(store, id("host"), { login: "host", host: "host.example" });
    const { lease } = await begin(store, nodeId, id("host"));
    await end(store, lease, { hostMark: mark(100_600), dueAt: 10_000 });
    for (let times = 0; times < 2; times++) {
      await store.mendDueTimes(10_000, 600);
      const due = async (name: string) => (await store.remoteAccount(id(name)))?.dueAt;
      expect(await due("in the future")).toBe(10_300);
      expect(await due("in the past")).toBe(10_200);
      expect(await due("marked")).toBe(11_800);
      expect((await store.remoteAccount(id("marked")))?.mark?.retryAt).toBe(11_800);
      expect(await due("never")).toBe(10_000);
      expect((await store.markedHosts())[0]?.mark.retryAt).toBe(10_600);
    }
  });

  test("one node serves; the next may when it is fenced or gone", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    const state = { listen: "127.0.0.1:1", pause: null };
    expect(await store.beginServing(nodeId, state)).toBeNull();
    expect(await store.beginServing(nodeId, state)).toBeNull();
    const node = (await store.nodes()).find((one) => one.id === nodeId);
    expect(node?.serving).toEqual(state);
    const other = await store.registerNode({ ...node, ...{ machineId: "m", bootId: "b" } } as never);
    expect((await store.beginServing(other, state))?.id).toBe(nodeId);
    await store.fenceNode(nodeId);
    expect((await store.pulse(nodeId)).alive).toBe(false);
    expect(await store.beginServing(other, state)).toBeNull();
  });

  test("visits under way are counted while their leases last", async () => {
    await using opened = await implementation.open();
    const { store, nodeId } = opened;
    await putAccount(store);
    const { lease } = await begin(store, nodeId, firstAccount, 3000);
    expect(await store.openVisits(3000)).toBe(1);
    expect(await store.openVisits(lease.until)).toBe(0);
    await end(store, lease);
    await store.flush();
    expect(await store.openVisits(3000)).toBe(0);
  });
});

describeStore("schedule's index", (implementation) => {
  test("the front of a lane is found by its index alone: no sorting, no walk over other accounts", async () => {
    await using opened = await implementation.open();
    const module = await sqliteFrom("package");
    if (!module) throw new Error("no SQLite");
    const connection = connectSqlite(module, opened.path, 1000);
    try {
      const plan = (sql: string) =>
        connection
          .execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters: [] })
          .rows.map((row) => (row as { detail: string }).detail);
      const front = `select "id" from "remote_account" where "host_folded" = 'h' and "port" = 1
        and ("mark_failure" is not null) = 0 and "due_at" is not null order by "due_at" limit 9`;
      expect(plan(front)).toEqual([
        "SEARCH remote_account USING INDEX remote_account_lane (host_folded=? AND port=? AND <expr>=? AND due_at>?)",
      ]);
      const lanes = `select "host_folded", "port", "mark_failure" is not null as "troubled", min("due_at")
        from "remote_account" where "due_at" is not null
        group by "host_folded", "port", "mark_failure" is not null`;
      expect(plan(lanes)).toEqual([
        expect.stringMatching(/^SCAN remote_account USING (COVERING )?INDEX remote_account_lane$/),
      ]);
    } finally {
      connection.close(false);
    }
  });
});
