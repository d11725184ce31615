/**
 * A whole copy of a database while others write to it, compact and durable.
 *
 * `VACUUM INTO` reads one unchanging view, which in WAL mode holds up no writer; SQLite's page-wise backup begins anew
 * whenever another process commits, and so never ends under load.
 */
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { SqliteConnection } from "./dialect/sqlite.ts";

/** A copy is there whole under this name, or not at all. An older one of that name is replaced. */
export function copyDatabase(connection: SqliteConnection, target: string): void {
  const unfinished = `${target}.${process.pid}`;
  rmSync(unfinished, { force: true });
  try {
    // Made by us first, so that nobody else may read it: it holds sealed passwords and people's addresses.
    closeSync(openSync(unfinished, "wx", 0o600));
    chmodSync(unfinished, 0o600);
    connection.execute({ sql: "VACUUM INTO ?", parameters: [unfinished] });
    syncPath(unfinished);
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  syncPath(dirname(target));
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
