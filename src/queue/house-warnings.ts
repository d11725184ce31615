/**
 * What will be removed, or will stop, before long is told in the log ahead of time: kept mail whose time ends
 * within three days, and a disk that has little more free than visits need. Each is told once, and again only when it
 * has become more, or was over in between.
 */
import type { Log } from "../core/log.ts";
import { type Clock, DAY } from "../core/time.ts";
import type { Store } from "../store/store.ts";

/** Also what `rpop status` counts. */
export const endsSoonMs = 3 * DAY;

export interface HouseWarningsContext {
  readonly store: Pick<Store, "undeliverableEndingBy">;
  readonly clock: Clock;
  readonly log: Log;
  freeBytes(): Promise<number>;
  minFreeSpaceBytes(): number;
}

/** Half of what is free may go before visits stop. */
export function isSpaceShort(freeBytes: number, minFreeSpaceBytes: number): boolean {
  return freeBytes < 2 * minFreeSpaceBytes;
}

export class HouseWarnings {
  readonly #context: HouseWarningsContext;
  #endingTold = 0;
  #spaceTold = false;

  constructor(context: HouseWarningsContext) {
    this.#context = context;
  }

  /** @throws FailureError when the database cannot be read; the system's error about the disk. */
  async look(): Promise<void> {
    const { store, clock, log } = this.#context;
    const until = clock.now() + endsSoonMs;
    const count = await store.undeliverableEndingBy(until);
    if (count > this.#endingTold) log.write("kept-mail-ending", () => ({ count, keptUntil: until }));
    this.#endingTold = count;
    const free = await this.#context.freeBytes();
    const limit = this.#context.minFreeSpaceBytes();
    const short = isSpaceShort(free, limit);
    if (short && !this.#spaceTold) log.write("space-short", () => ({ bytes: free, limitBytes: limit }));
    this.#spaceTold = short;
  }
}
