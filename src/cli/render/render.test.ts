import fc from "fast-check";
import { expect, test } from "vitest";
import { failure } from "../../core/failure.ts";
import { wordsIn } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { failureLine, failureText } from "./failure.ts";
import { nearest } from "./nearest.ts";
import { bytesText, timeText } from "./quantities.ts";
import { table } from "./table.ts";
import { shortened, textWidth } from "./width.ts";
import { wrapped } from "./wrap.ts";

const escapes = [
  { text: "plain words", shown: "plain words" },
  { text: "山田 太郎 é", shown: "山田 太郎 é" },
  { text: "\u001b[31mred", shown: "\\x1b[31mred" },
  { text: "a\r\nb\tc\u0000", shown: "a\\x0d\\x0ab\\x09c\\x00" },
  { text: "\u007f\u0085\u009b31m", shown: "\\x7f\\x85\\x9b31m" },
  { text: "abc\u202edcba\u2066", shown: "abc\\u{202e}dcba\\u{2066}" },
  { text: "\u2028\ufeff\u061c", shown: "\\u{2028}\\u{feff}\\u{61c}" },
  { text: "\ud800x \udc00", shown: "\\u{d800}x \\u{dc00}" },
  { text: "😀", shown: "😀" },
];

test.each(escapes)("what a server says cannot move the cursor: $shown", ({ text, shown }) => {
  expect(escapeText(text)).toBe(shown);
});

test("escaped text never holds a control character, however made", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(escapeText(text)).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
      );
    }),
  );
  expect(escapeText("x".repeat(10_000)).length).toBe(4097);
});

test("Japanese takes two columns, and tables stay straight", () => {
  expect(textWidth("アカウント")).toBe(10);
  expect(textWidth("e\u0301")).toBe(1);
  expect(
    table(
      ["所有者", "x"],
      [
        ["a", "1"],
        ["統合", "2"],
      ],
      (text) => text,
    ),
  ).toBe("所有者  x\na       1\n統合    2");
  expect(shortened("アカウント", 7)).toBe("アカウ…");
  expect(shortened("short", 7)).toBe("short");
});

test("lines are broken at blanks and between Japanese characters, never before a full stop", () => {
  expect(wrapped("one two three", 8)).toBe("one two\nthree");
  expect(wrapped("キューは空です。", 14)).toBe("キューは空です。");
  expect(wrapped("キューは空です。", 8)).toBe("キューは\n空です。");
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", " ", "字", "。") }), (text) => {
      expect(wrapped(text, 9).replace(/[\n ]/g, "")).toBe(text.replace(/ /g, ""));
    }),
  );
});

const words = [
  { typed: "chanels", known: ["channels", "timeouts"], near: "channels" },
  { typed: "loglevel", known: ["logLevel", "relay"], near: "logLevel" },
  { typed: "pasword", known: ["passwordFile", "password"], near: "password" },
  { typed: "colour", known: ["channels", "relay"], near: undefined },
  { typed: "", known: ["id"], near: undefined },
];

test.each(words)("$typed most probably means $near", ({ typed, known, near }) => {
  expect(nearest(typed, known)).toBe(near);
});

test("sizes and times", () => {
  expect([0, 999, 1000, 1_234_567, 987_000_000_000].map(bytesText)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "1.2 MB",
    "987 GB",
  ]);
  const noon = Date.UTC(2026, 10, 24, 12, 0, 5);
  expect(timeText(noon, noon + 1000, "Asia/Tokyo")).toBe("21:00:05");
  expect(timeText(noon, noon + 24 * 3600 * 1000, "Asia/Tokyo")).toBe("2026-11-24 21:00:05");
  // Midnight passes in the zone shown, not in UTC.
  expect(timeText(noon, Date.UTC(2026, 10, 24, 15, 30), "Asia/Tokyo")).toBe("2026-11-24 21:00:05");
});

test("a failure says what happened, the server's words, what happens now, what to do, and its code", () => {
  const refused = failure("auth-refused", "account", {
    permanent: true,
    params: { host: "pop.x\u001b" },
    remoteText: "[AUTH] no\u001b[2J",
  });
  expect(failureText(wordsIn("en"), refused, "14:02")).toBe(
    [
      "pop.x\\x1b refused the password.",
      "  The server said: [AUTH] no\\x1b[2J",
      "  The next try is at 14:02. Your mail waits at the provider; nothing is lost.",
      "  What you can do: Enter the password again. Some providers want an app password made in their settings.",
      "  Code: auth-refused",
    ].join("\n"),
  );
  expect(failureLine(wordsIn("ja"), refused)).toBe(
    "pop.x\\x1b がパスワードを受け付けませんでした。 ([AUTH] no\\x1b[2J)",
  );
});

test("numbers of a failure are written with their units", () => {
  const late = failure("timeout", "host", { params: { host: "pop.x", timeoutMs: 30_000 } });
  expect(failureLine(wordsIn("en"), late)).toBe("pop.x did not answer within 30s.");
  const low = failure("disk-low", "local", { params: { free: 500_000_000, limit: 1_073_741_824 } });
  expect(failureLine(wordsIn("en"), low)).toBe(
    "The disk of this server is nearly full: 500 MB free, 1.1 GB wanted.",
  );
});
