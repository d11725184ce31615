/**
 * One wait, one outcome: its own end, its deadline or the signal, whichever comes first; the others are undone.
 */
import type { Clock } from "../core/time.ts";

export interface Bounds {
  readonly clock: Clock;
  /** On the monotonic clock. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
  readonly late: () => Error;
  readonly cancelled: () => Error;
}

/**
 * @param start begins the wait and returns what undoes it; that is called once, after any outcome
 */
export function bounded<T>(
  bounds: Bounds,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  const { clock, until, signal, late, cancelled } = bounds;
  return new Promise((resolve, reject) => {
    let settled = false;
    let undo = () => {};
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      cancelTimer();
      signal?.removeEventListener("abort", abort);
      undo();
      act();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const abort = () => fail(cancelled());
    const cancelTimer = clock.setTimer(Math.max(0, until - clock.monotonic()), () => fail(late()));
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const undoStart = start((value) => settle(() => resolve(value)), fail);
      if (settled) undoStart();
      else undo = undoStart;
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
