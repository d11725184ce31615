/**
 * Makes error reports: looks at the failed message, asks the policy, and puts a report through the one door.
 *
 * What it gives back is staged and synced; the caller accepts it in the commit that ends the failed entries.
 * A report that cannot be made is no reason to hold up anything: the failed entries are kept instead, saying so.
 */
import { type Address, addressKey } from "../core/address.ts";
import type { Failure } from "../core/failure.ts";
import { type Clock, HOUR } from "../core/time.ts";
import { Header, maxHeaderBytes } from "../message/header.ts";
import { writeReport } from "../message/report-writer.ts";
import type { Spool } from "../spool/spool.ts";
import type { AcceptItem, ClaimedEntry } from "../store/queue-contract.ts";
import type { Store } from "../store/store.ts";
import { claimedEntries } from "./claimed-entries.ts";
import { type ReportLanguage, type ReportWords, reportLanguage, reportOf } from "./report.ts";
import { type KeepReason, rateObstacle, reportObstacle, reportsPerHour } from "./report-policy.ts";
import { type SubmitContext, submit } from "./submit.ts";

export interface FailedEntry {
  readonly claimed: ClaimedEntry;
  readonly failure: Failure;
}

export type ReportDecision =
  | { readonly kind: "keep"; readonly reason: KeepReason }
  | { readonly kind: "report"; readonly report: PreparedReport };

/** A report on disk, and what its acceptance needs. */
export interface PreparedReport {
  readonly item: AcceptItem;
  readonly senderKey: string;
  /** What the commit must not exceed: others report at the same time. */
  readonly atMost: { readonly since: number; readonly toSender: number; readonly inAll: number };
  claimUntil(): number;
  claimedEntries(claimUntil: number): ClaimedEntry[];
}

export interface ReportingContext {
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly nodeId: number;
  readonly claimMs: number;
  readonly submit: SubmitContext;
  /** Whom reports are from: postmaster of the main domain. */
  postmaster(): Address;
  words(language: ReportLanguage): ReportWords;
}

export interface Reporting {
  /** @param failed entries of one message that failed for good, all with the same `notify` */
  consider(failed: readonly FailedEntry[]): Promise<ReportDecision>;
}

export function reportingOver(context: ReportingContext): Reporting {
  return {
    async consider(failed) {
      const [first] = failed;
      const keep = (reason: KeepReason): ReportDecision => ({ kind: "keep", reason });
      if (first === undefined || first.claimed.entry.notify === "never") return keep("never-report");
      const { message, entry } = first.claimed;
      const { reversePath } = message;
      if (reversePath === null) return keep("null-sender");
      const start = await context.spool
        .readStart(message.spoolRef, message.prefixBytes + maxHeaderBytes)
        .catch(() => null);
      // Nothing to report about, but still an entry that has to end: kept for a person.
      if (start === null) return keep("unreadable");
      const { header } = Header.parse(start.subarray(message.prefixBytes));
      const obstacle = reportObstacle(entry.notify, reversePath, header);
      if (obstacle !== null) return keep(obstacle);
      const senderKey = addressKey(reversePath);
      // Asked before a report is written; the commit asks again, since others report at the same time.
      const counts = await context.store.reportCounts(senderKey, context.clock.now() - HOUR);
      const brake = rateObstacle(counts);
      if (brake !== null) return keep(brake);
      try {
        const report = await prepareReport(context, failed, header, reversePath, senderKey);
        return { kind: "report", report };
      } catch {
        // Our disk has no room for a report: what failed is kept, and nothing waits for it.
        return keep("unwritable");
      }
    },
  };
}

async function prepareReport(
  context: ReportingContext,
  failed: readonly FailedEntry[],
  header: Header,
  to: Address,
  senderKey: string,
): Promise<PreparedReport> {
  const { clock, claimMs, nodeId } = context;
  const message = failed[0]?.claimed.message;
  const submission = submit(context.submit, { kind: "own", recipients: [to] });
  const language = reportLanguage(header);
  const report = reportOf(
    {
      id: submission.id,
      from: context.postmaster(),
      to,
      serverName: context.submit.serverName(),
      at: clock.now(),
      timeZone: context.submit.timeZone(),
      original: {
        header,
        arrivedAt: message?.receivedAt ?? clock.now(),
        messageId: message?.messageIdField ?? null,
      },
      failed: failed.map(({ claimed, failure }) => ({ recipient: claimed.entry.recipient, failure })),
    },
    context.words(language),
    language === "en" ? null : context.words("en"),
  );
  try {
    await submission.write(writeReport(report));
    submission.close();
    const item = await submission.staged();
    return {
      item,
      senderKey,
      atMost: { since: clock.now() - HOUR, ...reportsPerHour },
      claimUntil: () => clock.now() + claimMs,
      claimedEntries: (claimUntil) => claimedEntries(item, [], nodeId, claimUntil),
    };
  } catch (error) {
    await submission.discard();
    throw error;
  }
}
