import fc from "fast-check";
import { expect, test } from "vitest";
import { encodedWords, isJapanese } from "./encoded-words.ts";

test("plain text stays, all else becomes words of at most 75 characters that decode to it", () => {
  expect(encodedWords("Undelivered mail: bob@example.com", 9)).toBe("Undelivered mail: bob@example.com");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (given) => {
      const text = given.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
      const folded = encodedWords(given, 9);
      if (folded === text) return;
      const lines = folded.split("\n ");
      for (const line of lines) expect(line).toMatch(/^=\?UTF-8\?B\?[\w+/=]*\?=$/);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(75);
      const decoded = lines.map((line) => Buffer.from(line.slice(10, -2), "base64").toString("utf8"));
      expect(decoded.join("")).toBe(Buffer.from(text, "utf8").toString("utf8"));
    }),
  );
});

test("what looks like an encoded word, or breaks the line, does not pass as it is", () => {
  expect(encodedWords("=?utf-8?q?x?=", 0)).toMatch(/^=\?UTF-8\?B\?/);
  expect(encodedWords("a\r\nBcc: b", 0)).toBe("a Bcc: b");
});

test.each([
  ["=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=", true],
  ["=?Shift_JIS?B?g2WDWINn?=", true],
  ["=?utf-8?B?44OG44K544OI?=", true],
  ["=?UTF-8?Q?=E3=83=86=E3=82=B9=E3=83=88?=", true],
  ["テスト", true],
  ["\u001b$B%F%9%H\u001b(B", true],
  ["=?utf-8?B?5Lit5paH?=", false],
  ["=?utf-8?B?w7xiZXI=?=", false],
  ["hello", false],
])("%s is Japanese: %s", (value, expected) => {
  expect(isJapanese(value)).toBe(expected);
});
