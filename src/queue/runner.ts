/**
 * From "in the queue" to "delivered, deferred or kept": claims entries, has them delivered in two steps, settles.
 *
 * Allowed states and the one act that moves each (reliability 7, R-49):
 *
 *   queued ──claim──▶ queued(L)   ──prepare, markReady──▶ ready(W := L) ──commit, settle──▶ done (the row goes)
 *   ready(W) ──claim──▶ ready(W)  ──commit, settle──▶ done          after a crash: the witness in `tmp` decides
 *   queued(L), ready(W) ──settle──▶ queued (deferred: due later)
 *   queued(L) ──settle──▶ undeliverable                             failed for good: kept for a person
 *   ready(W)  ──settle──▶ queued (requeued)                         others cleared the witness: prepared anew
 *
 * Every move names the token of its claim; a claim that was taken over moves nothing. Entries are worked on in
 * batches, so that directory fsyncs and commits are shared. Trouble with the database leaves entries claimed:
 * their lease runs out, or the process ends, and the next one takes them up where they stand.
 */
import { addressKey } from "../core/address.ts";
import { type Failure, failureOf } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import type { Committed, Delivery, DeliveryItem } from "../deliver/delivery.ts";
import type { Spool } from "../spool/spool.ts";
import type { LedgerRow } from "../store/records.ts";
import type { ClaimedEntry, EntrySettlement, Store } from "../store/store.ts";
import { outcomeOf } from "./outcome.ts";

const batchSize = 64;
/** Two batches at once: one waits for the disk while the other waits for the database. */
const batchesAtOnce = 2;
/** Entries that may wait for their turn before visits are held back. */
const mostWaiting = 2000;

/** Resolves after the first attempt of all the entries that were handed in together. */
export type Attempts = Promise<{ readonly delivered: boolean }>;

/** Where an entry's mail goes now. */
export interface ResolvedTarget {
  /** `maildir:/path`, resolved. */
  readonly destination: string;
  /** Fields for this recipient alone (seed 46); empty: none. */
  readonly extraFields: string;
}

export interface RunnerContext {
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly nodeId: number;
  readonly leaseMs: number;
  /** From 0 to 1, for the jitter of retries. */
  random(): number;
  /** The destination of an entry by today's configuration, or why it has none. */
  resolve(entry: ClaimedEntry["entry"]): ResolvedTarget | Failure;
  /** The implementation for a destination, or why there is none. */
  pick(destination: string): Delivery | Failure;
}

/** What the runner did since it was made. */
export interface RunnerCounts {
  readonly delivered: number;
  readonly deferred: number;
  readonly undeliverable: number;
  /** Of the delivered ones: to postmaster. */
  readonly toPostmaster: number;
  /** Witnesses cleared by others and not found in the Maildir: prepared anew (reliability 7, window). */
  readonly witnessesLost: number;
  /** Failures of entries that ended undeliverable or deferred, by code. */
  readonly failures: ReadonlyMap<string, number>;
}

interface Job {
  readonly claimed: ClaimedEntry;
  /** Counts once; later calls are nothing. */
  settle(delivered: boolean): void;
}

/** An entry of a batch with everything its delivery needs. */
interface Work {
  readonly job: Job;
  readonly item: DeliveryItem;
  readonly delivery: Delivery;
}

export class QueueRunner {
  readonly #context: RunnerContext;
  #jobs: Job[] = [];
  #running = 0;
  #idleWaiters: (() => void)[] = [];
  #roomWaiters: (() => void)[] = [];
  #counts = {
    delivered: 0,
    deferred: 0,
    undeliverable: 0,
    toPostmaster: 0,
    witnessesLost: 0,
    failures: new Map<string, number>(),
  };
  #trouble: Failure | null = null;

  constructor(context: RunnerContext) {
    this.#context = context;
  }

  get counts(): RunnerCounts {
    return this.#counts;
  }

  /** Trouble of our own that kept the runner from settling entries; null where there was none. */
  get trouble(): Failure | null {
    return this.#trouble;
  }

  /** Resolves while the backlog is small enough: mail is not taken faster than it can be delivered. */
  room(): Promise<void> {
    if (this.#jobs.length < mostWaiting) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Delivers entries that this process has claimed. Never rejects. */
  deliver(entries: readonly ClaimedEntry[]): Attempts {
    if (entries.length === 0) return Promise.resolve({ delivered: false });
    return new Promise((resolve) => {
      let open = entries.length;
      let any = false;
      for (const claimed of entries) {
        let settled = false;
        const settle = (delivered: boolean) => {
          if (settled) return;
          settled = true;
          any ||= delivered;
          open--;
          if (open === 0) resolve({ delivered: any });
        };
        this.#jobs.push({ claimed, settle });
      }
      this.#consider();
    });
  }

  /**
   * Claims and attempts every entry that is due at `at` and that nobody holds, each once.
   *
   * @throws FailureError when the database cannot be read.
   */
  async drainDue(at: number, signal?: AbortSignal): Promise<void> {
    const { store, nodeId, clock, leaseMs } = this.#context;
    while (!signal?.aborted) {
      const claimed = await store.claimDue({
        nodeId,
        at,
        limit: batchSize * 4,
        leaseUntil: clock.now() + leaseMs,
      });
      if (claimed.length === 0) break;
      await this.deliver(claimed);
      if (this.#trouble !== null) break;
    }
  }

  /** Resolves when nothing handed in is open any more. */
  idle(): Promise<void> {
    if (this.#jobs.length === 0 && this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #consider(): void {
    // After trouble of our own nothing more is begun: what is claimed waits for a process that can work.
    if (this.#trouble !== null) for (const job of this.#jobs.splice(0)) job.settle(false);
    while (this.#running < batchesAtOnce && this.#jobs.length > 0) {
      const batch = this.#jobs.splice(0, batchSize);
      this.#running++;
      this.#attempt(batch)
        .catch((error: unknown) => this.#noteTrouble(failureOf(error)))
        .finally(() => {
          // Whatever stayed unsettled is not delivered as far as anybody here knows.
          for (const job of batch) job.settle(false);
          this.#running--;
          if (this.#jobs.length < mostWaiting) for (const wake of this.#roomWaiters.splice(0)) wake();
          this.#consider();
          if (this.#running === 0 && this.#jobs.length === 0) {
            for (const wake of this.#idleWaiters.splice(0)) wake();
          }
        })
        .catch(() => {});
    }
  }

  #noteTrouble(trouble: Failure): void {
    this.#trouble ??= trouble;
  }

  async #attempt(batch: Job[]): Promise<void> {
    const { store, spool, clock, nodeId } = this.#context;
    const settlements: EntrySettlement[] = [];
    const ended = new Map<string, { job: Job; settlement: EntrySettlement }>();
    const end = (job: Job, trouble: Failure | null, where: string | null) => {
      // A directory whose fsync failed cannot be trusted any more by this process.
      if (trouble?.params.fatal === 1) this.#noteTrouble(trouble);
      const settlement = this.#settlement(job.claimed, trouble, where);
      settlements.push(settlement);
      ended.set(nameOf(job.claimed), { job, settlement });
    };

    const work: Work[] = [];
    for (const job of batch) {
      const made = this.#work(job);
      if ("delivery" in made) work.push(made);
      else end(job, made, null);
    }

    const ready: Work[] = [];
    for (const [delivery, group] of groupBy(work, (one) => one.delivery)) {
      const fresh = group.filter((one) => one.item.ready === null);
      ready.push(...group.filter((one) => one.item.ready !== null));
      // The moment before the link: an old witness must never pass for a young one (reliability 7, window).
      const preparedAt = clock.now();
      const answers = fresh.length === 0 ? [] : await delivery.prepare(fresh.map((one) => one.item));
      const prepared: Work[] = [];
      for (const [index, one] of fresh.entries()) {
        const answer = answers[index];
        if (answer?.kind === "failed") end(one.job, answer.failure, null);
        else if (answer?.kind === "prepared") prepared.push(one);
      }
      ready.push(...(await this.#markReady(prepared, preparedAt)));
    }

    for (const [delivery, group] of groupBy(ready, (one) => one.delivery)) {
      const answers = await delivery.commit(group.map((one) => one.item));
      for (const [index, one] of group.entries()) {
        const answer: Committed | undefined = answers[index];
        if (answer === undefined) continue;
        switch (answer.kind) {
          case "delivered":
            end(one.job, null, answer.where);
            break;
          case "failed":
            end(one.job, answer.failure, null);
            break;
          case "witness-lost":
            this.#counts.witnessesLost++;
            settlements.push({ ...keyOf(one.job.claimed), kind: "requeued", dueAt: clock.now(), ledger: [] });
            break;
        }
      }
    }

    // Before entries end: afterwards nobody would know any more what an earlier claim's process left behind.
    const claimedAgain = work.filter((one) => one.item.leaseToken > 1);
    for (const [delivery, group] of groupBy(claimedAgain, (one) => one.delivery)) {
      await delivery.sweep(group.map((one) => one.item));
    }

    const { settled, freedRefs } = await store.settleEntries(nodeId, settlements);
    for (const key of settled) {
      const one = ended.get(`${key.messageId}-${key.ordinal}`);
      if (one === undefined) continue;
      this.#count(one.job.claimed, one.settlement);
      one.job.settle(one.settlement.kind === "done");
    }
    if (freedRefs.length > 0) await spool.remove(freedRefs);
  }

  #work(job: Job): Work | Failure {
    const { entry, message, sole } = job.claimed;
    if (entry.failure !== null && entry.attempts === 0 && entry.failure.permanent) return entry.failure;
    const target =
      entry.readyToken !== null && entry.readyDestination !== null
        ? { destination: entry.readyDestination, extraFields: "" }
        : this.#context.resolve(entry);
    if ("code" in target) return target;
    const delivery = this.#context.pick(target.destination);
    if ("code" in delivery) return delivery;
    return {
      job,
      delivery,
      item: {
        key: nameOf(job.claimed),
        destination: target.destination,
        fileName: entry.fileName,
        leaseToken: entry.leaseToken,
        ready: entry.readyToken === null ? null : { token: entry.readyToken, at: entry.readyAt ?? 0 },
        spoolPath: this.#context.spool.path(message.spoolRef),
        stagedAt: message.receivedAt,
        sizeBytes: message.sizeBytes,
        prefixBytes: message.prefixBytes,
        sole,
        extraFields: target.extraFields,
        reversePath: message.reversePath,
        recipient: entry.recipient,
        notify: entry.notify,
      },
    };
  }

  async #markReady(prepared: readonly Work[], preparedAt: number): Promise<Work[]> {
    if (prepared.length === 0) return [];
    const { store, clock, nodeId } = this.#context;
    const keys = prepared.map((one) => ({
      ...keyOf(one.job.claimed),
      destination: one.item.destination,
      preparedAt,
    }));
    const moved = new Set(
      (await store.markReady(nodeId, clock.now(), keys)).map((key) => `${key.messageId}-${key.ordinal}`),
    );
    const lost = prepared.filter((one) => !moved.has(one.item.key));
    // Not ours any more: what we put aside under our token goes, what others did stands (reliability 7, step 4).
    for (const [delivery, group] of groupBy(lost, (one) => one.delivery)) {
      await delivery.abandon(group.map((one) => one.item));
    }
    return prepared
      .filter((one) => moved.has(one.item.key))
      .map((one) => ({
        ...one,
        item: { ...one.item, ready: { token: one.item.leaseToken, at: preparedAt } },
      }));
  }

  #settlement(claimed: ClaimedEntry, trouble: Failure | null, where: string | null): EntrySettlement {
    const { entry } = claimed;
    const now = this.#context.clock.now();
    const outcome = outcomeOf(trouble, entry.attempts + 1, entry.expiresAt, now, this.#context.random());
    const key = keyOf(claimed);
    switch (outcome.kind) {
      case "delivered":
        return { ...key, kind: "done", ledger: [this.#ledgerRow(claimed, "delivered", now, { where })] };
      case "deferred":
        return {
          ...key,
          kind: "deferred",
          dueAt: outcome.dueAt,
          failure: outcome.failure,
          ledger: [this.#ledgerRow(claimed, "deferred", now, failureDetail(outcome.failure))],
        };
      case "undeliverable":
        return {
          ...key,
          kind: "undeliverable",
          failure: outcome.failure,
          ledger: [this.#ledgerRow(claimed, "undeliverable", now, failureDetail(outcome.failure))],
        };
    }
  }

  #ledgerRow(
    { entry, message }: ClaimedEntry,
    kind: LedgerRow["kind"],
    at: number,
    detail: Record<string, unknown>,
  ): LedgerRow {
    return {
      at,
      kind,
      messageId: message.id,
      remoteAccountId: message.remoteAccountId,
      uid: null,
      messageIdField: message.messageIdField,
      recipient: addressKey(entry.recipient),
      detail: { ordinal: entry.ordinal, ...detail },
    };
  }

  #count(claimed: ClaimedEntry, settlement: EntrySettlement | undefined): void {
    switch (settlement?.kind) {
      case "done":
        this.#counts.delivered++;
        if (claimed.entry.target.kind === "postmaster") this.#counts.toPostmaster++;
        break;
      case "deferred":
      case "undeliverable": {
        this.#counts[settlement.kind]++;
        const { code } = settlement.failure;
        this.#counts.failures.set(code, (this.#counts.failures.get(code) ?? 0) + 1);
        break;
      }
      default:
        break;
    }
  }
}

function keyOf({ entry }: ClaimedEntry) {
  return { messageId: entry.messageId, ordinal: entry.ordinal, leaseToken: entry.leaseToken };
}

function nameOf({ entry }: ClaimedEntry): string {
  return `${entry.messageId}-${entry.ordinal}`;
}

function failureDetail(failure: Failure): Record<string, unknown> {
  return { code: failure.code, params: failure.params, remoteText: failure.remoteText };
}

function groupBy<T, K>(items: readonly T[], keyOfItem: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
