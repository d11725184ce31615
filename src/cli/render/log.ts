/**
 * A record of the log as a line for people: time, level, and the sentence of its event.
 */
import { type FailureParams, type FailureScope, failure, failureCodes } from "../../core/failure.ts";
import type { LogRecord } from "../../observe/log-line.ts";
import type { Params } from "../../words/params.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { failureLine } from "./failure.ts";
import { bytesText, durationText } from "./quantities.ts";

const levelWidth = "crashesOnly".length;

/** `2026-11-25 09:03:24  major        alice@pop.example.com: …`, in the zone in which it was written. */
export function logLine(words: Words, record: LogRecord): string {
  return `${momentText(record.time)}  ${record.level.padEnd(levelWidth)}  ${logSentence(words, record)}`;
}

/** The record's sentence alone. */
export function logSentence(words: Words, record: LogRecord): string {
  const { events, unknown } = words.log;
  const { event, fields } = record;
  if (!isKnown(events, event)) {
    const { tag: _tag, pid: _pid, node: _node, ...facts } = fields;
    return unknown(escapeText(event), escapeText(JSON.stringify(facts)));
  }
  return events[event](sentenceParams(words, record)).trim();
}

function isKnown<K extends string>(events: Readonly<Record<K, unknown>>, event: string): event is K {
  return Object.hasOwn(events, event);
}

function sentenceParams(words: Words, { event, fields }: LogRecord): Params {
  const params: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === "string")
      params[key] = /(At|Until)$/.test(key) ? momentText(value) : escapeText(value);
    else if (typeof value === "number") params[key] = value;
    else if (isTexts(value)) params[key] = value.map(escapeText).join(", ");
  }
  const { account, host, code, durationMs, bytes, limitBytes, retryAt, keptUntil, dueAt, sinceAt } = params;
  const who = account === undefined ? host : `${account}@${host ?? "?"}`;
  const reason = String(fields.reason ?? "");
  return {
    ...params,
    ...(who === undefined ? {} : { who, marked: fields.marked === "host" ? (host ?? "?") : who }),
    ...(code === undefined ? {} : { why: why(words, fields) }),
    ...(typeof durationMs === "number" ? { took: durationText(durationMs) } : {}),
    ...(typeof bytes === "number" ? { size: bytesText(bytes) } : {}),
    ...(typeof limitBytes === "number" ? { limit: bytesText(limitBytes) } : {}),
    ...(typeof fields.taken === "number" ? { tally: tally(words, event, fields) } : {}),
    ...defined("until", retryAt ?? keptUntil ?? dueAt),
    ...defined("since", sinceAt),
    ...defined("sender", fields.sender === null ? "<>" : params.sender),
    ...(event === "messages-asked" ? { wish: wishText(words, fields) } : {}),
    ...defined("reason", words.log.skipReasons[reason] ?? params.reason),
    ...(event === "entry-changed" ? { change: changeText(words, params) } : {}),
    ...(event === "link" ? { text: linkText(fields) } : {}),
  };
}

function wishText(words: Words, fields: LogRecord["fields"]): string {
  const wish = String(fields.wish ?? "");
  return words.cli.trace.wishes[wish] ?? escapeText(wish);
}

function defined(key: string, value: string | number | undefined): Params {
  return value === undefined ? {} : { [key]: value };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function why(words: Words, fields: LogRecord["fields"]): string {
  const code = failureCodes.find((one) => one === fields.code);
  const remoteText = typeof fields.remoteText === "string" ? fields.remoteText : null;
  if (code === undefined)
    return escapeText(`${String(fields.code)}${remoteText === null ? "" : ` (${remoteText})`}`);
  const params = typeof fields.params === "object" && fields.params !== null ? fields.params : {};
  return failureLine(
    words,
    failure(code, (fields.scope ?? "local") as FailureScope, { params: params as FailureParams, remoteText }),
  );
}

/** A visit that failed before it did anything has none. */
function tally(words: Words, event: string, fields: LogRecord["fields"]): string {
  const count = (key: string) => (typeof fields[key] === "number" ? fields[key] : 0);
  const counts = ["taken", "deleted", "known", "skipped", "troubled"].map(count);
  if (event !== "visit-ended" && counts.every((one) => one === 0)) return "";
  const [taken = 0, ...others] = counts;
  const [deleted = 0, known = 0, skipped = 0, troubled = 0] = others;
  return words.log.tally(taken, bytesText(count("bytes")), deleted, known, skipped, troubled);
}

/** What a person did to an entry, in the words of `rpop trace`. */
function changeText({ cli }: Words, { change = "?", by = "?", to = "?" }: Params): string {
  const [kind, who] = [String(change), String(by)];
  switch (kind) {
    case "held":
    case "released":
    case "retried":
    case "dropped":
      return cli.trace[kind](who);
    case "redirected":
      return cli.trace.redirected(who, String(to));
    default:
      return `${kind} (${who})`;
  }
}

/** Link facts are names and numbers of protocols: the same in every language. */
function linkText(fields: LogRecord["fields"]): string {
  const {
    tag: _tag,
    pid: _pid,
    node: _node,
    accountId: _id,
    account: _account,
    host: _host,
    owner: _owner,
    ...facts
  } = fields;
  return Object.entries(facts)
    .map(([key, value]) => escapeText(`${key}=${Array.isArray(value) ? value.join(",") : String(value)}`))
    .join(" ");
}

/** `2026-11-25T09:03:24.123+09:00` without what a reader does not need. */
function momentText(time: string): string {
  return escapeText(time.replace("T", " ").replace(/\.\d+[+-]\d\d:\d\d$/, ""));
}
