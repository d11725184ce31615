import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { connectSqlite } from "./sqlite.ts";
import { type SqliteModule, type SqliteSource, sqliteFrom } from "./sqlite-module.ts";
import { databaseFailure } from "./sqlite-trouble.ts";

const sources: { source: SqliteSource; module: SqliteModule }[] = [];
for (const source of ["package", "built-in"] as const) {
  const module = await sqliteFrom(source);
  if (module) sources.push({ source, module });
}

async function opened(module: SqliteModule) {
  const directory = await temporaryDirectory("sqlite");
  const path = join(directory.path, "a.db");
  const connection = connectSqlite(module, path, 100);
  return {
    path,
    connection,
    rows: (sql: string, ...parameters: unknown[]) => connection.execute({ sql, parameters }).rows,
    async [Symbol.asyncDispose]() {
      connection.close(true);
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** The module, but reading a setting answers something else than was set. */
function lying(module: SqliteModule, pragma: string, answer: unknown): SqliteModule {
  return {
    DatabaseSync: class extends module.DatabaseSync {
      override prepare(sql: string) {
        const statement = super.prepare(sql);
        if (sql !== pragma) return statement;
        return {
          ...statement,
          all: () => [{ said: answer }],
          run: () => ({ changes: 0 }),
          columns: () => [],
        };
      }
    },
  };
}

test.each(sources)(
  "$source: every connection has WAL and synchronous=FULL, also to an existing file",
  async (one) => {
    await using first = await opened(one.module);
    const second = connectSqlite(one.module, first.path, 100);
    for (const connection of [first.connection, second]) {
      const read = (sql: string) =>
        Object.values(connection.execute({ sql, parameters: [] }).rows[0] as object)[0];
      expect(read("PRAGMA journal_mode")).toBe("wal");
      expect(read("PRAGMA synchronous")).toBe(2);
      expect(read("PRAGMA foreign_keys")).toBe(1);
    }
    second.close(true);
  },
);

const lies = [
  { pragma: "PRAGMA synchronous", answer: 1 },
  { pragma: "PRAGMA journal_mode = WAL", answer: "delete" },
];
test.each(lies)("$pragma read back as $answer: no connection (R-3)", async ({ pragma, answer }) => {
  await using directory = await temporaryDirectory("sqlite");
  const [one] = sources;
  if (!one) throw new Error("no SQLite");
  const module = lying(one.module, pragma, answer);
  expect(() => connectSqlite(module, join(directory.path, "a.db"), 100)).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: "database", scope: "local" }) }),
  );
});

const values = [
  { name: "an integer beyond 2^31", value: 1_764_000_000_123 },
  { name: "a fraction", value: 1.5 },
  { name: "a bigint", value: 7n, back: 7 },
  { name: "text", value: "caf\u00e9 \u{1f4a9} '\"" },
  { name: "bytes with NUL", value: new Uint8Array([0, 1, 0, 255]) },
  { name: "no bytes", value: new Uint8Array() },
  { name: "null", value: null },
];
const refused = [
  { name: "true", value: true },
  { name: "undefined", value: undefined },
  { name: "a Date", value: new Date(0) },
  { name: "text with NUL", value: "a\0b" },
  { name: "NaN", value: Number.NaN },
  { name: "Infinity", value: Number.POSITIVE_INFINITY },
  { name: "an object", value: { a: 1 } },
];
for (const { source, module } of sources) {
  test.each(values)(`${source}: $name is kept as it is`, async ({ value, back }) => {
    await using database = await opened(module);
    const [row] = database.rows("SELECT ? AS kept", value);
    expect((row as { kept: unknown }).kept).toEqual(back ?? value);
  });

  test.each(refused)(`${source}: $name is refused, not changed`, async ({ value }) => {
    await using database = await opened(module);
    expect(() => database.rows("SELECT ? AS kept", value)).toThrow(TypeError);
  });

  test(`${source}: more statements than are kept still run`, async () => {
    await using database = await opened(module);
    for (let index = 0; index < 900; index++) {
      expect(database.rows(`SELECT ${index} AS n`)).toMatchObject([{ n: index }]);
    }
    expect(database.rows("SELECT 0 AS n")).toMatchObject([{ n: 0 }]);
  });

  test(`${source}: an error of a statement reaches the verb, which may go on`, async () => {
    await using database = await opened(module);
    function* verb() {
      try {
        yield { sql: "SELECT * FROM nothing", parameters: [] };
      } catch {
        yield { sql: "CREATE TABLE something (a)", parameters: [] };
      }
      return "went on";
    }
    expect(database.connection.drive(verb())).toBe("went on");
    expect(database.rows("SELECT * FROM something")).toEqual([]);
  });

  test(`${source}: a point undone takes back only what came after it`, async () => {
    await using database = await opened(module);
    const { connection, rows } = database;
    rows("CREATE TABLE t (a)");
    connection.begin();
    rows("INSERT INTO t VALUES (1)");
    connection.setPoint();
    rows("INSERT INTO t VALUES (2)");
    connection.rollbackToPoint();
    connection.setPoint();
    rows("INSERT INTO t VALUES (3)");
    connection.releasePoint();
    connection.commit();
    expect(rows("SELECT a FROM t").map((row) => (row as { a: number }).a)).toEqual([1, 3]);
  });
}

const troubles = [
  { name: "full", errcode: 13, code: "disk-full", fatal: undefined },
  { name: "an extended code of full", errcode: 13 + 256, code: "disk-full", fatal: undefined },
  { name: "read only", errcode: 8, code: "database", fatal: undefined },
  { name: "busy", errcode: 5, code: "database", fatal: undefined },
  { name: "locked", errcode: 6, code: "database", fatal: undefined },
  { name: "a failed read", errcode: 266, code: "database", fatal: undefined },
  { name: "a failed fsync", errcode: 1034, code: "database", fatal: 1 },
  { name: "a failed fsync of the directory", errcode: 1290, code: "database", fatal: 1 },
  { name: "damaged", errcode: 11, code: "database", fatal: 1 },
  { name: "an extended code of damaged", errcode: 11 + 256, code: "database", fatal: 1 },
  { name: "no database", errcode: 26, code: "database", fatal: 1 },
];
test.each(troubles)(
  "$name is $code, ours, and temporary; fatal: $fatal (R-2)",
  ({ errcode, code, fatal }) => {
    const error = Object.assign(new Error("said"), { errcode });
    const { params, ...found } = databaseFailure(error);
    expect(found).toMatchObject({ code, scope: "local", permanent: false });
    expect(params.detail).toBe("said");
    expect(params.fatal).toBe(fatal);
  },
);

test("a real database that is full says so", async () => {
  const [one] = sources;
  if (!one) throw new Error("no SQLite");
  await using database = await opened(one.module);
  database.rows("CREATE TABLE t (a)");
  database.rows("PRAGMA max_page_count = 3");
  let caught: unknown;
  try {
    database.rows("INSERT INTO t VALUES (randomblob(100000))");
  } catch (error) {
    caught = error;
  }
  expect(databaseFailure(caught)).toMatchObject({ code: "disk-full", scope: "local" });
});

test("a file that is no database is refused and stays as it is", async () => {
  const [one] = sources;
  if (!one) throw new Error("no SQLite");
  await using directory = await temporaryDirectory("sqlite");
  const path = join(directory.path, "a.db");
  writeFileSync(path, "not a database, but long enough to be read as one".repeat(50));
  const before = statSync(path).size;
  let caught: unknown;
  try {
    connectSqlite(one.module, path, 100);
  } catch (error) {
    caught = error;
  }
  expect(databaseFailure(caught)).toMatchObject({ code: "database" });
  expect(statSync(path).size).toBe(before);
  expect(existsSync(`${path}-wal`)).toBe(false);
});
