/**
 * What an error report says: from failed entries of one message to a report. Pure; the sentences are handed in.
 */
import type { Address } from "../core/address.ts";
import { formatAddress } from "../core/address.ts";
import type { Failure } from "../core/failure.ts";
import { isJapanese } from "../message/encoded-words.ts";
import type { Header } from "../message/header.ts";
import type { FailedRecipient, Report } from "../message/report-writer.ts";

export type ReportLanguage = "en" | "ja";

/** Sentences for senders, who know nothing of this server; the catalogues have one shape for both languages. */
export interface ReportWords {
  subject(recipient: string, more: number): string;
  /** Who writes, and what happened to which message. */
  opening(serverName: string, subject: string | null, date: string): string;
  /** Why one recipient was not reached. */
  reason(failure: Failure): string;
  said(host: string | null, text: string): string;
  closing: string;
}

export interface ReportFacts {
  readonly id: string;
  readonly from: Address;
  readonly to: Address;
  readonly serverName: string;
  readonly at: number;
  readonly timeZone: string;
  readonly original: {
    readonly header: Header;
    readonly arrivedAt: number;
    /** As people know it: Date field and decoded Subject; null where they cannot be shown. */
    readonly messageId: string | null;
  };
  readonly failed: readonly { readonly recipient: Address; readonly failure: Failure }[];
}

/** The language of the reader: Japanese where the message's own fields show it, else English (spec 8, reports). */
export function reportLanguage(header: Header): ReportLanguage {
  const shown = ["Subject", "From", "To"].flatMap((name) => header.all(name));
  const language = header.first("Content-Language") ?? "";
  return /^ja\b/i.test(language.trim()) || shown.some(isJapanese) ? "ja" : "en";
}

/**
 * @param words of the reader's language
 * @param english appended when the reader's language is another one, so that every postmaster can read it
 */
export function reportOf(facts: ReportFacts, words: ReportWords, english: ReportWords | null): Report {
  const { failed, original } = facts;
  const [first] = failed;
  const subject = words.subject(first ? formatAddress(first.recipient) : "", failed.length - 1);
  const texts = [words, ...(english === null ? [] : [english])].map((one) => textOf(facts, one));
  return {
    id: facts.id,
    from: facts.from,
    to: facts.to,
    subject,
    text: texts.join(`\n${"-".repeat(60)}\n\n`),
    serverName: facts.serverName,
    arrivedAt: original.arrivedAt,
    at: facts.at,
    timeZone: facts.timeZone,
    failed: failed.map(failedRecipient),
    originalMessageId: original.messageId,
    originalHeader: original.header.toBytes(),
  };
}

function textOf(facts: ReportFacts, words: ReportWords): string {
  const { header } = facts.original;
  const date = readable(header.first("Date")) ?? "";
  const lines = facts.failed.flatMap(({ recipient, failure }) => {
    const said = readable(failure.remoteText);
    return [
      `<${formatAddress(recipient)}>`,
      `    ${words.reason(failure)}`,
      ...(said === null ? [] : [`    ${words.said(hostOf(failure), said)}`]),
      "",
    ];
  });
  const opening = words.opening(facts.serverName, readable(header.first("Subject")), date);
  return `${opening}\n\n${lines.join("\n")}\n${words.closing}\n`;
}

function failedRecipient({ recipient, failure }: { recipient: Address; failure: Failure }): FailedRecipient {
  return {
    recipient,
    status: failure.status ?? "5.0.0",
    remoteHost: failure.remoteText === null ? null : hostOf(failure),
    remoteText: failure.remoteText,
  };
}

function hostOf(failure: Failure): string | null {
  const { host } = failure.params;
  return typeof host === "string" && host !== "" ? host : null;
}

/** Text of strangers on a line of ours: without control and direction characters, bounded; null: nothing is left. */
function readable(text: string | null): string | null {
  if (text === null) return null;
  const plain = text
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ")
    .trim()
    .slice(0, 300);
  // An encoded subject reads like noise; the header below carries it for those whose program decodes it.
  return plain === "" || plain.includes("=?") ? null : plain;
}
