/**
 * What destinations over a wire and error reports need: entries that may have arrived already, destinations in
 * trouble, and how many reports went out lately.
 */
import type { Migration } from "./migrate.ts";

export const wireAndReports: Migration = {
  number: 2,
  name: "wire-and-reports",
  sqlite: [
    `ALTER TABLE queue_entry ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE queue_entry ADD COLUMN deferred_to TEXT`,
    `CREATE INDEX queue_entry_deferred_to ON queue_entry (deferred_to) WHERE deferred_to IS NOT NULL`,
    // From now on an undeliverable entry's `expires_at` is the end of its keeping time (setting keepUndeliverable).
    `UPDATE queue_entry SET expires_at = expires_at + 2592000000 WHERE state = 'undeliverable'`,

    `CREATE TABLE destination (
  destination TEXT PRIMARY KEY,
  failing_since INTEGER NOT NULL,
  failed_at INTEGER NOT NULL,
  failure TEXT NOT NULL
) STRICT, WITHOUT ROWID`,

    `CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,

    `CREATE TABLE report (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  sender_key TEXT NOT NULL
) STRICT`,
    `CREATE INDEX report_age ON report (at)`,
  ],
};
