/**
 * The kinds of values that settings have: how each is read from JSON or a file, and written back.
 *
 * `write` gives the canonical form in which a value is stored and exported; `read` takes it back unchanged.
 */
import { isIP, isIPv4, isIPv6 } from "node:net";
import { formatDuration, parseDuration } from "../core/time.ts";
import { expected, inside, isMap, type Problem, type Reading, read } from "./reading.ts";
import { formatSize, parseSize } from "./size.ts";

export interface SettingKind<T, Kind extends string> {
  readonly kind: Kind;
  /** From JSON; for a part-wise kind (`timeouts`) what is not named keeps its default. */
  read(json: unknown): Reading<T>;
  /** Canonical JSON. */
  write(value: T): unknown;
}

export function choice<const Choices extends readonly string[]>(
  choices: Choices,
): SettingKind<Choices[number], "choice"> & { readonly choices: Choices } {
  return {
    kind: "choice",
    choices,
    read: (json) =>
      typeof json === "string" && choices.includes(json)
        ? read(json as Choices[number])
        : expected("expected-choice", { choices: choices.join(", ") }),
    write: (value) => value,
  };
}

export function integer(min: number, max: number): SettingKind<number, "integer"> {
  return {
    kind: "integer",
    read: (json) =>
      typeof json === "number" && Number.isInteger(json) && json >= min && json <= max
        ? read(json)
        : expected("expected-integer", { min, max }),
    write: (value) => value,
  };
}

/** Milliseconds in memory, `5m` in JSON. */
export function duration(minMs: number, maxMs: number): SettingKind<number, "duration"> {
  return {
    kind: "duration",
    read: (json) => {
      const ms = typeof json === "string" ? parseDuration(json) : undefined;
      return ms !== undefined && ms >= minMs && ms <= maxMs
        ? read(ms)
        : expected("expected-duration", { min: formatDuration(minMs), max: formatDuration(maxMs) });
    },
    write: formatDuration,
  };
}

/** Bytes in memory, `512MiB` or a number of bytes in JSON. */
export function size(minBytes: number, maxBytes: number): SettingKind<number, "size"> {
  return {
    kind: "size",
    read: (json) => {
      const bytes =
        typeof json === "string"
          ? parseSize(json)
          : typeof json === "number"
            ? parseSize(String(json))
            : undefined;
      return bytes !== undefined && bytes >= minBytes && bytes <= maxBytes
        ? read(bytes)
        : expected("expected-size", { min: formatSize(minBytes), max: formatSize(maxBytes) });
    },
    write: formatSize,
  };
}

/** The slowest transfer that is still worth waiting for. */
export interface MinimumRate {
  /** 0: any rate will do. */
  readonly bytesPerSecond: number;
  /** The span over which the rate is measured. */
  readonly overMs: number;
}

/** `1KiB/s over 5m`; a bare size is per second over 5 minutes. */
export function rate(): SettingKind<MinimumRate, "rate"> {
  return {
    kind: "rate",
    read: (json) => {
      const match = /^(.+?)(?:\/s)?(?:\s+over\s+(\S+))?$/.exec(
        typeof json === "number" ? String(json) : textOf(json),
      );
      const bytesPerSecond = parseSize(match?.[1] ?? "");
      const overMs = parseDuration(match?.[2] ?? "5m");
      return bytesPerSecond !== undefined && overMs !== undefined && overMs > 0
        ? read({ bytesPerSecond, overMs })
        : expected("expected-rate");
    },
    write: (value) => `${formatSize(value.bytesPerSecond)}/s over ${formatDuration(value.overMs)}`,
  };
}

export function flag(): SettingKind<boolean, "flag"> {
  return {
    kind: "flag",
    read: (json) => (typeof json === "boolean" ? read(json) : expected("expected-flag")),
    write: (value) => value,
  };
}

/** An address that can be bound, or `osDefault`. */
export function sourceAddress(): SettingKind<string, "source-address"> {
  return {
    kind: "source-address",
    read: (json) =>
      json === "osDefault" || isIP(textOf(json)) !== 0
        ? read(textOf(json))
        : expected("expected-source-address"),
    write: (value) => value,
  };
}

/** An IANA name; null: the system's. */
export function timeZone(): SettingKind<string | null, "time-zone"> {
  return {
    kind: "time-zone",
    read: (json) => (isTimeZone(json) ? read(json) : expected("expected-time-zone")),
    write: (value) => value,
  };
}

/** A host name; null: the system's. */
export function hostName(): SettingKind<string | null, "host-name"> {
  return {
    kind: "host-name",
    read: (json) =>
      /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(textOf(json))
        ? read(textOf(json))
        : expected("expected-host-name"),
    write: (value) => value,
  };
}

/** Where mail that is not ours goes; null: nowhere. */
export function relay(): SettingKind<string | null, "relay"> {
  return {
    kind: "relay",
    read: (json) =>
      /^(smtps?:\/\/\S+|lmtp:\/\/\S+|lmtp\+unix:\/\S+)$/.test(textOf(json))
        ? read(textOf(json))
        : expected("expected-destination", { schemes: "smtp://, smtps://, lmtp://, lmtp+unix:" }),
    write: (value) => value,
  };
}

export function ipAddresses(): SettingKind<readonly string[], "ip-addresses"> {
  return list("ip-addresses", (item) =>
    isIP(textOf(item)) !== 0 ? read(textOf(item)) : expected("expected-ip-address"),
  );
}

/** Name servers: an address, with a port where it is not 53. */
export function nameServers(): SettingKind<readonly string[], "name-servers"> {
  return list("name-servers", (item) => {
    const text = textOf(item);
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const portFits = port === undefined || (Number(port) >= 1 && Number(port) <= 65535);
    const isServer = isIPv6(text) || (portFits && (isIPv6(bracketed ?? "") || isIPv4(plain ?? "")));
    return isServer ? read(text) : expected("expected-name-server");
  });
}

export function ports(): SettingKind<readonly number[], "ports"> {
  return list("ports", (item) => integer(1, 65535).read(item));
}

/** Absolute deadlines and limits of a visit. */
export interface Timeouts {
  readonly connectMs: number;
  readonly tlsHandshakeMs: number;
  readonly greetingMs: number;
  readonly replyMs: number;
  readonly listingMs: number;
  readonly idleMs: number;
  readonly quitMs: number;
  /** After this a visit starts no RETR and ends. */
  readonly visitMs: number;
  /** After this it is cut. */
  readonly visitHardMs: number;
}

/** Part by part: what is not named keeps its default. No lower bound but one millisecond (spec 3). */
export function timeouts(defaults: Timeouts): SettingKind<Timeouts, "timeouts"> {
  const part = duration(1, 30 * 24 * 60 * 60 * 1000);
  const names = Object.keys(defaults).map((name) => name.slice(0, -2));
  return {
    kind: "timeouts",
    read: (json) => {
      if (!isMap(json)) return expected("expected-map", { keys: names.join(", ") });
      const problems: Problem[] = [];
      const value: Record<string, number> = { ...defaults };
      for (const [name, text] of Object.entries(json)) {
        const reading: Reading<number> = names.includes(name)
          ? part.read(text)
          : expected("unknown-key", { key: name, known: names.join(", ") });
        if (reading.ok) value[`${name}Ms`] = reading.value;
        else problems.push(...inside(name, reading.problems));
      }
      return problems.length > 0 ? { ok: false, problems } : read(value as unknown as Timeouts);
    },
    write: (value) =>
      Object.fromEntries(
        Object.entries(value)
          .filter(([name, ms]) => defaults[name as keyof Timeouts] !== ms)
          .map(([name, ms]) => [name.slice(0, -2), formatDuration(ms)]),
      ),
  };
}

/** Whether this system knows the time zone. */
export function isTimeZone(value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

function list<T, Kind extends string>(
  kind: Kind,
  readItem: (item: unknown) => Reading<T>,
): SettingKind<readonly T[], Kind> {
  return {
    kind,
    read: (json) => {
      if (!Array.isArray(json)) return expected("expected-list");
      const values: T[] = [];
      const problems: Problem[] = [];
      json.forEach((item, index) => {
        const reading = readItem(item);
        if (reading.ok) values.push(reading.value);
        else problems.push(...inside(index, reading.problems));
      });
      return problems.length > 0 ? { ok: false, problems } : read(values);
    },
    write: (value) => [...value],
  };
}

function textOf(json: unknown): string {
  return typeof json === "string" ? json : "";
}
