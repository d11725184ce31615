/**
 * A message's way, one line for each decision.
 */
import { type Failure, type FailureParams, failure, failureCodes } from "../../core/failure.ts";
import type { TraceRow } from "../../manage/trace.ts";
import { peopleText } from "../../manage/wire-text.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { failureLine } from "./failure.ts";
import { bytesText, isoTime, timeText } from "./quantities.ts";
import type { ListTime } from "./remote-accounts.ts";

export function traceText(words: Words, rows: readonly TraceRow[], { now, timeZone }: ListTime): string {
  return rows.map((row) => `${timeText(row.at, now, timeZone)}  ${sentence(words, row)}`).join("\n");
}

export function traceJson(words: Words, row: TraceRow): Record<string, unknown> {
  return {
    time: isoTime(row.at),
    kind: row.kind,
    messageId: row.messageId,
    messageIdField: row.messageIdField,
    remoteAccount: row.remoteAccount,
    uid: row.uid === null ? null : peopleText(row.uid),
    recipient: row.recipient,
    detail: row.detail,
    sentence: sentence(words, row),
  };
}

function sentence(words: Words, row: TraceRow): string {
  const { trace } = words.cli;
  const text = (key: string) => escapeText(String(row.detail[key] ?? ""));
  const recipient = escapeText(row.recipient ?? "");
  switch (row.kind) {
    case "accepted": {
      const uid = row.uid === null ? "" : ` UID ${escapeText(peopleText(row.uid))}`;
      const from = escapeText(row.remoteAccount ?? String(row.detail.host ?? "?"));
      if (row.detail.headerOnly === true) return trace.headerOnly(`${from}${uid}`);
      return trace.accepted(`${from}${uid}`, bytesText(Number(row.detail.sizeBytes ?? 0)));
    }
    case "distributed":
      return trace.distributed(recipient, target(words, text("target")), text("why").replace(/^none$/, ""));
    case "merged":
      return trace.merged(recipient);
    case "skipped":
      return trace.skipped(trace.skipReasons[text("reason")] ?? text("reason"));
    case "refused":
      return trace.refused(why(words, row));
    case "delivered":
      return row.detail.found === 1
        ? trace.found(recipient, text("where"))
        : trace.delivered(recipient, text("where"));
    case "deferred":
      return withNote(
        trace.deferred(recipient, why(words, row)),
        row.detail.doubtful === 1 ? trace.mayHaveArrived : "",
      );
    case "undeliverable":
      return withNote(
        trace.undeliverable(recipient, why(words, row)),
        trace.notReported[text("notReported")] ?? "",
      );
    case "reported":
      return trace.reported(text("to"), recipient, why(words, row));
    case "held":
    case "released":
    case "retried":
    case "dropped":
      return trace[row.kind](text("by"));
    case "redirected":
      return trace.redirected(text("by"), text("to"));
    case "imported":
      return trace.imported(text("from"));
    case "deleted":
      return trace.deleted(text("by"));
    case "asked":
      return trace.asked(text("by"), trace.wishes[text("wish")] ?? text("wish"));
    case "retrieved":
    case "known":
    case "expired":
      return trace[row.kind]();
  }
}

function withNote(sentence: string, note: string): string {
  return note === "" ? sentence : `${sentence} (${note})`;
}

function target(words: Words, name: string): string {
  if (name === "postmaster") return words.cli.envelope.postmaster;
  if (name === "remote") return words.cli.envelope.relay;
  return name === "refused" ? "" : name;
}

/** The ledger keeps code, numbers and the other side's words: enough to say it again. */
function why(words: Words, row: TraceRow): string {
  const known = failureOfDetail(row.detail);
  return known ? failureLine(words, known) : escapeText(String(row.detail.code ?? "?"));
}

function failureOfDetail(detail: TraceRow["detail"]): Failure | undefined {
  const code = failureCodes.find((one) => one === detail.code);
  if (!code) return undefined;
  const params =
    typeof detail.params === "object" && detail.params !== null ? (detail.params as FailureParams) : {};
  const remoteText = typeof detail.remoteText === "string" ? detail.remoteText : null;
  return failure(code, "message", { params, remoteText });
}
