/**
 * Messages and queue entries as rows and back.
 */
import type { Failure } from "../core/failure.ts";
import type { LocalAccountId, MessageId, RemoteAccountId } from "../core/ids.ts";
import { addressOf, addressText, flag, fromJsonOrNull, jsonText } from "./columns.ts";
import type { EntryTarget, MessageRecord, QueueEntryRecord } from "./records.ts";
import type { MessageTable, QueueEntryTable } from "./schema.ts";

/** @param epoch of the remote account, null for a message of our own making */
export function messageRow(message: MessageRecord, epoch: number | null): MessageTable {
  return {
    id: message.id,
    spool_ref: message.spoolRef,
    size_bytes: message.sizeBytes,
    prefix_bytes: message.prefixBytes,
    reverse_path: message.reversePath === null ? null : addressText(message.reversePath),
    remote_account_id: message.remoteAccountId,
    remote_account_epoch: epoch,
    received_at: message.receivedAt,
    digest: message.digest,
    message_id_field: jsonText(message.messageIdField),
    subject: jsonText(message.subject),
    sender: jsonText(message.from),
    first_visit: flag(message.firstVisit),
  };
}

export function messageOf(row: MessageTable): MessageRecord {
  return {
    id: row.id as MessageId,
    spoolRef: row.spool_ref,
    sizeBytes: row.size_bytes,
    prefixBytes: row.prefix_bytes,
    reversePath: row.reverse_path === null ? null : addressOf(row.reverse_path),
    remoteAccountId: row.remote_account_id as RemoteAccountId | null,
    receivedAt: row.received_at,
    digest: row.digest,
    messageIdField: fromJsonOrNull<string>(row.message_id_field),
    subject: fromJsonOrNull<string>(row.subject),
    from: fromJsonOrNull<string>(row.sender),
    firstVisit: row.first_visit === 1,
  };
}

export function targetColumns(target: EntryTarget) {
  return {
    target_kind: target.kind,
    target_account_id: target.kind === "local" ? target.accountId : null,
  };
}

export function entryOf(row: QueueEntryTable): QueueEntryRecord {
  return {
    messageId: row.message_id as MessageId,
    ordinal: row.ordinal,
    recipient: addressOf(row.recipient),
    target: targetOf(row),
    notify: row.notify,
    state: row.state,
    fileName: row.file_name,
    attempts: row.attempts,
    queuedAt: row.queued_at,
    dueAt: row.due_at,
    expiresAt: row.expires_at,
    failure: fromJsonOrNull<Failure>(row.failure),
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    leaseToken: row.lease_token,
    readyToken: row.ready_token,
    readyAt: row.ready_at,
    readyDestination: row.ready_destination,
    doubts: row.doubts,
    verify: row.verify === 1,
  };
}

function targetOf(row: QueueEntryTable): EntryTarget {
  if (row.target_kind === "local") {
    return { kind: "local", accountId: (row.target_account_id ?? "") as LocalAccountId };
  }
  return { kind: row.target_kind };
}
