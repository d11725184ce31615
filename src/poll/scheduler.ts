/**
 * Visits every account when it is due, for as long as the process serves.
 *
 * The database is the schedule, the agenda a window on it: lanes whose moment has come are read, a page at a time, and
 * visits are started as channels and hosts have room. Each start asks the database once more (`visitIfDue`), so that
 * a due moment is visited once, whoever else polls. Limits are read from the settings each time.
 *
 * No visit starts while our own side is in trouble (`LocalTrouble`), outside of the activity schedule, for accounts
 * that are held up, or with `channels` at 0. Nothing here throws; what goes wrong is a pause or a mark. Nothing grows
 * with the number of visits made.
 */
import { type Failure, failureOf } from "../core/failure.ts";
import type { RemoteAccountId } from "../core/ids.ts";
import { type Clock, MINUTE, SECOND } from "../core/time.ts";
import type { Settings } from "../settings/definitions.ts";
import type { DueAccount } from "../store/records.ts";
import type { NotDue, ScheduleVerbs, Store, VisitVerbs } from "../store/store.ts";
import { Agenda, type LaneToRead, type VisitEnded } from "./agenda.ts";
import { LocalTrouble, type Pause } from "./local-trouble.ts";
import type { VisitOutcome, VisitWatcher } from "./visit.ts";

/** The longest time between two looks at limits, space and clock. */
const lookMs = SECOND;
/** Moments closer than this are served together, so that pages are read many at a time. */
const grainMs = 100;
const lanesAtOnce = 256;
/** A maildrop that somebody else is in is looked at again after this long. */
const busyMs = 15 * SECOND;
/** An account that is held up, likewise. */
const heldUpMs = MINUTE;
/** The wall clock went back by more than this: somebody set it. */
const setBackMs = 5 * SECOND;

export interface SchedulerContext {
  readonly clock: Clock;
  readonly store: ScheduleVerbs & Pick<VisitVerbs, "markedHosts"> & Pick<Store, "flush">;
  settings(): Settings;
  /** Visits an account if it is due: `visitIfDue`. */
  visit(
    id: RemoteAccountId,
    signal: AbortSignal,
    watcher: VisitWatcher,
  ): Promise<VisitOutcome | NotDue | "busy" | "gone">;
  /** Free bytes where messages are spooled. */
  freeBytes(): Promise<number>;
  /** Why this account's mail cannot go on now (its destination is down), so that it is not fetched; null: it can. */
  holdUp(account: DueAccount): Failure | null;
  /** Whether the activity schedule lets visits start at that moment. */
  mayVisitAt(at: number): boolean;
  /** The pause has begun, changed or ended. */
  paused(pause: Pause | null): void;
}

export class Scheduler {
  readonly #context: SchedulerContext;
  readonly #agenda = new Agenda();
  readonly #trouble = new LocalTrouble();
  readonly #visits = new Map<RemoteAccountId, AbortController>();
  /** The visit that was begun during the pause, to find its end. */
  #tried: RemoteAccountId | null = null;
  #toldPause: Pause | null = null;
  #version = 0;
  #accounts = 0;
  #started = false;
  #stopped = false;
  /** Questions to the database under way. */
  #asking = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #clockOffset = 0;
  #timer = () => {};
  #quietWaiters: (() => void)[] = [];

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#clockOffset = clockOffset(context.clock);
  }

  /** Visits under way. */
  get running(): number {
    return this.#visits.size;
  }

  /** Accounts in the schedule, as of the start. */
  get accounts(): number {
    return this.#accounts;
  }

  /**
   * Reads the schedule and begins.
   *
   * @param scheduleVersion as `pulse` gave it before: later changes come by `changed`
   * @throws FailureError when the database cannot be read.
   */
  async start(scheduleVersion: number): Promise<void> {
    this.#version = scheduleVersion;
    await this.#mendClock();
    await this.#readMarks();
    for (const lane of await this.#context.store.dueLanes()) {
      if (lane.hostReached) this.#agenda.noteReachedBefore(lane);
      this.#agenda.noteDue(lane);
      this.#accounts += lane.accounts;
    }
    this.#started = true;
    this.#consider();
  }

  /** The schedule's version as it is now: when it is new, what others changed is read. Never throws. */
  changed(scheduleVersion: number): void {
    if (!this.#started || this.#stopped || scheduleVersion === this.#version) return;
    const since = this.#version;
    this.#version = scheduleVersion;
    this.#ask(
      async () => {
        const { store } = this.#context;
        const changes = await store.scheduleChanges(since, [...this.#visits.keys()]);
        this.#version = Math.max(this.#version, changes.version);
        for (const id of changes.unwanted) this.#visits.get(id)?.abort();
        await this.#readMarks();
        for (const lane of changes.lanes) this.#agenda.noteDue(lane);
      },
      () => {
        this.#version = since;
      },
    );
  }

  /** Trouble of our own that was met elsewhere: it keeps visits from starting as if one of them had met it. */
  noteTrouble(why: Failure): void {
    if (!this.#started || this.#stopped || this.#trouble.pause !== null) return;
    this.#trouble.ended(why, "", this.#context.clock.now());
    this.#consider();
  }

  /** Looks now: settings have changed. */
  wake(): void {
    this.#consider();
  }

  /**
   * No new visit; those under way are stopped and waited for. What they accepted stays accepted.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer();
    for (const controller of this.#visits.values()) controller.abort();
    await this.quiet();
  }

  /** Resolves when no visit is under way and nothing is asked of the database. */
  quiet(): Promise<void> {
    if (this.#visits.size === 0 && this.#asking === 0) return Promise.resolve();
    return new Promise((resolve) => this.#quietWaiters.push(resolve));
  }

  #consider(): void {
    if (!this.#started || this.#stopped) return;
    const { clock, store } = this.#context;
    const now = clock.now();
    this.#look(now);
    this.#tellPause();
    if (this.#mayStart(now)) {
      const lanes = this.#agenda.toRead(now, lanesAtOnce);
      if (lanes.length > 0) this.#read(lanes);
      const heldUp = this.#startVisits(now);
      if (heldUp.length > 0) {
        this.#ask(() => store.postponeVisits(heldUp, now, this.#heldUntil(now)));
      }
    }
    this.#arm(now);
  }

  /** @returns accounts that are held up, to be put off. */
  #startVisits(now: number): RemoteAccountId[] {
    const heldUp: RemoteAccountId[] = [];
    while (this.#trouble.mayStart(now, this.#tried !== null)) {
      const account = this.#agenda.take(now, this.#context.settings());
      if (account === undefined) break;
      if (this.#context.holdUp(account) === null) {
        this.#visit(account);
        continue;
      }
      heldUp.push(account.id);
      this.#agenda.ended(account.id, untouched(account, this.#heldUntil(now)));
    }
    return heldUp;
  }

  #heldUntil(now: number): number {
    return now + heldUpMs;
  }

  #mayStart(now: number): boolean {
    return (
      this.#context.settings().channels > 0 &&
      this.#context.mayVisitAt(now) &&
      this.#trouble.mayStart(now, this.#tried !== null)
    );
  }

  #read(lanes: readonly LaneToRead[]): void {
    this.#ask(
      async () => {
        const fronts = await this.#context.store.dueAccounts(lanes);
        const now = this.#context.clock.now();
        for (const [index, lane] of lanes.entries()) this.#agenda.given(lane, fronts[index] ?? [], now);
      },
      () => {
        const now = this.#context.clock.now();
        for (const lane of lanes) this.#agenda.notGiven(lane, now);
      },
    );
  }

  #visit(account: DueAccount): void {
    const { clock } = this.#context;
    const controller = new AbortController();
    this.#visits.set(account.id, controller);
    if (this.#trouble.pause !== null) this.#tried = account.id;
    const began = clock.monotonic();
    const reached = () => {
      this.#agenda.reached(account.id);
      this.#trouble.reached();
      this.#consider();
    };
    const accepted = () => {
      if (this.#trouble.pause === null) return;
      this.#trouble.accepted();
      this.#consider();
    };
    this.#context
      .visit(account.id, controller.signal, { reached, accepted })
      .catch((error: unknown) => failureOf(error))
      .then((outcome) => this.#ended(account, outcome, clock.monotonic() - began))
      .finally(() => {
        this.#visits.delete(account.id);
        if (this.#tried === account.id) this.#tried = null;
        this.#consider();
        this.#tellQuiet();
      })
      .catch(() => {});
  }

  #ended(
    account: DueAccount,
    outcome: VisitOutcome | NotDue | Failure | "busy" | "gone",
    lengthMs: number,
  ): void {
    const now = this.#context.clock.now();
    const hostKey = `${account.host}:${account.port}`;
    if (outcome === "gone") {
      this.#agenda.ended(account.id, { ...untouched(account, null), lengthMs });
      return;
    }
    if (outcome !== "busy" && "notDue" in outcome) {
      const { dueAt, troubled, hostRestsUntil } = outcome;
      this.#agenda.ended(account.id, { dueAt, troubled, hostRestsUntil, lengthMs });
      return;
    }
    if (outcome !== "busy" && "account" in outcome) {
      this.#trouble.ended(outcome.failure, hostKey, now);
      const { next } = outcome;
      if (next !== null) {
        const hostRestsUntil = next.hostMark === undefined ? undefined : (next.hostMark?.retryAt ?? null);
        const troubled = next.accountMark !== null;
        this.#agenda.ended(account.id, { dueAt: next.dueAt, troubled, hostRestsUntil, lengthMs });
        return;
      }
    } else if (outcome !== "busy") {
      this.#trouble.ended(outcome, hostKey, now);
    }
    // Somebody else's, stopped, or not begun: it is still due, and comes again after a while.
    const until = now + busyMs;
    this.#agenda.ended(account.id, { ...untouched(account, until), lengthMs });
    if (!this.#stopped) this.#ask(() => this.#context.store.postponeVisits([account.id], now, until));
  }

  /** Space is measured and the clock compared, each second at most. */
  #look(now: number): void {
    const { clock, freeBytes, settings } = this.#context;
    const monotonic = clock.monotonic();
    if (monotonic - this.#measuredAt < lookMs) return;
    this.#measuredAt = monotonic;
    const tryAt = this.#trouble.tryAt;
    if (this.#trouble.pause?.failure.code === "database" && tryAt !== null && now >= tryAt) {
      // Its end is found without a visit: perhaps none is due for hours.
      this.#ask(async () => {
        await this.#context.store.flush();
        this.#trouble.ended(null, "", clock.now());
      });
    }
    const offset = clockOffset(clock);
    if (offset < this.#clockOffset - setBackMs) this.#ask(() => this.#mendClock());
    this.#clockOffset = offset;
    this.#ask(async () => {
      const free = await freeBytes().catch(() => null);
      this.#trouble.measured(free, settings().minFreeSpaceBytes, now);
    });
  }

  async #mendClock(): Promise<void> {
    const { clock, store, settings } = this.#context;
    const moved = await store.mendDueTimes(clock.now(), settings().delayFailedHostsMs);
    if (moved === 0 || !this.#started) return;
    await this.#readMarks();
    for (const lane of await store.dueLanes()) this.#agenda.noteDue(lane);
  }

  async #readMarks(): Promise<void> {
    const marked = await this.#context.store.markedHosts();
    this.#agenda.setHostMarks(marked.map(({ host, port, mark }) => ({ host, port, until: mark.retryAt })));
  }

  /** Asks the database; its trouble is ours and pauses visits. */
  #ask(work: () => Promise<unknown>, otherwise: () => void = () => {}): void {
    this.#asking++;
    work()
      .catch((error: unknown) => {
        otherwise();
        this.#trouble.ended(failureOf(error), "", this.#context.clock.now());
      })
      .finally(() => {
        this.#asking--;
        this.#consider();
        this.#tellQuiet();
      })
      .catch(() => {});
  }

  #arm(now: number): void {
    this.#timer();
    const next = this.#agenda.nextMoment();
    const waitMs = next === null ? lookMs : Math.min(lookMs, Math.max(grainMs, next - now));
    this.#timer = this.#context.clock.setTimer(waitMs, () => this.#consider());
  }

  #tellPause(): void {
    const { pause } = this.#trouble;
    if (pause === this.#toldPause) return;
    // Whoever tried a former pause may go on for long: this one is not kept up by it.
    this.#tried = null;
    this.#toldPause = pause;
    this.#context.paused(pause);
  }

  #tellQuiet(): void {
    if (this.#visits.size > 0 || this.#asking > 0) return;
    for (const wake of this.#quietWaiters.splice(0)) wake();
  }
}

/** A visit that did not take place: it says nothing about the host. */
function untouched(account: DueAccount, dueAt: number | null): VisitEnded {
  return { dueAt, troubled: account.troubled, hostRestsUntil: undefined, lengthMs: 0 };
}

/** What to add to the monotonic clock for the wall clock's hour: changes when somebody sets the latter. */
function clockOffset(clock: Clock): number {
  return clock.now() - clock.monotonic();
}
