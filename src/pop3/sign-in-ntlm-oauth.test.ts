/** XOAUTH2, OAUTHBEARER, NTLM and MSN, word for word: every step, every refusal, and what is never said. */
import { expect, test } from "vitest";
import {
  ann,
  auto,
  base64,
  capa,
  hello,
  type LoginCase,
  playLogin,
} from "../../test/support/login-dialogue.ts";
import { playDialogue, type Step } from "../../test/support/pop3-dialogue.ts";
import { Pop3Client } from "./client.ts";
import { Pop3CommandError } from "./errors.ts";
import { ntlmAuthenticate, ntlmNegotiate } from "./ntlm.ts";

const token = `ya29.${"x".repeat(5000)}`;
const bob = { user: "bob@example.com", token };
const xoauth2Line = base64(`user=bob@example.com\x01auth=Bearer ${token}\x01\x01`);
const oauthError = '{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}';

// A server's NTLM, and our answer to it: what it should be is for ntlm.test.ts to say.
const chance = { clientChallenge: Buffer.alloc(8, 7), now: 0 };
const ntlmStart = ntlmNegotiate();
const ntlmChallenge = Buffer.from(
  "4e544c4d5353500002000000000000003000000001008000" +
    "0123456789abcdef00000000000000001000100030000000" +
    "07000800010203040506070800000000",
  "hex",
);
const ntlmAnswer = ntlmAuthenticate(
  ntlmStart,
  ntlmChallenge,
  { user: "ann", domain: "" },
  "tanstaaf",
  chance,
);
const ntlmExchange = (name: string, go: Step = "S: +", challenge = "S: + "): Step[] => [
  `C: AUTH ${name}`,
  go,
  `C: ${ntlmStart.toString("base64")}`,
  `${challenge}${ntlmChallenge.toString("base64")}` as Step,
  `C: ${ntlmAnswer.toString("base64")}`,
];

const logins: LoginCase[] = [
  {
    name: "XOAUTH2 waits for + even with a short token (F27)",
    policy: { auth: "xoauth2", allowPlain: true },
    credentials: { user: "bob", token: "t" },
    dialogue: [
      ...capa("SASL XOAUTH2"),
      "C: AUTH XOAUTH2",
      "S: + ",
      `C: ${base64("user=bob\x01auth=Bearer t\x01\x01")}`,
      "S: +OK",
    ],
    method: "xoauth2",
  },
  {
    name: "XOAUTH2 with a token of 5,000 bytes, after +OK for go on (F31)",
    policy: { allowPlain: true },
    credentials: bob,
    dialogue: [...capa("USER", "SASL XOAUTH2"), "C: AUTH XOAUTH2", "S: +OK", `C: ${xoauth2Line}`, "S: +OK"],
    method: "xoauth2",
  },
  {
    name: "XOAUTH2 unknown as a command: OAUTHBEARER",
    policy: { allowPlain: true },
    credentials: { user: "bob", token: "t" },
    host: "localhost",
    dialogue: [
      ...capa("SASL XOAUTH2 OAUTHBEARER"),
      "C: AUTH XOAUTH2",
      "S: -ERR mechanism not supported",
      "C: AUTH OAUTHBEARER",
      "S: +",
      { said: (port) => base64(`n,a=bob,\x01host=localhost\x01port=${port}\x01auth=Bearer t\x01\x01`) },
      "S: +OK",
    ],
    method: "oauthbearer",
  },
  {
    name: "NTLM always in two steps (MS-POP3)",
    policy: { auth: "ntlm", allowPlain: true },
    dialogue: [...capa("USER", "SASL NTLM"), ...ntlmExchange("NTLM"), "S: +OK"],
    method: "ntlm",
  },
  {
    name: "NTLM with +OK for go on (F31)",
    policy: { auth: "ntlm", allowPlain: true },
    dialogue: ["C: CAPA", "S: -ERR", ...ntlmExchange("NTLM", "S: +OK", "S: +OK "), "S: +OK"],
    method: "ntlm",
  },
  {
    name: "NTLM by name, and CAPA names no mechanism: AUTH alone is asked",
    policy: { auth: "ntlm", allowPlain: true },
    dialogue: [
      ...capa("TOP", "UIDL"),
      "C: AUTH",
      "S: +OK",
      "S: NTLM",
      "S: .",
      ...ntlmExchange("NTLM"),
      "S: +OK",
    ],
    method: "ntlm",
  },
  {
    name: "MSN at a host of MSN",
    host: "Pop3.Email.MSN.com.",
    policy: { allowPlain: true },
    dialogue: [...capa("USER", "SASL MSN NTLM"), ...ntlmExchange("MSN"), "S: +OK"],
    method: "msn",
  },
  {
    name: "MSN at a host of MSN without CAPA: AUTH alone is asked",
    host: "pop3.msn.com",
    policy: { allowPlain: true },
    dialogue: [
      "C: CAPA",
      "S: -ERR",
      "C: AUTH",
      "S: +OK",
      "S: NTLM",
      "S: MSN",
      "S: .",
      ...ntlmExchange("MSN"),
      "S: +OK",
    ],
    method: "msn",
  },
  {
    name: "a host of MSN that lists nothing: the order goes on",
    host: "pop3.msn.com",
    dialogue: [
      "C: CAPA",
      "S: -ERR",
      "C: AUTH",
      "S: -ERR",
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: +OK",
    ],
    method: "user",
  },
  {
    name: "MSN by name anywhere",
    policy: { auth: "msn", allowPlain: true },
    dialogue: [...capa("USER", "SASL MSN"), ...ntlmExchange("MSN"), "S: +OK"],
    method: "msn",
  },
];

const refusals: LoginCase[] = [
  ...[base64(oauthError), oauthError].map((challenge, index) => ({
    name: `XOAUTH2, the error in a challenge, ${index === 0 ? "base64" : "as it is"}: answered, and part of the words`,
    policy: { auth: "xoauth2" as const, allowPlain: true },
    credentials: bob,
    dialogue: [
      ...capa("SASL XOAUTH2 PLAIN"),
      "C: AUTH XOAUTH2",
      "S: +",
      `C: ${xoauth2Line}`,
      `S: + ${challenge}`,
      "C: ",
      "S: -ERR [AUTH] Invalid credentials",
    ] as Step[],
    failure: {
      code: "auth-refused",
      permanent: true,
      remoteText: `[AUTH] Invalid credentials ${oauthError}`,
      params: { method: "xoauth2", responseCode: "AUTH" },
    },
  })),
  {
    name: "OAUTHBEARER, the error in a challenge: answered by %x01 (RFC 7628, 3.2.3)",
    host: "localhost",
    policy: { auth: "oauthbearer", allowPlain: true },
    credentials: { user: "bob", token: "t" },
    dialogue: [
      ...capa("SASL OAUTHBEARER"),
      "C: AUTH OAUTHBEARER",
      "S: +",
      { said: (port) => base64(`n,a=bob,\x01host=localhost\x01port=${port}\x01auth=Bearer t\x01\x01`) },
      `S: + ${base64('{"status":"invalid_token"}')}`,
      "C: AQ==",
      "S: -ERR",
    ],
    failure: { code: "auth-refused", remoteText: '{"status":"invalid_token"}' },
  },
  {
    name: "a token refused in words of an unknown command: nothing else is tried (R-38)",
    policy: { allowPlain: true },
    credentials: { user: "bob", token: "t" },
    dialogue: [
      ...capa("SASL XOAUTH2 OAUTHBEARER"),
      "C: AUTH XOAUTH2",
      "S: +",
      `C: ${base64("user=bob\x01auth=Bearer t\x01\x01")}`,
      "S: -ERR unsupported authentication method for you",
    ],
    failure: { code: "auth-refused", params: { method: "xoauth2" } },
  },
  {
    name: "a token without TLS is not sent",
    credentials: bob,
    dialogue: [...capa("USER", "SASL XOAUTH2 PLAIN")],
    failure: { code: "auth-needs-tls", permanent: true, params: { method: "xoauth2" } },
  },
  {
    name: "a token is no password",
    credentials: bob,
    policy: { allowPlain: true },
    dialogue: [...capa("USER", "SASL PLAIN")],
    failure: { code: "auth-unavailable" },
  },
  {
    name: "NTLM without TLS is not used (R-38)",
    policy: { auth: "ntlm" },
    dialogue: [...capa("USER", "SASL NTLM PLAIN")],
    failure: { code: "auth-needs-tls", permanent: true, params: { method: "ntlm" } },
  },
  {
    name: "NTLM, a wrong password: nothing weaker (R-38)",
    policy: { auth: "ntlm", allowPlain: true },
    dialogue: [
      ...capa("USER", "SASL NTLM PLAIN"),
      ...ntlmExchange("NTLM"),
      "S: -ERR Logon failure: unknown user",
    ],
    failure: { code: "auth-refused", remoteText: "Logon failure: unknown user", params: { method: "ntlm" } },
  },
  {
    name: "MSN at a host of MSN, refused: nothing weaker (R-38)",
    host: "msn.com",
    policy: { allowPlain: true },
    dialogue: [...capa("USER", "SASL MSN PLAIN"), "C: AUTH MSN", "S: -ERR mechanism not supported"],
    failure: { code: "auth-refused", params: { method: "msn" } },
  },
  {
    name: "MSN listed and not allowed without TLS: no password in clear instead",
    host: "msn.com",
    dialogue: [...capa("USER", "SASL MSN PLAIN")],
    failure: { code: "auth-needs-tls", params: { method: "msn" } },
  },
];

test.each(logins)("login: $name", async (one) => {
  expect(await playLogin(one)).toEqual({ method: one.method });
});

test.each(refusals)("login refused: $name", async (one) => {
  const error = await playLogin(one, ["C: NOOP", "S: +OK"]);
  expect(error).toBeInstanceOf(Pop3CommandError);
  expect(error).toMatchObject({ failure: { scope: "account", ...one.failure } });
});

test.each([
  { name: "a challenge of NTLM that is none", last: ["S: + YQ=="], detail: "sasl-ntlm-signature" },
  { name: "a challenge that is no base64", last: ["S: + a"], detail: "sasl-base64" },
  { name: "+OK before we proved anything", last: ["S: +OK logged in"], detail: "sasl-base64" },
] as { name: string; last: Step[]; detail: string }[])(
  "NTLM breaks off (R-39): $name",
  async ({ last, detail }) => {
    const start = ntlmExchange("NTLM").slice(0, 3);
    await using server = await playDialogue([hello, ...capa("SASL NTLM"), ...start, ...last, "gone"]);
    await using client = await Pop3Client.connect(server);
    await expect(client.login(ann, { auth: "ntlm", apop: false, allowPlain: true })).rejects.toMatchObject({
      name: "Pop3ProtocolError",
      failure: { code: "protocol", params: { detail } },
    });
    await server.done;
  },
);

test("a token that the server calls bad and then lets in is not believed", async () => {
  await using server = await playDialogue([
    hello,
    ...capa("SASL XOAUTH2"),
    "C: AUTH XOAUTH2",
    "S: +",
    `C: ${xoauth2Line}`,
    `S: + ${base64(oauthError)}`,
    "C: ",
    "S: +OK",
    "gone",
  ]);
  await using client = await Pop3Client.connect(server);
  await expect(client.login(bob, { ...auto, allowPlain: true })).rejects.toMatchObject({
    failure: { code: "protocol", params: { detail: "sasl-extra-challenge" } },
  });
  await server.done;
});
