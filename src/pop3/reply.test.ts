import { expect, test } from "vitest";
import { parseStatus, remoteWords, responseCodeOf } from "./reply.ts";

test.each([
  ["+OK", "ok", ""],
  ["+OK ready", "ok", "ready"],
  ["+ok ready", "ok", "ready"],
  ["-ERR  no such message ", "refused", "no such message"],
  ["-ERR", "refused", ""],
  ["+", "continue", ""],
  ["+ dGVzdA==", "continue", "dGVzdA=="],
])("status line %j", (line, kind, text) => {
  expect(parseStatus(line)).toEqual({ kind, text });
});

test.each(["", "* OK IMAP4rev1", "220 smtp", "HTTP/1.1 400", "OK", "-OK", "+YES", " +OK", "."])(
  "%j is no status line (R-23)",
  (line) => {
    expect(parseStatus(line)).toBeNull();
  },
);

test.each([
  ["[IN-USE] busy", "IN-USE"],
  ["[sys/temp] later", "SYS/TEMP"],
  ["[AUTH]", "AUTH"],
  ["busy [IN-USE]", null],
  ["[two words] x", null],
  ["[]", null],
])("response code of %j (RFC 2449)", (text, code) => {
  expect(responseCodeOf(text)).toBe(code);
});

test("remote words are UTF-8 where they are UTF-8, else latin1, at most 500 bytes", () => {
  expect(remoteWords("")).toBeNull();
  expect(remoteWords(Buffer.from("認証に失敗").toString("latin1"))).toBe("認証に失敗");
  expect(remoteWords("caf\xe9")).toBe("café");
  expect(remoteWords("x".repeat(600))).toHaveLength(500);
  // 3 bytes a character: the 167th would be cut in two.
  expect(remoteWords(Buffer.from("語".repeat(200)).toString("latin1"))).toBe("語".repeat(166));
});
