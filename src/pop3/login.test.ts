import { expect, test } from "vitest";
import { parseCapabilities } from "./capabilities.ts";
import { chooseLogin, type LoginFacts, type LoginPolicy, refusesCommand } from "./login.ts";

const auto: LoginPolicy = { auth: "auto", apop: false, allowPlain: false };
const ticked: LoginPolicy = { auth: "auto", apop: true, allowPlain: false };
const facts = (over: Partial<LoginFacts>): LoginFacts => ({
  peer: { host: "pop.isp.example", port: 110 },
  policy: auto,
  secure: false,
  apopTimestamp: null,
  capabilities: null,
  scramPossible: true,
  fitsCommands: true,
  ...over,
});
const offering = (...lines: string[]) => parseCapabilities(lines);
const everything = offering("USER", "SASL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2");
const stamp = "<1@host>";

const chosen: { name: string; over: Partial<LoginFacts>; methods: string[] }[] = [
  { name: "nothing known", over: {}, methods: ["user"] },
  {
    name: "APOP ticked and offered",
    over: { policy: ticked, apopTimestamp: stamp, capabilities: everything },
    methods: ["apop"],
  },
  { name: "APOP offered, not ticked", over: { apopTimestamp: stamp }, methods: ["user"] },
  { name: "the best SASL", over: { capabilities: everything }, methods: ["scram-sha-256"] },
  {
    name: "the best SASL, with TLS",
    over: { capabilities: everything, secure: true },
    methods: ["scram-sha-256"],
  },
  {
    name: "SCRAM-SHA-1",
    over: { capabilities: offering("SASL CRAM-MD5 SCRAM-SHA-1") },
    methods: ["scram-sha-1"],
  },
  {
    name: "CRAM-MD5 without TLS",
    over: { capabilities: offering("USER", "SASL CRAM-MD5 PLAIN") },
    methods: ["cram-md5"],
  },
  {
    name: "no CRAM-MD5 with TLS",
    over: { capabilities: offering("USER", "SASL CRAM-MD5 PLAIN"), secure: true },
    methods: ["user", "plain"],
  },
  {
    name: "PLAIN and LOGIN stand by",
    over: { capabilities: offering("USER", "SASL PLAIN LOGIN") },
    methods: ["user", "plain", "login"],
  },
  {
    name: "no USER capability",
    over: { capabilities: offering("SASL PLAIN LOGIN") },
    methods: ["plain", "login", "user"],
  },
  { name: "no USER capability and no SASL", over: { capabilities: offering("TOP") }, methods: ["user"] },
  {
    name: "credentials that SCRAM cannot carry",
    over: { capabilities: everything, scramPossible: false, secure: true },
    methods: ["user", "plain", "login"],
  },
  {
    name: "credentials too long for USER and PASS",
    over: { capabilities: offering("USER", "SASL PLAIN"), fitsCommands: false },
    methods: ["plain"],
  },
  {
    name: "APOP ticked, not offered, but nothing in clear is needed",
    over: { policy: ticked, capabilities: everything },
    methods: ["scram-sha-256"],
  },
  { name: "APOP ticked, not offered, TLS", over: { policy: ticked, secure: true }, methods: ["user"] },
  {
    name: "APOP ticked, not offered, clear text allowed",
    over: { policy: { ...ticked, allowPlain: true } },
    methods: ["user"],
  },
  {
    name: "fixed: user",
    over: { policy: { ...auto, auth: "user" }, capabilities: everything },
    methods: ["user"],
  },
  {
    name: "fixed: cram-md5 with TLS",
    over: { policy: { ...auto, auth: "cram-md5" }, capabilities: everything, secure: true },
    methods: ["cram-md5"],
  },
  {
    name: "fixed, and the server cannot say",
    over: { policy: { ...auto, auth: "plain" } },
    methods: ["plain"],
  },
  {
    name: "fixed: apop, not ticked",
    over: { policy: { ...auto, auth: "apop" }, apopTimestamp: stamp },
    methods: ["apop"],
  },
];

test.each(chosen)("login order: $name", ({ over, methods }) => {
  expect(chooseLogin(facts(over))).toEqual(methods);
});

const refused: { name: string; over: Partial<LoginFacts>; code: string }[] = [
  { name: "APOP ticked, not offered, no TLS", over: { policy: ticked }, code: "apop-not-offered" },
  {
    name: "and only clear text is offered",
    over: { policy: ticked, capabilities: offering("USER", "SASL PLAIN") },
    code: "apop-not-offered",
  },
  {
    name: "fixed: apop, not offered, though clear text is allowed",
    over: { policy: { auth: "apop", apop: true, allowPlain: true }, secure: true },
    code: "apop-not-offered",
  },
  {
    name: "fixed: a mechanism not offered",
    over: { policy: { ...auto, auth: "cram-md5" }, capabilities: offering("SASL PLAIN") },
    code: "auth-unavailable",
  },
  {
    name: "fixed: a mechanism of a name within another",
    over: { policy: { ...auto, auth: "scram-sha-1" }, capabilities: offering("SASL SCRAM-SHA-1-PLUS") },
    code: "auth-unavailable",
  },
  {
    name: "fixed: a method that is not built",
    over: { policy: { ...auto, auth: "ntlm" as "plain" } },
    code: "auth-unavailable",
  },
  {
    name: "too long for USER and PASS, and nothing else there",
    over: { fitsCommands: false },
    code: "bad-credentials-text",
  },
  {
    name: "fixed: user, too long",
    over: { policy: { ...auto, auth: "user" }, fitsCommands: false },
    code: "bad-credentials-text",
  },
  {
    name: "fixed: SCRAM with credentials it cannot carry",
    over: { policy: { ...auto, auth: "scram-sha-256" }, capabilities: everything, scramPossible: false },
    code: "bad-credentials-text",
  },
];

test.each(refused)("no login: $name", ({ over, code }) => {
  expect(chooseLogin(facts(over))).toMatchObject({ code, scope: "account", permanent: true });
});

test.each([
  ["Unknown command", true],
  ["command not recognized", true],
  ["USER command disabled", true],
  ["Invalid command in this state", true],
  ["USER/PASS authentication not permitted", true],
  ["Must use AUTH", true],
  ["not implemented", true],
  ["[AUTH] plaintext authentication not supported", false],
  ["no such mailbox here", false],
  ["invalid user or password", false],
  ["authentication failed", false],
  ["unknown user", false],
  ["", false],
])("%j refuses the command: %s", (text, expected) => {
  expect(refusesCommand(text)).toBe(expected);
});
