/** The log level from a file to the level in force, over hours. */
import { expect, test } from "vitest";
import { openManage } from "../../test/support/manage.ts";
import { HOUR, MINUTE } from "../core/time.ts";
import { chosenLogLevel, logLevelAt } from "../settings/log-level.ts";
import { exportConfiguration } from "./export.ts";

async function world() {
  const manage = await openManage();
  const { store } = manage.context;
  return {
    manage,
    level: async () => logLevelAt(chosenLogLevel((await store.readDirectory()).settings), manage.clock.now()),
    exported: async () => (await exportConfiguration(manage.context, "kept")).text,
    [Symbol.asyncDispose]: () => manage[Symbol.asyncDispose](),
  };
}

test("lowLevel from a file lasts an hour from its change, whatever else is applied meanwhile", async () => {
  await using w = await world();
  await w.manage.apply("settings: { logLevel: problems }");
  await w.manage.apply("settings: { logLevel: lowLevel }");
  w.manage.clock.advance(30 * MINUTE);
  expect((await w.manage.apply("settings: { logLevel: lowLevel }")).diff).toEqual([]);
  await w.manage.apply("settings: { channels: 7 }");
  w.manage.clock.advance(30 * MINUTE - 1);
  expect(await w.level()).toBe("lowLevel");
  expect(await w.exported()).toContain("logLevel: lowLevel");
  w.manage.clock.advance(1);
  expect(await w.level()).toBe("problems");
  expect(await w.exported()).toContain("logLevel: problems");
});

test("the same file applied after the hour gives another hour, and says so", async () => {
  await using w = await world();
  const file = "settings: { logLevel: allInfo }";
  await w.manage.apply(file);
  w.manage.clock.advance(2 * HOUR);
  expect(await w.exported()).not.toContain("logLevel");
  expect((await w.manage.apply(file)).diff).toMatchObject([{ name: "logLevel", kind: "setting" }]);
  expect(await w.level()).toBe("allInfo");
  w.manage.clock.advance(HOUR);
  expect(await w.level()).toBe("major");
});

test("a level that went back does not come again by another change, nor by a pin", async () => {
  await using w = await world();
  await w.manage.apply("settings: { logLevel: allInfo }");
  w.manage.clock.advance(2 * HOUR);
  await w.manage.apply("settings: { logLevelPinned: true }");
  expect(await w.level()).toBe("major");
});

test("pinned it stays, and taken away by prune it is the default", async () => {
  await using w = await world();
  await w.manage.apply("settings: { logLevel: allInfo, logLevelPinned: true }");
  w.manage.clock.advance(100 * HOUR);
  expect(await w.level()).toBe("allInfo");
  await w.manage.apply("domains: []", { prune: true });
  expect(await w.level()).toBe("major");
});
