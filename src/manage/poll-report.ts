/**
 * What `poll` tells while it runs and when it is done, and the exit code that follows from it (spec 9).
 */
import { type Failure, isForGood } from "../core/failure.ts";
import type { VisitProgress } from "../poll/visit-state.ts";
import type { VisitResult } from "../poll/visits.ts";
import type { RemoteAccountRecord } from "../store/records.ts";

/** One visit as it ended. */
export interface VisitReport {
  readonly account: RemoteAccountRecord;
  /** Accepted now, and their bytes. */
  readonly taken: number;
  readonly takenBytes: number;
  /** Fetched, and found to be a message that we had. */
  readonly known: number;
  /** Not taken, and not to be: too large, stuck, marked as seen. */
  readonly skipped: number;
  /** Refused, empty, or cut: tried again at a later visit. */
  readonly troubled: number;
  readonly deleted: number;
  /** Messages of ours that stay there. */
  readonly left: number;
  readonly failure: Failure | null;
  /** When a running server visits it next; null: never, or as before. */
  readonly nextVisitAt: number | null;
  /** A running server had the visit under way; this is its result. */
  readonly awaitedElsewhere: boolean;
}

/** Whoever watches a poll; called in the order of events, several visits interleaved. */
export interface PollProgress {
  visitStarted(account: RemoteAccountRecord): void;
  progress(account: RemoteAccountRecord, done: VisitProgress): void;
  visitEnded(account: RemoteAccountRecord, report: VisitReport): void;
}

export interface PollReport {
  readonly visits: readonly VisitReport[];
  /** Entries delivered, to be tried again, and failed for good by this poll. */
  readonly delivered: number;
  readonly deferred: number;
  readonly undeliverable: number;
  /** Error reports sent to senders. */
  readonly reported: number;
  /** Those delivered that went to postmaster because they were nobody's. */
  readonly toPostmaster: number;
  /** Trouble of our own that kept the queue from its work. */
  readonly trouble: Failure | null;
  readonly exitCode: PollExitCode;
}

/** 0: all is well; 1: something failed for good; 75: something is temporary (EX_TEMPFAIL of sysexits.h). */
export type PollExitCode = 0 | 1 | 75;

export function visitReport(result: VisitResult): VisitReport {
  const { account, tally, failure, nextVisitAt, awaitedElsewhere } = result;
  return { account, ...tally, failure, nextVisitAt, awaitedElsewhere };
}

/**
 * 75 if anything is temporary, even beside what failed for good; else 1 if anything failed for good (kept, or
 * reported to its sender); else 0, also
 * when mail went to postmaster or was skipped by its size (spec 9). Our own trouble is always temporary.
 */
export function pollExitCode(
  report: Pick<PollReport, "deferred" | "undeliverable" | "reported" | "trouble"> & {
    readonly visits: readonly Pick<VisitReport, "failure" | "troubled">[];
  },
): PollExitCode {
  const failures = report.visits.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  const temporary =
    report.deferred > 0 ||
    report.trouble !== null ||
    report.visits.some(({ troubled }) => troubled > 0) ||
    failures.some((failure) => !isForGood(failure));
  if (temporary) return 75;
  return report.undeliverable > 0 || report.reported > 0 || failures.length > 0 ? 1 : 0;
}
