/**
 * The date as header fields write it (RFC 5322, 3.3).
 */

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
