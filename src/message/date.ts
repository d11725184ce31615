/**
 * The date as header fields write it (RFC 5322, 3.3 and 4.3), and as people write it for a time zone.
 */
import type { Header } from "./header.ts";

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/**
 * Writes a moment as `Tue, 24 Nov 2026 21:38:15 +0900`.
 *
 * @param at milliseconds since 1970 UTC
 * @param timeZone IANA name; without one, or with one that this system lacks, UTC
 */
export function formatMailDate(at: number, timeZone?: string): string {
  const offsetMinutes = timeZone === undefined ? 0 : offsetOf(at, timeZone);
  const local = new Date(at + offsetMinutes * 60_000);
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${days[local.getUTCDay()]}, ${local.getUTCDate()} ${months[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
  const time = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  const size = Math.abs(offsetMinutes);
  const zone = `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
  return `${date} ${time} ${zone}`;
}

const zones: Readonly<Record<string, number>> = {
  UT: 0,
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  JST: 540,
};

/**
 * Reads a date as mail programs write it, old forms too: without the day of the week, without seconds, years of two
 * digits, zones by name.
 *
 * @returns milliseconds since 1970 UTC; null where it cannot be read. A zone that is missing or unknown is UTC.
 */
export function parseMailDate(text: string): number | null {
  const plain = text.replace(/\([^()]*\)/g, " ").trim();
  const match =
    /^(?:[A-Za-z]{2,9}\.?,?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]*[\s-]+(\d{2,4})\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([+-]\d{4}|[A-Za-z]{1,5})?/.exec(
      plain,
    );
  if (!match) return null;
  const [, day = "", monthName = "", year = "", hour = "", minute = "", second = "0", zone = ""] = match;
  const month = months.findIndex((name) => name.toLowerCase() === monthName.slice(0, 3).toLowerCase());
  if (month < 0 || Number(day) < 1 || Number(day) > 31 || Number(hour) > 24 || Number(minute) > 59)
    return null;
  const at = Date.UTC(fullYear(year), month, Number(day), Number(hour), Number(minute), Number(second));
  return at - zoneMinutes(zone) * 60_000;
}

/** RFC 5322, 4.3: 00 to 49 are 2000 to 2049, 50 to 999 are years since 1900. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 4) return year;
  return year < 50 && text.length === 2 ? 2000 + year : 1900 + year;
}

function zoneMinutes(zone: string): number {
  const match = /^([+-])(\d{2})(\d{2})$/.exec(zone);
  if (!match) return zones[zone.toUpperCase()] ?? 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}

/**
 * When a message came to its mailbox: the date of the topmost Received, else its own Date field; null where neither
 * can be read. The last hop's clock is the provider's own.
 */
export function arrivalOf(header: Header): number | null {
  const received = header.first("Received");
  const stamp = received === null ? null : parseMailDate(received.slice(received.lastIndexOf(";") + 1));
  if (stamp !== null) return stamp;
  const date = header.first("Date");
  return date === null ? null : parseMailDate(date);
}

/**
 * Reads a moment as people write it: `2026-11-01`, the day's first moment; `2026-11-01 08:00`; either with a `T` and a
 * zone of its own (`2026-11-01T08:00+09:00`, `…Z`).
 *
 * @param timeZone IANA name, for a moment without a zone of its own
 * @returns null: it is none.
 */
export function zonedMoment(text: string, timeZone: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
    text.trim(),
  );
  if (!match) return null;
  const [, year, month, day, hour = "0", minute = "0", second = "0", zone] = match;
  const at = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const real = new Date(at);
  const possible = real.getUTCMonth() === Number(month) - 1 && real.getUTCDate() === Number(day);
  if (!possible || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (zone !== undefined) return at - (zone === "Z" ? 0 : zoneMinutes(zone.replace(":", ""))) * 60_000;
  // The offset of the moment itself, which the offset of a moment nearby finds but on the night of a change.
  const near = at - offsetOf(at, timeZone) * 60_000;
  return at - offsetOf(near, timeZone) * 60_000;
}

/** Making a formatter costs far more than using it. */
const formatters = new Map<string, Intl.DateTimeFormat | null>();

function formatterOf(timeZone: string): Intl.DateTimeFormat | null {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  let made: Intl.DateTimeFormat | null;
  try {
    made = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  } catch {
    made = null;
  }
  if (formatters.size < 1000) formatters.set(timeZone, made);
  return made;
}

/** Zones change their offset on a quarter of an hour, so one answer serves all messages of the same one. */
const quarterMs = 15 * 60_000;
const latest = new Map<string, { readonly quarter: number; readonly minutes: number }>();

/** Minutes east of UTC at that moment. */
function offsetOf(at: number, timeZone: string): number {
  const quarter = Math.floor(at / quarterMs);
  const known = latest.get(timeZone);
  if (known?.quarter === quarter) return known.minutes;
  const minutes = askOffset(at, timeZone);
  if (latest.size < 1000 || known !== undefined) latest.set(timeZone, { quarter, minutes });
  return minutes;
}

function askOffset(at: number, timeZone: string): number {
  const parts = formatterOf(timeZone)?.formatToParts(at) ?? [];
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const match = /^GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}
