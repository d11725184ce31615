import { expect, test } from "vitest";
import { type ActivitySchedule, activitySchedule, isOpenAt, opensAt } from "./activity-schedule.ts";

function schedule(json: unknown): ActivitySchedule {
  const reading = activitySchedule().read(json);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.value;
}

const office = { timeZone: "Asia/Tokyo", windows: [{ days: ["mon", "tue"], from: "08:00", to: "20:00" }] };
const night = { timeZone: "Europe/Berlin", windows: [{ days: ["sat"], from: "22:00", to: "06:00" }] };
const berlin = { timeZone: "Europe/Berlin", windows: [{ days: ["sun"], from: "01:00", to: "04:00" }] };
const late = { windows: [{ days: ["mon"], from: "23:00", to: "24:00" }] };

test.each([
  ["always", "always", "2026-11-24T03:00:00Z", true],
  ["no windows mean never", { windows: [] }, "2026-11-24T03:00:00Z", false],
  ["Tuesday 12:00 in Tokyo", office, "2026-11-24T03:00:00Z", true],
  ["the first minute", office, "2026-11-23T23:00:00Z", true],
  ["the minute before", office, "2026-11-22T22:59:59Z", false],
  ["the end is outside", office, "2026-11-24T11:00:00Z", false],
  ["Wednesday is another day", office, "2026-11-25T03:00:00Z", false],
  ["over midnight: the evening", night, "2026-11-28T21:30:00Z", true],
  ["over midnight: the morning after", night, "2026-11-29T04:59:00Z", true],
  ["over midnight: its end", night, "2026-11-29T05:00:00Z", false],
  ["over midnight: the evening of the day after", night, "2026-11-29T21:30:00Z", false],
  ["until 24:00", late, "2026-11-23T23:59:00Z", true],
  ["without a zone: the server's", late, "2026-11-24T00:00:00Z", false],
  // Berlin skips 02:00 to 03:00 on 2026-03-29: 01:59 is followed by 03:00.
  ["the hour before the gap", berlin, "2026-03-29T00:59:00Z", true],
  ["right behind the gap: 03:00", berlin, "2026-03-29T01:00:00Z", true],
  ["the end comes an hour early: 04:00", berlin, "2026-03-29T02:00:00Z", false],
  // On 2026-10-25 it repeats 02:00 to 03:00.
  ["the second 02:30", berlin, "2026-10-25T01:30:00Z", true],
  ["03:59, an hour later than usual", berlin, "2026-10-25T02:59:00Z", true],
  ["04:00", berlin, "2026-10-25T03:00:00Z", false],
])("%s", (_name, json, at, open) => {
  expect(isOpenAt(schedule(json), Date.parse(at), "UTC")).toBe(open);
});

const gap = { timeZone: "Europe/Berlin", windows: [{ days: ["sun"], from: "02:10", to: "02:50" }] };

test.each([
  ["always: now", "always", "2026-11-24T03:00:30Z", "2026-11-24T03:00:30Z"],
  ["inside: now", office, "2026-11-24T03:00:30Z", "2026-11-24T03:00:30Z"],
  ["never", { windows: [] }, "2026-11-24T03:00:00Z", null],
  ["Monday in Tokyo after a weekend", office, "2026-11-27T00:00:00Z", "2026-11-29T23:00:00Z"],
  ["the next day", office, "2026-11-23T11:00:59Z", "2026-11-23T23:00:00Z"],
  ["over midnight", night, "2026-11-24T12:00:00Z", "2026-11-28T21:00:00Z"],
  ["in summer time an hour earlier by UTC", night, "2026-07-20T12:00:00Z", "2026-07-25T20:00:00Z"],
  [
    "a window in the hour that is skipped comes a week later",
    gap,
    "2026-03-23T00:00:00Z",
    "2026-04-05T00:10:00Z",
  ],
])("opens: %s", (_name, json, at, opening) => {
  const moment = opensAt(schedule(json), Date.parse(at), "UTC");
  expect(moment).toBe(opening === null ? null : Date.parse(opening));
});
