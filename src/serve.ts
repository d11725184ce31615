/**
 * The server as a whole: made in order, unmade in reverse. What a command does once, this does for as long as it runs.
 *
 *   1  node registered, dead processes cleared up   (`App.work`, R-5)
 *   2  the right to serve this data directory      
 *   3  health                                       a supervisor sees it start
 *   4  the queue's pump                             mail that was taken goes on
 *   5  the scheduler                                visits
 *   6  the watch, each second                       changes of the configuration, and whether we were declared dead
 */
import type { App } from "./app.ts";
import { type Failure, FailureError, failure, failureOf } from "./core/failure.ts";
import { failureFields } from "./core/log.ts";
import { type Clock, MINUTE, pause, SECOND } from "./core/time.ts";
import { type HealthChecks, healthRoutes } from "./http/health.ts";
import { type ListenAddress, listen } from "./http/listen.ts";
import { ownIdentity, provenDead } from "./nodes/identity.ts";
import { Scheduler } from "./poll/scheduler.ts";
import { visitIfDue } from "./poll/visit.ts";
import type { VisitsContext } from "./poll/visits.ts";
import { HouseWarnings } from "./queue/house-warnings.ts";
import { outgoingHold } from "./queue/outgoing-hold.ts";
import { type QueuePump, startQueuePump } from "./queue/pump.ts";
import type { QueueRunner } from "./queue/runner.ts";
import { isOpenAt } from "./settings/activity-schedule.ts";
import type { NodeRecord } from "./store/records.ts";
import type { Store } from "./store/store.ts";
import { systemTimeZone } from "./system/time-zone.ts";

const watchMs = SECOND;
const recoverMs = 10 * SECOND;
/** A node that nobody can look at counts as alive as long as its last sign of life is younger than this. */
const signOfLifeMs = MINUTE;
/** Visits that are asked to end do so well within this; whoever takes longer is left to recovery. */
const stopMs = 2 * SECOND;
/** A database that does not answer a read within this does not answer. */
const answerMs = 5 * SECOND;

export interface ServeOptions {
  /** null: no HTTP. */
  readonly listen: ListenAddress | null;
  readonly version: string;
}

export interface Serving {
  /** Of HTTP, as bound; null: none. */
  readonly address: string | null;
  /** Remote accounts that are not disabled, as of the start. */
  readonly accounts: number;
  /** Resolves when it cannot go on, with the reason: declared dead by others, a disk that cannot be trusted. */
  readonly broken: Promise<Failure>;
  /** Reads the configuration again now. */
  reload(): void;
  /** No new visit; those under way end within 2 s and keep what they accepted; claims are given back. */
  stop(): Promise<void>;
}

/**
 * Serves a data directory; `app.close` is still the caller's, after `stop`.
 *
 * @throws FailureError `already-serving`, `listen-failed`, `database…`. Nothing goes on then.
 */
export async function serve(app: App, options: ServeOptions): Promise<Serving> {
  const { store, clock } = app.manage;
  const { visits, runner } = await app.work();
  const { nodeId } = visits;
  const undo: (() => Promise<unknown>)[] = [];
  const state: Phase = { code: "starting" };
  try {
    await claimServing(store, visits);
    const http =
      options.listen === null
        ? null
        : await listen(healthRoutes(checksOf(app, nodeId, options.version, state)), options.listen);
    if (http !== null) undo.push(() => http.close());
    const address = http?.address ?? null;
    await store.noteServing(nodeId, { listen: address, pause: null });

    const timeZone = () => app.settings.timeZone ?? systemTimeZone();
    const holdBack = outgoingHold(clock, () => ({
      schedule: app.settings.activitySchedule,
      timeZone: timeZone(),
    }));
    const freeBytes = () => visits.spool.freeBytes();
    const minFreeSpaceBytes = () => app.settings.minFreeSpaceBytes;
    const warnings = new HouseWarnings({ store, clock, log: app.log, freeBytes, minFreeSpaceBytes });
    const pump = startQueuePump({ store, clock, runner, warnings, fed: app.live.directory, holdBack });
    const scheduler = new Scheduler({
      clock,
      store,
      settings: () => app.settings,
      visit: (id, signal, watcher) => visitIfDue(visits, id, signal, watcher),
      freeBytes,
      holdUp: (account) => pump.holdUp(account),
      mayVisitAt: (at) => isOpenAt(app.settings.activitySchedule, at, timeZone()),
      paused: (pause) => {
        store.noteServing(nodeId, { listen: address, pause }).catch(() => {});
        if (pause === null) app.log.write("pause-ended", () => ({}));
        else app.log.write("pause-begun", () => ({ sinceAt: pause.since, ...failureFields(pause.failure) }));
      },
    });
    undo.push(() => within(clock, stopMs, stopWork(scheduler, pump, runner)));
    const { scheduleVersion } = await store.pulse(nodeId);
    await app.live.refresh();
    await scheduler.start(scheduleVersion);
    state.code = null;
    const watch = startWatch({
      app,
      nodeId,
      scheduler,
      trouble: () => runner.trouble,
      waitsFor: () => runner.waitsFor,
      recover: visits.recover,
    });
    undo.push(watch.stop);
    const { version } = options;
    const { accounts } = scheduler;
    app.log.write("server-started", () => ({
      version,
      dataDir: app.manage.dataDir,
      http: address,
      accounts,
    }));
    return {
      address,
      accounts,
      broken: watch.broken,
      reload: () => watch.look(),
      async stop() {
        state.code = "stopping";
        await unmake(undo);
        app.log.write("server-stopped", () => ({ version }));
      },
    };
  } catch (error) {
    app.log.write("start-failed", () => failureFields(failureOf(error)));
    await unmake(undo);
    throw error;
  }
}

/** How far the process is; `code` null: at work. */
interface Phase {
  code: "starting" | "stopping" | null;
}

/** Visits first: what they have just accepted is still handed on. Then the queue. */
async function stopWork(scheduler: Scheduler, pump: QueuePump, runner: QueueRunner): Promise<void> {
  await scheduler.stop();
  await pump.stop();
  await runner.stop();
}

async function unmake(undo: (() => Promise<unknown>)[]): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

/** @throws FailureError `already-serving` while another process does. */
async function claimServing(store: Store, visits: VisitsContext): Promise<void> {
  const own = ownIdentity();
  for (;;) {
    const other = await store.beginServing(visits.nodeId, { listen: null, pause: null });
    if (other === null) return;
    if (!isGone(other, own, visits.clock.now())) {
      throw new FailureError(failure("already-serving", "local", { params: { pid: other.pid } }));
    }
    await store.fenceNode(other.id);
    await visits.recover();
  }
}

/** Dead for certain; or out of our sight, in another container say, and without a sign of life for a while. */
function isGone(node: NodeRecord, own: ReturnType<typeof ownIdentity>, now: number): boolean {
  if (provenDead(node, own)) return true;
  const inSight = node.machineId === own.machineId && node.pidNamespace === own.pidNamespace;
  return !inSight && node.seenAt + signOfLifeMs < now;
}

function checksOf(app: App, nodeId: number, version: string, phase: Phase): HealthChecks {
  const { store, spool, clock } = app.manage;
  const startedAt = clock.monotonic();
  return {
    version,
    uptimeMs: () => clock.monotonic() - startedAt,
    databaseAnswers: () => answers(clock, store.pulse(nodeId)),
    async obstacles() {
      const codes: string[] = phase.code === null ? [] : [phase.code];
      // Waits for a commit: a database that only answers reads is of no use to mail.
      const written = store.heartbeat(nodeId, clock.now()).then(() => store.flush());
      if (!(await answers(clock, written))) codes.push("database");
      else if (!(await store.pulse(nodeId)).alive) codes.push("declared-dead");
      const free = await spool.freeBytes().catch(() => null);
      if (free !== null && free < app.settings.minFreeSpaceBytes) codes.push("disk-low");
      return codes;
    },
  };
}

/** Whether a question to the database is answered, and in time. */
async function answers(clock: Clock, asked: Promise<unknown>): Promise<boolean> {
  const enough = new AbortController();
  const late = pause(clock, answerMs, enough.signal).then(() => false);
  const answered = asked.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => enough.abort());
}

/** Resolves when the work does, at the latest after that time. */
async function within(clock: Clock, timeMs: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([work, pause(clock, timeMs, enough.signal)]);
  enough.abort();
}

interface Watch {
  readonly broken: Promise<Failure>;
  look(): void;
  stop(): Promise<void>;
}

/** Looks each second whether we still may write, and what others changed. */
function startWatch(context: {
  readonly app: App;
  readonly nodeId: number;
  readonly scheduler: Scheduler;
  /** Trouble that the queue cannot go on with. */
  trouble(): Failure | null;
  /** Trouble that the queue waits out. */
  waitsFor(): Failure | null;
  /** Clears up behind processes that died, so that what they held is free at once. */
  recover(): Promise<unknown>;
}): Watch {
  const { app, nodeId, scheduler } = context;
  const { store, clock } = app.manage;
  let stopped = false;
  let recoveredAt = clock.monotonic();
  let cancel = () => {};
  let tell: (why: Failure) => void = () => {};
  let told = false;
  const broken = new Promise<Failure>((resolve) => {
    tell = (why) => {
      if (!told) app.log.write("cannot-go-on", () => failureFields(why));
      told = true;
      resolve(why);
    };
  });
  let looking: Promise<void> | null = null;
  const lookOnce = async () => {
    try {
      const trouble = context.trouble();
      if (trouble !== null) tell(trouble);
      const waitsFor = context.waitsFor();
      if (waitsFor !== null) scheduler.noteTrouble(waitsFor);
      const pulse = await store.pulse(nodeId);
      if (!pulse.alive) tell(failure("declared-dead", "local"));
      if (pulse.configurationVersion !== app.live.version) {
        const { activitySchedule } = app.settings;
        await app.live.refresh();
        scheduler.wake();
        // What waited for the former schedule asks the new one.
        if (app.settings.activitySchedule !== activitySchedule) {
          await store.hastenEntries("outside-schedule", clock.now());
        }
      }
      scheduler.changed(pulse.scheduleVersion);
      if (clock.monotonic() - recoveredAt >= recoverMs) {
        recoveredAt = clock.monotonic();
        await context.recover();
      }
    } catch {
      // The database's trouble shows where it hinders: visits pause, the queue waits. Next second again.
    }
  };
  const look = () => {
    if (stopped || looking !== null) return;
    cancel();
    looking = lookOnce().finally(() => {
      looking = null;
      if (!stopped) cancel = clock.setTimer(watchMs, look);
    });
  };
  look();
  return {
    broken,
    look,
    async stop() {
      stopped = true;
      cancel();
      await looking;
    },
  };
}
