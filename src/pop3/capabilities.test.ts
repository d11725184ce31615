import { expect, test } from "vitest";
import { parseCapabilities } from "./capabilities.ts";

test("Dovecot", () => {
  const lines = [
    "CAPA",
    "TOP",
    "UIDL",
    "RESP-CODES",
    "PIPELINING",
    "AUTH-RESP-CODE",
    "STLS",
    "USER",
    "SASL PLAIN LOGIN",
  ];
  expect(parseCapabilities(lines)).toMatchObject({
    lines,
    top: true,
    uidl: true,
    pipelining: true,
    authRespCode: true,
    stls: true,
    user: true,
    utf8: false,
    sasl: ["PLAIN", "LOGIN"],
    loginDelaySeconds: null,
    expireDays: null,
  });
});

test.each([
  { name: "nothing", lines: [], expected: { pipelining: false, user: false, sasl: [] } },
  {
    name: "any case and blanks",
    lines: ["sasl  plain\txoauth2 ", "pipelining"],
    expected: { sasl: ["PLAIN", "XOAUTH2"], pipelining: true },
  },
  {
    name: "two SASL lines",
    lines: ["SASL PLAIN", "SASL CRAM-MD5"],
    expected: { sasl: ["PLAIN", "CRAM-MD5"] },
  },
  { name: "login delay", lines: ["LOGIN-DELAY 900"], expected: { loginDelaySeconds: 900 } },
  {
    name: "login delay per user",
    lines: ["LOGIN-DELAY 120 USER"],
    expected: { loginDelaySeconds: 120, user: false },
  },
  { name: "mail goes at retrieval (F1)", lines: ["EXPIRE 0"], expected: { expireDays: 0 } },
  { name: "mail stays", lines: ["EXPIRE NEVER"], expected: { expireDays: null } },
  {
    name: "nonsense",
    lines: ["", "LOGIN-DELAY soon", "EXPIRE"],
    expected: { loginDelaySeconds: null, expireDays: null },
  },
  {
    name: "a name within a name is another name",
    lines: ["XPIPELINING", "UIDLX"],
    expected: { pipelining: false, uidl: false },
  },
])("capabilities: $name", ({ lines, expected }) => {
  expect(parseCapabilities(lines)).toMatchObject(expected);
});

test("reads what it kept", () => {
  const first = parseCapabilities(["UIDL", "SASL PLAIN"]);
  expect(parseCapabilities(first.lines)).toEqual(first);
});
