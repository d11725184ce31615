/**
 * When a deferred entry is tried again: after 1, 5, 15 and 30 minutes, then hourly, each ± 20 % (spec 8). Pure.
 */
import { HOUR, MINUTE } from "../core/time.ts";

const stepsMs = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE];

/**
 * @param attempts attempts made so far, from 1
 * @param share where in the ± 20 % this one falls, 0 to 1 (a random number handed in)
 * @returns milliseconds to wait; never less than 80 % of the step
 */
export function retryDelayMs(attempts: number, share: number): number {
  const step = stepsMs[attempts - 1] ?? HOUR;
  return Math.round(step * (0.8 + 0.4 * Math.min(1, Math.max(0, share))));
}
