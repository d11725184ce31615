/**
 * Poll now: visit, deliver what was taken and what is due, report (spec 9).
 *
 * Regardless of schedule, interval and marks. Entries are attempted once each, without waiting for their back-off.
 */
import { type Actor, reachesOnlyOwn } from "../auth/policies.ts";
import { type Failure, failed, failure, ok, type Result } from "../core/failure.ts";
import { failureFields } from "../core/log.ts";
import { formatDuration, SECOND } from "../core/time.ts";
import { type VisitResult, type VisitsContext, visitAll } from "../poll/visits.ts";
import type { QueueRunner } from "../queue/runner.ts";
import { isOpenAt } from "../settings/activity-schedule.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import { systemTimeZone } from "../system/time-zone.ts";
import { type PollProgress, type PollReport, pollExitCode, visitReport } from "./poll-report.ts";
import { demandForRecords } from "./remote-accounts.ts";
import { peopleText } from "./wire-text.ts";

/** What polling takes: visits, and the queue behind them. */
export interface PollContext {
  /** Who asks. */
  readonly actor: Actor;
  readonly visits: VisitsContext;
  readonly runner: QueueRunner;
}

/**
 * @param accounts whom to visit, names resolved
 * @returns the report; `module-stopped` when `channels` is 0; for users `visits-closed` outside of the schedule, and
 *   `too-soon` within the minimum interval after a visit (spec 4). Trouble of visits and deliveries is in the report.
 */
export async function poll(
  context: PollContext,
  accounts: readonly RemoteAccountRecord[],
  progress: PollProgress,
  signal: AbortSignal,
): Promise<Result<PollReport>> {
  const { visits, runner } = context;
  await demandForRecords({ store: visits.store, actor: context.actor }, "poll", accounts);
  if (visits.settings().channels === 0) return failed(failure("module-stopped", "local"));
  const limit = reachesOnlyOwn(context.actor, "poll") ? userLimit(visits, accounts) : null;
  if (limit !== null) return failed(limit);
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

/** What binds users: the schedule, and the minimum interval after the last visit. Administrators override both. */
function userLimit(visits: VisitsContext, accounts: readonly RemoteAccountRecord[]): Failure | null {
  const { activitySchedule, timeZone, minimumPollIntervalMs } = visits.settings();
  const now = visits.clock.now();
  if (!isOpenAt(activitySchedule, now, timeZone ?? systemTimeZone())) {
    return failure("visits-closed", "local");
  }
  for (const { last, login, server } of accounts) {
    const waitMs = (last.endedAt ?? 0) + minimumPollIntervalMs - now;
    // A clock that was set back must not shut anybody out for longer than the interval.
    if (waitMs <= 0 || waitMs > minimumPollIntervalMs) continue;
    const wait = formatDuration(Math.ceil(waitMs / SECOND) * SECOND);
    const params = {
      account: `${peopleText(login)}@${server}`,
      wait,
      min: formatDuration(minimumPollIntervalMs),
    };
    return failure("too-soon", "local", { params });
  }
  return null;
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
