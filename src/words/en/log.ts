/**
 * English sentences for the events of the log. Parameters come ready to print; `who` is `login@host`.
 */
import type { LogEvent } from "../../core/log.ts";
import type { Sentence } from "../params.ts";

const plural = (n: number, one: string, many: string) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const id = (text: string | number | undefined) => (text ? ` ${text}` : "");

const events: Readonly<Record<LogEvent, Sentence>> = {
  crashed: (p) => `The process died of an error that nobody foresaw: ${p.error ?? "?"}`,
  "cannot-go-on": (p) => `This process cannot go on. ${p.why ?? ""}`,
  "start-failed": (p) => `The start failed. ${p.why ?? ""}`,
  "log-lines-lost": (p) => `Lines of this log that could not be written: ${p.lines ?? "?"}.`,
  "visit-failed": (p) =>
    `${p.who ?? "?"}: the visit failed after ${p.took ?? "?"}. ${p.why ?? ""} ${p.tally ?? ""}`,
  "mark-set": (p) =>
    `${p.marked ?? "?"} rests until ${p.until ?? "?"} (time ${p.times ?? 1} in a row). ${p.why ?? ""}`,
  "mark-ended": (p) => `${p.marked ?? "?"} is well again, after it rested since ${p.since ?? "?"}.`,
  "message-stuck": (p) =>
    `${p.who ?? "?"}: message${id(p.uid)} failed ${p.failures ?? "?"} times and rests at the provider until ${p.until ?? "?"}. ${p.why ?? ""}`,
  "special-header-absent": (p) =>
    `${p.who ?? "?"}: the special header ${p.field ?? "?"} was in none of the last ${p.messages ?? "?"} messages; To, Cc and Bcc were read instead.`,
  undeliverable: (p) =>
    `Message${id(p.messageId)} is undeliverable to ${p.recipient ?? "?"} and kept until ${p.until ?? "?"}. ${p.why ?? ""}`,
  "pause-begun": (p) => `No visit starts for now. ${p.why ?? ""}`,
  "pause-ended": () => "Visits start again.",
  "kept-mail-ending": (p) =>
    `Undeliverable messages that will be removed by ${p.until ?? "?"}: ${p.count ?? "?"}. Look at them with "rpop queue list --state undeliverable".`,
  "space-short": (p) => `${p.size ?? "?"} are free on the disk; below ${p.limit ?? "?"} visits stop.`,
  "server-started": (p) => `The server started: rpop ${p.version ?? "?"}, process ${p.pid ?? "?"}.`,
  "server-stopped": (p) => `The server stopped: process ${p.pid ?? "?"}.`,
  "configuration-changed": (p) => `${p.by ?? "?"} changed the configuration: ${p.changes ?? "?"}.`,
  "entry-changed": (p) => `Message${id(p.messageId)} for ${p.recipient ?? "?"}: ${p.change ?? "?"}.`,
  "marks-cleared": (p) =>
    `${p.by ?? "?"} cleared failure marks (hosts: ${p.hosts ?? 0}, accounts: ${p.accounts ?? 0}).`,
  "backup-made": (p) => `${p.by ?? "?"} made a backup: ${p.path ?? "?"} (${p.size ?? "?"}).`,
  restored: (p) =>
    `This installation was brought back from ${p.path ?? "?"}, a backup of ${p.madeAt ?? "?"}.`,
  "log-level-back": (p) =>
    `The log level went back from ${p.from ?? "?"} to ${p.to ?? "?"}: its hour is over.`,
  "message-taken": (p) =>
    `${p.who ?? "?"}: took message${id(p.messageId)} (${p.size ?? "?"}) from ${p.sender ?? "?"} for ${p.recipients ?? "?"}.`,
  "messages-deleted": (p) => `${p.who ?? "?"}: messages deleted at the provider: ${p.count ?? "?"}.`,
  "messages-asked": (p) =>
    `${p.by ?? "?"} asked of ${p.messages ?? "?"} messages of ${p.who ?? "?"} at the provider: ${p.wish ?? "?"}.`,
  "first-visit": (p) =>
    `${p.who ?? "?"}: the first visit found ${p.messages ?? "?"} messages; marked as seen and left there: ${p.seen ?? "?"}.`,
  "visit-ended": (p) => `${p.who ?? "?"}: visited in ${p.took ?? "?"}. ${p.tally ?? ""}`,
  delivered: (p) => `Message${id(p.messageId)} was delivered to ${p.recipient ?? "?"}: ${p.where ?? "?"}.`,
  reported: (p) =>
    `Message${id(p.messageId)} failed for ${p.recipients ?? "?"}; ${p.to ?? "its sender"} was told. ${p.why ?? ""}`,
  "message-refused": (p) =>
    `${p.who ?? "?"}: message${id(p.uid)} could not be taken this time. ${p.why ?? ""}`,
  "message-skipped": (p) => `${p.who ?? "?"}: message${id(p.uid)} stays at the provider: ${p.reason ?? "?"}.`,
  "message-known": (p) => `${p.who ?? "?"}: message${id(p.uid)} is one that was taken before.`,
  "visit-stopped": (p) => `${p.who ?? "?"}: the visit was stopped after ${p.took ?? "?"}. ${p.tally ?? ""}`,
  "pipelining-failed": (p) =>
    `${p.host ?? "?"} got out of step with commands sent together; for a day it gets them one by one.`,
  "delivery-deferred": (p) =>
    `Message${id(p.messageId)} waits for ${p.recipient ?? "?"} until ${p.until ?? "?"} (try ${p.attempts ?? "?"}). ${p.why ?? ""}`,
  recovered: (p) => `Cleared up behind dead processes: ${p.nodes ?? "?"}, files swept: ${p.files ?? "?"}.`,
  "visit-begun": (p) => `${p.who ?? "?"}: the visit begins.`,
  dialogue: (p) => `${p.who ?? "?"} ${p.direction ?? "?"}: ${p.text ?? ""}`,
  link: (p) => `${p.who ?? "?"} (link): ${p.text ?? ""}`,
};

export const log = {
  events,
  /** Of an event that only a newer version knows. */
  unknown: (event: string, facts: string) => `Event ${event}: ${facts}`,
  skipReasons: {
    tooLarge: "too large",
    failing: "the provider does not give it out",
    stuck: "stuck",
    markedSeen: "marked as seen before the first visit",
  } as Readonly<Record<string, string>>,
  /** Only what happened is named. */
  tally: (taken: number, size: string, deleted: number, known: number, skipped: number, troubled: number) =>
    [
      taken > 0 ? `${plural(taken, "message", "messages")} taken (${size})` : "Nothing new",
      ...(deleted > 0 ? [`${deleted} deleted there`] : []),
      ...(known > 0 ? [`${known} known already`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(troubled > 0 ? [`${troubled} in trouble`] : []),
    ]
      .join(", ")
      .concat("."),
  level: (value: string, known: string) => `There is no log level ${value}; use one of ${known}.`,
  since: (value: string) => `${value} is no length of time; write for example 30m, 1h or 2d.`,
};
