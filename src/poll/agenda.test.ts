import fc from "fast-check";
import { expect, test } from "vitest";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import type { DueAccount } from "../store/records.ts";
import { Agenda, type AgendaLimits, type VisitEnded } from "./agenda.ts";

interface Planned {
  id: string;
  host: string;
  owner: string | null;
  troubled: boolean;
  dueAt: number | null;
}

/** The database and the visits, as far as the agenda sees them. */
class World {
  readonly agenda = new Agenda();
  readonly accounts = new Map<string, Planned>();
  readonly running: string[] = [];
  /** Ids in the order of their starts. */
  readonly started: string[] = [];
  limits: AgendaLimits = { channels: 100, channelsPerHost: 8 };
  now = 0;
  reads = 0;

  add(count: number, account: (index: number) => Partial<Planned> & { id: string }): void {
    for (let index = 0; index < count; index++) {
      const added = { host: "h", owner: null, troubled: false, dueAt: 0, ...account(index) };
      this.accounts.set(added.id, added);
      this.agenda.noteDue({ ...laneOf(added), dueAt: added.dueAt ?? 0 });
    }
  }

  /** Reads what is wanted and starts what may start. @returns ids started. */
  step(): string[] {
    const before = this.started.length;
    for (;;) {
      for (let account = this.take(); account !== undefined; account = this.take());
      const lanes = this.agenda.toRead(this.now, 100);
      if (lanes.length === 0) break;
      for (const lane of lanes) {
        this.reads++;
        const front = [...this.accounts.values()]
          .filter((one) => one.dueAt !== null && one.host === lane.host && one.troubled === lane.troubled)
          .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
          .slice(0, lane.limit);
        this.agenda.given(lane, front.map(accountOf), this.now);
      }
    }
    return this.started.slice(before);
  }

  take(): DueAccount | undefined {
    const account = this.agenda.take(this.now, this.limits);
    if (account !== undefined) {
      this.running.push(account.id);
      this.started.push(account.id);
    }
    return account;
  }

  end(id: string, change: Partial<VisitEnded> = {}): void {
    this.running.splice(this.running.indexOf(id), 1);
    const account = this.accounts.get(id);
    const end = {
      dueAt: this.now + 300_000,
      troubled: false,
      hostRestsUntil: null,
      lengthMs: 100,
      ...change,
    };
    if (account) {
      account.dueAt = end.dueAt;
      account.troubled = end.troubled;
    }
    this.agenda.ended(id as RemoteAccountId, end);
  }

  host(id: string): string {
    return this.accounts.get(id)?.host ?? "";
  }
}

function laneOf({ host, troubled }: Planned) {
  return { host, port: 110, troubled };
}

function accountOf(one: Planned): DueAccount {
  return {
    ...laneOf(one),
    id: one.id as RemoteAccountId,
    ownerId: one.owner as LocalAccountId | null,
    dueAt: one.dueAt ?? 0,
  };
}

test("what is due is started, what is not waits for its moment", () => {
  const world = new World();
  world.add(1, () => ({ id: "now" }));
  world.add(1, () => ({ id: "later", dueAt: 5000 }));
  expect(world.step()).toEqual(["now"]);
  expect(world.agenda.nextMoment()).toBe(5000);
  world.now = 5000;
  expect(world.step()).toEqual(["later"]);
});

test("after a visit its account waits for its next moment, and comes again", () => {
  const world = new World();
  world.add(1, () => ({ id: "a" }));
  world.step();
  world.end("a", { dueAt: 60_000 });
  expect(world.step()).toEqual([]);
  world.now = 60_000;
  expect(world.step()).toEqual(["a"]);
});

test("an account under way is not started again, however often its lane is read", () => {
  const world = new World();
  world.add(1, () => ({ id: "a" }));
  world.step();
  world.agenda.noteDue({ host: "h", port: 110, troubled: false, dueAt: 0 });
  expect(world.step()).toEqual([]);
});

test("a host not reached yet is given half of the channels, a host that was, its full number", () => {
  const world = new World();
  world.limits = { channels: 10, channelsPerHost: 8 };
  world.add(20, (index) => ({ id: `${index}` }));
  expect(world.step()).toHaveLength(5);
  world.agenda.reached("0" as RemoteAccountId);
  expect(world.step()).toHaveLength(3);
});

test("a marked host rests with all its accounts, unread; then one visit tries, and the others follow (seed 17)", () => {
  const world = new World();
  world.add(10_000, (index) => ({ id: `${index}` }));
  world.limits = { channels: 100, channelsPerHost: 1 };
  expect(world.step()).toEqual(["0"]);
  world.end("0", { hostRestsUntil: 600_000, dueAt: 600_000 });
  const { reads } = world;
  for (world.now = 1000; world.now < 600_000; world.now += 1000) expect(world.step()).toEqual([]);
  expect(world.reads).toBe(reads);
  expect(world.agenda.nextMoment()).toBe(600_000);

  world.limits = { channels: 100, channelsPerHost: 8 };
  world.now = 600_000;
  const [probe, ...more] = world.step();
  expect(more).toEqual([]);
  world.agenda.reached(probe as RemoteAccountId);
  expect(world.step()).toHaveLength(7);
});

test("a host whose trial fails rests again, and nobody else has dialled", () => {
  const world = new World();
  world.add(100, (index) => ({ id: `${index}` }));
  world.agenda.setHostMarks([{ host: "h", port: 110, until: 1000 }]);
  expect(world.step()).toEqual([]);
  world.now = 1000;
  const started = world.step();
  expect(started).toHaveLength(1);
  world.end(started[0] ?? "", { hostRestsUntil: 2000, dueAt: 2000 });
  expect(world.step()).toEqual([]);
});

test("a mark that somebody cleared lets the host go on at once", () => {
  const world = new World();
  world.add(1, () => ({ id: "a" }));
  world.agenda.setHostMarks([{ host: "h", port: 110, until: 1_000_000 }]);
  expect(world.step()).toEqual([]);
  world.agenda.setHostMarks([]);
  expect(world.step()).toEqual(["a"]);
});

test("hosts take turns: one with ten thousand due accounts does not hold up the others (R-65)", () => {
  const world = new World();
  world.limits = { channels: 4, channelsPerHost: 4 };
  world.add(10_000, (index) => ({ id: `big ${index}`, host: "big", dueAt: -1 }));
  world.add(5, (index) => ({ id: `small ${index}`, host: `small ${index}` }));
  for (const host of ["big", "small 0", "small 1", "small 2", "small 3", "small 4"]) {
    world.agenda.noteHostMark({ host, port: 110 }, -5);
  }
  for (let rounds = 0; rounds < 12; rounds++) {
    world.step();
    for (const id of [...world.running]) world.end(id);
  }
  const smallOnes = world.started.slice(0, 20).filter((id) => id.startsWith("small"));
  expect(smallOnes.sort()).toEqual(["small 0", "small 1", "small 2", "small 3", "small 4"]);
});

test("owners take turns within a host: one with many accounts leaves room for the others", () => {
  const world = new World();
  world.limits = { channels: 100, channelsPerHost: 4 };
  world.add(20, (index) => ({ id: `greedy ${index}`, owner: "greedy", dueAt: -1 }));
  world.add(3, (index) => ({ id: `modest ${index}`, owner: `modest ${index}` }));
  expect(world.step().sort()).toEqual(["greedy 0", "modest 0", "modest 1", "modest 2"]);
});

test("within an owner's accounts the one that is due longest comes first", () => {
  const world = new World();
  world.add(4, (index) => ({ id: `${index}`, owner: "one", dueAt: index - 10 }));
  expect(world.step()).toEqual(["0", "1", "2", "3"]);
});

test("more visits to one host than a page holds", () => {
  const world = new World();
  world.limits = { channels: 1000, channelsPerHost: 300 };
  world.agenda.noteReachedBefore({ host: "h", port: 110 });
  world.add(400, (index) => ({ id: `${index}` }));
  expect(world.step()).toHaveLength(300);
});

test("a thousand slow hosts leave half of the channels to the quick ones (R-65)", () => {
  const world = new World();
  world.add(1000, (index) => ({ id: `slow ${index}`, host: `slow ${index}` }));
  for (let host = 0; host < 5; host++) world.agenda.noteReachedBefore({ host: `quick ${host}`, port: 110 });
  world.add(40, (index) => ({ id: `quick ${index}`, host: `quick ${index % 5}`, dueAt: 100 }));
  expect(world.step()).toHaveLength(50);
  world.now = 100;
  // None of the slow ones has ended, and all the quick ones are under way.
  expect(world.step()).toHaveLength(40);
});

test("a host counts as slow after slow visits, and as quick again after a few quick ones", () => {
  const world = new World();
  world.limits = { channels: 2, channelsPerHost: 2 };
  world.add(3, (index) => ({ id: `${index}` }));
  world.agenda.noteReachedBefore({ host: "h", port: 110 });
  const starts = (lengthMs: number) => {
    const started = world.step().length;
    for (const id of [...world.running]) world.end(id, { dueAt: world.now, lengthMs });
    return started;
  };
  expect([60_000, 100, 100, 100, 100].map(starts)).toEqual([2, 1, 1, 1, 2]);
});

test("ten thousand failing accounts of a host leave half of its channels to the others (R-65)", () => {
  const world = new World();
  world.add(10_000, (index) => ({ id: `failing ${index}`, troubled: true, dueAt: -1 }));
  world.add(100, (index) => ({ id: `well ${index}` }));
  world.agenda.noteHostMark({ host: "h", port: 110 }, -5);
  const [probe = ""] = world.step();
  world.agenda.reached(probe as RemoteAccountId);
  world.step();
  const failing = world.running.filter((id) => id.startsWith("failing"));
  expect(world.running).toHaveLength(8);
  expect(failing.length).toBeLessThanOrEqual(4);
  for (let ended = 0; ended < 300; ended++) {
    const well = world.running.find((id) => id.startsWith("well"));
    if (well === undefined) break;
    world.end(well);
    world.step();
  }
  expect(world.started.filter((id) => id.startsWith("well"))).toHaveLength(100);
});

test("limits are read at each start: 0 stops the module, more lets more go on", () => {
  const world = new World();
  world.add(10, (index) => ({ id: `${index}`, host: `${index}` }));
  world.limits = { channels: 0, channelsPerHost: 8 };
  expect(world.step()).toEqual([]);
  world.limits = { channels: 4, channelsPerHost: 8 };
  expect(world.step()).toHaveLength(2);
  world.limits = { channels: 20, channelsPerHost: 8 };
  expect(world.step()).toHaveLength(8);
});

test("a page that could not be read is asked for again", () => {
  const world = new World();
  world.add(1, () => ({ id: "a" }));
  const [lane] = world.agenda.toRead(0, 10);
  if (!lane) throw new Error("no lane");
  expect(world.agenda.toRead(0, 10)).toEqual([]);
  world.agenda.notGiven(lane, 0);
  expect(world.step()).toEqual(["a"]);
});

test("a change that arrives while its lane is being read is not lost", () => {
  const world = new World();
  world.add(1, () => ({ id: "a", dueAt: 0 }));
  const [lane] = world.agenda.toRead(0, 10);
  if (!lane) throw new Error("no lane");
  world.agenda.noteDue({ ...lane, dueAt: 50 });
  world.agenda.given(lane, [], 0);
  expect(world.agenda.nextMoment()).toBe(50);
});

/* Anything may happen in any order: the limits hold, and nobody is forgotten. */

const hosts = ["a", "b", "c"];
const event = fc.oneof(
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({
    kind: fc.constant("end" as const),
    which: fc.nat(),
    how: fc.constantFrom("well", "host", "account", "busy", "gone"),
    lengthMs: fc.integer({ min: 0, max: 40_000 }),
  }),
  fc.record({ kind: fc.constant("reached" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("clear" as const) }),
  fc.record({
    kind: fc.constant("limits" as const),
    channels: fc.integer({ min: 0, max: 8 }),
    channelsPerHost: fc.integer({ min: 1, max: 4 }),
  }),
);

test("limits are never exceeded, nobody is visited twice at once, marked hosts rest, and all come in the end", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), fc.integer({ min: 1, max: 40 }), (events, count) => {
      const world = new World();
      world.limits = { channels: 5, channelsPerHost: 2 };
      world.add(count, (index) => ({
        id: `${index}`,
        host: hosts[index % 3] ?? "",
        owner: `owner ${index % 4}`,
        dueAt: (index * 37) % 500,
      }));
      const marks = new Map<string, number>();
      const check = (started: readonly string[]) => {
        if (started.length === 0) return;
        expect(new Set(world.running).size).toBe(world.running.length);
        for (const host of hosts) {
          const there = world.running.filter((id) => world.host(id) === host).length;
          const fresh = started.filter((id) => world.host(id) === host);
          if (fresh.length === 0) continue;
          expect(there).toBeLessThanOrEqual(world.limits.channelsPerHost);
          expect(world.running.length).toBeLessThanOrEqual(world.limits.channels);
          const until = marks.get(host);
          if (until !== undefined) {
            expect(until).toBeLessThanOrEqual(world.now);
            // Until somebody has reached it, one visit tries.
            expect(there).toBe(1);
          }
        }
      };
      const endOne = (id: string, how: string, lengthMs: number) => {
        const host = world.host(id);
        const again = world.now + 1000;
        switch (how) {
          case "host":
            marks.set(host, again);
            world.end(id, { dueAt: again, hostRestsUntil: again, lengthMs });
            break;
          case "account":
            marks.delete(host);
            world.end(id, { dueAt: again, troubled: true, lengthMs });
            break;
          case "busy":
            world.end(id, { dueAt: again, hostRestsUntil: undefined, lengthMs });
            break;
          case "gone":
            world.end(id, { dueAt: null, hostRestsUntil: undefined, lengthMs });
            world.accounts.delete(id);
            break;
          default:
            marks.delete(host);
            world.end(id, { dueAt: again, lengthMs });
        }
      };
      for (const one of events) {
        const picked =
          "which" in one ? world.running[one.which % Math.max(1, world.running.length)] : undefined;
        switch (one.kind) {
          case "pass":
            world.now += one.ms;
            break;
          case "end":
            if (picked !== undefined) endOne(picked, one.how, one.lengthMs);
            break;
          case "reached":
            if (picked !== undefined) {
              marks.delete(world.host(picked));
              world.agenda.reached(picked as RemoteAccountId);
            }
            break;
          case "clear":
            marks.clear();
            world.agenda.setHostMarks([]);
            break;
          case "limits":
            world.limits = one;
            break;
        }
        check(world.step());
      }
      // From here on all goes well: everybody comes.
      world.limits = { channels: 5, channelsPerHost: 2 };
      const seen = new Set<string>();
      for (let rounds = 0; rounds < 80; rounds++) {
        for (const id of [...world.running]) {
          seen.add(id);
          endOne(id, "well", 10);
        }
        world.now += 1000;
        check(world.step());
      }
      expect(seen.size).toBe(world.accounts.size);
    }),
    { numRuns: 80 },
  );
});

test("memory follows the accounts there are: hosts nobody waits for are forgotten", () => {
  const world = new World();
  world.add(500, (index) => ({ id: `${index}`, host: `${index}` }));
  for (let rounds = 0; rounds < 20; rounds++) {
    for (const id of world.step()) {
      world.end(id, { dueAt: null, hostRestsUntil: undefined });
      world.accounts.delete(id);
    }
  }
  expect(world.started).toHaveLength(500);
  expect(world.agenda.hosts).toBe(0);
});
