/** A clock that stands until the test moves it; the wall clock can be set apart from the monotonic one. */
import type { Clock } from "../../src/core/time.ts";

export class ManualClock implements Clock {
  #monotonic = 0;
  #wall: number;
  #timers = new Map<symbol, { readonly at: number; readonly run: () => void }>();
  #armed: (() => void)[] = [];

  constructor(startAt = Date.UTC(2026, 10, 24)) {
    this.#wall = startAt;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimer(delayMs: number, run: () => void): () => void {
    const key = Symbol("timer");
    this.#timers.set(key, { at: this.#monotonic + delayMs, run });
    for (const wake of this.#armed.splice(0)) wake();
    return () => this.#timers.delete(key);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** The delay until the next timer; undefined without one. */
  get nextDelayMs(): number | undefined {
    const delays = [...this.#timers.values()].map(({ at }) => at - this.#monotonic);
    return delays.length === 0 ? undefined : Math.min(...delays);
  }

  /** Resolves when a timer is set whose delay is `delayMs`; at once if there is one. */
  async armed(delayMs: number): Promise<void> {
    while (![...this.#timers.values()].some(({ at }) => at - this.#monotonic === delayMs)) {
      await new Promise<void>((resolve) => this.#armed.push(resolve));
    }
  }

  /** Moves both clocks forward, running what falls due on the way, in order. */
  advance(ms: number): void {
    const until = this.#monotonic + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      const [key, { at, run }] = due;
      this.#timers.delete(key);
      this.#wall += at - this.#monotonic;
      this.#monotonic = at;
      run();
    }
    this.#wall += until - this.#monotonic;
    this.#monotonic = until;
  }

  /** Sets the wall clock alone, as an operator or NTP does. */
  setWall(at: number): void {
    this.#wall = at;
  }
}
