import fc from "fast-check";
import { expect, test } from "vitest";
import { type LogFields, logLevels } from "../core/log.ts";
import { localTimeIn } from "./local-time.ts";
import { lineMaker, readLine } from "./log-line.ts";

const time = "2026-11-25T09:03:24.123+09:00";
const at = Date.UTC(2026, 10, 25, 0, 3, 24, 123);
const maker = () => lineMaker(7, localTimeIn("Asia/Tokyo"));
const line = (fields: LogFields, event = "message-taken") => maker().line(at, "major", event, fields).text;
const isMultipleLines = (text: string) => text.slice(0, -1).includes("\n");

test("a record: level, time, tag, process, event, facts", () => {
  expect(line({ account: "alice", bytes: 12 })).toBe(
    `{"level":"info","time":"${time}","tag":"RPOP","pid":7,"event":"message-taken","account":"alice","bytes":12}\n`,
  );
});

test.each(logLevels)("%s comes back as it was written", (level) => {
  const text = maker().line(at, level, "anything", { code: "in-use", list: ["a", "b"] }).text;
  expect(readLine(text)).toEqual({
    at: Date.UTC(2026, 10, 25, 0, 3, 24, 123),
    time,
    level,
    event: "anything",
    fields: { tag: "RPOP", pid: 7, code: "in-use", list: ["a", "b"] },
  });
});

test.each([
  { name: "CR LF", text: "a\r\nb" },
  { name: "ESC", text: "\u001b[2J" },
  { name: "DEL", text: "\u007f" },
  { name: "CSI, one character", text: "\u009b31m" },
  { name: "NEL", text: "\u0085" },
  { name: "line and paragraph separator", text: "\u2028\u2029" },
  { name: "right-to-left override", text: "\u202egpj.exe" },
  { name: "isolates", text: "\u2066x\u2069" },
  { name: "direction marks", text: "\u200e\u200f\u061c" },
  { name: "byte order mark", text: "\ufeff" },
  { name: "half a surrogate pair", text: "\ud83d!" },
])("$name is escaped, also in a longer text, and reads back as it was", ({ text }) => {
  for (const value of [text, text.padEnd(200, "x")]) {
    const written = line({ remoteText: value });
    expect(written).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/,
    );
    expect(isMultipleLines(written)).toBe(false);
    expect(Buffer.from(written).toString()).toBe(written);
    expect(readLine(written)?.fields.remoteText).toBe(value);
  }
});

test("whatever comes: one line of at most 4 KiB of harmless JSON", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "binary", minLength: 500, maxLength: 2000 }),
  );
  const value = fc.oneof(
    text,
    fc.array(text, { maxLength: 60 }),
    fc.dictionary(fc.string(), text),
    fc.double(),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), value, { maxKeys: 10 }), (fields) => {
      const written = line({ ...fields, event: undefined, level: undefined, time: undefined });
      expect(Buffer.byteLength(written)).toBeLessThanOrEqual(4096);
      expect(written.endsWith("\n")).toBe(true);
      expect(isMultipleLines(written)).toBe(false);
      expect(written.slice(0, -1)).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
      );
      expect(readLine(written)?.event).toBe("message-taken");
    }),
    { numRuns: 50 },
  );
});

test("remote words of 500 bytes stay whole; what is longer is cut where it can be seen", () => {
  const words = "é".repeat(250);
  expect(readLine(line({ remoteText: words }))?.fields.remoteText).toBe(words);
  expect(readLine(line({ remoteText: "x".repeat(1001) }))?.fields.remoteText).toBe(`${"x".repeat(1000)}…`);
});

test("a long list says how many more there were", () => {
  const recipients = Array.from({ length: 60 }, (_, index) => `user${index}@example.com`);
  const read = readLine(line({ recipients }))?.fields.recipients;
  expect(read).toEqual([...recipients.slice(0, 50), "… 10"]);
});

test.each([
  { text: "", why: "nothing" },
  { text: '{"level":"info","ti', why: "half a line" },
  { text: "[1]", why: "no record" },
  { text: '{"level":"info","time":"never","event":"x"}', why: "no time" },
  { text: `{"level":"loud","time":"${time}","event":"x"}`, why: "no level of ours" },
])("is no record: $why", ({ text }) => {
  expect(readLine(text)).toBeNull();
});
