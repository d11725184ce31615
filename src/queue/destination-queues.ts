/**
 * Wire destinations at work: a queue for each, so that a slow or silent one delays nobody else's mail.
 *
 *   queued(L) ──markSending──▶ sending(L) ──answer──▶ settled at once
 *   sending, its process dead ──claim──▶ queued, doubted and counted
 *
 * A few connections to a destination at once. When it cannot be reached, everything that waits for it is deferred with
 * the same failure: a thousand entries do not knock a thousand times.
 */
import { setMaxListeners } from "node:events";
import { type Failure, failureOf, isForGood } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import type { DeliveryItem, SendReport, Sent, WireDelivery } from "../deliver/delivery.ts";
import { type Attempted, keyOf, type Work } from "./job.ts";
import type { DeliveryVerbs } from "./patience.ts";

const connectionsPerDestination = 4;
const connectionsInAll = 24;
const itemsPerCall = 50;
/** In a server, more entries than this for one destination wait in the database: others need the room. */
const mostWaiting = 100;
const overflowMs = 15_000;
/** What a delivery takes before any was seen. */
const firstGuessMs = 50;

export interface DestinationQueuesContext {
  readonly store: Pick<DeliveryVerbs, "markSending">;
  readonly clock: Clock;
  readonly nodeId: number;
  settle(attempted: readonly Attempted[]): Promise<void>;
  /** Trouble of our own. */
  trouble(error: unknown): void;
  /** Something ended: there may be room, or nothing left to do. */
  changed(): void;
}

type WireWork = Work<WireDelivery>;

interface DestinationQueue {
  readonly waiting: WireWork[];
  running: number;
  /** Mean time from the beginning of a delivery to its answer, the last ones counting most. */
  meanMs: number;
  /** When the last entry that found no room is to come back: each a little later, as room will be there. */
  overflowUntil: number;
}

export class DestinationQueues {
  readonly #context: DestinationQueuesContext;
  readonly #queues = new Map<string, DestinationQueue>();
  readonly #stop = new AbortController();
  #running = 0;
  /** Settlements under way outside of calls. */
  #settling = 0;
  #bounded = false;

  constructor(context: DestinationQueuesContext) {
    this.#context = context;
    // Each call listens as long as it lasts: many at once are no leak.
    setMaxListeners(0, this.#stop.signal);
  }

  /** From now on what a destination has no room for goes back into the queue; without this, all is attempted at once. */
  bound(): void {
    this.#bounded = true;
  }

  /** Entries that wait or are being sent. */
  get size(): number {
    let waiting = this.#running + this.#settling;
    for (const queue of this.#queues.values()) waiting += queue.waiting.length;
    return waiting;
  }

  add(work: readonly WireWork[]): void {
    const overflow: Attempted[] = [];
    for (const one of work) {
      const { destination } = one.item;
      let queue = this.#queues.get(destination);
      if (queue === undefined) {
        queue = { waiting: [], running: 0, meanMs: firstGuessMs, overflowUntil: 0 };
        this.#queues.set(destination, queue);
      }
      if (!this.#bounded || queue.waiting.length < mostWaiting) queue.waiting.push(one);
      else {
        const soonest = this.#context.clock.now() + overflowMs;
        queue.overflowUntil = Math.max(
          queue.overflowUntil + queue.meanMs / connectionsPerDestination,
          soonest,
        );
        overflow.push({
          job: one.job,
          attempt: { kind: "again", dueAt: Math.ceil(queue.overflowUntil), why: null },
        });
      }
    }
    if (overflow.length > 0) this.#settleAside(overflow);
    this.#consider();
  }

  /** Begins nothing more; what is under way is brought to its end or broken off within 2 s. */
  stop(): void {
    this.#stop.abort();
    for (const queue of this.#queues.values())
      for (const one of queue.waiting.splice(0)) one.job.settle(false);
    this.#context.changed();
  }

  #consider(): void {
    for (const [destination, queue] of this.#queues) {
      while (
        queue.waiting.length > 0 &&
        queue.running < connectionsPerDestination &&
        this.#running < connectionsInAll &&
        !this.#stop.signal.aborted
      ) {
        this.#begin(destination, queue);
      }
      if (queue.waiting.length === 0 && queue.running === 0) this.#queues.delete(destination);
    }
  }

  #begin(destination: string, queue: DestinationQueue): void {
    const works = queue.waiting.splice(0, share(queue.waiting.length));
    queue.running++;
    this.#running++;
    let unreachable: Sent | null = null;
    this.#send(queue, works, (sent) => {
      unreachable = sent;
    })
      .catch((error: unknown) => this.#context.trouble(error))
      .finally(() => {
        // Whose claim was lost is not delivered as far as anybody here knows.
        for (const work of works) work.job.settle(false);
        queue.running--;
        this.#running--;
        if (unreachable !== null) this.#failWaiting(queue, unreachable);
        if (queue.waiting.length === 0 && queue.running === 0) this.#queues.delete(destination);
        this.#consider();
        this.#context.changed();
      });
  }

  /**
   * One call of the delivery, each answer settled as it comes, refusals at the end.
   *
   * @throws our own trouble with writing down what happened: the claims stand then.
   */
  async #send(
    queue: DestinationQueue,
    works: readonly WireWork[],
    unreachable: (sent: Sent) => void,
  ): Promise<void> {
    const [first] = works;
    if (first === undefined) return;
    const { store, clock, nodeId } = this.#context;
    const byKey = new Map(works.map((work) => [work.item.key, work]));
    const begun = new Set<string>();
    const refused: Attempted[] = [];
    let ourTrouble: unknown = null;
    let since = clock.monotonic();
    const settle = async (attempted: Attempted) => {
      try {
        await this.#context.settle([attempted]);
      } catch (error) {
        ourTrouble = error;
        throw error;
      }
    };
    const report: SendReport = {
      sending: async (items) => {
        const keys = items.flatMap((item) => {
          const work = byKey.get(item.key);
          return work ? [keyOf(work.job.claimed)] : [];
        });
        if (keys.length < items.length || !(await store.markSending(nodeId, clock.now(), keys))) return false;
        for (const { key } of items) begun.add(key);
        return true;
      },
      answered: async (item, sent) => {
        const work = byKey.get(item.key);
        if (work === undefined) return;
        const now = clock.monotonic();
        queue.meanMs = (3 * queue.meanMs + now - since) / 4;
        since = now;
        if (sent.kind === "failed" && sent.unreachable) unreachable(sent);
        // Told together with the others of its message: one report, not one for each recipient.
        if (isRefusal(sent)) refused.push(attemptedOf(work, item, sent));
        // Stopped before it was begun: the claim is given back with the others when the process leaves.
        else if (sent.kind === "failed" && sent.failure.code === "cancelled") work.job.settle(false);
        else await settle(attemptedOf(work, item, sent));
        byKey.delete(item.key);
      },
    };
    try {
      const items = works.map((work) => work.item);
      await first.delivery.send(items, report, this.#stop.signal);
    } catch (error) {
      if (ourTrouble === null) await this.#failWhole([...byKey.values()], begun, error);
    }
    if (ourTrouble !== null) throw ourTrouble;
    await this.#context.settle(refused);
  }

  /** A delivery that threw did not keep its promise: its items wait and are tried again. `begun`: may have arrived. */
  async #failWhole(works: readonly WireWork[], begun: ReadonlySet<string>, error: unknown): Promise<void> {
    const failure = failureOf(error);
    if (failure.code === "database") throw error;
    const attempted = works.map((work) => {
      const doubtful = begun.has(work.item.key);
      return attemptedOf(work, work.item, { kind: "failed", failure, doubtful, unreachable: false });
    });
    await this.#context.settle(attempted);
  }

  #failWaiting(queue: DestinationQueue, sent: Sent): void {
    const works = queue.waiting.splice(0);
    if (works.length === 0 || sent.kind !== "failed") return;
    const alike: Sent = { ...sent, doubtful: false };
    this.#settleAside(works.map((work) => attemptedOf(work, work.item, alike)));
  }

  #settleAside(attempted: readonly Attempted[]): void {
    this.#settling++;
    this.#context
      .settle(attempted)
      .catch((error: unknown) => this.#context.trouble(error))
      .finally(() => {
        for (const { job } of attempted) job.settle(false);
        this.#settling--;
        this.#context.changed();
      });
  }
}

/** So that a short queue is shared among its connections, and a long one goes in big pieces. */
function share(waiting: number): number {
  return Math.min(itemsPerCall, Math.max(1, Math.ceil(waiting / connectionsPerDestination)));
}

/** For good, and known: nothing is lost by writing it down a little later. */
function isRefusal(sent: Sent): boolean {
  return sent.kind === "failed" && isForGood(sent.failure) && !sent.doubtful;
}

/**
 * The trouble is the destination's, not this recipient's: it cannot be reached, or its whole mail system is in trouble
 * (RFC 3463, 4.3.x). One person's full mailbox must not count against a server.
 */
function isDestinationTrouble(failure: Failure, unreachable: boolean): boolean {
  return unreachable || failure.status?.startsWith("4.3.") === true;
}

function attemptedOf(work: WireWork, item: DeliveryItem, sent: Sent): Attempted {
  const { destination } = item;
  return {
    job: work.job,
    attempt:
      sent.kind === "delivered"
        ? { kind: "delivered", destination, where: sent.where }
        : {
            kind: "failed",
            failure: sent.failure,
            destination: isDestinationTrouble(sent.failure, sent.unreachable) ? destination : null,
            doubtful: sent.doubtful,
          },
  };
}
