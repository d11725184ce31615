import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { MemoryLogDirectory } from "../../test/support/memory-log-directory.ts";
import { type LogEvent, type LogLevel, logEvents, logLevels } from "../core/log.ts";
import { HOUR } from "../core/time.ts";
import type { ChosenLogLevel } from "../settings/log-level.ts";
import { openLog } from "./log.ts";
import { readLine } from "./log-line.ts";

function world(level: ChosenLogLevel) {
  const directory = new MemoryLogDirectory();
  const clock = new ManualClock(Date.UTC(2026, 10, 24, 14, 59));
  const chosen = { now: level };
  const zone: { now: string | null } = { now: "UTC" };
  const log = openLog({ directory, clock, pid: 7, level: () => chosen.now, timeZone: () => zone.now });
  const records = () =>
    directory
      .names()
      .flatMap((name) => directory.text(name).split("\n"))
      .flatMap((line) => readLine(line) ?? []);
  return { directory, clock, log, records, chosen, zone };
}

const always = (level: LogLevel): ChosenLogLevel => ({ level, until: null, former: level });
const everyEvent = Object.keys(logEvents) as LogEvent[];

test.each(logLevels)(
  "at %s: the events of that level and of all quieter ones, nothing else",
  async (level) => {
    const { log, records } = world(always(level));
    for (const event of everyEvent) log.write(event, () => ({}));
    await log.close();
    const quieter = logLevels.slice(0, logLevels.indexOf(level) + 1);
    expect(records().map(({ event }) => event)).toEqual(
      everyEvent.filter((event) => quieter.includes(logEvents[event])),
    );
  },
);

test("facts are not built for what is not written", () => {
  const { log } = world(always("failures"));
  let built = 0;
  log.write("message-taken", () => ({ built: ++built }));
  expect(built).toBe(0);
  expect([log.wants("message-taken"), log.wants("visit-failed")]).toEqual([false, true]);
});

test("a record says who wrote it, when and where", async () => {
  const { log, records, zone } = world(always("major"));
  log.write("server-started", () => ({}));
  log.setNode(3);
  zone.now = "Asia/Tokyo";
  log.write("visit-ended", () => ({ account: "alice" }));
  await log.close();
  expect(records()).toMatchObject([
    { time: "2026-11-24T14:59:00.000+00:00", level: "major", fields: { tag: "RPOP", pid: 7 } },
    { time: "2026-11-24T23:59:00.000+09:00", fields: { node: 3, account: "alice" } },
  ]);
});

test("moments among the facts are written as moments", async () => {
  const { log, records, zone } = world(always("failures"));
  zone.now = "Asia/Tokyo";
  log.write("mark-set", () => ({ retryAt: Date.UTC(2026, 10, 25), keptUntil: null, count: 2 }));
  await log.close();
  expect(records()[0]?.fields).toMatchObject({
    retryAt: "2026-11-25T09:00:00.000+09:00",
    keptUntil: null,
    count: 2,
  });
});

test("a file for each local day", async () => {
  const { log, directory, clock, zone } = world(always("major"));
  zone.now = "Asia/Tokyo";
  log.write("server-started", () => ({}));
  clock.advance(60_000);
  log.write("server-stopped", () => ({}));
  await log.close();
  expect(directory.names()).toEqual(["rpop-2026-11-24.log", "rpop-2026-11-25.log"]);
});

test("a loud level goes back by itself, and a record says so, once", async () => {
  const w = world(always("problems"));
  w.chosen.now = { level: "lowLevel", until: w.clock.now() + HOUR, former: "problems" };
  w.log.write("dialogue", () => ({ text: "loud" }));
  w.clock.advance(HOUR);
  w.log.write("dialogue", () => ({ text: "too late" }));
  w.log.write("message-refused", () => ({}));
  w.log.write("message-refused", () => ({}));
  await w.log.close();
  expect(w.records().map(({ event, fields }) => [event, fields.text ?? fields.to])).toEqual([
    ["dialogue", "loud"],
    ["log-level-back", "problems"],
    ["message-refused", undefined],
    ["message-refused", undefined],
  ]);
});

test("facts that cannot be built, and a disk that cannot be written, stop nobody", async () => {
  const { log, directory, records } = world(always("major"));
  log.write("visit-ended", () => {
    throw new Error("a bug");
  });
  directory.roomBytes = 0;
  log.write("visit-ended", () => ({ lost: true }));
  await log.flush();
  await log.close();
  log.write("visit-ended", () => ({ late: true }));
  expect(records()).toEqual([]);
});

test("others may see the records as they are written, until they have seen enough", async () => {
  const { log } = world(always("major"));
  const seen: string[] = [];
  const end = log.onRecord((record) => seen.push(record.event));
  log.write("server-started", () => ({}));
  log.write("dialogue", () => ({}));
  end();
  log.write("server-stopped", () => ({}));
  await log.close();
  expect(seen).toEqual(["server-started"]);
});

test("last words are there before the call returns, behind what was on its way", () => {
  const { log, records } = world(always("crashesOnly"));
  log.write("start-failed", () => ({}));
  log.crashed(new Error("nobody saw this coming"));
  const [before, last] = records();
  expect(before?.event).toBe("start-failed");
  expect(last).toMatchObject({ event: "crashed" });
  expect(last?.fields.error).toContain("nobody saw this coming");
});
