/**
 * Freshly accepted messages as claims, so that the accepting process delivers them without reading them back.
 */
import type { AcceptItem, ClaimedEntry } from "../store/queue-contract.ts";

/**
 * The entries as the accept transaction wrote and claimed them, without reading them back.
 *
 * @param merged ordinals that were left out as copies
 * @param verify to be looked for before they are delivered
 */
export function claimedEntries(
  item: AcceptItem,
  merged: readonly number[],
  nodeId: number,
  leaseUntil: number,
  verify = false,
): ClaimedEntry[] {
  const entries = item.entries.filter((entry) => !merged.includes(entry.ordinal));
  return entries.map((entry) => ({
    message: item.message,
    sole: entries.length === 1,
    entry: {
      messageId: item.message.id,
      ordinal: entry.ordinal,
      recipient: entry.recipient,
      target: entry.target,
      notify: entry.notify,
      state: "queued",
      fileName: entry.fileName,
      attempts: 0,
      queuedAt: item.message.receivedAt,
      dueAt: item.message.receivedAt,
      expiresAt: entry.expiresAt,
      failure: entry.failure,
      leaseOwner: nodeId,
      leaseUntil,
      leaseToken: 1,
      readyToken: null,
      readyAt: null,
      readyDestination: null,
      doubts: 0,
      verify,
    },
  }));
}
