/**
 * The runner over a real store, with destinations that the test plays.
 */
import { expect, test } from "vitest";
import { inlineStore, type OpenedStore, sampleEntry, sampleItem } from "../../test/support/stores.ts";
import { type Failure, FailureError, failure } from "../core/failure.ts";
import { silentLog } from "../core/log.ts";
import type { DeliveryItem, SendReport, Sent, WireDelivery } from "../deliver/delivery.ts";
import type { Spool } from "../spool/spool.ts";
import type { Reporting } from "./reporting.ts";
import { QueueRunner } from "./runner.ts";

const refused = failure("delivery-refused", "recipient", { permanent: true, status: "5.1.1" });
const down = failure("destination-unreachable", "recipient", { params: { destination: "lmtp://a" } });
const ok: Sent = { kind: "delivered", where: "250 saved" };
const failedWith = (why: Failure, more: { doubtful?: boolean; unreachable?: boolean } = {}): Sent => ({
  kind: "failed",
  failure: why,
  doubtful: false,
  unreachable: false,
  ...more,
});

/** A wire destination whose calls the test looks at. */
function wire(
  play: (items: readonly DeliveryItem[], report: SendReport, signal: AbortSignal) => Promise<void>,
) {
  const calls: string[][] = [];
  const delivery: WireDelivery = {
    kind: "wire",
    send(items, report, signal) {
      calls.push(items.map(({ key }) => key));
      return play(items, report, signal);
    },
    close: async () => {},
  };
  return { delivery, calls };
}

const keepAll: Reporting = { consider: async () => ({ kind: "keep", reason: "never-report" }) };

function runnerOver(
  opened: OpenedStore,
  deliveries: Readonly<Record<string, WireDelivery>>,
  destinationOf: (id: string) => string = () => "lmtp://a",
  reporting: Reporting = keepAll,
) {
  const removed: string[] = [];
  // Only what the runner itself asks of a spool.
  const spool = {
    path: (ref: string) => `/spool/${ref}`,
    remove: async (refs: readonly string[]) => void removed.push(...refs),
  } as unknown as Spool;
  const runner = new QueueRunner({
    store: opened.store,
    spool,
    clock: opened.clock,
    log: silentLog,
    nodeId: opened.nodeId,
    leaseMs: 300_000,
    random: () => 0.5,
    resolve: (entry) => ({ destination: destinationOf(entry.messageId), extraFields: "" }),
    pick: (destination) => deliveries[destination] ?? refused,
    keepUndeliverableMs: () => 1000,
    keepLedgerMs: () => 1000,
    reporting,
  });
  return { runner, removed };
}

async function queue(opened: OpenedStore, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, index) =>
    sampleItem(`m${index}`, null, {
      entries: [sampleEntry(0, { expiresAt: opened.clock.now() + 86_400_000 })],
    }),
  );
  await opened.store.accept(items, null, 0, opened.nodeId);
}

const drain = (opened: OpenedStore, runner: QueueRunner) => runner.drainDue(opened.clock.now());

test("each answer is settled as it comes; what was sent is written down before", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 3);
  const states: string[] = [];
  const { delivery } = wire(async (items, report) => {
    for (const item of items) {
      expect(await report.sending([item])).toBe(true);
      states.push(
        ...(await opened.store.queueEntries({ state: "sending" })).map(({ entry }) => entry.messageId),
      );
      await report.answered(item, item.key === "m1-0" ? failedWith(refused) : ok);
    }
  });
  const { runner, removed } = runnerOver(opened, { "lmtp://a": delivery });
  await drain(opened, runner);
  expect(states.length).toBeGreaterThanOrEqual(3);
  expect(runner.counts).toMatchObject({ delivered: 2, undeliverable: 1, doubtful: 0 });
  expect(removed.sort()).toEqual(["m0.1", "m2.1"]);
  expect(await opened.store.queueEntries({})).toMatchObject([
    { entry: { messageId: "m1", state: "undeliverable", expiresAt: opened.clock.now() + 1000 } },
  ]);
});

test("a destination that cannot be reached is knocked at once; all that waits there is put off alike", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 200);
  const { delivery, calls } = wire(async (items, report) => {
    for (const item of items) await report.answered(item, failedWith(down, { unreachable: true }));
  });
  const { runner } = runnerOver(opened, { "lmtp://a": delivery });
  await drain(opened, runner);
  expect(runner.counts).toMatchObject({ delivered: 0, deferred: 200 });
  // Four connections at once had begun when the first one failed.
  expect(calls.length).toBeLessThanOrEqual(8);
  expect(await opened.store.destinationTroubles()).toMatchObject([
    { destination: "lmtp://a", deferred: 200 },
  ]);
});

test("a silent destination delays nobody else", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 40);
  let answerSilent = () => {};
  const silence = new Promise<void>((resolve) => {
    answerSilent = resolve;
  });
  const silent = wire(async (items, report) => {
    await silence;
    for (const item of items) await report.answered(item, ok);
  });
  const quick = wire(async (items, report) => {
    for (const item of items) await report.answered(item, ok);
  });
  const { runner } = runnerOver(opened, { "lmtp://a": silent.delivery, "lmtp://b": quick.delivery }, (id) =>
    Number(id.slice(1)) % 2 === 0 ? "lmtp://a" : "lmtp://b",
  );
  const { attempts } = await runner.claim(opened.clock.now(), 100);
  while (runner.counts.delivered < 20) await new Promise(setImmediate);
  expect(silent.calls.length).toBeGreaterThan(0);
  answerSilent();
  await attempts;
  expect(runner.counts.delivered).toBe(40);
});

test("an answer that was lost is counted and tried again, never reported", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 1);
  const { delivery } = wire(async ([item], report) => {
    if (item) await report.answered(item, failedWith(down, { doubtful: true, unreachable: true }));
  });
  const { runner } = runnerOver(opened, { "lmtp://a": delivery });
  await drain(opened, runner);
  expect(runner.counts).toMatchObject({ deferred: 1, doubtful: 1 });
  expect(await opened.store.queueEntries({})).toMatchObject([{ entry: { state: "queued", doubts: 1 } }]);
});

test("a claim that was taken over is not sent", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 1);
  const said: boolean[] = [];
  const { delivery } = wire(async (items, report) => {
    await opened.store.fenceNode(opened.nodeId);
    said.push(await report.sending(items));
  });
  const { runner } = runnerOver(opened, { "lmtp://a": delivery });
  await drain(opened, runner);
  expect(said).toEqual([false]);
  expect(runner.counts).toMatchObject({ delivered: 0, deferred: 0 });
});

test("stopped: what has not begun is given back without blame, what is under way hears of it (R-31)", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 10);
  const { delivery } = wire(async (items, report, signal) => {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const cancelled = failure("cancelled", "local");
    for (const item of items) await report.answered(item, failedWith(cancelled));
  });
  const { runner } = runnerOver(opened, { "lmtp://a": delivery });
  const { attempts } = await runner.claim(opened.clock.now(), 100);
  while (runner.size > 10) await new Promise(setImmediate);
  await runner.stop();
  await attempts;
  expect(runner.counts).toMatchObject({ delivered: 0, deferred: 0, undeliverable: 0 });
  await opened.store.forgetNode(opened.nodeId);
  expect((await opened.store.queueEntries({})).map(({ entry }) => entry.attempts)).toEqual(Array(10).fill(0));
});

test("claims are renewed as long as their work lasts", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 1);
  let answer = () => {};
  const begun = new Promise<void>((started) => {
    const { delivery } = wire(async ([item], report) => {
      started();
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      if (item) await report.answered(item, ok);
    });
    const { runner } = runnerOver(opened, { "lmtp://a": delivery });
    void drain(opened, runner).then(() => done());
  });
  let done = () => {};
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });
  await begun;
  for (let minute = 0; minute < 20; minute++) {
    opened.clock.advance(60_000);
    await opened.store.queueCounts();
  }
  const other = await opened.store.claimDue({
    nodeId: opened.nodeId,
    at: opened.clock.now(),
    limit: 1,
    leaseUntil: opened.clock.now() + 1000,
  });
  expect(other).toEqual([]);
  answer();
  await ended;
  expect(await opened.store.queueEntries({})).toEqual([]);
});

test("one person's full mailbox is no trouble of the server that says so", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 2);
  const full = failure("mailbox-full", "recipient", { status: "4.2.2" });
  const sick = failure("delivery-deferred", "recipient", { status: "4.3.1" });
  const { delivery } = wire(async (items, report) => {
    for (const item of items) await report.answered(item, failedWith(item.key === "m0-0" ? full : sick));
  });
  const { runner } = runnerOver(opened, { "lmtp://a": delivery, "lmtp://b": delivery }, (id) =>
    id === "m0" ? "lmtp://a" : "lmtp://b",
  );
  await drain(opened, runner);
  const troubles = await opened.store.destinationTroubles();
  expect(troubles.map(({ destination }) => destination)).toEqual(["lmtp://b"]);
});

test("refusals of one call are told together, so that a message's failures make one report", async () => {
  await using opened = await inlineStore().open();
  const entries = [0, 1, 2].map((ordinal) =>
    sampleEntry(ordinal, { expiresAt: opened.clock.now() + 86_400_000, notify: "failure" }),
  );
  await opened.store.accept([sampleItem("m0", null, { entries })], null, 0, opened.nodeId);
  const considered: number[] = [];
  const { delivery } = wire(async (items, report) => {
    for (const item of items) await report.answered(item, failedWith(refused));
  });
  const { runner } = runnerOver(opened, { "lmtp://a": delivery }, undefined, {
    consider: async (failed) => {
      considered.push(failed.length);
      return { kind: "keep", reason: "list" };
    },
  });
  await drain(opened, runner);
  expect(considered.reduce((sum, one) => sum + one, 0)).toBe(3);
  expect(runner.counts).toMatchObject({ undeliverable: 3 });
});

test("a destination without room sends entries back into the queue, each a little later; a poll attempts all", async () => {
  for (const bounded of [true, false]) {
    await using opened = await inlineStore().open();
    await queue(opened, 300);
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { delivery } = wire(async (items, report) => {
      await held;
      for (const item of items) await report.answered(item, ok);
    });
    const { runner } = runnerOver(opened, { "lmtp://a": delivery });
    if (bounded) runner.goOn(() => null);
    const { attempts } = await runner.claim(opened.clock.now(), 300);
    while (runner.size > 300) await new Promise(setImmediate);
    go();
    await attempts;
    await runner.idle();
    const left = (await opened.store.queueEntries({})).map(({ entry }) => entry.dueAt ?? 0);
    if (bounded) {
      expect(left.length).toBeGreaterThan(50);
      expect(new Set(left).size).toBeGreaterThan(left.length / 2);
      expect(Math.min(...left)).toBeGreaterThanOrEqual(opened.clock.now() + 15_000);
    } else expect(left).toEqual([]);
  }
});

test.each([
  { goesOn: true, delivered: 3, trouble: null },
  { goesOn: false, delivered: 0, trouble: "database" },
])(
  "sent, and the database refuses for a while: a server writes it down later ($goesOn), nothing is sent twice",
  async (story) => {
    await using opened = await inlineStore().open();
    await queue(opened, 3);
    let refusals = 3;
    const store: OpenedStore["store"] = {
      ...opened.store,
      settleEntries: async (...args) => {
        if (refusals-- > 0) throw new FailureError(failure("database", "local"));
        return opened.store.settleEntries(...args);
      },
    };
    const sent: string[] = [];
    const { delivery } = wire(async (items, report) => {
      for (const item of items) {
        await report.sending([item]);
        sent.push(item.key);
        await report.answered(item, ok);
      }
    });
    const { runner } = runnerOver({ ...opened, store }, { "lmtp://a": delivery });
    if (story.goesOn) runner.goOn(() => null);
    const drained = drain(opened, runner);
    if (story.goesOn) {
      await opened.clock.armed(1000);
      expect(runner.waitsFor?.code).toBe("database");
      opened.clock.advance(1000);
    }
    await drained;
    expect(sent.sort()).toEqual(["m0-0", "m1-0", "m2-0"]);
    expect(runner.counts.delivered).toBe(story.delivered);
    expect(runner.trouble?.code ?? null).toBe(story.trouble);
  },
);

test("a delivery that breaks its promise: what it began may have arrived, what it did not begin is tried again without doubt", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 2);
  const { delivery } = wire(async ([first], report) => {
    if (first?.key === "m0-0") await report.sending([first]);
    throw new Error("a fault of the delivery's");
  });
  const { runner } = runnerOver(opened, { "lmtp://a": delivery });
  await drain(opened, runner);
  expect(runner.counts).toMatchObject({ deferred: 2, doubtful: 1 });
  expect(await opened.store.doubtCount()).toBe(1);
});

test("what is held back waits without blame and says why; the others go, and it goes when it is hastened", async () => {
  await using opened = await inlineStore().open();
  await queue(opened, 2);
  const take = wire(async (items, report) => {
    for (const item of items) {
      await report.sending([item]);
      await report.answered(item, ok);
    }
  });
  const destinationOf = (id: string) => (id === "m0" ? "smtp://a" : "lmtp://a");
  const { runner } = runnerOver(
    opened,
    { "smtp://a": take.delivery, "lmtp://a": take.delivery },
    destinationOf,
  );
  const opensAt = opened.clock.now() + 5000;
  let closed = true;
  runner.goOn((destination) =>
    closed && destination === "smtp://a"
      ? { failure: failure("outside-schedule", "local"), until: opensAt }
      : null,
  );
  await drain(opened, runner);
  expect(take.calls).toEqual([["m1-0"]]);
  expect(await opened.store.queueEntries({})).toMatchObject([
    {
      entry: {
        messageId: "m0",
        state: "queued",
        attempts: 0,
        dueAt: opensAt,
        leaseOwner: null,
        failure: { code: "outside-schedule" },
      },
    },
  ]);
  expect(runner.counts).toMatchObject({ delivered: 1, deferred: 0 });
  closed = false;
  await drain(opened, runner);
  expect(take.calls).toHaveLength(1);
  expect(await opened.store.hastenEntries("disk-full", opened.clock.now())).toBe(0);
  expect(await opened.store.hastenEntries("outside-schedule", opened.clock.now())).toBe(1);
  await drain(opened, runner);
  expect(take.calls).toEqual([["m1-0"], ["m0-0"]]);
});
