/**
 * One connection to a SQLite file, as safe as it can be had, and the driver that runs verbs on it.
 *
 * - WAL and `synchronous=FULL` are set and read back, else there is no connection: some builds open an existing
 *   WAL file with NORMAL, and commits then vanish at power loss, after DELE.
 * - Values are checked before they are bound: both SQLite modules store a Date as NULL and `true` as 1 without a
 *   word, and one cuts text at NUL.
 * - An open database is referenced from here until it is closed: one module crashes when the garbage collector takes
 *   a database before its statements. That module also leaves the write-ahead log as it is when it closes, so that
 *   what it holds is moved into the file from here.
 *
 * Throws SQLite's own errors; `sqlite-trouble.ts` names them.
 */
import { FailureError, failure } from "../../core/failure.ts";
import type { Schema } from "../schema.ts";
import type { BoundStatement, StatementAnswer, StatementBuilder, Steps } from "../steps.ts";
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "./kysely.ts";
import type { SqliteDatabase, SqliteModule, SqliteStatement, SqliteValue } from "./sqlite-module.ts";

/** Statements kept ready; the verbs use far fewer. */
const cachedStatements = 400;

export interface SqliteConnection {
  execute(statement: BoundStatement): StatementAnswer;
  /** Runs a verb to its end, in this turn. An error of a statement is thrown inside the verb first. */
  drive<T>(steps: Steps<T>): T;
  /** `BEGIN IMMEDIATE`: takes the write lock at once, so that no statement later can be refused for being late. */
  begin(): void;
  /** One unchanging view of the database until `commit`; takes no lock that others notice. */
  beginReading(): void;
  commit(): void;
  rollback(): void;
  /** A point inside a transaction that `rollbackToPoint` returns to; `releasePoint` keeps what came after it. */
  setPoint(): void;
  releasePoint(): void;
  rollbackToPoint(): void;
  /** @param tidy whether to move the write-ahead log's content into the file first, as far as nobody is in the way */
  close(tidy: boolean): void;
}

/** Builds SQLite's statements. */
export function sqliteBuilder(): StatementBuilder {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

const openDatabases = new Set<SqliteDatabase>();

/**
 * @param busyTimeoutMs how long a statement waits in this thread while another connection writes
 * @throws FailureError `database` when a durability setting does not stick
 */
export function connectSqlite(module: SqliteModule, path: string, busyTimeoutMs: number): SqliteConnection {
  const database = new module.DatabaseSync(path, { timeout: busyTimeoutMs });
  openDatabases.add(database);
  const statements = new Map<string, CachedStatement>();

  const prepare = (sql: string): CachedStatement => {
    const known = statements.get(sql);
    if (known) return known;
    const oldest = statements.size >= cachedStatements ? statements.keys().next().value : undefined;
    if (oldest !== undefined) statements.delete(oldest);
    const statement = database.prepare(sql);
    const made = { statement, reader: statement.columns().length > 0 };
    statements.set(sql, made);
    return made;
  };

  const execute = ({ sql, parameters }: BoundStatement): StatementAnswer => {
    const { statement, reader } = prepare(sql);
    const values = parameters.map(bindable);
    if (reader) return { rows: statement.all(...values), changes: 0 };
    return { rows: [], changes: Number(statement.run(...values).changes) };
  };

  const command = (sql: string) => {
    execute({ sql, parameters: [] });
  };

  const close = (tidy: boolean) => {
    if (!openDatabases.has(database)) return;
    if (tidy) moveLogIntoFile(database);
    statements.clear();
    database.close();
    openDatabases.delete(database);
  };

  try {
    requireDurability(database);
    database.exec("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY");
    database.exec("PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864");
  } catch (error) {
    close(false);
    throw error;
  }

  return {
    execute,
    drive: (steps) => drive(steps, execute),
    begin: () => command("BEGIN IMMEDIATE"),
    beginReading: () => command("BEGIN"),
    commit: () => command("COMMIT"),
    rollback: () => command("ROLLBACK"),
    setPoint: () => command("SAVEPOINT verb"),
    releasePoint: () => command("RELEASE verb"),
    rollbackToPoint: () => {
      command("ROLLBACK TO verb");
      command("RELEASE verb");
    },
    close,
  };
}

interface CachedStatement {
  readonly statement: SqliteStatement;
  readonly reader: boolean;
}

/** Never throws: the log is as safe as the file, and whoever opens it next reads both. */
function moveLogIntoFile(database: SqliteDatabase): void {
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // Another connection is in the way, or the disk is full.
  }
}

function drive<T>(steps: Steps<T>, execute: (statement: BoundStatement) => StatementAnswer): T {
  let turn = steps.next();
  while (!turn.done) {
    let answer: StatementAnswer;
    try {
      answer = execute(turn.value);
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(answer);
  }
  return turn.value;
}

/** @throws FailureError when WAL or `synchronous=FULL` cannot be had. */
function requireDurability(database: SqliteDatabase): void {
  const setting = (sql: string) => Object.values((database.prepare(sql).all()[0] ?? {}) as object)[0];
  const journal = setting("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  const synchronous = Number(setting("PRAGMA synchronous"));
  if (journal !== "wal" || synchronous !== 2) {
    throw new FailureError(
      failure("database", "local", {
        params: { detail: `journal_mode=${String(journal)} synchronous=${synchronous}` },
        status: "4.3.0",
      }),
    );
  }
}

/** @throws TypeError for what SQLite would silently change. */
function bindable(value: unknown): SqliteValue {
  if (value === null || typeof value === "bigint" || value instanceof Uint8Array) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string" && !value.includes("\0")) return value;
  const shown = typeof value === "object" ? "" : ` ${JSON.stringify(String(value)).slice(0, 80)}`;
  throw new TypeError(`a database column cannot hold this ${typeof value}${shown}`);
}
