/**
 * Outside of the activity schedule no mail goes out by SMTP: the line may be down, or dear (spec 3, seed 8). It waits
 * in the queue, without blame, for the moment at which the schedule opens. Deliveries to Maildirs, LMTP servers and
 * programs go on.
 */
import { type Failure, failure } from "../core/failure.ts";
import { type Clock, DAY } from "../core/time.ts";
import { type ActivitySchedule, isOpenAt, opensAt } from "../settings/activity-schedule.ts";

/** Why a destination gets nothing now, and when it may be asked again. */
export interface HeldBack {
  readonly failure: Failure;
  /** Milliseconds since 1970 UTC. */
  readonly until: number;
}

/** @returns null: its mail goes now. */
export type HoldBack = (destination: string) => HeldBack | null;

/** @param current the schedule in force, and the server's time zone */
export function outgoingHold(
  clock: Clock,
  current: () => { readonly schedule: ActivitySchedule; readonly timeZone: string },
): HoldBack {
  let closed: { readonly schedule: ActivitySchedule; readonly held: HeldBack } | null = null;
  return (destination) => {
    if (!/^smtps?:/i.test(destination)) return null;
    const { schedule, timeZone } = current();
    const now = clock.now();
    if (isOpenAt(schedule, now, timeZone)) return null;
    if (closed === null || closed.schedule !== schedule || closed.held.until <= now) {
      const until = opensAt(schedule, now, timeZone) ?? now + DAY;
      closed = { schedule, held: { failure: failure("outside-schedule", "local"), until } };
    }
    return closed.held;
  };
}
