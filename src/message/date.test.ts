import { expect, test } from "vitest";
import { formatMailDate } from "./date.ts";

const at = Date.UTC(2026, 10, 24, 20, 38, 5);

test.each([
  { at, timeZone: undefined, text: "Tue, 24 Nov 2026 20:38:05 +0000" },
  { at, timeZone: "UTC", text: "Tue, 24 Nov 2026 20:38:05 +0000" },
  { at, timeZone: "Asia/Tokyo", text: "Wed, 25 Nov 2026 05:38:05 +0900" },
  { at, timeZone: "America/St_Johns", text: "Tue, 24 Nov 2026 17:08:05 -0330" },
  { at, timeZone: "Nowhere/Atlantis", text: "Tue, 24 Nov 2026 20:38:05 +0000" },
  { at: Date.UTC(2026, 6, 1, 23, 0, 0), timeZone: "Europe/Berlin", text: "Thu, 2 Jul 2026 01:00:00 +0200" },
  { at: Date.UTC(2026, 0, 1, 0, 0, 0), timeZone: "Europe/Berlin", text: "Thu, 1 Jan 2026 01:00:00 +0100" },
])("$text ($timeZone)", ({ at: moment, timeZone, text }) => {
  expect(timeZone === undefined ? formatMailDate(moment) : formatMailDate(moment, timeZone)).toBe(text);
});
