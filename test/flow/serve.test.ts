/**
 * Hours of schedule in moments: when accounts are visited, who rests and until when, what takes effect while it runs
 * (spec 3, 5.10, 5.11; ).
 */
import { expect, test } from "vitest";
import { failure } from "../../src/core/failure.ts";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { type Provider, startProvider } from "../../src/demo/provider.ts";
import { apply } from "../../src/manage/apply.ts";
import { clearMarks } from "../../src/manage/marks.ts";
import { startInstallation } from "../support/installation.ts";
import { type Schedule, startSchedule } from "../support/schedule.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

interface Wanted {
  readonly login: string;
  readonly pollEvery?: string;
  readonly password?: string;
  /** Another provider's port. */
  readonly port?: number;
}

interface World extends AsyncDisposable {
  readonly provider: Provider;
  readonly maildrops: Map<string, MemoryMaildrop>;
  readonly s: Schedule;
  /** Applies other accounts or settings, as `rpop apply --prune` would, and looks as the server does each second. */
  change(accounts: readonly Wanted[], settings?: object): Promise<void>;
}

async function world(
  accounts: readonly Wanted[],
  settings: object = {},
  random?: () => number,
): Promise<World> {
  const maildrops = new Map<string, MemoryMaildrop>();
  const provider = await startProvider({
    accounts: (login) => {
      const maildrop = maildrops.get(login) ?? new MemoryMaildrop();
      maildrops.set(login, maildrop);
      return { password: "secret", maildrop };
    },
  });
  const file = (wanted: readonly Wanted[], more: object) => ({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB", ...settings, ...more },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [...new Set(wanted.map(({ login }) => login))].map((name) => ({
          name,
          remoteAccounts: wanted
            .filter((one) => one.login === name)
            .map(({ login, pollEvery = "5m", password = "secret", port = provider.port }) => ({
              account: login,
              server: `127.0.0.1:${port}`,
              password,
              tls: "off",
              pollEvery,
              leaveOnServer: true,
            })),
        })),
      },
    ],
  });
  const rpop = await startInstallation();
  await rpop.apply(file(accounts, {}));
  const s = await startSchedule(rpop.dataDir, random);
  return {
    provider,
    maildrops,
    s,
    async change(wanted, more = {}) {
      const bytes = Buffer.from(JSON.stringify(file(wanted, more)));
      const report = await apply(s.app.manage, { bytes, dryRun: false, prune: true });
      if (!report.ok || report.value.mistakes.length > 0) throw new Error(JSON.stringify(report));
      await s.look();
    },
    async [Symbol.asyncDispose]() {
      await s[Symbol.asyncDispose]();
      await provider.stop();
      await rpop[Symbol.asyncDispose]();
    },
  };
}

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const gaps = (moments: readonly number[]) => moments.slice(1).map((at, index) => at - (moments[index] ?? 0));

test("every account is visited at once, then at its interval, give or take a twentieth", async () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  await using w = await world(
    [
      { login: "quick", pollEvery: "1m" },
      { login: "usual" },
      { login: "slow", pollEvery: "30m" },
      { login: "off", pollEvery: "disabled" },
    ],
    {},
    random,
  );
  await w.s.pass(2 * HOUR);
  for (const [login, intervalMs] of [
    ["quick", MINUTE],
    ["usual", 5 * MINUTE],
    ["slow", 30 * MINUTE],
  ] as const) {
    const moments = w.s.of(login);
    expect(moments[0]).toBe(0);
    // Moments closer than a tenth of a second are served together.
    for (const gap of gaps(moments)) {
      expect(gap * 1000).toBeGreaterThanOrEqual(intervalMs * 0.95);
      expect(gap * 1000).toBeLessThanOrEqual(intervalMs * 1.05 + 100);
    }
    expect(new Set(gaps(moments)).size).toBeGreaterThan(2);
    expect(moments.length).toBeGreaterThanOrEqual((2 * HOUR) / (intervalMs * 1.06));
  }
  expect(w.s.of("off")).toEqual([]);
});

test("mail that arrives is taken at the next visit, once", async () => {
  await using w = await world([{ login: "alice", pollEvery: "1m" }]);
  w.maildrops.get("alice")?.add(storedMessage("one", Buffer.from("Subject: one\n\ntext\n")));
  await w.s.pass(3 * MINUTE);
  expect(w.provider.commands.get("RETR")).toBe(1);
});

const twenty = Array.from({ length: 20 }, (_, index) => ({ login: `user${index}`, pollEvery: "1m" }));

test("a dead host: one mark, all its accounts rest, and when it expires one tries before the others (seed 17)", async () => {
  await using w = await world([...twenty, { login: "elsewhere", pollEvery: "1m" }], {
    delayFailedHosts: "10m",
  });
  const { port } = w.provider;
  await w.s.pass(30 * SECOND);
  await w.provider.stop();
  const before = w.s.visits.length;
  await w.s.pass(9 * MINUTE);
  // Whoever was under way when the mark was set has dialled as well, nobody after it.
  const tried = w.s.visits.slice(before).filter(({ login }) => login !== "elsewhere");
  expect(tried.every((one) => one.failure === "host-unreachable")).toBe(true);
  expect(tried.length).toBeLessThanOrEqual(8);
  expect(new Set(tried.map(({ at }) => at)).size).toBe(1);
  expect(await w.s.app.manage.store.markedHosts()).toHaveLength(1);

  // Still down when the mark expires: one trial, and ten minutes more.
  const atTrial = w.s.visits.length;
  await w.s.pass(4 * MINUTE);
  expect(w.s.visits.slice(atTrial)).toHaveLength(1);

  const again = await startProvider({
    port,
    accounts: () => ({ password: "secret", maildrop: new MemoryMaildrop() }),
  });
  const atReturn = w.s.visits.length;
  await w.s.pass(9 * MINUTE);
  const back = w.s.visits.slice(atReturn);
  await again.stop();
  const first = back[0]?.at ?? 0;
  // The next attempt comes at once when the mark expires, whatever the interval.
  expect(back.filter(({ at }) => at - first < 1).length).toBeGreaterThanOrEqual(20);
  expect(back.every((one) => one.failure === null)).toBe(true);
  expect(await w.s.app.manage.store.markedHosts()).toEqual([]);
});

test("one host's death does not touch the accounts of another", async () => {
  await using other = await startProvider({
    accounts: () => ({ password: "secret", maildrop: new MemoryMaildrop() }),
  });
  await using w = await world([...twenty, { login: "well", pollEvery: "1m", port: other.port }]);
  await w.provider.stop();
  await w.s.pass(10 * MINUTE);
  expect(w.s.of("well")).toHaveLength(11);
});

test("a wrong password rests twice as long each time; right again, it is visited at once (R-41)", async () => {
  await using w = await world([{ login: "alice", password: "wrong" }, { login: "bob" }]);
  await w.s.pass(4 * HOUR);
  expect(w.s.of("alice").map((at) => Math.floor(at / 60))).toEqual([0, 30, 90, 210]);
  expect(w.s.of("bob").length).toBeGreaterThan(40);
  await w.change([{ login: "alice" }, { login: "bob" }]);
  expect(w.s.visits.at(-1)).toMatchObject({ login: "alice", at: 4 * 3600, failure: null });
  await w.s.pass(5 * MINUTE + SECOND);
  expect(w.s.of("alice")).toHaveLength(6);
});

test("a cleared mark: the host is tried at once", async () => {
  await using w = await world([{ login: "alice" }], { delayFailedHosts: "1h" });
  const { port } = w.provider;
  await w.provider.stop();
  await w.s.pass(20 * MINUTE);
  expect(w.s.visits.at(-1)?.failure).toBe("host-unreachable");
  await using _again = await startProvider({
    port,
    accounts: () => ({ password: "secret", maildrop: new MemoryMaildrop() }),
  });
  const cleared = await clearMarks(w.s.app.manage, [`127.0.0.1:${port}`]);
  expect(cleared).toEqual({ ok: true, value: { hosts: 1, accounts: 0 } });
  await w.s.look();
  expect(w.s.visits.at(-1)).toMatchObject({ login: "alice", at: 20 * 60, failure: null });
});

test("limits hold, and change while it runs", async () => {
  await using w = await world(twenty, { channels: 6, channelsPerHost: 3 });
  await w.s.pass(5 * MINUTE);
  expect(w.s.most).toBe(3);
  expect(w.s.of("user19")).toHaveLength(6);
  await w.change(twenty, { channels: 6, channelsPerHost: 5 });
  await w.s.pass(2 * MINUTE);
  expect(w.s.most).toBe(5);
  await w.change(twenty, { channels: 0, channelsPerHost: 5 });
  const stopped = w.s.visits.length;
  await w.s.pass(10 * MINUTE);
  expect(w.s.visits).toHaveLength(stopped);
  await w.change(twenty, { channels: 6, channelsPerHost: 5 });
  expect(w.s.visits).toHaveLength(stopped + 20);
});

test("a new account is visited at once, a disabled one no more, another interval counts at once", async () => {
  await using w = await world([{ login: "alice" }, { login: "bob" }]);
  await w.s.pass(MINUTE);
  await w.change([
    { login: "alice", pollEvery: "disabled" },
    { login: "bob", pollEvery: "30s" },
    { login: "carol" },
  ]);
  expect(w.s.of("carol")).toEqual([60]);
  await w.s.pass(5 * MINUTE);
  expect(w.s.of("alice")).toEqual([0]);
  expect(w.s.of("bob").length).toBeGreaterThanOrEqual(10);
});

test("a removed account's visit under way is stopped, the others go on", async () => {
  await using w = await world([
    { login: "alice", pollEvery: "1m" },
    { login: "bob", pollEvery: "10m" },
  ]);
  w.provider.faults = [{ kind: "silent" }];
  w.s.clock.advance(MINUTE);
  while (w.s.scheduler.running === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(w.s.scheduler.running).toBe(1);
  await w.change([{ login: "bob", pollEvery: "10m" }]);
  expect(w.s.scheduler.running).toBe(0);
  expect(w.s.visits.at(-1)).toMatchObject({ login: "alice", failure: "cancelled" });
});

test("stopping ends visits under way without letting time pass, and nobody is blamed (R-31)", async () => {
  await using w = await world([{ login: "alice", pollEvery: "1m" }]);
  w.provider.faults = [{ kind: "silent" }];
  w.s.clock.advance(MINUTE);
  while (w.s.scheduler.running === 0) await new Promise((resolve) => setImmediate(resolve));
  await w.s.scheduler.stop();
  expect(w.s.scheduler.running).toBe(0);
  const [account] = (await w.s.app.manage.store.readConfiguration()).remoteAccounts;
  expect(account).toMatchObject({ mark: null, last: { failure: null } });
  expect(await w.s.app.manage.store.markedHosts()).toEqual([]);
  await w.s.pass(HOUR);
  expect(w.s.visits).toHaveLength(2);
});

test("below the free space no visit starts, one reason is told, and it ends by itself (R-66)", async () => {
  await using w = await world([{ login: "alice", pollEvery: "1m" }]);
  w.s.freeBytes = 10;
  await w.s.pass(10 * MINUTE);
  expect(w.s.of("alice")).toEqual([0]);
  expect(w.s.pauses.map((pause) => pause?.failure.code)).toEqual(["disk-low"]);
  w.s.freeBytes = 1e12;
  await w.s.pass(2 * SECOND);
  expect(w.s.of("alice")).toHaveLength(2);
  expect(w.s.pauses.at(-1)).toBeNull();
});

test("trouble of our own ends with the first visit tried, also while one from before goes on for long", async () => {
  await using w = await world([
    { login: "alice", pollEvery: "1m" },
    { login: "bob", pollEvery: "70s" },
  ]);
  const before = w.provider.connections;
  w.provider.faults = [{ kind: "silent" }];
  w.s.clock.advance(MINUTE);
  await eventually(() => w.provider.connections === before + 1);
  w.provider.faults = [];
  w.s.scheduler.noteTrouble(failure("disk-full", "local"));
  expect(w.s.pauses.map((pause) => pause?.failure.code)).toEqual(["disk-full"]);
  w.s.clock.advance(10 * SECOND);
  await eventually(() => w.s.of("bob").length === 2);
  await eventually(() => w.s.pauses.at(-1) === null);
  expect(w.s.scheduler.running).toBe(1);
  await w.s.scheduler.stop();
});

test("while trouble of our own lasts, one visit is tried at a time", async () => {
  await using w = await world(["alice", "bob", "carol"].map((login) => ({ login, pollEvery: "1m" })));
  await w.s.pass(50 * SECOND);
  w.s.scheduler.noteTrouble(failure("disk-full", "local"));
  const before = w.provider.connections;
  w.provider.faults = [{ kind: "silent" }];
  w.s.clock.advance(10 * SECOND);
  await eventually(() => w.provider.connections === before + 1);
  w.s.clock.advance(5 * SECOND);
  expect(w.s.scheduler.running).toBe(1);
  await w.s.scheduler.stop();
});

test("a visit that was tried in a former pause and goes on for long does not keep the next pause up", async () => {
  await using other = await startProvider({
    accounts: () => ({ password: "secret", maildrop: new MemoryMaildrop() }),
  });
  await using w = await world([
    { login: "dee", pollEvery: "50s", port: other.port },
    { login: "alice", pollEvery: "1m" },
    { login: "bob", pollEvery: "70s" },
  ]);
  const others = other.connections;
  other.faults = [{ kind: "silent" }];
  w.s.clock.advance(50 * SECOND);
  await eventually(() => other.connections === others + 1);
  w.s.scheduler.noteTrouble(failure("disk-full", "local"));

  const before = w.provider.connections;
  w.provider.faults = [{ kind: "silent" }];
  w.s.clock.advance(10 * SECOND);
  await eventually(() => w.provider.connections === before + 1);
  w.provider.faults = [];
  // Another visit, from before the pause, ends without trouble of ours.
  await other.stop();
  await eventually(() => w.s.pauses.at(-1) === null);

  w.s.scheduler.noteTrouble(failure("disk-full", "local"));
  expect(w.s.pauses.map((pause) => pause?.failure.code)).toEqual(["disk-full", undefined, "disk-full"]);
  w.s.clock.advance(10 * SECOND);
  await eventually(() => w.s.of("bob").length === 2);
  await eventually(() => w.s.pauses.at(-1) === null);
  // Alice's is still under way.
  expect(w.s.scheduler.running).toBe(1);
  await w.s.scheduler.stop();
});

test("accounts that are held up wait, the others do not", async () => {
  await using w = await world([
    { login: "alice", pollEvery: "1m" },
    { login: "bob", pollEvery: "1m" },
  ]);
  const alice = (await w.s.app.manage.store.readConfiguration()).remoteAccounts.find(
    ({ login }) => login === "alice",
  );
  w.s.holdUp = ({ id }) => (id === alice?.id ? failure("mailbox-full", "recipient") : null);
  await w.s.pass(10 * MINUTE);
  expect(w.s.of("alice")).toEqual([0]);
  expect(w.s.of("bob")).toHaveLength(11);
  w.s.holdUp = () => null;
  await w.s.pass(MINUTE + SECOND);
  expect(w.s.of("alice")).toHaveLength(2);
});

test("outside of the activity schedule no visit starts; inside, those overdue are made at once", async () => {
  await using w = await world([{ login: "alice", pollEvery: "1m" }]);
  w.s.mayVisit = false;
  await w.s.pass(HOUR);
  expect(w.s.of("alice")).toEqual([0]);
  w.s.mayVisit = true;
  await w.s.pass(SECOND);
  expect(w.s.of("alice")).toHaveLength(2);
});

/** A window on a Sunday night, in Berlin: 01:30 to 03:30. */
const nights = [
  {
    name: "an ordinary night",
    before: Date.UTC(2027, 2, 21),
    opens: Date.UTC(2027, 2, 21, 0, 30),
    closes: Date.UTC(2027, 2, 21, 2, 30),
  },
  {
    name: "02:00 is followed by 03:00: one hour of it",
    before: Date.UTC(2027, 2, 28),
    opens: Date.UTC(2027, 2, 28, 0, 30),
    closes: Date.UTC(2027, 2, 28, 1, 30),
  },
  {
    name: "03:00 is followed by 02:00: three hours of it",
    before: Date.UTC(2027, 9, 30, 23),
    opens: Date.UTC(2027, 9, 30, 23, 30),
    closes: Date.UTC(2027, 9, 31, 2, 30),
  },
];

test.each(nights)("a window while the clocks are changed: $name", async ({ before, opens, closes }) => {
  const windows = [{ days: ["sun"], from: "01:30", to: "03:30" }];
  const activitySchedule = { timeZone: "Europe/Berlin", windows };
  await using w = await world([{ login: "alice", pollEvery: "10m" }], { activitySchedule });
  const startedAt = w.s.clock.now();
  await w.s.pass(MINUTE);
  expect(w.s.visits).toEqual([]);
  w.s.clock.setWall(before);
  await w.s.pass(5 * HOUR);
  const moments = w.s.of("alice").map((at) => startedAt + at * 1000);
  expect(moments[0]).toBeGreaterThanOrEqual(opens);
  expect(moments[0]).toBeLessThan(opens + MINUTE);
  expect(moments.at(-1)).toBeLessThan(closes);
  expect(moments.at(-1)).toBeGreaterThanOrEqual(closes - 11 * MINUTE);
  expect(gaps(moments).every((gap) => gap <= 11 * MINUTE)).toBe(true);
});

const jumps = [
  { name: "a day back", ms: -24 * HOUR },
  { name: "an hour back", ms: -HOUR },
  { name: "a day forward", ms: 24 * HOUR },
];

test.each(jumps)(
  "the wall clock is set $name: nobody is silent over an interval, nobody visited twice (R-69)",
  async ({ ms }) => {
    await using w = await world(twenty.map((one) => ({ ...one, pollEvery: "5m" })));
    await w.s.pass(2 * MINUTE);
    const before = w.s.visits.length;
    w.s.clock.setWall(w.s.clock.now() + ms);
    await w.s.pass(5 * MINUTE + 20 * SECOND);
    const logins = w.s.visits.slice(before).map(({ login }) => login);
    expect(new Set(logins).size).toBe(20);
    expect(logins.length).toBeLessThanOrEqual(40);
  },
);

test("two processes look at one schedule: each due moment is visited once", async () => {
  await using w = await world([{ login: "alice", pollEvery: "1m" }]);
  await using other = await startSchedule(w.s.app.manage.dataDir);
  for (let minute = 0; minute < 10; minute++) {
    await w.s.pass(MINUTE);
    await other.pass(MINUTE);
  }
  const moments = [...w.s.of("alice"), ...other.of("alice")];
  expect(moments.length).toBe(11);
});
