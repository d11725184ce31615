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
import type { HostCapabilities, HostRecord, Mark, RemoteAccountRecord, TlsMode } from "../store/records.ts";
import type { VisitLease, VisitStart } from "../store/store.ts";
import { afterVisit } from "./marks.ts";
import { runSession, type SessionEnd } from "./session.ts";
import { type VisitContext, type VisitProgress, VisitState, type VisitTally } from "./visit-state.ts";

const leaseMs = 2 * MINUTE;
const renewEveryMs = 30 * SECOND;
/** So many sessions a visit may take: each settles at least one message, so more would be a loop of ours. */
const mostSessions = 1000;

export interface VisitWatcher {
  progress?(progress: VisitProgress): void;
}

/** How a visit ended. */
export interface VisitOutcome {
  readonly account: RemoteAccountRecord;
  readonly tally: Readonly<VisitTally>;
  readonly failure: Failure | null;
  readonly endedAt: number;
}

/**
 * Visits an account now, whatever its interval and marks say.
 *
 * @returns `busy`: somebody else is in that maildrop; `gone`: there is no such record.
 */
export async function visit(
  context: VisitContext,
  accountId: RemoteAccountId,
  signal: AbortSignal,
  watcher: VisitWatcher = {},
): Promise<VisitOutcome | "busy" | "gone"> {
  const { store, clock, nodeId } = context;
  const start = await store.beginVisit({ accountId, nodeId, at: clock.now(), leaseMs });
  if (start === "busy" || start === "gone") return start;
  const keeper = keepLease(context, start.lease);
  const state = new VisitState(start);
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
  try {
    await writeEnd(context, start, state, why, endedAt);
  } catch (error) {
    why ??= failureOf(error);
  }
  return { account: start.account, tally: state.tally, failure: why, endedAt };
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
      const takenBefore = state.tally.taken;
      const end = await runSession(context, {
        account,
        host,
        lease,
        origin: originOf(account, context.settings().mergeCopies),
        state,
        signal: hardEnd.signal,
        noRetrAfter: began + timeouts.visitMs,
        progress: (progress) => watcher.progress?.(progress),
      });
      const taken = state.tally.taken - takenBefore;
      state.rememberedCount += taken;
      state.rememberedWithUidCount += taken;
      const note = hostNote(end, host, account.tls, clock.now());
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

async function writeEnd(
  context: VisitContext,
  start: VisitStart,
  state: VisitState,
  why: Failure | null,
  endedAt: number,
): Promise<void> {
  const settings = context.settings();
  const { account, host, lease } = start;
  const end = afterVisit(
    why,
    account.mark,
    host.mark,
    {
      delayFailedHostsMs: settings.delayFailedHostsMs,
      delayFailedAccountsMs: settings.delayFailedAccountsMs,
      pollEveryMs: account.pollEveryMs,
    },
    endedAt,
  );
  // A visit that was stopped says nothing about the account: the last word stays.
  const cancelled = why?.code === "cancelled";
  await context.store.endVisit({
    lease,
    last: cancelled
      ? account.last
      : {
          successAt: why === null ? endedAt : account.last.successAt,
          failure: why,
          endedAt,
          taken: state.tally.taken,
        },
    mark: end.accountMark,
    dueAt: cancelled ? account.dueAt : end.dueAt,
    ...hostMarkOf(end.hostMark, host.mark),
    withoutSpecialHeader: state.withoutSpecialHeader,
  });
}

/** Written only where it changes: most visits find no mark and leave none. */
function hostMarkOf(after: Mark | null | undefined, before: Mark | null): { hostMark?: Mark | null } {
  return after === undefined || (after === null && before === null) ? {} : { hostMark: after };
}

function originOf(account: RemoteAccountRecord, mergeCopies: boolean): VisitOrigin {
  const { extras } = account;
  return {
    kind: "visit",
    remoteHost: account.host,
    withProtocol: account.tls === "off" ? "POP3" : "POP3S",
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
