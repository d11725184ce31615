/**
 * A copy of a database for a backup: made in a thread of its own, since copying a large one takes its time, looked
 * through, and read for what it names.
 */
import { Worker } from "node:worker_threads";
import { FailureError, failure, type Result } from "../core/failure.ts";
import { copyDatabase } from "./copy-database.ts";
import { connectSqlite } from "./dialect/sqlite.ts";
import { type SqliteModule, type SqliteSource, sqliteFrom } from "./dialect/sqlite-module.ts";
import { databaseFailure } from "./dialect/sqlite-trouble.ts";

export interface SnapshotOptions {
  /** Of the database. */
  readonly path: string;
  /** Of the copy; its directory is there. */
  readonly target: string;
  readonly sqlite?: SqliteSource;
}

/** What a copied database says of itself. */
export interface Snapshot {
  readonly installationId: string;
  /** Number of its last migration. */
  readonly schema: number;
  /** Spool files that its rows own. */
  readonly messages: readonly { readonly spoolRef: string; readonly sizeBytes: number }[];
}

/**
 * Copies in this thread.
 *
 * @throws FailureError `database`, `disk-full`, `io`
 */
export async function snapshotHere(options: SnapshotOptions): Promise<Snapshot> {
  const { path, target, sqlite } = options;
  const module =
    sqlite === undefined
      ? ((await sqliteFrom("built-in")) ?? (await sqliteFrom("package")))
      : await sqliteFrom(sqlite);
  if (module === null)
    throw new FailureError(failure("database", "local", { params: { detail: "no SQLite" } }));
  try {
    const connection = connectSqlite(module, path, 60_000);
    try {
      copyDatabase(connection, target);
    } finally {
      connection.close(false);
    }
    return readSnapshot(module, target);
  } catch (error) {
    throw new FailureError(databaseFailure(error), { cause: error });
  }
}

/** Copies in a thread of its own. @throws as `snapshotHere` */
export function snapshotInThread(options: SnapshotOptions): Promise<Snapshot> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./snapshot-worker.js", import.meta.url), {
      workerData: options,
      name: "snapshot",
    });
    const lost = (detail: string) =>
      reject(new FailureError(failure("database", "local", { params: { detail }, status: "4.3.0" })));
    worker.on("message", (outcome: Result<Snapshot>) => {
      if (outcome.ok) resolve(outcome.value);
      else reject(new FailureError(outcome.failure));
    });
    worker.on("error", (error) => lost(error.message.slice(0, 500)));
    worker.on("exit", (code) => lost(`exit ${code}`));
  });
}

/** Looks through the whole copy, as nobody writes to it. */
function readSnapshot(module: SqliteModule, path: string): Snapshot {
  // Not by `connectSqlite`: that would turn the copy into a file with a write-ahead log beside it.
  const database = new module.DatabaseSync(path, { timeout: 5000 });
  try {
    const rows = (sql: string) => database.prepare(sql).all() as Record<string, unknown>[];
    const [check = {}] = rows("PRAGMA integrity_check(1)");
    const said = String(Object.values(check)[0]);
    if (said !== "ok") {
      throw new FailureError(
        failure("database", "local", { params: { detail: said.slice(0, 500) }, status: "4.3.0" }),
      );
    }
    const [installation = {}] = rows("SELECT installation_id FROM installation WHERE id = 1");
    const [migration = {}] = rows("SELECT max(number) AS number FROM migration");
    return {
      installationId: String(installation.installation_id),
      schema: Number(migration.number),
      messages: rows("SELECT spool_ref, size_bytes FROM message").map((row) => ({
        spoolRef: String(row.spool_ref),
        sizeBytes: Number(row.size_bytes),
      })),
    };
  } finally {
    database.close();
  }
}
