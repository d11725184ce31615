/**
 * Poll now: visit, deliver what was taken and what is due, report (spec 9).
 *
 * Regardless of schedule, interval and marks. Entries are attempted once each, without waiting for their back-off.
 */
import { failed, failure, ok, type Result } from "../core/failure.ts";
import { failureFields } from "../core/log.ts";
import { type VisitResult, type VisitsContext, visitAll } from "../poll/visits.ts";
import type { QueueRunner } from "../queue/runner.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import { type PollProgress, type PollReport, pollExitCode, visitReport } from "./poll-report.ts";

/** What polling takes: visits, and the queue behind them. */
export interface PollContext {
  readonly visits: VisitsContext;
  readonly runner: QueueRunner;
}

/**
 * @param accounts whom to visit, names resolved
 * @returns the report; `module-stopped` when `channels` is 0. Trouble of visits and deliveries is in the report.
 */
export async function poll(
  context: PollContext,
  accounts: readonly RemoteAccountRecord[],
  progress: PollProgress,
  signal: AbortSignal,
): Promise<Result<PollReport>> {
  const { visits, runner } = context;
  if (visits.settings().channels === 0) return failed(failure("module-stopped", "local"));
  // Asked to stop, the queue stops too: a silent destination is not waited for.
  const stop = () => void runner.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await pollAll(context, accounts, progress, signal);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function pollAll(
  { visits, runner }: PollContext,
  accounts: readonly RemoteAccountRecord[],
  progress: PollProgress,
  signal: AbortSignal,
): Promise<Result<PollReport>> {
  const { store, clock } = visits;
  await visits.recover();
  // Mail that arrives at a destination ends its trouble, whoever noted it.
  runner.noteTroubled((await store.destinationTroubles()).map(({ destination }) => destination));
  const results = await visitAll(visits, accounts, signal, {
    started: (account) => progress.visitStarted(account),
    progress: (account, done) => progress.progress(account, done),
    ended: (result) => progress.visitEnded(result.account, visitReport(result)),
  });
  await runner.idle();
  if (runner.trouble === null) await runner.drainDue(clock.now(), signal);
  await runner.keepHouse();
  const { trouble } = runner;
  if (trouble !== null) visits.log.write("cannot-go-on", () => failureFields(trouble));
  await store.flush();
  return ok(report(results, runner));
}

function report(results: readonly VisitResult[], runner: QueueRunner): PollReport {
  const { delivered, deferred, undeliverable, reported, toPostmaster } = runner.counts;
  const visits = results.map(visitReport);
  const counts = { delivered, deferred, undeliverable, reported, toPostmaster };
  const trouble = runner.trouble;
  return { visits, ...counts, trouble, exitCode: pollExitCode({ visits, ...counts, trouble }) };
}
