/**
 * Backups and what follows a restore: spool files that a backup still copies, mail that is to be looked for in its
 * Maildir before it is delivered, and the files that were found so.
 */
import type { Migration } from "./migrate.ts";

export const backup: Migration = {
  number: 6,
  name: "backup",
  sqlite: [
    `ALTER TABLE installation ADD COLUMN restored_at INTEGER`,
    `ALTER TABLE installation ADD COLUMN restored_from INTEGER`,
    `ALTER TABLE remote_account ADD COLUMN verify INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE queue_entry ADD COLUMN verify INTEGER NOT NULL DEFAULT 0`,

    `CREATE TABLE spool_hold (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  lease_owner INTEGER NOT NULL,
  lease_until INTEGER NOT NULL
) STRICT`,
    `CREATE TABLE freed_ref (
  spool_ref TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID`,
    `CREATE TABLE found_file (
  destination TEXT NOT NULL,
  file_name TEXT NOT NULL,
  PRIMARY KEY (destination, file_name)
) STRICT, WITHOUT ROWID`,
  ],
};
