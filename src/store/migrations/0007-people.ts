/**
 * People and what is told to them: logins with roles, who did what, which trouble its owner or the operator was told
 * of, webhook calls under way, and who vouches for the server that a record names.
 */
import type { Migration } from "./migrate.ts";

export const people: Migration = {
  number: 7,
  name: "people",
  sqlite: [
    `ALTER TABLE remote_account ADD COLUMN server_set_by TEXT NOT NULL DEFAULT 'user'
  CHECK (server_set_by IN ('administrator', 'user', 'file'))`,
    `UPDATE remote_account SET server_set_by = set_by`,
    `CREATE INDEX remote_account_marked ON remote_account (id) WHERE mark_failure IS NOT NULL`,

    `CREATE TABLE person (
  id TEXT PRIMARY KEY,
  login TEXT NOT NULL,
  login_folded TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'operator', 'viewer')),
  account_id TEXT,
  language TEXT,
  password_hash TEXT,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,

    `CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT`,
    `CREATE INDEX audit_age ON audit (at)`,

    `CREATE TABLE notice (
  kind TEXT NOT NULL CHECK (kind IN ('account', 'host', 'local')),
  subject TEXT NOT NULL,
  failing_since INTEGER NOT NULL,
  first_failed_at INTEGER NOT NULL,
  failure TEXT NOT NULL,
  told_at INTEGER,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID`,

    `CREATE TABLE webhook_call (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  failure TEXT
) STRICT, WITHOUT ROWID`,
    `CREATE INDEX webhook_call_due ON webhook_call (due_at)`,
  ],
};
