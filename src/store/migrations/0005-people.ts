/**
 * Who vouches for the server that a remote account names, and who did what.
 */
import type { Migration } from "./migrate.ts";

export const people: Migration = {
  number: 5,
  name: "people",
  sqlite: [
    `ALTER TABLE remote_account ADD COLUMN server_set_by TEXT NOT NULL DEFAULT 'user'
  CHECK (server_set_by IN ('administrator', 'user', 'file'))`,
    `UPDATE remote_account SET server_set_by = set_by`,
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
  ],
};
