/**
 * A scheduler over a whole installation, its hours in the test's hands: real store, real visits over real sockets, and a
 * clock that stands until the test lets time pass. Within a visit time does not pass.
 */
import { type App, openApp } from "../../src/app.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { Clock } from "../../src/core/time.ts";
import { peopleText } from "../../src/manage/wire-text.ts";
import type { Pause } from "../../src/poll/local-trouble.ts";
import { Scheduler } from "../../src/poll/scheduler.ts";
import { visitIfDue } from "../../src/poll/visit.ts";
import { isOpenAt } from "../../src/settings/activity-schedule.ts";
import type { DueAccount } from "../../src/store/records.ts";
import { ManualClock } from "./manual-clock.ts";

/** A visit that was begun, in seconds since the scheduler's start. */
export interface SeenVisit {
  readonly login: string;
  readonly at: number;
  readonly failure: string | null;
}

export interface Schedule extends AsyncDisposable {
  readonly app: App;
  readonly clock: ManualClock;
  readonly scheduler: Scheduler;
  /** Visits that ended, in the order of their ends. */
  readonly visits: SeenVisit[];
  readonly pauses: (Pause | null)[];
  /** What the spool's disk says it has. */
  freeBytes: number;
  holdUp: (account: DueAccount) => Failure | null;
  /** false: closed, whatever the setting says. */
  mayVisit: boolean;
  /** Most visits at once so far. */
  readonly most: number;
  /** Lets time pass, stopping at each moment at which something happens, until all that happens then has ended. */
  pass(ms: number): Promise<void>;
  /** What a serving process looks at each second. */
  look(): Promise<void>;
  /** Seconds at which an account was visited. */
  of(login: string): number[];
}

export async function startSchedule(dataDir: string, random: () => number = () => 0.5): Promise<Schedule> {
  const clock = new ManualClock();
  const app = await openApp({ dataDir, env: {}, storeThread: "inline", clock: hourOf(clock) });
  const work = await app.work();
  const visits = { ...work.visits, random };
  const startedAt = clock.now();
  const seen: SeenVisit[] = [];
  const pauses: (Pause | null)[] = [];
  let most = 0;
  const scheduler = new Scheduler({
    clock,
    store: app.manage.store,
    settings: () => app.settings,
    async visit(id, signal, watcher) {
      const at = (clock.now() - startedAt) / 1000;
      most = Math.max(most, scheduler.running);
      const outcome = await visitIfDue(visits, id, signal, watcher);
      if (typeof outcome !== "string" && "account" in outcome) {
        const login = peopleText(outcome.account.login);
        seen.push({ login, at, failure: outcome.failure?.code ?? null });
      }
      return outcome;
    },
    freeBytes: async () => schedule.freeBytes,
    holdUp: (account) => schedule.holdUp(account),
    mayVisitAt: (at) => {
      const { activitySchedule, timeZone } = app.settings;
      return schedule.mayVisit && isOpenAt(activitySchedule, at, timeZone ?? "UTC");
    },
    paused: (pause) => pauses.push(pause),
  });
  const look = async () => {
    const pulse = await app.manage.store.pulse(visits.nodeId);
    if (pulse.configurationVersion !== app.live.version) {
      await app.live.refresh();
      scheduler.wake();
    }
    scheduler.changed(pulse.scheduleVersion);
    await scheduler.quiet();
  };
  const schedule: Schedule = {
    app,
    clock,
    scheduler,
    visits: seen,
    pauses,
    freeBytes: 1e12,
    holdUp: () => null,
    mayVisit: true,
    get most() {
      return most;
    },
    look,
    async pass(ms) {
      const until = clock.monotonic() + ms;
      while (clock.monotonic() < until) {
        clock.advance(Math.min(clock.nextDelayMs ?? 1000, until - clock.monotonic()));
        await scheduler.quiet();
      }
    },
    of: (login) => seen.filter((one) => one.login === login).map(({ at }) => at),
    async [Symbol.asyncDispose]() {
      await scheduler.stop();
      await app.close();
    },
  };
  await scheduler.start((await app.manage.store.pulse(visits.nodeId)).scheduleVersion);
  await scheduler.quiet();
  return schedule;
}

/** The test's hour with timers that run by themselves: what happens within a visit does not wait for the test. */
function hourOf(clock: ManualClock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => performance.now(),
    setTimer(delayMs, run) {
      const timer = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1));
      return () => clearTimeout(timer);
    },
  };
}
