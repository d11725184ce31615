/**
 * One deadline that is put off as the other side makes progress. It uses the clock it is given.
 */
import type { Clock } from "../core/time.ts";

export class Deadline {
  readonly #clock: Clock;
  readonly #late: () => void;
  #cancel = (): void => {};

  /** @param late called once each time a deadline passes */
  constructor(clock: Clock, late: () => void) {
    this.#clock = clock;
    this.#late = late;
  }

  /** From now on `ms`; whatever was set before counts no more. */
  within(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.setTimer(ms, this.#late);
  }

  /** No deadline any more. */
  stop(): void {
    this.#cancel();
    this.#cancel = () => {};
  }
}
