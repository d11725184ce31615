/**
 * What the queue tells the log of entries that were settled. Decides nothing; called when the commit stands.
 */
import { formatAddress } from "../core/address.ts";
import type { Failure } from "../core/failure.ts";
import { failureFields, type Log, type LogFields } from "../core/log.ts";
import type { ClaimedEntry, EntrySettlement } from "../store/queue-contract.ts";

/** One record for an entry: delivered, waiting, or kept. */
export function logSettled(log: Log, claimed: ClaimedEntry, settlement: EntrySettlement): void {
  const [row] = settlement.ledger;
  switch (settlement.kind) {
    case "done":
      log.write("delivered", () => ({ where: textOf(row?.detail.where), ...entryFields(claimed) }));
      break;
    case "deferred":
      log.write("delivery-deferred", () => ({
        dueAt: settlement.dueAt,
        attempts: claimed.entry.attempts + 1,
        ...(settlement.doubtful ? { doubtful: true } : {}),
        ...(settlement.destination === null ? {} : { destination: settlement.destination }),
        ...failureFields(settlement.failure),
        ...entryFields(claimed),
      }));
      break;
    case "undeliverable":
      log.write("undeliverable", () => ({
        keptUntil: settlement.keptUntil,
        ...(row?.detail.notReported === undefined ? {} : { notReported: textOf(row.detail.notReported) }),
        ...failureFields(settlement.failure),
        ...entryFields(claimed),
      }));
      break;
    case "requeued":
      break;
  }
}

/** One record for a report that was accepted in place of the entries it is about, all of one message. */
export function logReported(
  log: Log,
  failed: readonly { readonly claimed: ClaimedEntry; readonly failure: Failure }[],
  report: { readonly to: string; readonly reportId: string },
): void {
  const [first] = failed;
  if (first === undefined) return;
  log.write("reported", () => ({
    recipients: failed.map(({ claimed }) => formatAddress(claimed.entry.recipient)),
    ...report,
    ...failureFields(first.failure),
    ...messageFields(first.claimed),
  }));
}

function entryFields(claimed: ClaimedEntry): LogFields {
  const { recipient, target } = claimed.entry;
  return {
    recipient: formatAddress(recipient),
    ...(target.kind === "postmaster" ? { toPostmaster: true } : {}),
    ...messageFields(claimed),
  };
}

function messageFields({ message }: ClaimedEntry): LogFields {
  return {
    messageId: message.id,
    ...(message.messageIdField === null ? {} : { messageIdField: message.messageIdField }),
    ...(message.remoteAccountId === null ? {} : { accountId: message.remoteAccountId }),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
