/**
 * The few parts of Kysely that the store runs, named one by one: the build leaves the others out.
 */
export { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
