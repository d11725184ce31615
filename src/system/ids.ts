/**
 * New names from the system's random source and a clock, sorted as they are made: files named by them stand in the
 * order in which their messages came.
 */
import { randomFillSync } from "node:crypto";
import { type IdSource, uuidsPerMillisecond, uuidv7 } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";

/** @returns a source of UUIDv7; a clock that is set back does not set the names back. */
export function uuidSource(clock: Clock): IdSource {
  // Random bytes are fetched for many names at once.
  const pool = Buffer.allocUnsafe(8 * 256);
  let used = pool.length;
  let at = 0;
  let count = 0;
  return {
    next() {
      if (used >= pool.length) {
        randomFillSync(pool);
        used = 0;
      }
      const random = pool.subarray(used, used + 8);
      used += 8;
      const now = clock.now();
      if (now > at) {
        at = now;
        count = 0;
      } else if (++count === uuidsPerMillisecond) {
        at++;
        count = 0;
      }
      return uuidv7(at, count, random);
    },
  };
}
