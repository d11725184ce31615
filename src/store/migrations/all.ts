/**
 * Every migration, in order. New ones go at the end.
 */
import { tables } from "./0001-tables.ts";
import type { Migration } from "./migrate.ts";

export const migrations: readonly Migration[] = [tables];
