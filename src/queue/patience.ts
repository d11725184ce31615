/**
 * A server's queue waits for its database: what an attempt came to is not thrown away because it cannot be written
 * down at this moment.
 *
 * A call that the database refuses is made again, first after a second, later every minute, until it stands or the
 * process stops. A database that must not be written any more (R-2, `params.fatal`) is not waited for.
 */
import { type Failure, failureOf } from "../core/failure.ts";
import { type Clock, MINUTE, pause, SECOND } from "../core/time.ts";
import type { Store } from "../store/store.ts";

const firstWaitMs = SECOND;
const longestWaitMs = MINUTE;

/** The store's verbs that write down how a delivery stands. */
export type DeliveryVerbs = Pick<Store, "markReady" | "markSending" | "settleEntries" | "settleReported">;

export class Patience {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<Failure>();
  #patient = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on calls wait; before, trouble ends them. */
  begin(): void {
    this.#patient = true;
  }

  /** What calls wait for; null: none does. */
  get waitsFor(): Failure | null {
    for (const why of this.#waiting) return why;
    return null;
  }

  /** Nothing is waited for any more: calls under way end with the trouble they have. */
  stop(): void {
    this.#stop.abort();
  }

  /** @throws what the call threw, where waiting is not wanted or would not help. */
  async attempt<T>(call: () => Promise<T>): Promise<T> {
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
      try {
        return await call();
      } catch (error) {
        const why = failureOf(error);
        if (!this.#patient || this.#stop.signal.aborted || !passes(why)) throw error;
        this.#waiting.add(why);
        await pause(this.#clock, waitMs, this.#stop.signal);
        this.#waiting.delete(why);
      }
    }
  }
}

/** The same verbs, each made again until the database takes it. */
export function patientVerbs(store: DeliveryVerbs, patience: Patience): DeliveryVerbs {
  return {
    markReady: (...args) => patience.attempt(() => store.markReady(...args)),
    markSending: (...args) => patience.attempt(() => store.markSending(...args)),
    settleEntries: (...args) => patience.attempt(() => store.settleEntries(...args)),
    settleReported: (...args) => patience.attempt(() => store.settleReported(...args)),
  };
}

function passes({ code, params }: Failure): boolean {
  return (code === "database" || code === "disk-full") && params.fatal !== 1;
}
