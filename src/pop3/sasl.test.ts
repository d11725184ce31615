import { expect, test } from "vitest";
import { apopDigest, apopTimestampOf } from "./apop.ts";
import { cramMd5, decodeBase64, login, plain, SaslFault } from "./sasl.ts";

const none = Buffer.alloc(0);

test("CRAM-MD5 (RFC 2195, section 2)", async () => {
  const mechanism = cramMd5(Buffer.from("tim"), Buffer.from("tanstaaftanstaaf"));
  const answer = await mechanism.respond(Buffer.from("<1896.697170952@postoffice.reston.mci.net>"));
  expect(answer.toString()).toBe("tim b913a602c7eda7a495b4e6e7334d3890");
  expect(mechanism.isDone()).toBe(true);
  await expect(mechanism.respond(none)).rejects.toThrow(SaslFault);
});

test("PLAIN (RFC 4616) is its initial response", async () => {
  const mechanism = plain(Buffer.from("tim"), Buffer.from("tanstaaftanstaaf"));
  expect(mechanism.initial?.toString()).toBe("\0tim\0tanstaaftanstaaf");
  expect(mechanism.isDone()).toBe(true);
  await expect(mechanism.respond(none)).rejects.toThrow(SaslFault);
});

test("LOGIN answers two prompts", async () => {
  const mechanism = login(Buffer.from("tim"), Buffer.from("secret"));
  expect(mechanism.initial).toBeNull();
  expect((await mechanism.respond(none)).toString()).toBe("tim");
  expect(mechanism.isDone()).toBe(false);
  expect((await mechanism.respond(none)).toString()).toBe("secret");
  expect(mechanism.isDone()).toBe(true);
});

test("APOP (RFC 1939, section 7)", () => {
  const timestamp = apopTimestampOf("POP3 server ready <1896.697170952@dbc.mtview.ca.us>");
  expect(timestamp).toBe("<1896.697170952@dbc.mtview.ca.us>");
  expect(apopDigest(timestamp ?? "", Buffer.from("tanstaaf"))).toBe("c4c9334bac560ecc979e58001b3e22fb");
});

test.each([
  "POP3 ready",
  "<no-at-sign>",
  "<@host>",
  "<user@>",
  "<a b@host>",
  "<a@b@c>",
  "<a\x80@host>",
  "<a\x01@host>",
  `<${"a".repeat(512)}@host>`,
])("no APOP timestamp (R-37): %j", (greeting) => {
  expect(apopTimestampOf(greeting)).toBeNull();
});

test("a timestamp of 512 bytes is the longest", () => {
  const timestamp = `<${"a".repeat(505)}@host>`;
  expect(apopTimestampOf(timestamp)).toBe(timestamp);
});

test.each([
  ["", ""],
  ["dGVzdA==", "test"],
  ["dGVzdDE=", "test1"],
])("base64 %j", (text, decoded) => {
  expect(decodeBase64(text).toString()).toBe(decoded);
});

test.each(["a", "ab", "abc", "ab=c", "ab c", "abcd=", "ab-_", "dGVzdB==", "=abc", "dGVzdA==\n"])(
  "no strict base64 (R-39): %j",
  (text) => {
    expect(() => decodeBase64(text)).toThrow(SaslFault);
  },
);
