/**
 * Which SQLite: the one built into Node where it is there (from 22.13 without a flag), else a package with the same
 * interface. Only what we use of that interface is named here.
 */

/** A value SQLite can hold. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

export interface SqliteStatement {
  all(...parameters: SqliteValue[]): unknown[];
  run(...parameters: SqliteValue[]): { changes: number | bigint };
  columns(): unknown[];
}

export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteModule {
  readonly DatabaseSync: new (path: string, options: { timeout: number }) => SqliteDatabase;
}

export type SqliteSource = "built-in" | "package";

/** @returns null where that source is not to be had on this Node. */
export async function sqliteFrom(source: SqliteSource): Promise<SqliteModule | null> {
  try {
    if (source === "package") return (await import("@photostructure/sqlite")) as unknown as SqliteModule;
    // By a variable: the types of the oldest supported Node do not know this module.
    const builtIn = "node:sqlite";
    return (await import(builtIn)) as SqliteModule;
  } catch {
    return null;
  }
}
