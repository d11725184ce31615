/**
 * Moments as the log writes them: ISO 8601 with milliseconds, in a time zone, its offset at the end.
 */
import { MINUTE } from "../core/time.ts";

/** `2026-11-25T09:03:24.123+09:00`; its first ten characters are the day. Cheap: the zone is asked once a minute. */
export type LocalTime = (at: number) => string;

/** @param timeZone IANA name; null: the system's */
export function localTimeIn(timeZone: string | null): LocalTime {
  const format = new Intl.DateTimeFormat("en-US", {
    ...(timeZone === null ? {} : { timeZone }),
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  let minute = Number.NaN;
  let offsetMs = 0;
  let ending = "";
  return (at) => {
    const asked = Math.floor(at / MINUTE);
    if (asked !== minute) {
      minute = asked;
      offsetMs = localMinute(format, asked * MINUTE) - asked * MINUTE;
      ending = offsetText(offsetMs);
    }
    return new Date(at + offsetMs).toISOString().slice(0, -1) + ending;
  };
}

/** What the zone's clock shows, read as if it were UTC. */
function localMinute(format: Intl.DateTimeFormat, at: number): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute);
}

function offsetText(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / MINUTE);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
