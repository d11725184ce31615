/**
 * The tables as Kysely sees them: one interface per table, columns as the database stores them.
 *
 * Conventions: `*_at`, `*_until` and `*_since` are milliseconds since 1970 UTC; wire bytes are BLOBs; yes and no are
 * 1 and 0. Text that strangers wrote (addresses, Subject …) is stored as JSON text, since a database's text can
 * hold neither NUL nor half a surrogate pair, and mail can. The tables themselves stand in `migrations/`.
 */
import type { Generated } from "kysely";

/** 1 is true, 0 is false: SQLite knows no booleans. */
export type Flag = 0 | 1;

/** One row: what belongs to the installation as a whole. */
interface InstallationTable {
  id: number;
  installation_id: string;
  configuration_version: number;
  rules: string | null;
  /** Raised by what may bring a visit forward or end one: see `schedule.ts`. */
  schedule_version: Generated<number>;
  /** When this data directory was restored from a backup, and when that was made; null: never. */
  restored_at: Generated<number | null>;
  restored_from: Generated<number | null>;
}

interface NodeTable {
  id: Generated<number>;
  machine_id: string;
  boot_id: string;
  pid_namespace: string;
  pid: number;
  process_start: string;
  started_at: number;
  seen_at: number;
  fenced: Flag;
  /** JSON of ServingState; null: this process does not serve. */
  serving: string | null;
}

interface SettingTable {
  key: string;
  /** JSON. */
  value: string;
}

interface DomainTable {
  id: string;
  name: string;
  name_folded: string;
  main: Flag;
  /** JSON array of names. */
  aliases: string;
  /** JSON array of addresses. */
  ip_addresses: string;
  catch_all: string | null;
  domain_wide_account: string | null;
  /** JSON array of `{ address, to }`. */
  routes: string;
  version: number;
}

interface LocalAccountTable {
  id: string;
  domain_id: string;
  name: string;
  name_folded: string;
  /** JSON array of names. */
  aliases: string;
  destination: string | null;
  rules: string | null;
  language: string | null;
  may_use_remote_accounts: Flag;
  version: number;
}

export interface RemoteAccountTable {
  id: string;
  kind: "personal" | "unified";
  owner_id: string | null;
  poll_every_ms: number | null;
  login: Uint8Array;
  server: string;
  host: string;
  /** Folded `host`: with port and login, the maildrop's name. */
  host_folded: string;
  port: number;
  tls: "off" | "implicit" | "starttls";
  secret_kind: "sealed" | "file" | "env" | "command";
  secret_sealed: Uint8Array | null;
  /** Path, name or command of the other kinds. */
  secret_text: string | null;
  leave_on_server: Flag;
  apop: Flag;
  special_header: string | null;
  /** JSON of RemoteAccountExtras. */
  extras: string;
  set_by: "administrator" | "user" | "file";
  /** Who named the server: only what users named is kept from private networks. */
  server_set_by: "administrator" | "user" | "file";
  last_success_at: number | null;
  /** JSON of a Failure. */
  last_failure: string | null;
  last_ended_at: number | null;
  last_taken: number;
  /** JSON of a Failure; null: no mark, and the other mark columns mean nothing. */
  mark_failure: string | null;
  mark_since: number | null;
  mark_retry_at: number | null;
  mark_count: number | null;
  due_at: number | null;
  first_delivered_at: number | null;
  without_special_header: number;
  /** See `FirstVisit` of `records.ts`. */
  first_visit: Generated<"pending" | "decided" | "over">;
  /** Raised when the record names another maildrop: rows remembered before it are known by digest only. */
  epoch: number;
  listing_digest: Uint8Array | null;
  version: number;
  /** The schedule's version that brought its last change. */
  changed_in: Generated<number>;
  /** 1: not visited whole since a restore; what it brings is looked for in its Maildir first. */
  verify: Generated<Flag>;
}

interface AuditTable {
  id: Generated<number>;
  at: number;
  /** JSON text. */
  actor: string;
  role: string;
  action: string;
  /** JSON text. */
  subject: string;
  /** JSON object. */
  detail: string;
}

interface ListingTable {
  account_id: string;
  uids: Uint8Array;
  /** Float64, the machine's byte order. */
  sizes: Uint8Array;
}

export interface RememberedTable {
  id: Generated<number>;
  account_id: string;
  epoch: number;
  /** See `uid-key.ts`. */
  uid_key: Uint8Array | null;
  /** The UID itself where `uid_key` is its digest. */
  uid_long: Uint8Array | null;
  size_bytes: number | null;
  state: "left" | "deletePending" | "skipped";
  reason: "tooLarge" | "failing" | "stuck" | "markedSeen" | null;
  digest: Uint8Array | null;
  header_digest: Uint8Array | null;
  message_id: string | null;
  failures: number;
  /** JSON of a Failure. */
  failure: string | null;
  retry_at: number | null;
  absent_since: number | null;
  absent_listings: number;
  /** When it was accepted; null for what was never taken, or taken by a former program. */
  taken_at: number | null;
  /** What a person wants of a message that was never taken; null: nothing. */
  wish: "take" | "header" | "delete" | null;
  /** Name of that person. */
  wish_by: string | null;
  /** 1: part of the snapshot, or absent from two listings and only waiting to be forgotten. 0: open. */
  settled: Flag;
}

interface VisitLeaseTable {
  host: string;
  port: number;
  login: Uint8Array;
  account_id: string;
  /** The record's version when the visit began: an edit since then is not undone by the visit's end. */
  account_version: number;
  lease_owner: number | null;
  lease_until: number | null;
  lease_token: number;
}

interface HostTable {
  host: string;
  port: number;
  /** JSON of a Failure; null: no mark. */
  mark_failure: string | null;
  mark_since: number | null;
  mark_retry_at: number | null;
  mark_count: number | null;
  /** JSON array of lines. */
  capabilities: string | null;
  no_pipelining_until: number | null;
}

export interface MessageTable {
  id: string;
  spool_ref: string;
  size_bytes: number;
  prefix_bytes: number;
  /** JSON `[localPart, domain]`; null is `<>`. */
  reverse_path: string | null;
  remote_account_id: string | null;
  /** The account's epoch then: a delivery proves only the maildrop it came from. */
  remote_account_epoch: number | null;
  received_at: number;
  digest: Uint8Array;
  /** JSON text. */
  message_id_field: string | null;
  /** JSON text. */
  subject: string | null;
  /** JSON text. */
  sender: string | null;
  /** 1: it came with its remote account's first visit. */
  first_visit: Flag;
}

export interface QueueEntryTable {
  message_id: string;
  ordinal: number;
  /** JSON `[localPart, domain]`. */
  recipient: string;
  target_kind: "local" | "postmaster" | "remote";
  target_account_id: string | null;
  notify: "failure" | "never";
  state: "queued" | "ready" | "sending" | "held" | "undeliverable";
  file_name: string;
  attempts: number;
  queued_at: number;
  due_at: number | null;
  expires_at: number;
  /** JSON of a Failure. */
  failure: string | null;
  lease_owner: number | null;
  lease_until: number | null;
  lease_token: number;
  ready_token: number | null;
  ready_at: number | null;
  ready_destination: string | null;
  /** How often it was sent without hearing the answer. */
  doubts: number;
  /** The destination that its last attempt failed at; null: none failed, or it was not the destination's doing. */
  deferred_to: string | null;
  /** 1: it may have been delivered after the backup that it was restored from. */
  verify: Flag;
}

interface DestinationTable {
  destination: string;
  /** The first failure since mail last arrived there. */
  failing_since: number;
  failed_at: number;
  /** JSON of a Failure. */
  failure: string;
}

interface CounterTable {
  name: string;
  value: number;
}

interface ReportTable {
  id: Generated<number>;
  at: number;
  /** JSON text of a folded address. */
  sender_key: string;
}

interface CopyTable {
  account_id: string;
  digest: Uint8Array;
  /** Whose copy: see `recipientKey` in `accept.ts`. */
  recipient_key: string;
  accepted_at: number;
}

interface LedgerTable {
  id: Generated<number>;
  at: number;
  kind: string;
  message_id: string | null;
  remote_account_id: string | null;
  uid_key: Uint8Array | null;
  uid_long: Uint8Array | null;
  /** JSON text. */
  message_id_field: string | null;
  /** JSON text. */
  recipient: string | null;
  /** JSON object. */
  detail: string;
}

/** At most one row: a backup copies spool files at present. */
interface SpoolHoldTable {
  id: number;
  lease_owner: number;
  lease_until: number;
}

/** Spool files whose rows went while a backup was copying. */
interface FreedRefTable {
  spool_ref: string;
}

/** Files of Maildirs that an entry turned out to be after a restore: each stands for one entry. */
interface FoundFileTable {
  destination: string;
  file_name: string;
}

export interface Schema {
  installation: InstallationTable;
  node: NodeTable;
  setting: SettingTable;
  domain: DomainTable;
  local_account: LocalAccountTable;
  remote_account: RemoteAccountTable;
  audit: AuditTable;
  listing: ListingTable;
  remembered: RememberedTable;
  visit_lease: VisitLeaseTable;
  host: HostTable;
  message: MessageTable;
  queue_entry: QueueEntryTable;
  destination: DestinationTable;
  counter: CounterTable;
  report: ReportTable;
  copy: CopyTable;
  ledger: LedgerTable;
  spool_hold: SpoolHoldTable;
  freed_ref: FreedRefTable;
  found_file: FoundFileTable;
}
