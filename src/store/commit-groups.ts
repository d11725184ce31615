/**
 * Runs verbs on one connection, many in one commit: all that wait when a commit ends share the next one, so that a
 * hundred visits pay for one fsync, not for a hundred (group commit).
 *
 * - A round runs every waiting write in the order given, commits, then answers; then every waiting read. Each write
 *   stands behind its own savepoint: one that fails harms no other. No answer precedes its commit.
 * - Batched verbs are answered at once and wait for the next round that writes, at most a second. A read that needs
 *   what they write makes them go first. While they wait, no lock is held.
 * - A batched verb that the database could not take is tried again; `flush` and `close` tell what is still not written.
 * - After trouble that says nothing certain about the disk (a failed fsync, a damaged file), nothing is written any
 *   more: every later write answers with that failure.
 */
import { type Failure, failed, failure, ok, type Result } from "../core/failure.ts";
import type { SqliteConnection } from "./dialect/sqlite.ts";
import { databaseFailure, endsWriting, isBusy } from "./dialect/sqlite-trouble.ts";
import type { Steps } from "./steps.ts";
import { type VerbName, type VerbSteps, verbKinds } from "./verbs.ts";

/** How long a batched verb waits at most for a commit to share. */
const batchDelayMs = 1000;
/** Batched verbs kept while the database refuses them; the oldest go first. */
const batchedKept = 10_000;
/** Tries at the write lock, each as long as the connection's busy time-out. */
const lockTries = 12;

/** A verb to run and whom to tell. */
export interface VerbCall {
  readonly name: VerbName;
  readonly args: readonly unknown[];
  /** Called once. */
  readonly answer: (outcome: Result<unknown>) => void;
}

export interface CommitGroups {
  submit(call: VerbCall): void;
  /** Writes what is batched now; the outcome tells whether all of it is written. */
  flush(answer: (outcome: Result<void>) => void): void;
  /** `flush`, then closes the connection, whatever came of it. */
  close(answer: (outcome: Result<void>) => void): void;
}

/** When things run: a round soon, in a turn of its own; the batch after a while. */
export interface RoundTimer {
  soon(run: () => void): void;
  /** Calls once after the delay; the answer cancels. */
  later(delayMs: number, run: () => void): () => void;
}

export function commitGroups(
  connection: SqliteConnection,
  verbs: VerbSteps,
  timer: RoundTimer,
): CommitGroups {
  let writes: VerbCall[] = [];
  let reads: VerbCall[] = [];
  let flushes: ((outcome: Result<void>) => void)[] = [];
  let roundPlanned = false;
  let batchDue = false;
  let cancelBatch: (() => void) | undefined;
  /** Why batched verbs are still waiting, or what became of one that could not be written. */
  let batchTrouble: Failure | undefined;
  let ended: Failure | undefined;
  let closed = false;

  const planRound = () => {
    if (roundPlanned) return;
    roundPlanned = true;
    timer.soon(round);
  };

  const planBatch = () => {
    cancelBatch ??= timer.later(batchDelayMs, () => {
      cancelBatch = undefined;
      batchDue = true;
      planRound();
    });
  };

  function round(): void {
    roundPlanned = false;
    if (closed) return;
    const wanted =
      batchDue || flushes.length > 0 || writes.some((call) => !isBatched(call)) || reads.some(needsBatched);
    if (wanted && writes.length > 0) writeGroup();
    batchDue = false;
    const told = flushes;
    flushes = [];
    const outcome = batchTrouble === undefined ? ok(undefined) : failed<undefined>(batchTrouble);
    for (const answer of told) answer(outcome);
    if (reads.length > 0) readGroup();
  }

  function writeGroup(): void {
    const group = writes;
    writes = [];
    cancelBatch?.();
    cancelBatch = undefined;
    batchTrouble = undefined;
    const outcomes = ended === undefined ? runGroup(group) : failed<Result<unknown>[]>(ended);
    const again: VerbCall[] = [];
    group.forEach((call, index) => {
      const outcome = outcomes.ok ? (outcomes.value[index] ?? unanswered) : outcomes;
      if (!isBatched(call)) {
        call.answer(outcome);
      } else if (!outcome.ok) {
        batchTrouble = outcome.failure;
        // What failed alone would fail again; what failed with its group is tried once more.
        if (!outcomes.ok) again.push(call);
      }
    });
    if (again.length === 0) return;
    writes = [...again.slice(-batchedKept), ...writes];
    planBatch();
  }

  /** All in one transaction. @returns each verb's outcome; a failure when nothing at all was written. */
  function runGroup(group: readonly VerbCall[]): Result<Result<unknown>[]> {
    try {
      beginWriting();
      const outcomes = group.map((call) => runBehindPoint(call));
      connection.commit();
      return ok(outcomes);
    } catch (error) {
      rollBack();
      const trouble = databaseFailure(error);
      if (endsWriting(error)) ended = trouble;
      return failed(trouble);
    }
  }

  function beginWriting(): void {
    for (let left = lockTries; ; left--) {
      try {
        connection.begin();
        return;
      } catch (error) {
        if (left <= 1 || !isBusy(error)) throw error;
      }
    }
  }

  /** @throws when the failing statement took the whole transaction with it, or no write may follow */
  function runBehindPoint(call: VerbCall): Result<unknown> {
    connection.setPoint();
    try {
      const value = connection.drive(stepsOf(call));
      connection.releasePoint();
      return ok(value);
    } catch (error) {
      if (endsWriting(error)) throw error;
      try {
        connection.rollbackToPoint();
      } catch {
        throw error;
      }
      return failed(databaseFailure(error));
    }
  }

  function readGroup(): void {
    const group = reads;
    reads = [];
    let open = false;
    for (const call of group) {
      try {
        if (!open) connection.beginReading();
        open = true;
        call.answer(ok(connection.drive(stepsOf(call))));
      } catch (error) {
        call.answer(failed(databaseFailure(error)));
      }
    }
    if (open) rollBack();
  }

  /** Ends whatever transaction there is; SQLite may have ended it itself. */
  function rollBack(): void {
    try {
      connection.rollback();
    } catch {
      // Nothing was open.
    }
  }

  function stepsOf(call: VerbCall): Steps<unknown> {
    // Name and arguments come from the typed store; only their pairing is out of the compiler's sight.
    const verb = verbs[call.name] as (...args: readonly unknown[]) => Steps<unknown>;
    return verb(...call.args);
  }

  return {
    submit(call) {
      if (closed) {
        call.answer(failed(failure("module-stopped", "local", { params: { module: "store" } })));
        return;
      }
      switch (verbKinds[call.name]) {
        case "batched":
          writes.push(call);
          if (writes.length > batchedKept) planRound();
          planBatch();
          call.answer(ok(undefined));
          return;
        case "write":
          writes.push(call);
          break;
        case "read":
        case "readBatched":
          reads.push(call);
          break;
      }
      planRound();
    },

    flush(answer) {
      if (closed) {
        answer(ok(undefined));
        return;
      }
      flushes.push(answer);
      planRound();
    },

    close(answer) {
      if (closed) {
        answer(ok(undefined));
        return;
      }
      let outcome: Result<void> = ok(undefined);
      flushes.push((told) => {
        outcome = told;
      });
      round();
      closed = true;
      cancelBatch?.();
      try {
        // Not after trouble with fsync: a second one that succeeds would prove nothing.
        connection.close(ended === undefined);
      } catch (error) {
        outcome = failed(databaseFailure(error));
      }
      answer(outcome);
    },
  };
}

const unanswered: Result<unknown> = failed(failure("unexpected", "local"));

function isBatched(call: VerbCall): boolean {
  return verbKinds[call.name] === "batched";
}

function needsBatched(call: VerbCall): boolean {
  return verbKinds[call.name] === "readBatched";
}
