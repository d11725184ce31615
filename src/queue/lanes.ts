/**
 * Wire destinations at work: a lane for each, so that a slow or silent one delays nobody else's mail.
 *
 *   queued(L) ──markSending──▶ sending(L) ──answer──▶ settled at once
 *   sending, its process dead ──claim──▶ queued, doubted and counted
 *
 * A lane works on a few connections at once. When its destination cannot be reached, everything that waits in the
 * lane is deferred with the same failure: a thousand entries do not knock a thousand times.
 */
import { setMaxListeners } from "node:events";
import { type Failure, failureOf } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import type { DeliveryItem, SendReport, Sent, WireDelivery } from "../deliver/delivery.ts";
import type { Store } from "../store/store.ts";
import { type Attempted, keyOf, type Work } from "./job.ts";

const connectionsPerDestination = 4;
const connectionsInAll = 24;
const itemsPerCall = 50;
/** In a server, more entries than this for one destination wait in the database: others need the room. */
const mostWaitingInLane = 100;
const overflowMs = 15_000;
/** What a delivery takes before any was seen. */
const firstGuessMs = 50;

export interface LanesContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly nodeId: number;
  settle(attempted: readonly Attempted[]): Promise<void>;
  /** Trouble of our own. */
  trouble(error: unknown): void;
  /** Something ended: there may be room, or nothing left to do. */
  changed(): void;
}

type WireWork = Work<WireDelivery>;

interface Lane {
  readonly waiting: WireWork[];
  running: number;
  /** Mean time from the beginning of a delivery to its answer, the last ones counting most. */
  meanMs: number;
  /** When the last entry that found no room is to come back: each a little later, as room will be there. */
  overflowUntil: number;
}

export class Lanes {
  readonly #context: LanesContext;
  readonly #lanes = new Map<string, Lane>();
  readonly #stop = new AbortController();
  #running = 0;
  /** Settlements under way outside of calls. */
  #settling = 0;
  #bounded = false;

  constructor(context: LanesContext) {
    this.#context = context;
    // Each call listens as long as it lasts: many at once are no leak.
    setMaxListeners(0, this.#stop.signal);
  }

  /** From now on what a lane has no room for goes back into the queue; without this, all is attempted at once. */
  bound(): void {
    this.#bounded = true;
  }

  /** Entries that wait or are being sent. */
  get size(): number {
    let waiting = this.#running + this.#settling;
    for (const lane of this.#lanes.values()) waiting += lane.waiting.length;
    return waiting;
  }

  add(work: readonly WireWork[]): void {
    const overflow: Attempted[] = [];
    for (const one of work) {
      const { destination } = one.item;
      let lane = this.#lanes.get(destination);
      if (lane === undefined) {
        lane = { waiting: [], running: 0, meanMs: firstGuessMs, overflowUntil: 0 };
        this.#lanes.set(destination, lane);
      }
      if (!this.#bounded || lane.waiting.length < mostWaitingInLane) lane.waiting.push(one);
      else {
        const soonest = this.#context.clock.now() + overflowMs;
        lane.overflowUntil = Math.max(lane.overflowUntil + lane.meanMs / connectionsPerDestination, soonest);
        overflow.push({ job: one.job, attempt: { kind: "again", dueAt: Math.ceil(lane.overflowUntil) } });
      }
    }
    if (overflow.length > 0) this.#settleAside(overflow);
    this.#consider();
  }

  /** Begins nothing more; what is under way is brought to its end or broken off within 2 s. */
  stop(): void {
    this.#stop.abort();
    for (const lane of this.#lanes.values()) for (const one of lane.waiting.splice(0)) one.job.settle(false);
    this.#context.changed();
  }

  #consider(): void {
    for (const [destination, lane] of this.#lanes) {
      while (
        lane.waiting.length > 0 &&
        lane.running < connectionsPerDestination &&
        this.#running < connectionsInAll &&
        !this.#stop.signal.aborted
      ) {
        this.#begin(destination, lane);
      }
      if (lane.waiting.length === 0 && lane.running === 0) this.#lanes.delete(destination);
    }
  }

  #begin(destination: string, lane: Lane): void {
    const works = lane.waiting.splice(0, share(lane.waiting.length));
    const [first] = works;
    if (first === undefined) return;
    lane.running++;
    this.#running++;
    const byKey = new Map(works.map((work) => [work.item.key, work]));
    const unreachable: { sent: Sent | null } = { sent: null };
    const ours: { trouble: unknown } = { trouble: null };
    const refused: Attempted[] = [];
    const { clock } = this.#context;
    let since = clock.monotonic();
    const report: SendReport = {
      sending: async (items) => {
        const { store, clock, nodeId } = this.#context;
        const keys = items.flatMap((item) => {
          const work = byKey.get(item.key);
          return work ? [keyOf(work.job.claimed)] : [];
        });
        return keys.length === items.length && (await store.markSending(nodeId, clock.now(), keys));
      },
      answered: async (item, sent) => {
        const work = byKey.get(item.key);
        if (work === undefined) return;
        const now = clock.monotonic();
        lane.meanMs = (3 * lane.meanMs + now - since) / 4;
        since = now;
        if (sent.kind === "failed" && sent.unreachable) unreachable.sent = sent;
        const attempted = attemptedOf(work, item, sent);
        if (isRefusal(sent)) {
          // Told together with the others of its message: one report, not one for each recipient.
          refused.push(attempted);
        } else if (sent.kind === "failed" && sent.failure.code === "cancelled") {
          // Stopped before it was begun: the claim is given back with the others when the process leaves.
          work.job.settle(false);
        } else {
          await this.#context.settle([attempted]).catch((error: unknown) => {
            ours.trouble = error;
            throw error;
          });
        }
        byKey.delete(item.key);
      },
    };
    first.delivery
      .send(
        works.map((work) => work.item),
        report,
        this.#stop.signal,
      )
      .catch((error: unknown) => {
        // Our own bookkeeping failed: the claims stand, and nothing is known of what was sent.
        if (ours.trouble !== null) throw ours.trouble;
        return this.#failWhole([...byKey.values()], error);
      })
      .then(() => {
        if (ours.trouble !== null) throw ours.trouble;
      })
      .then(() => this.#context.settle(refused))
      .catch((error: unknown) => this.#context.trouble(error))
      .finally(() => {
        // Whose claim was lost is not delivered as far as anybody here knows.
        for (const work of works) work.job.settle(false);
        lane.running--;
        this.#running--;
        if (unreachable.sent !== null) this.#failWaiting(lane, unreachable.sent);
        if (lane.waiting.length === 0 && lane.running === 0) this.#lanes.delete(destination);
        this.#consider();
        this.#context.changed();
      });
  }

  /** A delivery that threw did not keep its promise: its items wait and are tried again. */
  async #failWhole(works: readonly WireWork[], error: unknown): Promise<void> {
    const failure = failureOf(error);
    if (failure.code === "database") throw error;
    const sent: Sent = { kind: "failed", failure, doubtful: true, unreachable: false };
    await this.#context.settle(works.map((work) => attemptedOf(work, work.item, sent)));
  }

  #failWaiting(lane: Lane, sent: Sent): void {
    const works = lane.waiting.splice(0);
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

/** So that a short lane is shared among its connections, and a long one goes in big pieces. */
function share(waiting: number): number {
  return Math.min(itemsPerCall, Math.max(1, Math.ceil(waiting / connectionsPerDestination)));
}

/** For good, and known: nothing is lost by writing it down a little later. */
function isRefusal(sent: Sent): boolean {
  return sent.kind === "failed" && sent.failure.permanent && sent.failure.scope !== "local" && !sent.doubtful;
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
