/**
 * From "in the queue" to "delivered, waiting, reported or kept": claims entries, has them delivered, settles.
 *
 * Allowed states and the one act that moves each (reliability 7 and 8, R-49):
 *
 *   queued ──claim──▶ queued(L) ──prepare, markReady──▶ ready(W := L) ──commit, settle──▶ done (the row goes)
 *                               ──markSending──▶ sending(L) ──answer, settle──▶ done        over a wire
 *   ready(W) ──claim──▶ ready(W) ──commit, settle──▶ done     after a crash: the witness in `tmp` decides
 *   sending  ──claim──▶ queued, doubted                       after a crash: it may have arrived (R-52, counted)
 *   queued(L), sending(L), ready(W) ──settle──▶ queued        deferred: due later (a ready one stays ready)
 *   ready(W)  ──settle──▶ queued (requeued)                   others cleared the witness: prepared anew
 *   queued(L), sending(L) ──settle──▶ undeliverable           failed for good: kept for a person
 *                         ──settleReported──▶ gone            failed for good: its sender is told, in one commit
 *
 * Every move names the token of its claim; a claim that was taken over moves nothing. Entries for Maildirs are worked
 * on in batches, so that directory fsyncs and commits are shared; other destinations have a queue each. Trouble with
 * the database leaves entries claimed: their lease runs out, or the process ends, and the next one takes them up
 * where they stand. Claims of a process that lives are renewed.
 */
import { type Failure, failureOf } from "../core/failure.ts";
import type { Log } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import type { Delivery, TwoStepDelivery, WireDelivery } from "../deliver/delivery.ts";
import type { Spool } from "../spool/spool.ts";
import type { ClaimedEntry } from "../store/queue-contract.ts";
import type { Store } from "../store/store.ts";
import { DestinationQueues } from "./destination-queues.ts";
import { keepHouse } from "./housekeeping.ts";
import { type Attempted, type Attempts, type Job, nameOf, type Work } from "./job.ts";
import type { HoldBack } from "./outgoing-hold.ts";
import { type DeliveryVerbs, Patience, patientVerbs } from "./patience.ts";
import type { Reporting } from "./reporting.ts";
import { Settling, type SettlingCounts } from "./settling.ts";
import { attemptTwoStep } from "./two-step.ts";

const batchSize = 64;
/** Two batches at once: one waits for the disk while the other waits for the database. */
const batchesAtOnce = 2;
/** Entries that may wait for their turn before visits are held back. */
const mostWaiting = 2000;
/** A server claims while fewer than these wait for a Maildir, and for all wire destinations together. */
const mostJobsInHand = 1024;
const mostOverWires = 20_000;

/** Where an entry's mail goes now. */
export interface ResolvedTarget {
  /** `maildir:/path`, `lmtp://host:port` …, resolved. */
  readonly destination: string;
  /** Fields for this recipient alone (seed 46); empty: none. */
  readonly extraFields: string;
}

export interface RunnerContext {
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeId: number;
  readonly leaseMs: number;
  /** From 0 to 1, for the jitter of retries. */
  random(): number;
  /** The destination of an entry by today's configuration, or why it has none. */
  resolve(entry: ClaimedEntry["entry"]): ResolvedTarget | Failure;
  /** The implementation for a destination, or why there is none. */
  pick(destination: string): Delivery | Failure;
  /** How long undeliverable mail is kept. */
  keepUndeliverableMs(): number;
  /** How long the ledger tells of what happened. */
  keepLedgerMs(): number;
  readonly reporting: Reporting;
}

/** What the runner did since it was made. */
export interface RunnerCounts extends SettlingCounts {
  /** Witnesses cleared by others and not found in the Maildir: prepared anew (reliability 7, window). */
  readonly witnessesLost: number;
}

export class QueueRunner {
  readonly #context: RunnerContext;
  readonly #patience: Patience;
  readonly #verbs: DeliveryVerbs;
  readonly #settling: Settling;
  readonly #destinations: DestinationQueues;
  #jobs: Job[] = [];
  #running = 0;
  #witnessesLost = 0;
  #idleWaiters: (() => void)[] = [];
  #roomWaiters: (() => void)[] = [];
  #trouble: Failure | null = null;
  #stopped = false;
  #bounded = false;
  #holdBack: HoldBack = () => null;
  #cancelRenewal: (() => void) | null = null;

  constructor(context: RunnerContext) {
    this.#context = context;
    this.#patience = new Patience(context.clock);
    this.#verbs = patientVerbs(context.store, this.#patience);
    this.#settling = new Settling({
      ...context,
      store: this.#verbs,
      deliver: (entries) => void this.deliver(entries),
    });
    this.#destinations = new DestinationQueues({
      store: this.#verbs,
      clock: context.clock,
      nodeId: context.nodeId,
      settle: (attempted) => this.#settling.settle(attempted),
      trouble: (error) => this.#noteTrouble(failureOf(error)),
      changed: () => this.#changed(),
    });
  }

  get counts(): RunnerCounts {
    return { ...this.#settling.counts, witnessesLost: this.#witnessesLost };
  }

  /** Trouble of our own that kept the runner from settling entries, for good; null where there was none. */
  get trouble(): Failure | null {
    return this.#trouble;
  }

  /** In a server: why what attempts came to cannot be written down at this moment; null: it can. */
  get waitsFor(): Failure | null {
    return this.#patience.waitsFor;
  }

  /** Entries in hand: waiting for their turn, or being worked on. */
  get size(): number {
    return this.#jobs.length + this.#running * batchSize + this.#destinations.size;
  }

  /** Whether more may be claimed: what waits for slow destinations does not keep others from their mail. */
  get mayClaim(): boolean {
    return this.#jobs.length < mostJobsInHand && this.#destinations.size < mostOverWires;
  }

  /**
   * For a process that goes on: what finds no room goes back into the queue and comes again by itself, and a
   * database that refuses is waited for.
   *
   * @param holdBack destinations that get nothing at this moment
   */
  goOn(holdBack: HoldBack): void {
    this.#bounded = true;
    this.#holdBack = holdBack;
    this.#destinations.bound();
    this.#patience.begin();
  }

  /** Resolves while the backlog is small enough: mail is not taken faster than it can be delivered. */
  room(): Promise<void> {
    if (this.#hasRoom()) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Destinations that the store knows to be in trouble: mail that arrives there ends it. */
  noteTroubled(destinations: Iterable<string>): void {
    this.#settling.noteTroubled(destinations);
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
      this.#keepClaims();
      this.#consider();
    });
  }

  /**
   * Claims entries that are due at `at` and that nobody holds, and begins with them.
   *
   * @returns how many, and a promise for their first attempts.
   * @throws FailureError when the database cannot be read.
   */
  async claim(at: number, limit: number): Promise<{ readonly claimed: number; readonly attempts: Attempts }> {
    const { store, nodeId, clock, leaseMs } = this.#context;
    const entries = await store.claimDue({ nodeId, at, limit, leaseUntil: clock.now() + leaseMs });
    return { claimed: entries.length, attempts: this.deliver(entries) };
  }

  /**
   * Claims and attempts every entry that is due at `at` and that nobody holds, each once, and the reports that come
   * of it.
   *
   * @throws FailureError when the database cannot be read.
   */
  async drainDue(at: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      const { claimed, attempts } = await this.claim(at, batchSize * 4);
      await attempts;
      if (claimed === 0 || this.#trouble !== null) break;
    }
    await this.idle();
  }

  /** Resolves when nothing handed in is open any more. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Begins nothing more; resolves when what was under way has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#patience.stop();
    for (const job of this.#jobs.splice(0)) job.settle(false);
    this.#destinations.stop();
    return this.idle();
  }

  /**
   * Ends what was kept for its time, a bounded number of each at a call (`housekeeping.ts`).
   *
   * @throws FailureError when the database cannot be written.
   */
  async keepHouse(): Promise<void> {
    await keepHouse(this.#context);
  }

  #hasRoom(): boolean {
    if (this.#bounded) return this.#jobs.length < mostWaiting && this.#destinations.size < mostOverWires;
    return this.#jobs.length + this.#destinations.size < mostWaiting;
  }

  #isIdle(): boolean {
    return this.#jobs.length === 0 && this.#running === 0 && this.#destinations.size === 0;
  }

  #consider(): void {
    // After trouble of our own nothing more is begun: what is claimed waits for a process that can work.
    if (this.#trouble !== null || this.#stopped) for (const job of this.#jobs.splice(0)) job.settle(false);
    while (this.#running < batchesAtOnce && this.#jobs.length > 0) {
      const batch = this.#jobs.splice(0, batchSize);
      this.#running++;
      this.#attempt(batch)
        .catch((error: unknown) => this.#noteTrouble(failureOf(error)))
        .finally(() => {
          this.#running--;
          this.#changed();
        })
        .catch(() => {});
    }
  }

  #changed(): void {
    if (this.#hasRoom()) for (const wake of this.#roomWaiters.splice(0)) wake();
    this.#consider();
    if (!this.#isIdle()) return;
    this.#cancelRenewal?.();
    this.#cancelRenewal = null;
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  #noteTrouble(trouble: Failure): void {
    this.#trouble ??= trouble;
  }

  /** Renews this node's claims while there is work, so that a slow destination does not lose them to others. */
  #keepClaims(): void {
    const { store, clock, nodeId, leaseMs } = this.#context;
    this.#cancelRenewal ??= clock.setTimer(leaseMs / 3, () => {
      this.#cancelRenewal = null;
      const now = clock.now();
      // Trouble with the database shows in the settlements; here the claims simply run towards their end.
      store.renewClaims(nodeId, now, now + leaseMs).catch(() => {});
      if (!this.#isIdle()) this.#keepClaims();
    });
  }

  async #attempt(batch: Job[]): Promise<void> {
    const twoStep: Work<TwoStepDelivery>[] = [];
    const wire: Work<WireDelivery>[] = [];
    const unable: { job: Job; failure: Failure }[] = [];
    const heldBack: Attempted[] = [];
    for (const job of batch) {
      const made = this.#work(job);
      if (!("delivery" in made)) unable.push({ job, failure: made });
      else if (made.delivery.kind === "wire") {
        const held = this.#holdBack(made.item.destination);
        if (held === null) wire.push({ ...made, delivery: made.delivery });
        else heldBack.push({ job, attempt: { kind: "again", dueAt: held.until, why: held.failure } });
      } else twoStep.push({ ...made, delivery: made.delivery });
    }
    // They settle for themselves, also long after this batch.
    this.#destinations.add(wire);
    const { clock, nodeId } = this.#context;
    try {
      const witnessLost = () => this.#witnessesLost++;
      const attempted = await attemptTwoStep({ store: this.#verbs, clock, nodeId, witnessLost }, twoStep);
      for (const { attempt } of attempted) {
        // A directory whose fsync failed cannot be trusted any more by this process.
        if (attempt.kind === "failed" && attempt.failure.params.fatal === 1)
          this.#noteTrouble(attempt.failure);
      }
      const failed = unable.map(({ job, failure }) => ({
        job,
        attempt: { kind: "failed", failure, destination: null, doubtful: false } as const,
      }));
      await this.#settling.settle([...failed, ...heldBack, ...attempted]);
    } finally {
      // Whatever stayed unsettled is not delivered as far as anybody here knows.
      for (const { job } of twoStep) job.settle(false);
      for (const { job } of [...unable, ...heldBack]) job.settle(false);
    }
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
        key: nameOf(entry),
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
        verify: entry.verify,
      },
    };
  }
}
