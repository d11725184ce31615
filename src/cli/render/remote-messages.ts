/**
 * Messages that stay at the provider, as a table for people and as objects for scripts.
 */
import type { RemoteMessages } from "../../manage/remote-messages.ts";
import { peopleText } from "../../manage/wire-text.ts";
import type { SkippedMessage } from "../../store/store.ts";
import type { Words } from "../../words/words.ts";
import type { Output } from "../output.ts";
import { escapeText } from "./escape.ts";
import { failureJson, failureLine } from "./failure.ts";
import { bytesText, isoTime, timeText } from "./quantities.ts";
import type { ListTime } from "./remote-accounts.ts";
import { table } from "./table.ts";

export function remoteMessageTable(
  words: Words,
  { account, messages }: RemoteMessages,
  output: Output,
  { now, timeZone }: ListTime,
): string {
  const { columns } = words.terms;
  const heading = [columns.uid, columns.size, columns.tries, columns.nextTry, columns.asked, columns.why];
  const rows = messages.map((message) => {
    const next = nextTryAt(message, account.dueAt);
    return [
      message.uid === null ? "-" : escapeText(peopleText(message.uid)),
      message.sizeBytes === null ? "" : bytesText(message.sizeBytes),
      message.failures === 0 ? "" : String(message.failures),
      next === null ? "" : timeText(next, now, timeZone),
      message.wish === null ? "" : words.cli.remote.wishes[message.wish],
      whyText(words, message),
    ];
  });
  return table(heading, rows, (text) => output.style("bold", text));
}

/** Why it was not taken, and the server's words where it said any. */
function whyText(words: Words, { reason, failure }: SkippedMessage): string {
  const why = words.cli.trace.skipReasons[reason] ?? reason;
  if (failure === null) return why;
  // A refusal says no more than the reason does, but for the server's words; its number was that of one session.
  if (failure.code !== "message-refused") return `${why}: ${failureLine(words, failure)}`;
  return failure.remoteText === null ? why : `${why} (${escapeText(failure.remoteText)})`;
}

/** A stuck message rests until then; one that failed is tried at the next visit; others are not, unless asked for. */
function nextTryAt({ reason, retryAt, wish }: SkippedMessage, dueAt: number | null): number | null {
  if (reason === "stuck" && retryAt !== null) return dueAt === null ? null : Math.max(retryAt, dueAt);
  return reason === "failing" || reason === "stuck" || wish === "take" ? dueAt : null;
}

export function remoteMessageJson(
  words: Words,
  message: SkippedMessage,
  dueAt: number | null,
): Record<string, unknown> {
  return {
    uid: message.uid === null ? null : peopleText(message.uid),
    sizeBytes: message.sizeBytes,
    reason: message.reason,
    tries: message.failures,
    nextTry: isoTime(nextTryAt(message, dueAt)),
    wish: message.wish,
    wishBy: message.wishBy,
    failure: failureJson(words, message.failure),
    sentence: whyText(words, message),
  };
}
