/**
 * What a person or a setting wants of messages that stay at the provider: first visits, when a message was taken,
 * and wishes about messages that were never taken.
 */
import type { Migration } from "./migrate.ts";

export const rememberedWishes: Migration = {
  number: 4,
  name: "remembered-wishes",
  sqlite: [
    `ALTER TABLE remote_account ADD COLUMN first_visit TEXT NOT NULL DEFAULT 'pending'
  CHECK (first_visit IN ('pending', 'decided', 'over'))`,
    // Whoever was visited before has had a first visit.
    `UPDATE remote_account SET first_visit = 'over' WHERE last_success_at IS NOT NULL
  OR EXISTS (SELECT 1 FROM remembered WHERE remembered.account_id = remote_account.id)`,
    `ALTER TABLE message ADD COLUMN first_visit INTEGER NOT NULL DEFAULT 0`,

    `ALTER TABLE remembered ADD COLUMN taken_at INTEGER`,
    // Nobody knows any more when these were taken: their days count from now.
    `UPDATE remembered SET taken_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000 WHERE digest IS NOT NULL`,
    `ALTER TABLE remembered ADD COLUMN wish TEXT CHECK (wish IN ('take', 'header', 'delete'))`,
    `ALTER TABLE remembered ADD COLUMN wish_by TEXT`,
    `CREATE INDEX remembered_left ON remembered (account_id, epoch, taken_at) WHERE state = 'left'`,
    // Marked as seen are whole mailboxes; the others are few, and shown everywhere.
    `CREATE INDEX remembered_skipped ON remembered (account_id, reason)
  WHERE state = 'skipped' AND reason <> 'markedSeen'`,
  ],
};
