/**
 * What a stage may ask of the log: to write an event down, with facts that are built only when somebody wants them.
 *
 * Each event has one level, here and nowhere else; the level in force says which events are written (spec 3, seed 9
 * to 11). Writing never throws, never waits, and never holds a secret: whoever builds facts leaves secrets out
 * (R-63, R-64).
 */
import type { Failure } from "./failure.ts";

/** From the quietest to the loudest (seed 9, 10); each one writes what the former ones write. */
export const logLevels = ["crashesOnly", "failures", "major", "problems", "lowLevel", "allInfo"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Every event of the log and the level from which on it is written. Codes are stable: scripts test them. */
export const logEvents = {
  // what ends or cripples the process
  crashed: "crashesOnly",
  "cannot-go-on": "crashesOnly",
  "start-failed": "crashesOnly",
  "log-lines-lost": "crashesOnly",
  // visits and deliveries that failed
  "visit-failed": "failures",
  "mark-set": "failures",
  "mark-ended": "failures",
  "message-stuck": "failures",
  "special-header-absent": "failures",
  undeliverable: "failures",
  "pause-begun": "failures",
  "pause-ended": "failures",
  "kept-mail-ending": "failures",
  "space-short": "failures",
  // what was transferred, and by whose wish
  "server-started": "major",
  "server-stopped": "major",
  "configuration-changed": "major",
  "entry-changed": "major",
  "marks-cleared": "major",
  "backup-made": "major",
  restored: "major",
  "log-level-back": "major",
  "message-taken": "major",
  "messages-deleted": "major",
  "messages-asked": "major",
  "first-visit": "major",
  "visit-ended": "major",
  delivered: "major",
  reported: "major",
  // trouble that ends by itself
  "message-refused": "problems",
  "message-skipped": "problems",
  "message-known": "problems",
  "visit-stopped": "problems",
  "pipelining-failed": "problems",
  "delivery-deferred": "problems",
  recovered: "problems",
  // the dialogue with remote servers
  "visit-begun": "lowLevel",
  dialogue: "lowLevel",
  // what happens below it
  link: "allInfo",
} as const satisfies Readonly<Record<string, LogLevel>>;

export type LogEvent = keyof typeof logEvents;

export type LogValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | Readonly<Record<string, string | number>>;

/**
 * Facts under their names; `docs/log.md` lists the names. Text from elsewhere comes as it is: the log escapes it. A
 * number named `…At` or `…Until` is a moment (milliseconds since 1970 UTC) and is written as one.
 */
export type LogFields = Readonly<Record<string, LogValue | undefined>>;

export interface Log {
  /** Whether an event is written now: for work that is dear before there are facts. */
  wants(event: LogEvent): boolean;
  /** @param fields called only when the event is written; what it throws is the log's own trouble */
  write(event: LogEvent, fields: () => LogFields): void;
}

/** Writes nothing. */
export const silentLog: Log = { wants: () => false, write: () => {} };

/** A failure as facts; nothing where there is none. */
export function failureFields(why: Failure | null): LogFields {
  if (why === null) return {};
  const { code, scope, permanent, status, remoteText, params } = why;
  return {
    code,
    scope,
    permanent,
    ...(status === null ? {} : { status }),
    ...(remoteText === null ? {} : { remoteText }),
    ...(Object.keys(params).length === 0 ? {} : { params }),
  };
}

/**
 * Bytes of the wire as text: UTF-8 where they are UTF-8; else each byte above 7F as `\xNN`.
 *
 * @param latin1 one character a byte
 */
export function wireField(latin1: string): string {
  if (!/[\u0080-\u00ff]/.test(latin1)) return latin1;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(latin1, (character) => character.charCodeAt(0)),
    );
  } catch {
    return latin1.replace(/[\u0080-\u00ff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
  }
}
