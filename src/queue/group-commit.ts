/**
 * Group commit: messages that were written at the same time share one fsync of the spool directory and one
 * transaction.
 *
 * A group closes at 32 messages or 64 MiB, or 4 ms after its first one; while one group commits, the next one
 * gathers. One group for each message that happened to be ready cost a third more time (performance.md, commits).
 */
import { FailureError, failureOf } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import type { Spool } from "../spool/spool.ts";
import type { AcceptItem, AcceptResult, ClaimedEntry } from "../store/queue-contract.ts";
import type { Store } from "../store/store.ts";
import { claimedEntries } from "./claimed-entries.ts";
import type { Attempts } from "./job.ts";

const fullAtMessages = 32;
const atMostMessages = 64;
const fullAtBytes = 64 * 1024 * 1024;
const gatherMs = 4;

/** What became of a submitted message. */
export type Accepted = AcceptResult & {
  /** Resolves after the first delivery attempt of all its entries: whether one was delivered (spec 5.5). */
  readonly firstAttempt: Promise<{ readonly delivered: boolean }>;
};

export interface GroupCommitContext {
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly nodeId: number;
  /** How long accepted entries stay ours to deliver. */
  readonly claimMs: number;
  /** Hands freshly accepted entries to delivery, without waiting for it. */
  deliver(entries: readonly ClaimedEntry[]): Attempts;
}

interface Waiting {
  readonly item: AcceptItem;
  resolve(accepted: Accepted): void;
  reject(error: unknown): void;
}

export class GroupCommit {
  readonly #context: GroupCommitContext;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #committing = false;
  #cancelTimer: (() => void) | null = null;
  /** A directory or a database that failed to sync is not to be trusted by this process any more. */
  #stopped: unknown = null;

  constructor(context: GroupCommitContext) {
    this.#context = context;
  }

  /**
   * @returns once the message is durable (or known as a copy, or the visit has lost its lease).
   * @throws FailureError when disk or database refused; whether a row exists was then looked up.
   */
  add(item: AcceptItem): Promise<Accepted> {
    if (this.#stopped !== null) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#waitingBytes += item.message.sizeBytes;
      this.#consider();
    });
  }

  #consider(): void {
    if (this.#stopped !== null) for (const one of this.#waiting.splice(0)) one.reject(this.#stopped);
    if (this.#committing || this.#waiting.length === 0) return;
    if (this.#waiting.length >= fullAtMessages || this.#waitingBytes >= fullAtBytes) this.#commit();
    else this.#cancelTimer ??= this.#context.clock.setTimer(gatherMs, () => this.#commit());
  }

  #commit(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#committing || this.#waiting.length === 0) return;
    const group = this.#waiting.splice(0, atMostMessages);
    this.#waitingBytes = this.#waiting.reduce((sum, one) => sum + one.item.message.sizeBytes, 0);
    this.#committing = true;
    this.#write(group).then(
      () => this.#next(),
      (error: unknown) => {
        if (failureOf(error).params.fatal === 1) this.#stopped = error;
        for (const one of group) one.reject(error);
        this.#next();
      },
    );
  }

  #next(): void {
    this.#committing = false;
    this.#consider();
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { store, spool, clock, nodeId, claimMs } = this.#context;
    await spool.syncDirectory();
    const items = group.map((one) => one.item);
    const claimUntil = clock.now() + claimMs;
    let results: AcceptResult[];
    try {
      results = await store.accept(items, nodeId, claimUntil, nodeId);
    } catch (error) {
      // A commit whose answer was lost may still stand: ask by id before anybody decides. Accepting is
      // idempotent by id, so asking and writing again are one call.
      try {
        results = await store.accept(items, nodeId, claimUntil, nodeId);
      } catch {
        throw new FailureError(failureOf(error), { cause: error });
      }
    }
    const copies: string[] = [];
    for (const [index, one] of group.entries()) {
      const result = results[index];
      if (result === undefined) throw new Error("the store answered fewer items than it was asked");
      if (result.kind !== "accepted") {
        copies.push(one.item.message.spoolRef);
        one.resolve({ ...result, firstAttempt: Promise.resolve({ delivered: result.kind === "merged" }) });
        continue;
      }
      const entries = claimedEntries(one.item, result.merged, nodeId, claimUntil, result.verify);
      one.resolve({ ...result, firstAttempt: this.#context.deliver(entries) });
    }
    if (copies.length > 0) await spool.remove(copies);
  }
}
