/**
 * A SQLite file opened for verbs: the module found, the connection made safe, the schema brought up to date, the
 * commit groups started. Used as it is in the calling thread, or inside the worker.
 */
import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { FailureError, failure } from "../core/failure.ts";
import { type CommitGroups, commitGroups, type RoundTimer } from "./commit-groups.ts";
import { connectSqlite, type SqliteConnection, sqliteBuilder } from "./dialect/sqlite.ts";
import { type SqliteModule, type SqliteSource, sqliteFrom } from "./dialect/sqlite-module.ts";
import { databaseFailure } from "./dialect/sqlite-trouble.ts";
import { migrations } from "./migrations/all.ts";
import { migrateSqlite } from "./migrations/migrate.ts";
import { verbsFor } from "./verbs.ts";

/** How long a statement waits while another process writes, before it is tried again. */
const busyTimeoutMs = 5000;

export interface SqliteStoreOptions {
  readonly path: string;
  /** Looks through the whole file first; takes as long as reading it. */
  readonly quickCheck: boolean;
  /** Which SQLite; undefined: the built-in one where there is one. */
  readonly source: SqliteSource | undefined;
}

export interface SqliteStore {
  readonly groups: CommitGroups;
  readonly installationId: string;
}

/**
 * @param now wall clock, milliseconds since 1970 UTC
 * @throws FailureError `database`, `disk-full`, `database-newer`
 */
export async function openSqliteStore(
  options: SqliteStoreOptions,
  now: () => number,
  timer: RoundTimer,
): Promise<SqliteStore> {
  const module = await chooseModule(options.source);
  let connection: SqliteConnection | undefined;
  try {
    createPrivately(options.path);
    connection = connectSqlite(module, options.path, busyTimeoutMs);
    if (options.quickCheck) requireSound(connection);
    migrateSqlite(connection, migrations, options.path, now());
    const sql = "SELECT installation_id FROM installation WHERE id = 1";
    const row = connection.execute({ sql, parameters: [] }).rows[0] as
      | { installation_id: string }
      | undefined;
    return {
      groups: commitGroups(connection, verbsFor(sqliteBuilder(), now), timer),
      installationId: row?.installation_id ?? "",
    };
  } catch (error) {
    connection?.close(false);
    throw new FailureError(databaseFailure(error), { cause: error });
  }
}

async function chooseModule(source: SqliteSource | undefined): Promise<SqliteModule> {
  const module =
    source === undefined
      ? ((await sqliteFrom("built-in")) ?? (await sqliteFrom("package")))
      : await sqliteFrom(source);
  if (module) return module;
  const detail = `no SQLite (${source ?? "built-in or package"}) on Node ${process.versions.node}`;
  throw new FailureError(failure("database", "local", { params: { detail }, permanent: true }));
}

/** The file holds sealed passwords and people's addresses: nobody else may read it, from its first byte. */
function createPrivately(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function requireSound(connection: SqliteConnection): void {
  const rows = connection.execute({ sql: "PRAGMA quick_check(1)", parameters: [] }).rows;
  const said = Object.values((rows[0] ?? {}) as object)[0];
  if (said === "ok") return;
  throw new FailureError(
    failure("database", "local", { params: { detail: String(said).slice(0, 500) }, status: "4.3.0" }),
  );
}
