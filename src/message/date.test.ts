import fc from "fast-check";
import { expect, test } from "vitest";
import { arrivalOf, formatMailDate, parseMailDate, zonedMoment } from "./date.ts";
import { Header } from "./header.ts";

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

const written = [
  { text: "Tue, 24 Nov 2026 21:38:15 +0900", utc: "2026-11-24T12:38:15.000Z" },
  { text: "24 Nov 2026 21:38 -0330", utc: "2026-11-25T01:08:00.000Z" },
  { text: "Tue, 24 Nov 26 21:38:15 GMT", utc: "2026-11-24T21:38:15.000Z" },
  { text: "Tue, 1 Nov 1999 01:02:03 PST (Pacific Standard Time)", utc: "1999-11-01T09:02:03.000Z" },
  { text: "Tue,24 Nov 2026 21:38:15 +0900 (JST)", utc: "2026-11-24T12:38:15.000Z" },
  { text: "Sat, 01-Jan-2000 00:00:00 JST", utc: "1999-12-31T15:00:00.000Z" },
  { text: "24 Nov 2026 21:38:15", utc: "2026-11-24T21:38:15.000Z" },
  { text: "yesterday", utc: null },
  { text: "Tue, 32 Nov 2026 21:38:15 +0900", utc: null },
  { text: "", utc: null },
];

test.each(written)("the date $text is $utc", ({ text, utc }) => {
  const at = parseMailDate(text);
  expect(at === null ? null : new Date(at).toISOString()).toBe(utc);
});

test("every date that we write is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
      expect(parseMailDate(formatMailDate(seconds * 1000, "Asia/Tokyo"))).toBe(seconds * 1000);
    }),
  );
});

const moments = [
  { text: "2026-11-01", zone: "UTC", utc: "2026-11-01T00:00:00.000Z" },
  { text: "2026-11-01", zone: "Asia/Tokyo", utc: "2026-10-31T15:00:00.000Z" },
  { text: "2026-07-01 08:30", zone: "Europe/Berlin", utc: "2026-07-01T06:30:00.000Z" },
  { text: "2026-07-01T08:30:05+09:00", zone: "Europe/Berlin", utc: "2026-06-30T23:30:05.000Z" },
  { text: "2026-07-01T08:30Z", zone: "Europe/Berlin", utc: "2026-07-01T08:30:00.000Z" },
  { text: "2026-02-30", zone: "UTC", utc: null },
  { text: "2026-11-01 25:00", zone: "UTC", utc: null },
  { text: "November", zone: "UTC", utc: null },
];

test.each(moments)("$text in $zone is $utc", ({ text, zone, utc }) => {
  const at = zonedMoment(text, zone);
  expect(at === null ? null : new Date(at).toISOString()).toBe(utc);
});

const arrivals = [
  {
    name: "the topmost Received counts",
    header:
      "Received: x; 24 Nov 2026 10:00:00 +0000\nReceived: y; 1 Nov 2026 10:00:00 +0000\nDate: 2 Nov 2026 10:00:00 +0000\n\n",
    utc: "2026-11-24T10:00:00.000Z",
  },
  {
    name: "a Received without a date: the message's own",
    header: "Received: x\nDate: 2 Nov 2026 10:00:00 +0000\n\n",
    utc: "2026-11-02T10:00:00.000Z",
  },
  { name: "neither", header: "Subject: x\n\n", utc: null },
];

test.each(arrivals)("when a message came: $name", ({ header, utc }) => {
  const at = arrivalOf(Header.parse(Buffer.from(header)).header);
  expect(at === null ? null : new Date(at).toISOString()).toBe(utc);
});
