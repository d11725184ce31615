/**
 * One visit to one remote account: the maildrop's lease, its sessions, and what is written down at the end.
 *
 * One visit at a time per host, port and login, whichever records name it and whoever runs it (F12). What was
 * accepted stays accepted, however the visit ends. A visit never throws: its end is a value, and a mark.
 */
import { type Failure, failure, failureOf } from "../core/failure.ts";
import type { RemoteAccountId } from "../core/ids.ts";
import { DAY, MINUTE, SECOND } from "../core/time.ts";
import type { VisitOrigin } from "../queue/submit.ts";
import type {
  HostCapabilities,
  HostRecord,
  Mark,
  RemoteAccountRecord,
  TlsMode,
  VisitLease,
} from "../store/records.ts";
import type { NotDue, VisitStart } from "../store/store.ts";
import { afterVisit, type VisitEnd } from "./marks.ts";
import { runSession, type SessionEnd } from "./session.ts";
import { accountFields, logVisitEnd } from "./visit-log.ts";
import { type VisitContext, type VisitProgress, VisitState, type VisitTally } from "./visit-state.ts";

const leaseMs = 2 * MINUTE;
const renewEveryMs = 30 * SECOND;
/** So many sessions a visit may take: each settles at least one message, so more would be a loop of ours. */
const mostSessions = 1000;

export interface VisitWatcher {
  /** The maildrop was opened and listed: whatever comes, the host is well. */
  reached?(): void;
  progress?(progress: VisitProgress): void;
  /** A message is ours. */
  accepted?(): void;
}

/** How a visit ended. */
export interface VisitOutcome {
  readonly account: RemoteAccountRecord;
  readonly tally: Readonly<VisitTally>;
  readonly failure: Failure | null;
  readonly endedAt: number;
  /** What follows for the next visit; null: the visit was stopped and says nothing about the account. */
  readonly next: VisitEnd | null;
}

/** Whether a visit is made by the schedule, or because somebody asked for it. */
export type VisitOccasion = "scheduled" | "asked";

/**
 * Visits an account now, whatever its interval and marks say.
 *
 * @returns `busy`: somebody else is in that maildrop; `gone`: there is no such record.
 * @throws FailureError when the database cannot say whether the visit may begin.
 */
export async function visit(
  context: VisitContext,
  accountId: RemoteAccountId,
  signal: AbortSignal,
  watcher: VisitWatcher = {},
): Promise<VisitOutcome | "busy" | "gone"> {
  const { store, clock, nodeId } = context;
  const start = await store.beginVisit({ accountId, nodeId, at: clock.now(), leaseMs });
  return start === "busy" || start === "gone" ? start : visitUnder(context, start, signal, watcher, "asked");
}

/**
 * Visits an account by schedule: only if it is due and its host does not rest, as the database has it at this moment.
 * So each due moment is visited once, whoever else looks at the schedule.
 *
 * @returns `NotDue`: somebody else visited it meanwhile, or its host was marked; else as `visit`.
 * @throws FailureError when the database cannot say whether the visit may begin.
 */
export async function visitIfDue(
  context: VisitContext,
  accountId: RemoteAccountId,
  signal: AbortSignal,
  watcher: VisitWatcher = {},
): Promise<VisitOutcome | NotDue | "busy" | "gone"> {
  const { store, clock, nodeId } = context;
  const start = await store.beginDueVisit({ accountId, nodeId, at: clock.now(), leaseMs });
  if (start === "busy" || start === "gone" || "notDue" in start) return start;
  return visitUnder(context, start, signal, watcher, "scheduled");
}

async function visitUnder(
  context: VisitContext,
  start: VisitStart,
  signal: AbortSignal,
  watcher: VisitWatcher,
  occasion: VisitOccasion,
): Promise<VisitOutcome> {
  const { clock } = context;
  const keeper = keepLease(context, start.lease);
  const about = accountFields(start.account, context.ownerAddress);
  const state = new VisitState(start, about);
  const began = clock.monotonic();
  context.log.write("visit-begun", () => ({ occasion, ...about }));
  const stop = () => keeper.abort.abort();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let why: Failure | null;
  try {
    why = await runSessions(context, start, state, keeper.abort.signal, watcher);
  } finally {
    signal.removeEventListener("abort", stop);
    keeper.end();
  }
  const endedAt = clock.now();
  const next = why?.code === "cancelled" ? null : nextVisit(context, start, why, endedAt);
  try {
    await writeEnd(context, start, state, { why, endedAt, next, occasion });
  } catch (error) {
    why ??= failureOf(error);
  }
  const { account, host } = start;
  logVisitEnd(context.log, {
    about,
    accountMark: account.mark,
    hostMark: host.mark,
    tally: state.tally,
    failure: why,
    durationMs: Math.round(clock.monotonic() - began),
    next,
  });
  return { account, tally: state.tally, failure: why, endedAt, next };
}

async function runSessions(
  context: VisitContext,
  start: VisitStart,
  state: VisitState,
  signal: AbortSignal,
  watcher: VisitWatcher,
): Promise<Failure | null> {
  const { clock, store } = context;
  const { account, lease } = start;
  const { timeouts } = context.settings();
  const began = clock.monotonic();
  const hardEnd = new AbortController();
  const cancelHardEnd = clock.setTimer(timeouts.visitHardMs, () => hardEnd.abort());
  const stop = () => hardEnd.abort();
  signal.addEventListener("abort", stop, { once: true });
  let host = start.host;
  try {
    for (let session = 0; session < mostSessions; session++) {
      if (signal.aborted) return failure("cancelled", "local");
      const end = await runSession(context, {
        account,
        host,
        lease,
        origin: originOf(account, context.settings().mergeCopies, state.firstVisit !== "over"),
        state,
        signal: hardEnd.signal,
        noRetrAfter: began + timeouts.visitMs,
        reached: () => watcher.reached?.(),
        progress: (progress) => watcher.progress?.(progress),
        accepted: () => watcher.accepted?.(),
      });
      const note = hostNote(end, host, account.tls, clock.now());
      if (end.pipeliningFailed) context.log.write("pipelining-failed", () => state.about);
      if (note !== null) {
        host = { ...host, ...note };
        await store.noteHost(account.host, account.port, note);
      }
      // Only an end that the visit itself ran into is the account's; whoever stopped it is not the server's fault.
      const overtime = hardEnd.signal.aborted && !signal.aborted;
      if (overtime) return failure("timeout", "account", { params: { host: account.host, what: "visit" } });
      if (end.failure !== null || !end.more) return end.failure;
    }
    return null;
  } catch (error) {
    return failureOf(error);
  } finally {
    cancelHardEnd();
    signal.removeEventListener("abort", stop);
  }
}

function nextVisit(
  context: VisitContext,
  { account, host }: VisitStart,
  why: Failure | null,
  endedAt: number,
): VisitEnd {
  const settings = context.settings();
  const atLeastMs = account.setBy === "user" ? settings.minimumPollIntervalMs : 0;
  return afterVisit(
    why,
    account.mark,
    host.mark,
    {
      delayFailedHostsMs: settings.delayFailedHostsMs,
      delayFailedAccountsMs: settings.delayFailedAccountsMs,
      // What a user chose is raised to today's minimum (spec 3).
      pollEveryMs: account.pollEveryMs === null ? null : Math.max(account.pollEveryMs, atLeastMs),
      atLeastMs,
      jitter: context.random() * 2 - 1,
    },
    endedAt,
  );
}

async function writeEnd(
  context: VisitContext,
  start: VisitStart,
  state: VisitState,
  end: {
    readonly why: Failure | null;
    readonly endedAt: number;
    readonly next: VisitEnd | null;
    readonly occasion: VisitOccasion;
  },
): Promise<void> {
  const { account, host, lease } = start;
  const { why, endedAt, next } = end;
  // A visit that was stopped says nothing about the account: the last word stays.
  const last =
    next === null
      ? account.last
      : {
          successAt: why === null ? endedAt : account.last.successAt,
          failure: why,
          endedAt,
          taken: state.tally.taken,
        };
  await context.store.endVisit({
    lease,
    last,
    mark: next === null ? account.mark : next.accountMark,
    dueAt: next === null ? account.dueAt : next.dueAt,
    ...hostMarkOf(next?.hostMark, host.mark),
    withoutSpecialHeader: state.withoutSpecialHeader,
    announce: end.occasion === "asked",
    // A message that could not be taken this time may be one of those delivered before a restore.
    whole: why === null && state.whole && state.tally.troubled === 0,
  });
}

/** Written only where it changes: most visits find no mark and leave none. */
function hostMarkOf(after: Mark | null | undefined, before: Mark | null): { hostMark?: Mark | null } {
  return after === undefined || (after === null && before === null) ? {} : { hostMark: after };
}

function originOf(account: RemoteAccountRecord, mergeCopies: boolean, firstVisit: boolean): VisitOrigin {
  const { extras } = account;
  return {
    kind: "visit",
    remoteHost: account.host,
    withProtocol: account.tls === "off" ? "POP3" : "POP3S",
    firstVisit,
    mergeCopies: account.kind === "unified" && (extras.mergeCopies ?? mergeCopies),
    rule:
      account.kind === "personal" && account.ownerId !== null
        ? { kind: "personal", owner: account.ownerId }
        : {
            kind: "unified",
            specialHeader: account.specialHeader,
            specialHeaderPrefix: extras.specialHeaderPrefix ?? null,
            relaySpecialHeader: extras.relaySpecialHeader ?? false,
          },
  };
}

/** Renews the lease while the visit lasts; a lease that is lost ends the visit. */
function keepLease(context: VisitContext, lease: VisitLease): { abort: AbortController; end(): void } {
  const { store, clock } = context;
  const abort = new AbortController();
  let ended = false;
  let cancel = () => {};
  const arm = () => {
    if (ended) return;
    cancel = clock.setTimer(renewEveryMs, () => {
      store.renewVisit(lease, clock.now() + leaseMs).then(
        (renewed) => (renewed === null ? abort.abort() : arm()),
        // The database's trouble shows in the visit itself; here the lease simply runs towards its end.
        () => arm(),
      );
    });
  };
  arm();
  return {
    abort,
    end: () => {
      ended = true;
      cancel();
    },
  };
}

/** What a session taught about its host; null: nothing new. */
function hostNote(
  end: SessionEnd,
  host: HostRecord,
  tls: TlsMode,
  now: number,
): { capabilities?: HostCapabilities; noPipeliningUntil?: number } | null {
  const { [tls]: before, ...others } = host.capabilities;
  const pipelining = end.pipeliningFailed ? { noPipeliningUntil: now + DAY } : {};
  // What the host offered may be why the login was refused: it is asked again next time (spec 5).
  if (end.failure?.scope === "account" && before !== undefined)
    return { ...pipelining, capabilities: others };
  const { capabilities } = end;
  if (capabilities !== undefined && !sameLines(capabilities, before)) {
    return { ...pipelining, capabilities: { ...others, [tls]: capabilities } };
  }
  return end.pipeliningFailed ? pipelining : null;
}

function sameLines(a: readonly string[], b: readonly string[] | undefined): boolean {
  return a.length === b?.length && a.every((line, index) => line === b[index]);
}
