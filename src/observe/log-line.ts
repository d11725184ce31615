/**
 * A record as one line of JSON, and back.
 *
 * A line is at most 4 KiB, holds no character that could move a cursor or turn a line round, and is valid JSON: what
 * is harmful stands as `\uXXXX`, what is too long is cut and ends in `…`.
 */
import { harmfulCharacters } from "../core/harmful-text.ts";
import { type LogFields, type LogLevel, type LogValue, logLevels } from "../core/log.ts";
import type { LocalTime } from "./local-time.ts";

/** With the line end. */
const longestLineBytes = 4096;
const longestList = 50;
/** Tried one after the other until the line fits. Remote words never come near the first (500 bytes). */
const longestTexts = [1000, 200, 40, 8];

/** The usual names of levels, in the order of ours: those that tools for logs know. */
const usualNames = {
  crashesOnly: "fatal",
  failures: "error",
  major: "info",
  problems: "warn",
  lowLevel: "debug",
  allInfo: "trace",
} as const satisfies Record<LogLevel, string>;

export interface LineMaker {
  /** From now on each record names this node. */
  node: number | null;
  line(at: number, level: LogLevel, event: string, fields: LogFields): MadeLine;
}

export interface MadeLine {
  /** Local day of the record, `2026-11-25`. */
  readonly day: string;
  /** The line, its LF included. */
  readonly text: string;
}

/**
 * @param pid of this process, in each record
 * @param timeOf how a moment is written: that of the record, and those among its facts
 */
export function lineMaker(pid: number, timeOf: LocalTime): LineMaker {
  return {
    node: null,
    line(at, level, event, fields) {
      const time = timeOf(at);
      const day = time.slice(0, 10);
      const json = (record: object) =>
        JSON.stringify({ level: usualNames[level], time, tag: "RPOP", pid, ...record });
      for (const longest of longestTexts) {
        const made = json(recordOf(event, this.node, fields, longest, timeOf));
        const harmless = made.replace(harmfulCharacters, escaped);
        if (Buffer.byteLength(harmless) < longestLineBytes) return { day, text: `${harmless}\n` };
      }
      return { day, text: `${json({ event, cut: true })}\n` };
    },
  };
}

/** As JSON writes them; each is one UTF-16 unit. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** One object, filled in one pass: this runs for every message taken. */
function recordOf(
  event: string,
  node: number | null,
  fields: LogFields,
  longest: number,
  timeOf: LocalTime,
): Record<string, LogValue> {
  const record: Record<string, LogValue> = { event };
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (value === undefined) continue;
    const isMoment = typeof value === "number" && (key.endsWith("At") || key.endsWith("Until"));
    record[key] = isMoment ? timeOf(value) : boundedValue(value, longest);
  }
  if (node !== null) record.node = node;
  return record;
}

function boundedValue(value: LogValue, longest: number): LogValue {
  if (typeof value === "string") return shortText(value, longest);
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) {
    const most = Math.min(longestList, longest);
    const kept = value.slice(0, most).map((text) => shortText(text, longest));
    return value.length > most ? [...kept, `… ${value.length - most}`] : kept;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, typeof one === "string" ? shortText(one, longest) : one]),
  );
}

function isList(value: LogValue): value is readonly string[] {
  return Array.isArray(value);
}

function shortText(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** A record as it was written. */
export interface LogRecord {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** As written: ISO 8601 in the zone of the setting. */
  readonly time: string;
  readonly level: LogLevel;
  /** Of this program or a newer one. */
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @returns null: no line of ours, or half of one. */
export function readLine(line: string): LogRecord | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null || !("time" in parsed) || !("event" in parsed))
    return null;
  const { time, event, level: usual, ...fields } = parsed as Record<string, unknown>;
  const level = logLevels.find((one) => usualNames[one] === usual);
  if (typeof time !== "string" || typeof event !== "string" || level === undefined) return null;
  const at = Date.parse(time);
  return Number.isNaN(at) ? null : { at, time, level, event, fields };
}
