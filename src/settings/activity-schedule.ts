/**
 * The TCP activity schedule as a value: always, or weekly windows in a time zone (spec 3, seed statement 8).
 */
import { DAY, MINUTE } from "../core/time.ts";
import { expected, inside, isMap, type Problem, type Reading, read } from "./reading.ts";
import { isTimeZone, type SettingKind } from "./setting-kinds.ts";

export const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof days)[number];

export interface ActivityWindow {
  readonly days: readonly Day[];
  /** Minutes after midnight, 0 to 1439. */
  readonly fromMinute: number;
  /** Minutes after midnight, 1 to 1440; not after `fromMinute`: the window ends on the next day. */
  readonly toMinute: number;
}

/** `windows: []` means never. */
export type ActivitySchedule =
  | "always"
  | {
      /** null: the server's time zone. */
      readonly timeZone: string | null;
      readonly windows: readonly ActivityWindow[];
    };

export function activitySchedule(): SettingKind<ActivitySchedule, "schedule"> {
  return { kind: "schedule", read: readSchedule, write: writeSchedule };
}

/**
 * Whether visits may start at a moment. Windows are wall-clock times of the zone: on a day that skips or repeats an
 * hour they are so much shorter or longer.
 *
 * @param at milliseconds since 1970 UTC
 * @param serverTimeZone for schedules without one of their own
 */
export function isOpenAt(schedule: ActivitySchedule, at: number, serverTimeZone: string): boolean {
  if (schedule === "always") return true;
  const { day, minute } = localMoment(at, schedule.timeZone ?? serverTimeZone);
  return schedule.windows.some(({ days: onDays, fromMinute, toMinute }) => {
    const onDay = (offset: number) => onDays.includes(days[(day + offset + 7) % 7] ?? "mon");
    if (fromMinute < toMinute) return onDay(0) && minute >= fromMinute && minute < toMinute;
    // Over midnight: today's evening, and the morning after yesterday's.
    return (onDay(0) && minute >= fromMinute) || (onDay(-1) && minute < toMinute);
  });
}

/**
 * The first moment from `at` on at which visits may start: `at` itself where they may; null: never.
 *
 * Walks from minute to minute, up to 35 ms for a week: ask once, not for each message.
 */
export function opensAt(schedule: ActivitySchedule, at: number, serverTimeZone: string): number | null {
  if (isOpenAt(schedule, at, serverTimeZone)) return at;
  if (schedule === "always" || schedule.windows.length === 0) return null;
  const first = Math.floor(at / MINUTE) * MINUTE + MINUTE;
  // A window that falls into an hour which the zone skips comes again a week later.
  for (let minute = first; minute <= first + 15 * DAY; minute += MINUTE) {
    if (isOpenAt(schedule, minute, serverTimeZone)) return minute;
  }
  return null;
}

/** Making a formatter costs a thousand times what using one does. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Day of the week from Monday, 0, and minutes after midnight. */
function localMoment(at: number, timeZone: string): { day: number; minute: number } {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    const options = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    formatter = new Intl.DateTimeFormat("en-US", { timeZone, ...options });
    formatters.set(timeZone, formatter);
  }
  const parts = new Map(formatter.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = (days as readonly string[]).indexOf(parts.get("weekday")?.toLowerCase() ?? "");
  return { day, minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
}

function readSchedule(json: unknown): Reading<ActivitySchedule> {
  if (json === "always") return read("always");
  if (!isMap(json) || !Array.isArray(json.windows)) return expected("expected-schedule");
  const problems: Problem[] = unknownKeys(json, ["timeZone", "windows"]);
  const timeZone = json.timeZone ?? null;
  if (timeZone !== null && !isTimeZone(timeZone)) {
    problems.push(...inside("timeZone", expected("expected-time-zone").problems));
  }
  const windows: ActivityWindow[] = [];
  json.windows.forEach((item, index) => {
    const window = readWindow(item);
    if (window.ok) windows.push(window.value);
    else problems.push(...inside("windows", inside(index, window.problems)));
  });
  if (problems.length > 0) return { ok: false, problems };
  return read({ timeZone: isTimeZone(timeZone) ? timeZone : null, windows });
}

function readWindow(json: unknown): Reading<ActivityWindow> {
  if (!isMap(json)) return expected("expected-schedule");
  const problems: Problem[] = unknownKeys(json, ["days", "from", "to"]);
  const named = Array.isArray(json.days) ? json.days : [];
  const known = days.filter((day) => named.includes(day));
  if (known.length === 0 || named.some((day) => !days.includes(day))) {
    problems.push(...inside("days", expected("expected-days", { days: days.join(", ") }).problems));
  }
  const fromMinute = readMinute(json.from);
  const toMinute = readMinute(json.to);
  if (fromMinute === undefined || fromMinute === 1440) {
    problems.push(...inside("from", expected("expected-time-of-day").problems));
  }
  if (toMinute === undefined || toMinute === fromMinute) {
    problems.push(...inside("to", expected("expected-time-of-day").problems));
  }
  if (problems.length > 0 || fromMinute === undefined || toMinute === undefined)
    return { ok: false, problems };
  return read({ days: known, fromMinute, toMinute });
}

function unknownKeys(json: Readonly<Record<string, unknown>>, known: readonly string[]): Problem[] {
  return Object.keys(json)
    .filter((key) => !known.includes(key))
    .map((key) => ({ code: "unknown-key", path: [key], params: { key, known: known.join(", ") } }));
}

function readMinute(json: unknown): number | undefined {
  const match = /^(\d\d?):(\d\d)$/.exec(typeof json === "string" ? json : "");
  if (!match) return undefined;
  const minute = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minute <= 1440 ? minute : undefined;
}

function writeSchedule(schedule: ActivitySchedule): unknown {
  if (schedule === "always") return "always";
  const windows = schedule.windows.map((window) => ({
    days: [...window.days],
    from: writeMinute(window.fromMinute),
    to: writeMinute(window.toMinute),
  }));
  return schedule.timeZone === null ? { windows } : { timeZone: schedule.timeZone, windows };
}

function writeMinute(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
