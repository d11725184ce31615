/**
 * The few parts of Kysely that the store runs. Kysely is 280 modules, and loading them costs a fifth of a second of
 * CPU at the start of every command; the build makes one file of this one and what it needs (`scripts/build.mjs`).
 */
export { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
