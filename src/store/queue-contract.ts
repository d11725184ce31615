/**
 * The queue's part of the store: what is accepted, claimed, moved and ended. The rules of `store.ts` hold: one verb is
 * one transaction, durable when it answers.
 */
import type { Address } from "../core/address.ts";
import type { Notify } from "../core/envelope.ts";
import type { Failure, FailureCode } from "../core/failure.ts";
import type { MessageId, RemoteAccountId } from "../core/ids.ts";
import type {
  AuditRow,
  DestinationTrouble,
  EntryTarget,
  LedgerRow,
  MessageRecord,
  QueueEntryRecord,
  VisitLease,
} from "./records.ts";

export interface NewEntry {
  readonly ordinal: number;
  readonly recipient: Address;
  readonly target: EntryTarget;
  readonly notify: Notify;
  readonly fileName: string;
  readonly expiresAt: number;
  /** Failed before any attempt (unknown user, loop): queued as it is, its first settling reports or keeps it. */
  readonly failure: Failure | null;
}

export interface AcceptItem {
  readonly message: MessageRecord;
  readonly headerDigest: Uint8Array;
  /** null only where no copies are looked for (`mergeSince`). */
  readonly copyDigest: Uint8Array | null;
  readonly entries: readonly NewEntry[];
  /** From a visit: under which lease, and what to remember. null: a message of our own making. */
  readonly visit: {
    readonly lease: VisitLease;
    readonly uid: string | null;
    readonly sizeBytes: number | null;
    readonly state: "left" | "deletePending";
    /** A row to replace: the UID was known (skipped, failing, or used again with other content). */
    readonly replaces: number | null;
    /**
     * The message is the header alone of one that was never taken: of this row, whose wish for it ends with the
     * commit. Nothing is remembered. Where the row wishes it no more, the answer is `merged`.
     */
    readonly headerOf?: number;
  } | null;
  /**
   * Copies of earlier messages are left out per recipient when accepted since then (spec 6); null: never, and this
   * message is no original for later ones. Only for messages of a visit.
   */
  readonly mergeSince: number | null;
  /** `accepted` rows are left out when every entry was a copy; a `merged` row is added for each entry left out. */
  readonly ledger: readonly LedgerRow[];
}

export type AcceptResult =
  /** Durable: message, entries and remembered UID. `merged` entries (ordinals) were left out as copies. */
  | {
      readonly kind: "accepted";
      readonly rememberedId: number | null;
      readonly merged: readonly number[];
      /** Its account was not visited whole since a restore: the entries are looked for before delivery. */
      readonly verify?: true;
    }
  /** Every entry was a copy: only the UID is remembered, the spool file has no row and may go. */
  | { readonly kind: "merged"; readonly rememberedId: number | null }
  /** The visit's lease or the node is no longer ours: nothing was written. */
  | { readonly kind: "lost-lease" };

/** An entry in our hands until `leaseUntil`, with its message. */
export interface ClaimedEntry {
  readonly entry: QueueEntryRecord;
  readonly message: MessageRecord;
  /** The message has no other entry: its spool file may be linked. */
  readonly sole: boolean;
}

export interface EntryKey {
  readonly messageId: MessageId;
  readonly ordinal: number;
  readonly leaseToken: number;
}

/** What was prepared under a claim: where, and when its link was begun (reliability 7, window). */
export type ReadyKey = EntryKey & { readonly destination: string; readonly preparedAt: number };

export type EntrySettlement = EntryKey & {
  readonly ledger: readonly LedgerRow[];
} /** `recovered`: the destination was in trouble, and takes mail again. */ & (
    | {
        readonly kind: "done";
        readonly recovered: string | null;
        /** After a restore: the file that this entry turned out to be; no other entry can be it. */
        readonly found?: { readonly destination: string; readonly fileName: string };
        /** After a restore, over a wire: it may have gone out before; counted. */
        readonly doubtful?: true;
      }
    /**
     * `destination`: what it failed at, where the trouble is the destination's; null: it is our own.
     * `doubtful`: its answer was lost, it may have arrived; counted.
     */
    | {
        readonly kind: "deferred";
        readonly dueAt: number;
        readonly failure: Failure;
        readonly destination: string | null;
        readonly doubtful: boolean;
      }
    /**
     * Back to `queued` without blame: the witness was cleared by others (reliability 7, window), or there is no room,
     * or the schedule is closed. `failure`: what it waits for, for people; null: as it was.
     */
    | { readonly kind: "requeued"; readonly dueAt: number; readonly failure: Failure | null }
    /** Kept for a person until `keptUntil`. */
    | {
        readonly kind: "undeliverable";
        readonly failure: Failure;
        readonly keptUntil: number;
        readonly doubtful: boolean;
      }
  );

/** Entries of one message that failed for good, and the report that tells its sender. */
export interface ReportSettlement {
  readonly entries: readonly (EntryKey & { readonly ledger: readonly LedgerRow[] })[];
  /** The report itself: staged, its file and directory synced. */
  readonly report: AcceptItem;
  /** Whom it goes to, folded; counted for the rate (spec 6, backscatter). */
  readonly senderKey: string;
  /** The most reports since `since`, this one included: to this sender, and in all. */
  readonly atMost: { readonly since: number; readonly toSender: number; readonly inAll: number };
  /** Entries among them that may have arrived all the same. */
  readonly doubtful: number;
}

export interface QueueVerbs {
  /**
   * Makes messages ours: message, entries, remembered UID, ledger, in one durable commit for the whole batch.
   * Entries are claimed for `claimFor` until `claimUntil` (token 1) when it is not null, so that the accepting
   * process delivers them without a second statement.
   *
   * Idempotent by message id: an id that is there already answers as accepted, one that is remembered and has no row
   * any more as merged (R-4, a lost answer).
   */
  accept(
    items: readonly AcceptItem[],
    claimFor: number | null,
    claimUntil: number,
    nodeId: number,
  ): Promise<AcceptResult[]>;
  /** Claims due entries (queued, ready, sending) that nobody holds, oldest first; raises each token. */
  claimDue(claim: { nodeId: number; at: number; limit: number; leaseUntil: number }): Promise<ClaimedEntry[]>;
  /** When the next entry that nobody holds is due; null: none waits. */
  nextEntryDue(): Promise<number | null>;
  /** `queued → ready(W := leaseToken)`, where token and lease still hold at `at`. @returns the keys that moved. */
  markReady(nodeId: number, at: number, keys: readonly ReadyKey[]): Promise<EntryKey[]>;
  /**
   * `queued → sending` for the entries of one transaction, where every token and lease still holds at `at`.
   *
   * @returns whether they moved: all, or none.
   */
  markSending(nodeId: number, at: number, keys: readonly EntryKey[]): Promise<boolean>;
  /** Moves the end of every lease on entries that this node holds to `until`: it works on them still. */
  renewClaims(nodeId: number, at: number, until: number): Promise<void>;
  /**
   * Ends a claim. Written only where the token is still ours. A message row goes with its last entry; the first
   * `done` of a remote account's message sets its `firstDeliveredAt` (spec 5.5), as long as the record names the
   * maildrop it came from. `deferred` leaves a ready entry ready: its link decides at the next attempt.
   *
   * @returns keys settled, and the spool refs whose rows went: their files may go now.
   */
  settleEntries(
    nodeId: number,
    settlements: readonly EntrySettlement[],
  ): Promise<{ settled: EntryKey[]; freedRefs: string[] }>;
  /**
   * Ends the claims of entries whose failure is reported, and accepts the report, claimed for this node: one commit
   * . All or nothing: `lost` when an entry is no longer ours, `rate-sender` or `rate-all` when that
   * rate is reached; nothing is written then.
   *
   * Idempotent by the report's message id.
   */
  settleReported(
    nodeId: number,
    settlement: ReportSettlement,
    claimUntil: number,
  ): Promise<{
    readonly outcome: "settled" | "lost" | "rate-sender" | "rate-all";
    readonly freedRefs: string[];
  }>;
  /** Entries that wait in the queue with this failure are due at once. @returns how many. */
  hastenEntries(code: FailureCode, at: number): Promise<number>;
  /** Reports since then: to this sender, and in all (spec 6, backscatter). */
  reportCounts(senderKey: string, since: number): Promise<{ toSender: number; inAll: number }>;
  /** Destinations that take no mail at present, longest first. */
  destinationTroubles(): Promise<DestinationTrouble[]>;
  /** Remote accounts with mail that waits for one of these destinations. */
  accountsDeferredTo(
    destinations: readonly string[],
  ): Promise<{ accountId: RemoteAccountId; destination: string }[]>;
  /** Messages sent again although an earlier sending may have arrived: the counted window of R-52. */
  doubtCount(): Promise<number>;
  /** Undeliverable entries whose keeping time ends before `by`. */
  undeliverableEndingBy(by: number): Promise<number>;
  /** Removes undeliverable entries whose keeping time is over, with a ledger row each. */
  expireUndeliverable(at: number, limit: number): Promise<{ expired: number; freedRefs: string[] }>;
  queueEntries(filter: {
    state?: QueueEntryRecord["state"];
    messageId?: MessageId;
    limit?: number;
  }): Promise<{ entry: QueueEntryRecord; message: MessageRecord }[]>;
  queueCounts(): Promise<Record<QueueEntryRecord["state"], number>>;
  /**
   * A person's verbs on an entry that no process holds: `hold`, `release`, `retry` (due at once, also when
   * undeliverable), `redirect` (another recipient, due at once, a fresh lifetime), `drop` (the row goes). Releasing
   * what is not held, or holding what is, changes nothing and writes no ledger row.
   *
   * @returns freed spool refs; `busy` while a process works on it; `gone` when there is none.
   */
  changeEntry(
    key: { messageId: MessageId; ordinal: number },
    change:
      | { readonly kind: "hold" | "release" | "drop" }
      | { readonly kind: "retry"; readonly expiresAt: number }
      | {
          readonly kind: "redirect";
          readonly recipient: Address;
          readonly target: EntryTarget;
          readonly expiresAt: number;
        },
    at: number,
    ledger: readonly LedgerRow[],
    audit?: readonly AuditRow[],
  ): Promise<{ readonly freedRefs: string[] } | "busy" | "gone">;
  message(id: MessageId): Promise<MessageRecord | null>;
}
