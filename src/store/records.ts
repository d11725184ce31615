/**
 * What the store keeps, as plain values: one record type per thing, the same for every database.
 *
 * Moments are milliseconds since 1970 UTC; sizes are bytes; wire bytes (UIDs, logins) are latin1 strings in
 * memory, one character per byte, and BLOBs in the database.
 */
import type { Address } from "../core/address.ts";
import type { Notify } from "../core/envelope.ts";
import type { Failure } from "../core/failure.ts";
import type { DomainId, LocalAccountId, MessageId, RemoteAccountId } from "../core/ids.ts";

/** Who set a value: users' limits bind only what a user set (spec 3, `minimumPollInterval`). */
export type SetBy = "administrator" | "user" | "file";

/** A process that works on the store. Its number is never used again. */
export interface NodeRecord {
  readonly id: number;
  /** The machine, its boot, and its process name space: a pid means something only inside these three. */
  readonly machineId: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** Start time of the process in the kernel's ticks since boot, as text: tells a pid used again. */
  readonly processStart: string;
  readonly startedAt: number;
  readonly seenAt: number;
  /** true: declared dead; none of its writes is taken any more. */
  readonly fenced: boolean;
  /** How it serves; null: a process of one command. */
  readonly serving: ServingState | null;
}

/** What a serving process lets others see. */
export interface ServingState {
  /** `host:port` of its health and web; null: none. */
  readonly listen: string | null;
  /** Why no visit starts at present, and since when; null: visits start. */
  readonly pause: { readonly failure: Failure; readonly since: number } | null;
}

/** One host's accounts, those with a mark of their own apart from the others: what the schedule reads by itself. */
export interface Lane {
  /** Folded. */
  readonly host: string;
  readonly port: number;
  /** true: its accounts carry a mark, from a visit that failed. */
  readonly troubled: boolean;
}

/** A lane with the moment when its first account is due. */
export interface DueLane extends Lane {
  readonly dueAt: number;
}

/** An account in the schedule, with what decides whose turn it is. */
export interface DueAccount extends DueLane {
  readonly id: RemoteAccountId;
  readonly ownerId: LocalAccountId | null;
}

export interface DomainRecord {
  readonly id: DomainId;
  readonly name: string;
  readonly main: boolean;
  readonly aliases: readonly string[];
  readonly ipAddresses: readonly string[];
  /** Name of a local account of this domain; null: unknown names are refused. */
  readonly catchAll: string | null;
  /** Name of the local account that takes all mail of this domain (seed 46). */
  readonly domainWideAccount: string | null;
  readonly routes: readonly { readonly address: string; readonly to: string }[];
  readonly version: number;
}

export interface LocalAccountRecord {
  readonly id: LocalAccountId;
  readonly domainId: DomainId;
  readonly name: string;
  readonly aliases: readonly string[];
  /** As people write it: `maildir:/srv/mail/alice`, `lmtp://…`; null: `maildir:DATA/mail/NAME@DOMAIN`. */
  readonly destination: string | null;
  readonly rules: string | null;
  readonly language: string | null;
  readonly mayUseRemoteAccounts: boolean;
  readonly version: number;
}

export type TlsMode = "off" | "implicit" | "starttls";

/** A password as kept: sealed, or where to read it at each visit (administrators only, spec 4). */
export type SecretRecord =
  | { readonly kind: "sealed"; readonly sealed: Uint8Array }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "command"; readonly command: string };

/** What a person sets on a remote account (spec 4). */
export interface RemoteAccountSettings {
  readonly kind: "personal" | "unified";
  /** The local account that gets all mail of a personal account; null for unified ones. */
  readonly ownerId: LocalAccountId | null;
  /** Interval in milliseconds; null is `disabled`: the record stays and is not polled. */
  readonly pollEveryMs: number | null;
  /** Login name, bytes as latin1. */
  readonly login: string;
  /** As typed: `host`, `host:port`, `[v6]:port`. */
  readonly server: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  readonly secret: SecretRecord;
  readonly leaveOnServer: boolean;
  readonly apop: boolean;
  readonly specialHeader: string | null;
  /** The less usual settings, each absent unless set: see `RemoteAccountExtras`. */
  readonly extras: RemoteAccountExtras;
}

export interface RemoteAccountExtras {
  readonly specialHeaderPrefix?: string;
  readonly relaySpecialHeader?: boolean;
  readonly mergeCopies?: boolean;
  readonly maxMessageSizeBytes?: number;
  readonly newestFirst?: boolean;
  readonly sourceAddress?: string;
  readonly auth?: string;
  readonly allowPlain?: boolean;
  readonly tlsVerify?: boolean;
  readonly tlsServerName?: string;
  readonly tlsFingerprint?: string;
  readonly tlsMinVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  readonly caFile?: string;
  readonly folder?: string;
  /** As in a file: `markSeen` or `since DATE`; absent: everything is taken. Of the first visit of a maildrop alone. */
  readonly firstVisit?: string;
  /** With `leaveOnServer`: so long after it was taken a message is deleted there; absent: never. */
  readonly deleteAfterMs?: number;
  readonly note?: string;
}

/**
 * How far the first visit of a maildrop is. `pending`: no complete listing was decided about. `decided`: what it is
 * not to take is remembered as marked as seen. `over`: the visit that took the rest is over; also what `all` comes to.
 */
export type FirstVisit = "pending" | "decided" | "over";

/** The right to visit one maildrop (host + port + login), for whichever record names it (F12, spec 5.7). */
export interface VisitLease {
  readonly accountId: RemoteAccountId;
  readonly host: string;
  readonly port: number;
  readonly login: string;
  readonly nodeId: number;
  readonly token: number;
  readonly until: number;
}

/** How the last visit ended. */
export interface LastVisit {
  /** End of the last successful visit; null: never one (`Not Yet`). */
  readonly successAt: number | null;
  /** The failure of the last visit; null where it went well. */
  readonly failure: Failure | null;
  readonly endedAt: number | null;
  /** Messages taken by the last visit. */
  readonly taken: number;
}

/** Why and until when we stay away. */
export interface Mark {
  readonly failure: Failure;
  readonly since: number;
  readonly retryAt: number;
  /** Refusals in a row, for the doubling rest after refused passwords and the short retries (spec 3, 5.10). */
  readonly count: number;
}

export interface RemoteAccountRecord extends RemoteAccountSettings {
  readonly id: RemoteAccountId;
  /** Who set the poll interval last. */
  readonly setBy: SetBy;
  /** Who named host and port last: what users name is kept from private networks (spec 10). */
  readonly serverSetBy: SetBy;
  readonly last: LastVisit;
  readonly mark: Mark | null;
  /** Next visit by interval and mark; null while disabled. */
  readonly dueAt: number | null;
  /** First time one of its messages was delivered; null: DELE waits (spec 5.5). */
  readonly firstDeliveredAt: number | null;
  /** Messages in a row without the configured special header (spec 6: a warning at 20). */
  readonly withoutSpecialHeader: number;
  /** Of the maildrop that the record names now. */
  readonly firstVisit: FirstVisit;
  readonly version: number;
}

/** Not asked yet, or no CAPA: the mode is absent. */
export type HostCapabilities = Readonly<Partial<Record<TlsMode, readonly string[]>>>;

/** What we know of a host from earlier visits, so that a visit costs few round trips. */
export interface HostRecord {
  readonly mark: Mark | null;
  /** Capability lines as the server sent them, by how it was reached: more may be offered over TLS (spec 5). */
  readonly capabilities: HostCapabilities;
  /** Until then no pipelining there. */
  readonly noPipeliningUntil: number | null;
}

/** `left`: taken and kept there. `deletePending`: taken, to be deleted there. `skipped`: never taken (spec 5.3). */
export type RememberedState = "left" | "deletePending" | "skipped";
export type SkipReason = "tooLarge" | "failing" | "stuck" | "markedSeen";
/**
 * What a person wants of a message that was never taken. `take`: whatever its size. `header`: its header alone is
 * delivered. `delete`: gone there (spec 5.3). Done at the next visit, once.
 */
export type RememberedWish = "take" | "header" | "delete";

/** A message of a maildrop that we took, or decided not to take. */
export interface RememberedUid {
  readonly id: number;
  /** null where the server gives none. */
  readonly uid: string | null;
  /** As LIST said when it was remembered; null where it was not asked. */
  readonly sizeBytes: number | null;
  readonly state: RememberedState;
  readonly reason: SkipReason | null;
  /** Digest of all bytes, null for what was never taken. */
  readonly digest: Uint8Array | null;
  readonly headerDigest: Uint8Array | null;
  readonly messageId: MessageId | null;
  readonly failures: number;
  readonly failure: Failure | null;
  /** A stuck message is tried again from then on. */
  readonly retryAt: number | null;
  /** Since when complete listings lack it, and how many did. */
  readonly absentSince: number | null;
  readonly absentListings: number;
  /** When it was accepted; null for what we never took. */
  readonly takenAt: number | null;
  readonly wish: RememberedWish | null;
  /** Whose wish it is. */
  readonly wishBy: string | null;
}

/**
 * The maildrop as it was last settled: every listed message that needs nothing from us, in the server's order.
 * One value per account, so that 50,000 kept messages cost one read and one walk (performance.md, UIDL).
 */
export interface ListingSnapshot {
  /** UIDs joined by LF (a UID holds none). */
  readonly uids: string;
  /** Sizes in the same order. */
  readonly sizes: Float64Array;
}

export type EntryState = "queued" | "ready" | "sending" | "held" | "undeliverable";

/** Where an entry is to go. */
export type EntryTarget =
  | { readonly kind: "local"; readonly accountId: LocalAccountId }
  | { readonly kind: "postmaster" }
  | { readonly kind: "remote" };

/** One message × one recipient. */
export interface QueueEntryRecord {
  readonly messageId: MessageId;
  readonly ordinal: number;
  readonly recipient: Address;
  readonly target: EntryTarget;
  /** Resolved when queued; resolved anew at each attempt from the account's record. */
  readonly notify: Notify;
  readonly state: EntryState;
  /** File name in Maildirs, fixed when queued (reliability 7). */
  readonly fileName: string;
  readonly attempts: number;
  readonly queuedAt: number;
  /** Next attempt; null for held and undeliverable ones. */
  readonly dueAt: number | null;
  readonly expiresAt: number;
  readonly failure: Failure | null;
  readonly leaseOwner: number | null;
  readonly leaseUntil: number | null;
  /** Raised by each claim; the L of reliability 7. */
  readonly leaseToken: number;
  /** The W of reliability 7: the token under which its link in `tmp` was made durable; null before. */
  readonly readyToken: number | null;
  /** When that link was made. */
  readonly readyAt: number | null;
  /** The destination that link was made for: an edited account must not send the search elsewhere. */
  readonly readyDestination: string | null;
  /** How often it went out over a wire without an answer: it may have arrived already. */
  readonly doubts: number;
  /** After a restore: it may have been delivered since the backup, so it is looked for first. */
  readonly verify: boolean;
}

/** A destination that takes no mail at present. */
export interface DestinationTrouble {
  readonly destination: string;
  /** The first failure since mail last arrived there. */
  readonly failingSince: number;
  readonly failedAt: number;
  readonly failure: Failure;
  /** Entries that wait for it. */
  readonly deferred: number;
}

/** That, and from what, a data directory was restored. */
export interface Restoration {
  readonly restoredAt: number;
  /** When the backup's database was copied. */
  readonly madeAt: number;
}

/** A message that is ours, as long as an entry needs it. */
export interface MessageRecord {
  readonly id: MessageId;
  readonly spoolRef: string;
  /** Bytes of the spool file, prefix included. */
  readonly sizeBytes: number;
  /** Bytes of our own fields before the message itself. */
  readonly prefixBytes: number;
  readonly reversePath: Address | null;
  readonly remoteAccountId: RemoteAccountId | null;
  readonly receivedAt: number;
  readonly digest: Uint8Array;
  /** For people: the Message-ID, Subject and From fields as they came (encoded words and all). */
  readonly messageIdField: string | null;
  readonly subject: string | null;
  readonly from: string | null;
  /** It came with its remote account's first visit: old mail, that no vacation answers (spec 8). */
  readonly firstVisit: boolean;
}

/** What happened to a message, in the order it happened (spec 8, trace). */
export type LedgerKind =
  | "imported"
  | "retrieved"
  | "distributed"
  | "accepted"
  | "merged"
  | "known"
  | "skipped"
  | "refused"
  | "delivered"
  | "deferred"
  | "undeliverable"
  | "reported"
  | "deleted"
  | "asked"
  | "held"
  | "released"
  | "retried"
  | "redirected"
  | "dropped"
  | "expired";

export interface LedgerRow {
  readonly at: number;
  readonly kind: LedgerKind;
  readonly messageId: MessageId | null;
  readonly remoteAccountId: RemoteAccountId | null;
  readonly uid: string | null;
  readonly messageIdField: string | null;
  /** `name@domain`, folded. */
  readonly recipient: string | null;
  /** Codes, addresses, file names; shown by the catalogue's sentence for the kind. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What somebody did, for the audit trail; never a secret. */
export interface AuditRow {
  readonly at: number;
  readonly actor: string;
  /** Of the actor at that time. */
  readonly role: string;
  /** `add personal`, `change setting`, `drop`, … */
  readonly action: string;
  /** What it was done to, as people name it. */
  readonly subject: string;
  /** Values before and after, under their keys. */
  readonly detail: Readonly<Record<string, unknown>>;
}
