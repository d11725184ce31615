/**
 * The database as verbs. Each verb is one transaction: done whole or not at all, and its answer comes after the
 * commit. No transaction object leaves this folder, SQL stands nowhere else, and nobody above knows the database.
 *
 * Durable verbs answer when the commit has reached the disk (WAL, `synchronous=FULL`); verbs marked *batched* are
 * bookkeeping that may wait a second to share a commit and may be lost with the power: a visit's result, marks,
 * notes about a host. Losing those costs a visit, never a message. A batched verb is answered at once; every later
 * verb of this process comes after it, and `flush` tells whether it was written.
 *
 * Throws FailureError with code `database`, `disk-full` (scope local) when a verb could not be done.
 */

import type { Failure } from "../core/failure.ts";
import type { LocalAccountId, MessageId, RemoteAccountId } from "../core/ids.ts";
import type { QueueVerbs } from "./queue-contract.ts";
import type {
  AuditRow,
  DomainRecord,
  DueAccount,
  DueLane,
  HostCapabilities,
  HostRecord,
  Lane,
  LastVisit,
  LedgerRow,
  ListingSnapshot,
  LocalAccountRecord,
  Mark,
  NodeRecord,
  RememberedState,
  RememberedUid,
  RememberedWish,
  RemoteAccountRecord,
  RemoteAccountSettings,
  Restoration,
  ServingState,
  SetBy,
  SkipReason,
  VisitLease,
} from "./records.ts";

export interface Store
  extends NodeVerbs,
    ConfigurationVerbs,
    VisitVerbs,
    ScheduleVerbs,
    RememberedVerbs,
    LeftThereVerbs,
    QueueVerbs,
    LedgerVerbs,
    AuditVerbs,
    BackupVerbs,
    VerifyVerbs {
  /** Writes what is still batched, then closes. Idempotent. Later verbs are refused: `module-stopped`. */
  close(): Promise<void>;
  /** Writes what is still batched now. */
  flush(): Promise<void>;
  /** Random id of this installation, made with the database; the loop mark of R-43. */
  readonly installationId: string;
}

/* ------------------------------------------------------------------ processes */

export interface NodeVerbs {
  registerNode(node: Omit<NodeRecord, "id" | "fenced" | "seenAt" | "serving">): Promise<number>;
  nodes(): Promise<NodeRecord[]>;
  /** Batched. */
  heartbeat(nodeId: number, at: number): Promise<void>;
  /**
   * Declares a node dead: from this commit on none of its accepts and queue moves is taken, and its leases on
   * maildrops and queue entries are free. Its row stays until its files are swept.
   */
  fenceNode(nodeId: number): Promise<void>;
  /** Removes the row of a dead node that left nothing behind. Frees its leases. */
  forgetNode(nodeId: number): Promise<void>;
  /** How a process leaves: as `forgetNode`, but the row of one that was declared dead stays until its files are swept. */
  leaveNode(nodeId: number): Promise<void>;
  /**
   * Makes this node the one that serves, unless another living node does: one `serve` a data directory.
   *
   * @returns null, or the node that serves already.
   */
  beginServing(nodeId: number, state: ServingState): Promise<NodeRecord | null>;
  /** Batched. Of a node that serves. */
  noteServing(nodeId: number, state: ServingState): Promise<void>;
  /** Those of the given spool refs that a message row owns. */
  ownedRefs(refs: readonly string[]): Promise<string[]>;
}

/* -------------------------------------------------------------- configuration */

export interface Configuration {
  /** Set values only, as JSON values under their keys; defaults are not stored. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly domains: readonly DomainRecord[];
  readonly accounts: readonly LocalAccountRecord[];
  readonly remoteAccounts: readonly RemoteAccountRecord[];
  /** Server-wide rules. */
  readonly rules: string | null;
  /** Raised by each change of any of the above. */
  readonly version: number;
}

export type ConfigurationChange =
  | { readonly kind: "set-setting"; readonly key: string; readonly value: unknown }
  | { readonly kind: "unset-setting"; readonly key: string }
  | { readonly kind: "set-rules"; readonly rules: string | null }
  | { readonly kind: "put-domain"; readonly domain: Omit<DomainRecord, "version"> }
  | { readonly kind: "remove-domain"; readonly id: DomainRecord["id"] }
  | { readonly kind: "put-account"; readonly account: Omit<LocalAccountRecord, "version"> }
  | { readonly kind: "remove-account"; readonly id: LocalAccountId }
  | {
      readonly kind: "put-remote-account";
      readonly id: RemoteAccountId;
      readonly settings: RemoteAccountSettings;
      readonly setBy: SetBy;
      /** Who vouches for host and port; default: the same. */
      readonly serverSetBy?: SetBy;
      /** Host, port or login changed: remembered UIDs then hide nothing, only digests do (spec 5.4). */
      readonly maildropChanged: boolean;
      readonly dueAt: number | null;
      /** What was taken before and left there is to be deleted there, with the care of any deletion. */
      readonly deleteLeft?: boolean;
    }
  | { readonly kind: "remove-remote-account"; readonly id: RemoteAccountId }
  | {
      /**
       * UIDs that a former program had taken and left there: remembered as `left`, without size and digest, so that
       * the UID alone hides the message until a visit has seen its size. What is remembered already stays.
       */
      readonly kind: "import-uids";
      readonly id: RemoteAccountId;
      /** Bytes as latin1; one that stands several times stands for as many messages. */
      readonly uids: readonly string[];
      /** Name of the program, for the ledger. */
      readonly from: string;
      readonly at: number;
    };

export interface ConfigurationVerbs {
  readConfiguration(): Promise<Configuration>;
  /** The same without remote accounts, however many there are. */
  readDirectory(): Promise<Omit<Configuration, "remoteAccounts">>;
  /** Cheap: lets a running process see that something changed. */
  configurationVersion(): Promise<number>;
  /**
   * All changes in one commit, removals before the rest. An edit of a remote account ends its mark (spec 3). Removing
   * one removes what it remembered; queue entries stay. Removing a domain or a local account removes that record
   * alone: what belongs to it is named by changes of its own.
   *
   * @returns the new version; `conflict` when the stored version is no longer `expectedVersion`.
   */
  applyChanges(
    expectedVersion: number,
    changes: readonly ConfigurationChange[],
    audit?: readonly AuditRow[],
  ): Promise<{ readonly version: number } | "conflict">;
}

/* --------------------------------------------------------------------- visits */

export interface VisitStart {
  readonly lease: VisitLease;
  readonly account: RemoteAccountRecord;
  readonly host: HostRecord;
  /** Digest of the last settled listing: equal means nothing to read or write; null: none settled. */
  readonly listingDigest: Uint8Array | null;
}

/** Why a visit by schedule does not begin. */
export interface NotDue {
  readonly notDue: true;
  /** When the account is due, disabled: null. Not after now: only its host's mark stands in the way. */
  readonly dueAt: number | null;
  readonly troubled: boolean;
  /** Until when its host rests; null: no mark. */
  readonly hostRestsUntil: number | null;
}

export interface VisitVerbs {
  remoteAccount(id: RemoteAccountId): Promise<RemoteAccountRecord | null>;
  host(host: string, port: number): Promise<HostRecord>;
  /** Hosts that carry a mark. */
  markedHosts(): Promise<{ host: string; port: number; mark: Mark }[]>;
  /**
   * Takes the maildrop's lease and reads what a visit needs. A lease that ran out or whose node is gone is taken over.
   * `busy`: somebody else is in there (also a second record for the same maildrop). `gone`: no such record.
   */
  beginVisit(start: {
    accountId: RemoteAccountId;
    nodeId: number;
    at: number;
    leaseMs: number;
  }): Promise<VisitStart | "busy" | "gone">;
  /** The same for a visit by schedule. `NotDue`: somebody visited it meanwhile, or its host rests; nothing is taken. */
  beginDueVisit(
    start: Parameters<VisitVerbs["beginVisit"]>[0],
  ): Promise<VisitStart | NotDue | "busy" | "gone">;
  /** @returns the lease with its new end; null when it is no longer ours. */
  renewVisit(lease: VisitLease, until: number): Promise<VisitLease | null>;
  /** Whether some live lease covers this account's maildrop at `at`. */
  visitUnderWay(accountId: RemoteAccountId, at: number): Promise<boolean>;
  /**
   * Batched, but the lease is free for this process when this answers. `hostMark` undefined: leave as it is; null:
   * none. Writes nothing when the lease is no longer ours; mark, `dueAt` and `withoutSpecialHeader` are not written
   * when the record was edited since `beginVisit`. `announce`: the schedule's version is raised, so that a serving
   * process sees a visit that it did not make. `whole`: everything listed was settled, so that what comes later was not
   * delivered before a restore.
   */
  endVisit(end: {
    lease: VisitLease;
    last: LastVisit;
    mark: Mark | null;
    dueAt: number | null;
    hostMark?: Mark | null;
    withoutSpecialHeader: number;
    announce?: boolean;
    whole?: boolean;
  }): Promise<void>;
  /** Batched. Undefined fields stay. */
  noteHost(
    host: string,
    port: number,
    note: { capabilities?: HostCapabilities; noPipeliningUntil?: number | null },
  ): Promise<void>;
}

/* ------------------------------------------------------------------- schedule */

export interface ScheduleVerbs {
  /** What a serving process looks at each second: whether it may still write, and whether something changed. */
  pulse(nodeId: number): Promise<{
    readonly alive: boolean;
    readonly configurationVersion: number;
    readonly scheduleVersion: number;
  }>;
  /**
   * Every lane with its first due moment, how many accounts it has, and whether its host was ever reached: a walk over
   * the whole index, for the start.
   */
  dueLanes(): Promise<(DueLane & { readonly accounts: number; readonly hostReached: boolean })[]>;
  /** The first `limit` accounts of each lane by due moment, due or not yet; one answer for each lane, in order. */
  dueAccounts(lanes: readonly (Lane & { readonly limit: number })[]): Promise<DueAccount[][]>;
  /**
   * What changed after version `since`: lanes with the first due moment among their changed accounts, and those of the
   * `visited` accounts that are gone or disabled now.
   */
  scheduleChanges(
    since: number,
    visited: readonly RemoteAccountId[],
  ): Promise<{
    readonly version: number;
    readonly lanes: DueLane[];
    readonly unwanted: RemoteAccountId[];
  }>;
  /** Batched. Puts off accounts that are still due at `at`. */
  postponeVisits(ids: readonly RemoteAccountId[], at: number, until: number): Promise<void>;
  /**
   * After the wall clock was set back: accounts visited later than now keep their distance to that visit, those never
   * visited are due now, and no host rests longer than `longestHostRestMs`. Walks over all accounts.
   *
   * @returns how many accounts were moved.
   */
  mendDueTimes(at: number, longestHostRestMs: number): Promise<number>;
  /**
   * Ends marks by hand: what they held back is due at `at`.
   *
   * @returns how many marks there were; without any, no audit row is written.
   */
  clearMarks(
    marks: {
      readonly hosts: readonly { readonly host: string; readonly port: number }[];
      readonly accounts: readonly RemoteAccountId[];
    },
    at: number,
    audit?: readonly AuditRow[],
  ): Promise<{ hosts: number; accounts: number }>;
  /** Visits under way, by every process. */
  openVisits(at: number): Promise<number>;
}

/* ----------------------------------------------------------- remembered UIDs */

/** What a listing that is not the last settled one is held against. */
export interface Remembered {
  /** Rows of the account; those of its maildrop as it is named now that have a UID; those from before an edit. */
  readonly count: number;
  readonly withUidCount: number;
  readonly formerCount: number;
  /** null: none was settled. */
  readonly snapshot: ListingSnapshot | null;
  /**
   * Rows that every listing must be held against: deletePending, failing and stuck ones, absent ones that
   * fewer than two complete listings have lacked, and those not in the snapshot yet.
   */
  readonly open: readonly RememberedUid[];
}

export interface RememberedVerbs {
  remembered(accountId: RemoteAccountId): Promise<Remembered>;
  /** Rows with one of these UIDs, whatever their state. */
  rememberedByUid(accountId: RemoteAccountId, uids: readonly string[]): Promise<RememberedUid[]>;
  /** Rows with one of these digests of all bytes, also from before an edit of host or login. */
  rememberedByDigest(accountId: RemoteAccountId, digests: readonly Uint8Array[]): Promise<RememberedUid[]>;
  /** Rows with one of these header digests: a moved mailbox is compared by TOP first. */
  rememberedByHeaderDigest(
    accountId: RemoteAccountId,
    digests: readonly Uint8Array[],
  ): Promise<RememberedUid[]>;
  /**
   * Writes down what a visit learnt of messages that it did not accept: one durable transaction. Nothing is written
   * when the lease is no longer ours.
   * `rename`: the same message under a new UID or size, its absence ended. `skip`: insert or update by id.
   */
  noteMessages(
    lease: VisitLease,
    notes: readonly (
      | {
          readonly kind: "rename";
          readonly id: number;
          readonly uid: string | null;
          readonly sizeBytes: number | null;
        }
      | {
          readonly kind: "skip";
          readonly id: number | null;
          readonly uid: string | null;
          readonly sizeBytes: number | null;
          readonly reason: SkipReason;
          readonly failures: number;
          readonly failure: Failure | null;
          readonly retryAt: number | null;
        }
      | { readonly kind: "state"; readonly id: number; readonly state: RememberedState }
      | { readonly kind: "forget"; readonly id: number }
    )[],
    ledger: readonly LedgerRow[],
  ): Promise<void>;
  /**
   * Closes a complete listing (one that STAT does not contradict), after everything above.
   *
   * Rows named `absentIds`, and rows of `absentUids` that stood in the former snapshot, are absent from it: the first
   * time sets `absentSince`, each time counts. A UID in `absentUids` as often as it is lacking: of equal ones so many
   * rows are absent. `presentIds` are back, also when `absentUids` names them. A deletePending or skipped row
   * goes after two such listings; a left one when also `forgetAfterMs` have passed. `snapshot` takes the former
   * one's place, null: nothing is settled there. Rows that need nothing and stand in it are open no more.
   * The digest counts as settled only if no row is open afterwards; null: it does not.
   *
   * @returns settled: whether the next visit may compare digests alone; false and nothing written when the lease is
   * no longer ours.
   */
  settleListing(settle: {
    lease: VisitLease;
    at: number;
    absentIds: readonly number[];
    absentUids: readonly string[];
    presentIds: readonly number[];
    snapshot: ListingSnapshot | null;
    digest: Uint8Array | null;
    forgetAfterMs: number;
  }): Promise<{ settled: boolean }>;
}

/* ------------------------------------------- messages that stay at the provider */

/** A message that we never took, on its server. */
export interface SkippedMessage extends RememberedUid {
  readonly reason: SkipReason;
}

export interface LeftThereVerbs {
  /**
   * Writes down what the first visit of a maildrop decided, durably and in one commit: `seen` are remembered as
   * `skipped` (markedSeen) with a ledger row each, and the account's `firstVisit` becomes `state`.
   *
   * @returns false when the lease is no longer ours; nothing was written then.
   */
  decideFirstVisit(
    lease: VisitLease,
    decision: {
      readonly at: number;
      readonly state: "decided" | "over";
      readonly seen: readonly { readonly uid: string; readonly sizeBytes: number | null }[];
    },
  ): Promise<boolean>;
  /** Messages that we took and left there before `takenBefore`, the oldest first: those that can be recognised. */
  leftBefore(accountId: RemoteAccountId, takenBefore: number, limit: number): Promise<RememberedUid[]>;
  /** How many messages of each account are `left` and could be deleted there. */
  leftCounts(accountIds: readonly RemoteAccountId[]): Promise<ReadonlyMap<RemoteAccountId, number>>;
  /** What was never taken, in the order in which it was found. */
  skippedMessages(accountId: RemoteAccountId): Promise<SkippedMessage[]>;
  /** How many messages of every account were never taken, by reason; those marked as seen are not counted. */
  skippedCounts(): Promise<
    { readonly accountId: RemoteAccountId; readonly reason: SkipReason; readonly count: number }[]
  >;
  /**
   * Notes a person's wish about messages that were never taken, for the next visit: it looks at them whatever it
   * knows. `take` ends their rest. null takes a wish back.
   *
   * @returns how many are noted; those that are gone or taken meanwhile are not. Without any, no audit row is written.
   */
  wishSkipped(
    accountId: RemoteAccountId,
    wish: {
      readonly ids: readonly number[];
      readonly wish: RememberedWish | null;
      readonly by: string;
      readonly at: number;
    },
    audit?: readonly AuditRow[],
  ): Promise<number>;
}

/* --------------------------------------------------------------------- ledger */

export interface LedgerVerbs {
  /** Batched. */
  appendLedger(rows: readonly LedgerRow[]): Promise<void>;
  /**
   * Removes rows older than `before`, the oldest first, at most `limit` of them.
   *
   * @returns how many went.
   */
  purgeLedger(before: number, limit: number): Promise<number>;
  /** How far back the ledger goes, and about how many rows it has. */
  ledgerSpan(): Promise<{ readonly oldestAt: number | null; readonly rows: number }>;
  /**
   * Rows about every message that matches any of the given names, oldest first; of more than `limit`, the last ones
   * (spec 8, trace). `messageIdField` is compared exactly, `recipient` folded.
   */
  trace(query: {
    messageId?: string;
    messageIdField?: string;
    uid?: string;
    recipient?: string;
    limit: number;
  }): Promise<LedgerRow[]>;
}

/* ---------------------------------------------------------------------- audit */

export interface AuditVerbs {
  /** What was done since then, oldest first; of more than `limit`, the last ones. */
  auditRows(query: { since: number; limit: number }): Promise<AuditRow[]>;
}

/* --------------------------------------------------------- backup and restore */

export interface BackupVerbs {
  /**
   * From this commit on no spool file whose row goes is removed: it is noted instead. Ends with the node, or at
   * `until`.
   *
   * @returns false while another process holds it.
   */
  holdSpool(nodeId: number, at: number, until: number): Promise<boolean>;
  /** @returns whether it is still ours. */
  renewSpoolHold(nodeId: number, until: number): Promise<boolean>;
  endSpoolHold(nodeId: number): Promise<void>;
  /** Noted spool files that may go now: none while a hold stands at `at`. The caller removes them, then forgets them. */
  freedRefs(at: number, limit: number): Promise<string[]>;
  forgetFreedRefs(refs: readonly string[]): Promise<void>;
  /**
   * Turns the copy of a database into one that begins anew where its backup stands: nobody works on it, nothing is
   * `ready` or `sending`, and every entry and every account's mail is looked for before it is delivered.
   */
  beginRestored(restoration: Restoration): Promise<void>;
  /** null: never restored. */
  restoration(): Promise<Restoration | null>;
  /** File names in this destination that entries turned out to be. */
  foundFiles(destination: string): Promise<string[]>;
  /** Which of these messages have a row, and which the ledger has heard of. */
  knownMessages(ids: readonly string[]): Promise<{ readonly queued: string[]; readonly former: string[] }>;
  /** Every spool file that a row owns. */
  spoolMessages(): Promise<{ readonly spoolRef: string; readonly sizeBytes: number }[]>;
}

/* --------------------------------------------------------------------- verify */

/** What the ledger tells of mail that was taken. */
export interface TakenMail {
  readonly messages: number;
  /** Moment of the first of them; null: there is none. */
  readonly since: number | null;
  /** Neither on their way nor ended. */
  readonly lost: readonly { readonly messageId: MessageId; readonly at: number }[];
}

export interface DeliveredRow {
  /** Of the ledger row. */
  readonly id: number;
  /** A file's path, or what the other side said. */
  readonly where: string;
}

export interface VerifyVerbs {
  /** The database's own words about what is wrong with it; empty: it is whole. */
  databaseFaults(): Promise<string[]>;
  /** @param limit of the lost ones */
  takenMail(limit: number): Promise<TakenMail>;
  /** Rows about deliveries, in their order. */
  deliveredSince(query: { since: number; afterId: number; limit: number }): Promise<DeliveredRow[]>;
}
