/**
 * Times and sizes for people.
 */
import { formatDuration } from "../../core/time.ts";

const units = ["bytes", "kB", "MB", "GB", "TB"];

/** `1.2 MB`; decimal units, as mail programs show them. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** Today HH:MM:SS, else with the date (spec 4, `last`). @param timeZone null: the system's. */
export function timeText(at: number, now: number, timeZone: string | null): string {
  const day = (moment: number) =>
    parts(moment, timeZone, { year: "numeric", month: "2-digit", day: "2-digit" });
  const time = parts(at, timeZone, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return day(at) === day(now) ? time : `${day(at)} ${time}`;
}

function parts(at: number, timeZone: string | null, wanted: Intl.DateTimeFormatOptions): string {
  // The Swedish forms are the ISO ones: 2026-11-24, 14:02:07.
  return new Intl.DateTimeFormat("sv-SE", { ...wanted, ...(timeZone === null ? {} : { timeZone }) }).format(
    at,
  );
}

/** As in a file: `5m`. */
export function durationText(ms: number): string {
  return formatDuration(Math.round(ms));
}

/** ISO 8601 for scripts; null stays null. */
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
