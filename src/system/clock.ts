/**
 * The real clock. Timers may be longer than the 2^31-1 ms after which Node would fire at once.
 */
import type { Clock } from "../core/time.ts";

const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, run) {
    const endsAt = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = () => {
      const rest = Math.max(0, endsAt - performance.now());
      timer = rest > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(run, rest);
    };
    arm();
    return () => clearTimeout(timer);
  },
};
