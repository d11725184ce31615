/**
 * The schedule: accounts by host and by whether they carry a mark of their own, so that the next due ones of each
 * are found without walking over the others; what changed since a process last looked; which process serves.
 */
import type { Migration } from "./migrate.ts";

export const schedule: Migration = {
  number: 3,
  name: "schedule",
  sqlite: [
    `ALTER TABLE installation ADD COLUMN schedule_version INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE node ADD COLUMN serving TEXT`,
    `ALTER TABLE remote_account ADD COLUMN changed_in INTEGER NOT NULL DEFAULT 0`,
    `CREATE INDEX remote_account_changed ON remote_account (changed_in) WHERE changed_in > 0`,
    // Ten thousand accounts of one host stand behind one another here, never before those of another host.
    `CREATE INDEX remote_account_lane ON remote_account
  (host_folded, port, (mark_failure IS NOT NULL), due_at) WHERE due_at IS NOT NULL`,
    `DROP INDEX remote_account_due`,
  ],
};
