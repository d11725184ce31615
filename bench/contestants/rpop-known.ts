/**
 * Fills rpop's memory of what it has taken, so that a bench need not fetch 200,000 messages to ask for none. One
 * unmeasured poll afterwards brings the rows into the form that visits leave behind.
 */
import { DatabaseSync } from "@photostructure/sqlite";
import type { BenchAccount } from "./contestant.ts";

/**
 * Writes a remembered message, left on the server, for each known unique-id.
 *
 * @param database path of rpop.db, which no process has open
 */
export function rememberAsLeft(database: string, accounts: readonly BenchAccount[]): void {
  const db = new DatabaseSync(database);
  try {
    db.exec("BEGIN IMMEDIATE");
    const record = db.prepare("SELECT id, epoch FROM remote_account WHERE login = ?");
    const remember = db.prepare(
      `INSERT INTO remembered (account_id, epoch, uid_key, state, failures, absent_listings, settled)
       VALUES (?, ?, ?, 'left', 0, 0, 0)`,
    );
    for (const { login, knownUids } of accounts) {
      const row = record.get(Buffer.from(login)) as
        | { readonly id: string; readonly epoch: number }
        | undefined;
      if (row === undefined) throw new Error(`no remote account ${login}`);
      for (const uid of knownUids) remember.run(row.id, row.epoch, Buffer.from(uid));
    }
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}
