import { expect, test } from "vitest";
import { failure } from "./failure.ts";
import { failureFields, wireField } from "./log.ts";

test.each([
  { latin1: "plain", text: "plain", why: "ASCII" },
  { latin1: "m\u00c3\u00bcller", text: "müller", why: "UTF-8" },
  { latin1: "m\u00fcller", text: "m\\xfcller", why: "no UTF-8: bytes by number" },
  { latin1: "\u009b31m", text: "\\x9b31m", why: "a terminal's control sequence" },
  { latin1: "\u00ed\u00a0\u0080", text: "\\xed\\xa0\\x80", why: "half a surrogate pair as bytes" },
])("wire bytes as text: $why", ({ latin1, text }) => {
  expect(wireField(latin1)).toBe(text);
});

test("a failure as facts, without what it does not say", () => {
  expect(failureFields(null)).toEqual({});
  expect(failureFields(failure("in-use", "account"))).toEqual({
    code: "in-use",
    scope: "account",
    permanent: false,
  });
  const full = failure("unknown-user", "recipient", {
    permanent: true,
    status: "5.1.1",
    remoteText: "no",
    params: { address: "x@y" },
  });
  expect(failureFields(full)).toEqual({ ...full });
});
