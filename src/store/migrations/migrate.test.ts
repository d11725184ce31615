import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { connectSqlite, type SqliteConnection } from "../dialect/sqlite.ts";
import { sqliteFrom } from "../dialect/sqlite-module.ts";
import { migrations } from "./all.ts";
import { type Migration, migrateSqlite } from "./migrate.ts";

const found = await sqliteFrom("package");
if (!found) throw new Error("no SQLite");
const module = found;

const first: Migration = {
  number: 1,
  name: "first",
  sqlite: ["CREATE TABLE a (n INTEGER)", "INSERT INTO a VALUES (1)"],
};
const second: Migration = { number: 2, name: "second", sqlite: ["ALTER TABLE a ADD COLUMN m INTEGER"] };
const broken: Migration = { number: 2, name: "broken", sqlite: ["CREATE TABLE b (n)", "CREATE TABLE a (n)"] };

async function database() {
  const directory = await temporaryDirectory("migrate");
  const path = join(directory.path, "rpop.db");
  const connection = connectSqlite(module, path, 1000);
  return {
    path,
    connection,
    async [Symbol.asyncDispose]() {
      connection.close(true);
      await directory[Symbol.asyncDispose]();
    },
  };
}

function rows(connection: SqliteConnection, sql: string): object[] {
  return connection.execute({ sql, parameters: [] }).rows.map((row) => ({ ...(row as object) }));
}

test("a new database gets every migration, and no copy is made of nothing", async () => {
  await using one = await database();
  migrateSqlite(one.connection, [first, second], one.path, 77);
  expect(rows(one.connection, "SELECT * FROM migration")).toEqual([
    { number: 1, name: "first", applied_at: 77 },
    { number: 2, name: "second", applied_at: 77 },
  ]);
});

test("an old database is copied first, then brought up to date; the copy is whole and private (R-70)", async () => {
  await using one = await database();
  migrateSqlite(one.connection, [first], one.path, 1);
  migrateSqlite(one.connection, [first, second], one.path, 2);
  expect(rows(one.connection, "SELECT * FROM a")).toEqual([{ n: 1, m: null }]);

  const copyPath = `${one.path}.before-2`;
  expect(statSync(copyPath).mode & 0o777).toBe(0o600);
  const copy = connectSqlite(module, copyPath, 1000);
  expect(rows(copy, "SELECT * FROM a")).toEqual([{ n: 1 }]);
  expect(rows(copy, "SELECT number FROM migration")).toEqual([{ number: 1 }]);
  copy.close(true);
  expect(readdirSync(dirname(one.path)).filter((name) => name.includes(`.${process.pid}`))).toEqual([]);
});

test("nothing to do: nothing is written and no copy made", async () => {
  await using one = await database();
  migrateSqlite(one.connection, [first], one.path, 1);
  migrateSqlite(one.connection, [first], one.path, 2);
  expect(rows(one.connection, "SELECT * FROM a")).toEqual([{ n: 1 }]);
  expect(existsSync(`${one.path}.before-2`)).toBe(false);
});

test("a migration that fails leaves the database as it was, and can be tried again", async () => {
  await using one = await database();
  migrateSqlite(one.connection, [first], one.path, 1);
  expect(() => migrateSqlite(one.connection, [first, broken], one.path, 2)).toThrow("already exists");
  expect(rows(one.connection, "SELECT name FROM sqlite_schema WHERE name = 'b'")).toEqual([]);
  expect(rows(one.connection, "SELECT number FROM migration")).toEqual([{ number: 1 }]);
  migrateSqlite(one.connection, [first, second], one.path, 3);
  expect(rows(one.connection, "SELECT number FROM migration")).toHaveLength(2);
});

test("a database of a newer program is refused, unchanged (R-70)", async () => {
  await using one = await database();
  migrateSqlite(one.connection, [first, second], one.path, 1);
  expect(() => migrateSqlite(one.connection, [first], one.path, 2)).toThrow(
    expect.objectContaining({
      failure: expect.objectContaining({
        code: "database-newer",
        permanent: true,
        params: { found: 2, known: 1 },
      }),
    }),
  );
  expect(rows(one.connection, "SELECT number FROM migration")).toHaveLength(2);
});

test("migrations are numbered in their order, each number once", () => {
  const numbers = migrations.map((migration) => migration.number);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
});

test("the schema of all migrations is the reviewed one (test/reference/schema-sqlite.sql)", async () => {
  await using one = await database();
  migrateSqlite(one.connection, migrations, one.path, 1);
  const sql =
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name";
  const dump = rows(one.connection, sql)
    .map((row) => `${String((row as { sql: string }).sql)};\n`)
    .join("\n");
  await expect(dump).toMatchFileSnapshot(join(process.cwd(), "test/reference/schema-sqlite.sql"));
});
