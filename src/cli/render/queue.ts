/**
 * Queue entries as a table for people and as objects for scripts.
 */
import { formatAddress } from "../../core/address.ts";
import type { QueueListing } from "../../manage/queue.ts";
import type { Words } from "../../words/words.ts";
import type { Output } from "../output.ts";
import { escapeText } from "./escape.ts";
import { failureJson, failureLine } from "./failure.ts";
import { bytesText, isoTime, timeText } from "./quantities.ts";
import type { ListTime } from "./remote-accounts.ts";
import { table } from "./table.ts";
import { shortened } from "./width.ts";

export function queueTable(
  words: Words,
  listings: readonly QueueListing[],
  output: Output,
  { now, timeZone }: ListTime,
): string {
  const { columns, entryStates } = words.terms;
  const heading = [
    columns.id,
    columns.state,
    columns.to,
    columns.size,
    columns.since,
    columns.nextTry,
    columns.why,
  ];
  const rows = listings.map(({ id, entry, message }) => [
    id,
    entryStates[entry.state],
    escapeText(formatAddress(entry.recipient)),
    bytesText(message.sizeBytes),
    timeText(entry.queuedAt, now, timeZone),
    entry.dueAt === null ? "" : timeText(entry.dueAt, now, timeZone),
    entry.failure === null ? "" : failureLine(words, entry.failure),
  ]);
  return table(heading, rows, (text) => output.style("bold", text));
}

export function queueJson(words: Words, { id, entry, message }: QueueListing): Record<string, unknown> {
  return {
    id,
    messageId: entry.messageId,
    ordinal: entry.ordinal,
    state: entry.state,
    recipient: formatAddress(entry.recipient),
    sender: message.reversePath === null ? null : formatAddress(message.reversePath),
    from: message.from,
    subject: message.subject,
    messageIdField: message.messageIdField,
    sizeBytes: message.sizeBytes,
    notify: entry.notify,
    attempts: entry.attempts,
    doubts: entry.doubts,
    queued: isoTime(entry.queuedAt),
    nextTry: isoTime(entry.dueAt),
    expires: isoTime(entry.expiresAt),
    remoteAccount: message.remoteAccountId,
    failure: failureJson(words, entry.failure),
  };
}

/** One message in full: who, what, its recipients with their trouble. */
export function queueMessageText(words: Words, listings: readonly QueueListing[], time: ListTime): string {
  const { columns, entryStates, notify } = words.terms;
  const message = listings[0]?.message;
  if (!message) return "";
  const sender = message.reversePath === null ? "<>" : formatAddress(message.reversePath);
  const lines = [
    `${columns.id}: ${message.id}`,
    `${columns.from}: ${escapeText(sender)}`,
    `${columns.subject}: ${escapeText(shortened(message.subject ?? "", 200))}`,
    `${columns.size}: ${bytesText(message.sizeBytes)}`,
  ];
  for (const { id, entry } of listings) {
    lines.push("", `${id}: ${escapeText(formatAddress(entry.recipient))}, ${entryStates[entry.state]}`);
    lines.push(`  ${notify[entry.notify]}; ${columns.tries}: ${entry.attempts}`);
    if (entry.dueAt !== null)
      lines.push(`  ${columns.nextTry}: ${timeText(entry.dueAt, time.now, time.timeZone)}`);
    if (entry.doubts > 0) lines.push(`  ${words.cli.trace.mayHaveArrived}`);
    if (entry.failure !== null) lines.push(`  ${columns.why}: ${failureLine(words, entry.failure)}`);
  }
  return lines.join("\n");
}
