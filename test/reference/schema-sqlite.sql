CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE INDEX audit_age ON audit (at);

CREATE TABLE copy (
  account_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  recipient_key TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, digest, recipient_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX copy_age ON copy (accepted_at);

CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE destination (
  destination TEXT PRIMARY KEY,
  failing_since INTEGER NOT NULL,
  failed_at INTEGER NOT NULL,
  failure TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE domain (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE,
  main INTEGER NOT NULL,
  aliases TEXT NOT NULL,
  ip_addresses TEXT NOT NULL,
  catch_all TEXT,
  domain_wide_account TEXT,
  routes TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE found_file (
  destination TEXT NOT NULL,
  file_name TEXT NOT NULL,
  PRIMARY KEY (destination, file_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE freed_ref (
  spool_ref TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE host (
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  mark_failure TEXT,
  mark_since INTEGER,
  mark_retry_at INTEGER,
  mark_count INTEGER,
  capabilities TEXT,
  no_pipelining_until INTEGER,
  PRIMARY KEY (host, port)
) STRICT, WITHOUT ROWID;

CREATE INDEX host_marked ON host (mark_retry_at) WHERE mark_failure IS NOT NULL;

CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  installation_id TEXT NOT NULL,
  configuration_version INTEGER NOT NULL,
  rules TEXT
, schedule_version INTEGER NOT NULL DEFAULT 0, restored_at INTEGER, restored_from INTEGER) STRICT;

CREATE TABLE ledger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  message_id TEXT,
  remote_account_id TEXT,
  uid_key BLOB,
  uid_long BLOB,
  message_id_field TEXT,
  recipient TEXT,
  detail TEXT NOT NULL
) STRICT;

CREATE INDEX ledger_message ON ledger (message_id) WHERE message_id IS NOT NULL;

CREATE INDEX ledger_message_id_field ON ledger (message_id_field) WHERE message_id_field IS NOT NULL;

CREATE INDEX ledger_recipient ON ledger (recipient) WHERE recipient IS NOT NULL;

CREATE INDEX ledger_uid ON ledger (uid_key) WHERE uid_key IS NOT NULL;

CREATE TABLE listing (
  account_id TEXT PRIMARY KEY REFERENCES remote_account (id) ON DELETE CASCADE,
  uids BLOB NOT NULL,
  sizes BLOB NOT NULL
) STRICT;

CREATE TABLE local_account (
  id TEXT PRIMARY KEY,
  domain_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  aliases TEXT NOT NULL,
  destination TEXT,
  rules TEXT,
  language TEXT,
  may_use_remote_accounts INTEGER NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (domain_id, name_folded)
) STRICT;

CREATE TABLE message (
  id TEXT PRIMARY KEY,
  spool_ref TEXT NOT NULL UNIQUE,
  size_bytes INTEGER NOT NULL,
  prefix_bytes INTEGER NOT NULL,
  reverse_path TEXT,
  remote_account_id TEXT,
  remote_account_epoch INTEGER,
  received_at INTEGER NOT NULL,
  digest BLOB NOT NULL,
  message_id_field TEXT,
  subject TEXT,
  sender TEXT
, first_visit INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;

CREATE TABLE migration (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE node (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  machine_id TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  pid_namespace TEXT NOT NULL,
  pid INTEGER NOT NULL,
  process_start TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  fenced INTEGER NOT NULL
, serving TEXT) STRICT;

CREATE TABLE queue_entry (
  message_id TEXT NOT NULL REFERENCES message (id),
  ordinal INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  target_kind TEXT NOT NULL CHECK (target_kind IN ('local', 'postmaster', 'remote')),
  target_account_id TEXT,
  notify TEXT NOT NULL CHECK (notify IN ('failure', 'never')),
  state TEXT NOT NULL CHECK (state IN ('queued', 'ready', 'sending', 'held', 'undeliverable')),
  file_name TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  queued_at INTEGER NOT NULL,
  due_at INTEGER,
  expires_at INTEGER NOT NULL,
  failure TEXT,
  lease_owner INTEGER,
  lease_until INTEGER,
  lease_token INTEGER NOT NULL,
  ready_token INTEGER,
  ready_at INTEGER,
  ready_destination TEXT, doubts INTEGER NOT NULL DEFAULT 0, deferred_to TEXT, verify INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (message_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX queue_entry_deferred_to ON queue_entry (deferred_to) WHERE deferred_to IS NOT NULL;

CREATE INDEX queue_entry_due ON queue_entry (due_at) WHERE due_at IS NOT NULL AND lease_owner IS NULL;

CREATE INDEX queue_entry_lease ON queue_entry (lease_until) WHERE lease_owner IS NOT NULL;

CREATE INDEX queue_entry_state ON queue_entry (state);

CREATE TABLE remembered (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id TEXT NOT NULL REFERENCES remote_account (id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  uid_key BLOB,
  uid_long BLOB,
  size_bytes INTEGER,
  state TEXT NOT NULL CHECK (state IN ('left', 'deletePending', 'skipped')),
  reason TEXT CHECK (reason IN ('tooLarge', 'failing', 'stuck', 'markedSeen')),
  digest BLOB,
  header_digest BLOB,
  message_id TEXT,
  failures INTEGER NOT NULL,
  failure TEXT,
  retry_at INTEGER,
  absent_since INTEGER,
  absent_listings INTEGER NOT NULL,
  settled INTEGER NOT NULL
, taken_at INTEGER, wish TEXT CHECK (wish IN ('take', 'header', 'delete')), wish_by TEXT) STRICT;

CREATE INDEX remembered_absent ON remembered (account_id, epoch, absent_since) WHERE absent_since IS NOT NULL;

CREATE INDEX remembered_digest ON remembered (account_id, digest) WHERE digest IS NOT NULL;

CREATE INDEX remembered_header_digest ON remembered (account_id, header_digest) WHERE header_digest IS NOT NULL;

CREATE INDEX remembered_left ON remembered (account_id, epoch, taken_at) WHERE state = 'left';

CREATE INDEX remembered_open ON remembered (account_id, epoch) WHERE settled = 0;

CREATE INDEX remembered_skipped ON remembered (account_id, reason)
  WHERE state = 'skipped' AND reason <> 'markedSeen';

CREATE INDEX remembered_uid ON remembered (account_id, epoch, uid_key);

CREATE TABLE remote_account (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('personal', 'unified')),
  owner_id TEXT,
  poll_every_ms INTEGER,
  login BLOB NOT NULL,
  server TEXT NOT NULL,
  host TEXT NOT NULL,
  host_folded TEXT NOT NULL,
  port INTEGER NOT NULL,
  tls TEXT NOT NULL CHECK (tls IN ('off', 'implicit', 'starttls')),
  secret_kind TEXT NOT NULL CHECK (secret_kind IN ('sealed', 'file', 'env', 'command')),
  secret_sealed BLOB,
  secret_text TEXT,
  leave_on_server INTEGER NOT NULL,
  apop INTEGER NOT NULL,
  special_header TEXT,
  extras TEXT NOT NULL,
  set_by TEXT NOT NULL CHECK (set_by IN ('administrator', 'user', 'file')),
  last_success_at INTEGER,
  last_failure TEXT,
  last_ended_at INTEGER,
  last_taken INTEGER NOT NULL,
  mark_failure TEXT,
  mark_since INTEGER,
  mark_retry_at INTEGER,
  mark_count INTEGER,
  due_at INTEGER,
  first_delivered_at INTEGER,
  without_special_header INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  listing_digest BLOB,
  version INTEGER NOT NULL
, changed_in INTEGER NOT NULL DEFAULT 0, first_visit TEXT NOT NULL DEFAULT 'pending'
  CHECK (first_visit IN ('pending', 'decided', 'over')), server_set_by TEXT NOT NULL DEFAULT 'user'
  CHECK (server_set_by IN ('administrator', 'user', 'file')), verify INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX remote_account_changed ON remote_account (changed_in) WHERE changed_in > 0;

CREATE INDEX remote_account_lane ON remote_account
  (host_folded, port, (mark_failure IS NOT NULL), due_at) WHERE due_at IS NOT NULL;

CREATE INDEX remote_account_maildrop ON remote_account (host_folded, port, login);

CREATE TABLE report (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  sender_key TEXT NOT NULL
) STRICT;

CREATE INDEX report_age ON report (at);

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE spool_hold (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  lease_owner INTEGER NOT NULL,
  lease_until INTEGER NOT NULL
) STRICT;

CREATE TABLE visit_lease (
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  login BLOB NOT NULL,
  account_id TEXT NOT NULL,
  account_version INTEGER NOT NULL,
  lease_owner INTEGER,
  lease_until INTEGER,
  lease_token INTEGER NOT NULL,
  PRIMARY KEY (host, port, login)
) STRICT, WITHOUT ROWID;

CREATE INDEX visit_lease_owner ON visit_lease (lease_owner) WHERE lease_owner IS NOT NULL;
