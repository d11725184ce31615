import { expect, test } from "vitest";
import { localTimeIn } from "./local-time.ts";

const at = Date.parse("2026-03-29T00:59:59.999Z");
const cases = [
  { zone: "UTC", at, text: "2026-03-29T00:59:59.999+00:00" },
  { zone: "Asia/Tokyo", at, text: "2026-03-29T09:59:59.999+09:00" },
  { zone: "Asia/Kolkata", at, text: "2026-03-29T06:29:59.999+05:30" },
  { zone: "America/New_York", at, text: "2026-03-28T20:59:59.999-04:00" },
  { zone: "Europe/Berlin", at, text: "2026-03-29T01:59:59.999+01:00" },
  { zone: "Europe/Berlin", at: at + 1, text: "2026-03-29T03:00:00.000+02:00" },
  { zone: "Europe/Berlin", at: Date.parse("2026-10-25T01:00:00Z"), text: "2026-10-25T02:00:00.000+01:00" },
];

test.each(cases)("$zone: $text", ({ zone, at, text }) => {
  expect(localTimeIn(zone)(at)).toBe(text);
  expect(Date.parse(text)).toBe(at);
});

test("one zone over the change of its offset, forwards and back", () => {
  const local = localTimeIn("Europe/Berlin");
  expect([local(at), local(at + 1), local(at)]).toEqual([
    "2026-03-29T01:59:59.999+01:00",
    "2026-03-29T03:00:00.000+02:00",
    "2026-03-29T01:59:59.999+01:00",
  ]);
});
