/** The page about the log names what the program writes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { logEvents, logLevels } from "../core/log.ts";

test.each(logLevels)("docs/log.md lists the events of %s", async (level) => {
  const page = await readFile(join(import.meta.dirname, "../../docs/log.md"), "utf8");
  const row = page.split("\n").find((line) => line.startsWith(`| \`${level}\``)) ?? "";
  const named = [...(row.split("|")[3] ?? "").matchAll(/`([a-z-]+)`/g)].map((match) => match[1]);
  const events = Object.entries(logEvents).filter(([, of]) => of === level);
  expect(named).toEqual(events.map(([event]) => event));
});
