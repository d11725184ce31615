/**
 * Many visits, a bounded number at once: channels in all, and so many per host; hosts take turns (seed 12, R-65).
 *
 * A maildrop that somebody else is visiting is waited for. If that visit was of the same record and ended after we
 * began, its result is ours (spec 9); else the visit is made when the maildrop is free.
 */
import { type Failure, failureOf } from "../core/failure.ts";
import { pause } from "../core/time.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { VisitEnd } from "./marks.ts";
import { type VisitOutcome, visit } from "./visit.ts";
import type { VisitContext, VisitProgress, VisitTally } from "./visit-state.ts";

const lookAgainMs = 250;
const recoverEveryLooks = 8;

export interface VisitsContext extends VisitContext {
  /** Clears up behind processes that died, so that their maildrops are free at once. */
  recover(): Promise<unknown>;
}

export interface VisitsWatcher {
  started(account: RemoteAccountRecord): void;
  progress(account: RemoteAccountRecord, progress: VisitProgress): void;
  ended(result: VisitResult): void;
}

/** One visit's result; `awaitedElsewhere`: another process made it, its tally is not known here. */
export interface VisitResult {
  readonly account: RemoteAccountRecord;
  readonly tally: Readonly<VisitTally>;
  readonly failure: Failure | null;
  /** When a running server visits it next; null: never, or as before. */
  readonly nextVisitAt: number | null;
  readonly awaitedElsewhere: boolean;
}

const nothing: VisitTally = {
  taken: 0,
  takenBytes: 0,
  known: 0,
  skipped: 0,
  troubled: 0,
  deleted: 0,
  left: 0,
};

/** Visits every account once. Records that went away meanwhile have no result. Never throws. */
export async function visitAll(
  context: VisitsContext,
  accounts: readonly RemoteAccountRecord[],
  signal: AbortSignal,
  watcher: VisitsWatcher,
): Promise<VisitResult[]> {
  const results: VisitResult[] = [];
  const waiting = hostsInTurn(accounts);
  const busy = new Map<string, number>();
  let running = 0;
  await new Promise<void>((resolve) => {
    const consider = () => {
      const { channels, channelsPerHost } = context.settings();
      while (running < Math.max(1, channels)) {
        const next = signal.aborted
          ? undefined
          : waiting.take((host) => (busy.get(host) ?? 0) < channelsPerHost);
        if (next === undefined) break;
        const host = hostOf(next);
        running++;
        busy.set(host, (busy.get(host) ?? 0) + 1);
        void visitOrAwait(context, next, signal, watcher).then((result) => {
          running--;
          busy.set(host, (busy.get(host) ?? 1) - 1);
          if (result !== null) {
            results.push(result);
            watcher.ended(result);
          }
          consider();
        });
      }
      if (running === 0 && (signal.aborted || waiting.empty())) resolve();
    };
    consider();
  });
  return results;
}

async function visitOrAwait(
  context: VisitsContext,
  account: RemoteAccountRecord,
  signal: AbortSignal,
  watcher: VisitsWatcher,
): Promise<VisitResult | null> {
  const { store, clock } = context;
  const since = clock.now();
  watcher.started(account);
  for (let look = 0; ; look++) {
    let outcome: VisitOutcome | "busy" | "gone";
    try {
      outcome = await visit(context, account.id, signal, { progress: (to) => watcher.progress(account, to) });
      if (outcome === "gone") return null;
      if (outcome !== "busy") {
        const { account: visited, tally, failure, next } = outcome;
        return { account: visited, tally, failure, nextVisitAt: nextVisitAt(next), awaitedElsewhere: false };
      }
      if (signal.aborted) return null;
      await pause(clock, lookAgainMs, signal);
      if (look % recoverEveryLooks === 0) await context.recover();
      const now = await store.remoteAccount(account.id);
      if (now === null) return null;
      if (now.last.endedAt !== null && now.last.endedAt >= since) {
        const tally = { ...nothing, taken: now.last.taken };
        const { last, dueAt } = now;
        return { account: now, tally, failure: last.failure, nextVisitAt: dueAt, awaitedElsewhere: true };
      }
    } catch (error) {
      const failure = failureOf(error);
      return { account, tally: nothing, failure, nextVisitAt: null, awaitedElsewhere: false };
    }
  }
}

/** By interval and marks, its host's too. */
function nextVisitAt(next: VisitEnd | null): number | null {
  if (next === null || next.dueAt === null) return null;
  return Math.max(next.dueAt, next.hostMark?.retryAt ?? 0);
}

function hostOf(account: RemoteAccountRecord): string {
  return `${account.host.toLowerCase()}:${account.port}`;
}

/** Accounts by host; each `take` begins behind the host that was served last. */
function hostsInTurn(accounts: readonly RemoteAccountRecord[]) {
  const byHost = new Map<string, RemoteAccountRecord[]>();
  for (const account of accounts) {
    const host = hostOf(account);
    const queue = byHost.get(host);
    if (queue) queue.push(account);
    else byHost.set(host, [account]);
  }
  for (const queue of byHost.values()) queue.reverse();
  return {
    empty: () => byHost.size === 0,
    take(hasRoom: (host: string) => boolean): RemoteAccountRecord | undefined {
      for (const [host, queue] of byHost) {
        if (!hasRoom(host)) continue;
        const account = queue.pop();
        byHost.delete(host);
        if (queue.length > 0) byHost.set(host, queue);
        return account;
      }
      return undefined;
    },
  };
}
