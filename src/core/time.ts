/**
 * Time as a parameter. Everything that waits or asks for the hour takes a Clock; tests hand in their own.
 *
 * Wall-clock moments are integers, milliseconds since 1970 UTC (`…At`); lengths are milliseconds (`…Ms`).
 * Deadlines use `monotonic`, which no operator and no NTP daemon can set back.
 */

export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment of this process. Never goes back. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; the answer cancels it. Any length is allowed, also over 2^31-1 ms. */
  setTimer(delayMs: number, run: () => void): () => void;
}

/** Resolves after `delayMs`, or at once when the signal aborts: the caller looks at the signal. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.setTimer(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const units: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: WEEK };

/**
 * Reads a duration as people write it: `15s 5m 1h 1d`, also `1h30m`, `250ms`, `1w` (spec 3).
 *
 * @returns milliseconds; undefined when the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim();
  if (!/^(\d{1,9}(ms|s|m|h|d|w))+$/.test(compact)) return undefined;
  let total = 0;
  for (const [, count, unit] of compact.matchAll(/(\d+)(ms|s|m|h|d|w)/g)) {
    total += Number(count) * (units[unit ?? ""] ?? 0);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Writes a duration so that `parseDuration` reads it back: `300000` is `5m`, `5400000` is `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = ms;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = units[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
