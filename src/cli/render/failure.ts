/**
 * A failure for people: what happened, the server's own words, what happens now, what to do, the code.
 */
import type { Failure } from "../../core/failure.ts";
import type { Params } from "../../words/params.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { bytesText, durationText } from "./quantities.ts";

/** The three sentences of a failure. @param time of the next try, ready to print. */
function failureSentences(
  words: Words,
  failure: Failure,
  time?: string,
): { readonly what: string; readonly now: string; readonly do: string } {
  const sentences = words.failures[failure.code];
  const params = printable(failure, time);
  return { what: sentences.what(params), now: sentences.now(params), do: sentences.do(params) };
}

/** Several lines, the first one without indent. */
export function failureText(words: Words, failure: Failure, time?: string): string {
  const sentences = failureSentences(words, failure, time);
  const { terms } = words;
  const lines = [sentences.what];
  if (failure.remoteText !== null) lines.push(`  ${terms.said}: ${escapeText(failure.remoteText)}`);
  lines.push(`  ${sentences.now}`, `  ${terms.do}: ${sentences.do}`, `  ${terms.code}: ${failure.code}`);
  return lines.join("\n");
}

/** One line for tables: what happened, and the server's words. */
export function failureLine(words: Words, failure: Failure): string {
  const said = failure.remoteText === null ? "" : ` (${escapeText(failure.remoteText)})`;
  return `${failureSentences(words, failure).what}${said}`;
}

/** For scripts: the failure as it is, with its sentences. */
export function failureJson(words: Words, failure: Failure | null): Record<string, unknown> | null {
  return failure === null ? null : { ...failure, ...failureSentences(words, failure) };
}

/** Units written out, everything from elsewhere escaped. */
function printable(failure: Failure, time: string | undefined): Params {
  const params: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(failure.params)) {
    params[key] = typeof value === "string" ? escapeText(value) : value;
  }
  const { timeoutMs, recipient, limit, free } = failure.params;
  if (typeof timeoutMs === "number") params.timeout = durationText(timeoutMs);
  if (typeof recipient === "string") params.address = escapeText(recipient);
  if (typeof limit === "number" && limit >= 1000) params.limit = bytesText(limit);
  if (typeof free === "number") params.free = bytesText(free);
  if (time !== undefined) params.time = time;
  return params;
}
