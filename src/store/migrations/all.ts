/**
 * Every migration, in order. New ones go at the end.
 */
import { tables } from "./0001-tables.ts";
import { wireAndReports } from "./0002-wire-and-reports.ts";
import { schedule } from "./0003-schedule.ts";
import { rememberedWishes } from "./0004-remembered-wishes.ts";
import { people } from "./0005-people.ts";
import { backup } from "./0006-backup.ts";
import type { Migration } from "./migrate.ts";

export const migrations: readonly Migration[] = [
  tables,
  wireAndReports,
  schedule,
  rememberedWishes,
  people,
  backup,
];
