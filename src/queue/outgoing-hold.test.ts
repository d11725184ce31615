import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import type { ActivitySchedule } from "../settings/activity-schedule.ts";
import { outgoingHold } from "./outgoing-hold.ts";

const nights: ActivitySchedule = {
  timeZone: "UTC",
  windows: [{ days: ["tue", "wed"], fromMinute: 22 * 60, toMinute: 23 * 60 }],
};
const never: ActivitySchedule = { timeZone: null, windows: [] };

test.each<[string, string, ActivitySchedule, string, string | null]>([
  [
    "SMTP waits for the opening",
    "smtp://mail.example:25",
    nights,
    "2026-11-24T12:00:10Z",
    "2026-11-24T22:00:00Z",
  ],
  ["over TLS too", "SMTPS://mail.example", nights, "2026-11-24T12:00:10Z", "2026-11-24T22:00:00Z"],
  ["inside it goes", "smtp://mail.example:25", nights, "2026-11-24T22:30:00Z", null],
  [
    "never: asked again in a day",
    "smtp://mail.example:25",
    never,
    "2026-11-24T12:00:00Z",
    "2026-11-25T12:00:00Z",
  ],
  ["always: goes", "smtp://mail.example:25", "always", "2026-11-24T12:00:00Z", null],
  ["LMTP is no outgoing mail", "lmtp://127.0.0.1:24", never, "2026-11-24T12:00:00Z", null],
  ["nor is a program", "pipe:/bin/smtp: x", never, "2026-11-24T12:00:00Z", null],
])("%s", (_name, destination, schedule, at, until) => {
  const hold = outgoingHold(new ManualClock(Date.parse(at)), () => ({ schedule, timeZone: "UTC" }));
  const held = hold(destination);
  expect(held === null ? null : new Date(held.until).toISOString()).toBe(
    until === null ? null : new Date(until).toISOString(),
  );
  if (held !== null) expect(held.failure).toMatchObject({ code: "outside-schedule", permanent: false });
});

test("after the window has closed again, the next opening counts; another schedule counts at once", () => {
  const clock = new ManualClock(Date.parse("2026-11-24T12:00:00Z"));
  let schedule: ActivitySchedule = nights;
  const hold = outgoingHold(clock, () => ({ schedule, timeZone: "UTC" }));
  const opening = () => new Date(hold("smtp://a")?.until ?? 0).toISOString();
  expect(opening()).toBe("2026-11-24T22:00:00.000Z");
  clock.setWall(Date.parse("2026-11-24T23:00:00Z"));
  expect(opening()).toBe("2026-11-25T22:00:00.000Z");
  schedule = { ...nights, windows: [{ days: ["wed"], fromMinute: 60, toMinute: 120 }] };
  expect(opening()).toBe("2026-11-25T01:00:00.000Z");
});
