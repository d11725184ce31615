/**
 * Brings a database to the schema this program knows: numbered migrations, forward only, never edited once released.
 *
 * Each migration is one transaction; where there is data, a copy of the file is made first. A database that a
 * newer program wrote is refused unchanged: `database-newer`.
 */
import { FailureError, failure } from "../../core/failure.ts";
import { copyDatabase } from "../copy-database.ts";
import type { SqliteConnection } from "../dialect/sqlite.ts";

export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  readonly sqlite: readonly string[];
}

/**
 * @param path of the database file; copies go beside it as `PATH.before-N`
 * @param at now, milliseconds since 1970 UTC
 */
export function migrateSqlite(
  connection: SqliteConnection,
  migrations: readonly Migration[],
  path: string,
  at: number,
): void {
  const known = migrations.at(-1)?.number ?? 0;
  for (const migration of migrations) {
    const current = currentNumber(connection);
    refuseNewer(current, known);
    if (current >= migration.number) continue;
    if (current > 0) copyDatabase(connection, `${path}.before-${migration.number}`);
    connection.begin();
    try {
      // Asked again under the lock: another process may have done it meanwhile.
      if (currentNumber(connection) < migration.number) {
        if (current === 0) connection.execute({ sql: createMigrationTable, parameters: [] });
        for (const sql of migration.sqlite) connection.execute({ sql, parameters: [] });
        const row = [migration.number, migration.name, at];
        connection.execute({ sql: "INSERT INTO migration VALUES (?, ?, ?)", parameters: row });
      }
      connection.commit();
    } catch (error) {
      rollbackQuietly(connection);
      throw error;
    }
  }
  refuseNewer(currentNumber(connection), known);
}

const createMigrationTable = `CREATE TABLE migration (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT`;

function currentNumber(connection: SqliteConnection): number {
  const tables = "SELECT count(*) AS found FROM sqlite_schema WHERE type = 'table' AND name = 'migration'";
  if (numberIn(connection, tables) === 0) return 0;
  return numberIn(connection, "SELECT coalesce(max(number), 0) AS found FROM migration");
}

function numberIn(connection: SqliteConnection, sql: string): number {
  const row = connection.execute({ sql, parameters: [] }).rows[0] as { found: number } | undefined;
  return row?.found ?? 0;
}

function refuseNewer(found: number, known: number): void {
  if (found <= known) return;
  throw new FailureError(failure("database-newer", "local", { params: { found, known }, permanent: true }));
}

function rollbackQuietly(connection: SqliteConnection): void {
  try {
    connection.rollback();
  } catch {
    // SQLite has rolled back already; the first error is the one to tell.
  }
}
