/** Logging in by the methods of old, word for word: every step, every refusal, and what is never said. */
import { expect, test } from "vitest";
import {
  ann,
  auto,
  base64,
  capa,
  hello,
  type LoginCase,
  playLogin,
  stamped,
} from "../../test/support/login-dialogue.ts";
import { playDialogue, type Step } from "../../test/support/pop3-dialogue.ts";
import { parseCapabilities } from "./capabilities.ts";
import { Pop3Client } from "./client.ts";
import { Pop3CommandError } from "./errors.ts";

const plainLine = base64("\0ann\0tanstaaf");

const logins: LoginCase[] = [
  {
    name: "USER, PASS",
    dialogue: [...capa("USER"), "C: USER ann", "S: +OK", "C: PASS tanstaaf", "S: +OK"],
    method: "user",
  },
  {
    name: "no CAPA there",
    dialogue: ["C: CAPA", "S: -ERR", "C: USER ann", "S: +OK", "C: PASS tanstaaf", "S: +OK"],
    method: "user",
  },
  {
    name: "fixed to USER, CAPA is not asked for",
    policy: { auth: "user" },
    dialogue: ["C: USER ann", "S: +OK", "C: PASS tanstaaf", "S: +OK"],
    method: "user",
  },
  {
    name: "names and passwords are bytes, blanks and all (F36)",
    policy: { auth: "user" },
    credentials: { user: Buffer.from([0x61, 0x20, 0xff, 0x40]), password: ' "é\\ ' },
    dialogue: ["C: USER a \xff@", "S: +OK", `C: PASS ${Buffer.from(' "é\\ ').toString("latin1")}`, "S: +OK"],
    method: "user",
  },
  {
    name: "APOP (RFC 1939, section 7)",
    greeting: stamped,
    policy: { auth: "apop" },
    credentials: { user: "mrose", password: "tanstaaf" },
    dialogue: ["C: APOP mrose c4c9334bac560ecc979e58001b3e22fb", "S: +OK"],
    method: "apop",
  },
  {
    name: "PLAIN with its initial response",
    policy: { auth: "plain" },
    dialogue: [...capa("SASL PLAIN"), `C: AUTH PLAIN ${plainLine}`, "S: +OK"],
    method: "plain",
  },
  {
    name: "PLAIN too long for a command line waits for + (R-40)",
    policy: { auth: "plain" },
    credentials: { user: "ann", password: "p".repeat(180) },
    dialogue: [
      ...capa("SASL PLAIN"),
      "C: AUTH PLAIN",
      "S: +",
      `C: ${base64(`\0ann\0${"p".repeat(180)}`)}`,
      "S: +OK",
    ],
    method: "plain",
  },
  {
    name: "+OK for go on (F31)",
    policy: { auth: "plain" },
    credentials: { user: "ann", password: "p".repeat(180) },
    dialogue: [
      ...capa("SASL PLAIN"),
      "C: AUTH PLAIN",
      "S: +OK",
      `C: ${base64(`\0ann\0${"p".repeat(180)}`)}`,
      "S: +OK",
    ],
    method: "plain",
  },
  {
    name: "LOGIN, whatever the prompts say",
    policy: { auth: "login" },
    dialogue: [
      ...capa("SASL LOGIN"),
      "C: AUTH LOGIN",
      "S: + VXNlcm5hbWU6",
      `C: ${base64("ann")}`,
      "S: + Password:",
      `C: ${base64("tanstaaf")}`,
      "S: +OK",
    ],
    method: "login",
  },
  {
    name: "LOGIN with +OK for go on (F31)",
    policy: { auth: "login" },
    dialogue: [
      ...capa("SASL LOGIN"),
      "C: AUTH LOGIN",
      "S: +OK",
      `C: ${base64("ann")}`,
      "S: +OK",
      `C: ${base64("tanstaaf")}`,
      "S: +OK",
    ],
    method: "login",
  },
  {
    name: "CRAM-MD5 (RFC 2195)",
    credentials: { user: "tim", password: "tanstaaftanstaaf" },
    dialogue: [
      ...capa("USER", "SASL CRAM-MD5"),
      "C: AUTH CRAM-MD5",
      `S: + ${base64("<1896.697170952@postoffice.reston.mci.net>")}`,
      `C: ${base64("tim b913a602c7eda7a495b4e6e7334d3890")}`,
      "S: +OK",
    ],
    method: "cram-md5",
  },
  {
    name: "USER unknown as a command: AUTH PLAIN",
    dialogue: [
      ...capa("USER", "SASL PLAIN"),
      "C: USER ann",
      "S: -ERR Unknown command",
      `C: AUTH PLAIN ${plainLine}`,
      "S: +OK",
    ],
    method: "plain",
  },
  {
    name: "PLAIN unknown as a command: LOGIN",
    dialogue: [
      ...capa("SASL PLAIN LOGIN"),
      `C: AUTH PLAIN ${plainLine}`,
      "S: -ERR mechanism not supported",
      "C: AUTH LOGIN",
      "S: +",
      `C: ${base64("ann")}`,
      "S: +",
      `C: ${base64("tanstaaf")}`,
      "S: +OK",
    ],
    method: "login",
  },
];

const refusals: LoginCase[] = [
  {
    name: "wrong password",
    dialogue: [
      ...capa("USER", "SASL PLAIN"),
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: -ERR invalid password",
    ],
    failure: {
      code: "auth-refused",
      permanent: true,
      remoteText: "invalid password",
      params: { method: "user" },
    },
  },
  {
    name: "wrong password in the words of an unknown command: still nothing else is tried (R-38)",
    dialogue: [
      ...capa("USER", "SASL PLAIN"),
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: -ERR unknown command",
    ],
    failure: { code: "auth-refused" },
  },
  {
    name: "unknown user: nothing else is tried (R-38)",
    dialogue: [...capa("USER", "SASL PLAIN"), "C: USER ann", "S: -ERR sorry, no mailbox for ann here"],
    failure: { code: "auth-refused", remoteText: "sorry, no mailbox for ann here" },
  },
  {
    name: "APOP refused: never the password (R-37)",
    greeting: stamped,
    policy: { apop: true },
    credentials: { user: "mrose", password: "tanstaaf" },
    dialogue: [
      ...capa("USER", "SASL PLAIN"),
      "C: APOP mrose c4c9334bac560ecc979e58001b3e22fb",
      "S: -ERR unknown command",
    ],
    failure: { code: "auth-refused", params: { method: "apop" } },
  },
  {
    name: "a better mechanism refused: nothing weaker (R-38)",
    dialogue: [...capa("USER", "SASL CRAM-MD5 PLAIN"), "C: AUTH CRAM-MD5", "S: -ERR mechanism not supported"],
    failure: { code: "auth-refused", params: { method: "cram-md5" } },
  },
  {
    name: "maildrop in use",
    dialogue: [
      ...capa("USER"),
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: -ERR [IN-USE] another session",
    ],
    failure: { code: "in-use", permanent: false, params: { responseCode: "IN-USE" } },
  },
  {
    name: "maildrop in use, in words (F25)",
    dialogue: [
      ...capa("USER"),
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: -ERR lock busy!  Is another session active?",
    ],
    failure: { code: "in-use", permanent: false },
  },
  {
    name: "too early",
    dialogue: [...capa("USER"), "C: USER ann", "S: +OK", "C: PASS tanstaaf", "S: -ERR [LOGIN-DELAY] wait"],
    failure: { code: "login-delay", permanent: false },
  },
  {
    name: "trouble at the server, for now",
    dialogue: [...capa("USER"), "C: USER ann", "S: +OK", "C: PASS tanstaaf", "S: -ERR [SYS/TEMP] later"],
    failure: { code: "remote-temporary", permanent: false },
  },
  {
    name: "trouble at the server, for good",
    dialogue: [
      ...capa("USER"),
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: -ERR [SYS/PERM] account closed",
    ],
    failure: { code: "remote-permanent", permanent: true },
  },
  {
    name: "with AUTH-RESP-CODE, -ERR without [AUTH] is no wrong password (R-41)",
    dialogue: [
      ...capa("USER", "AUTH-RESP-CODE"),
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: -ERR something broke",
    ],
    failure: { code: "remote-temporary", permanent: false },
  },
  {
    name: "with AUTH-RESP-CODE and [AUTH] it is one",
    dialogue: [
      ...capa("USER", "AUTH-RESP-CODE"),
      "C: USER ann",
      "S: +OK",
      "C: PASS tanstaaf",
      "S: -ERR [AUTH] no",
    ],
    failure: { code: "auth-refused", permanent: true },
  },
  {
    name: "APOP ticked and not offered",
    policy: { apop: true },
    dialogue: [...capa("USER", "SASL PLAIN")],
    failure: { code: "apop-not-offered" },
  },
  {
    name: "mechanism not offered",
    policy: { auth: "scram-sha-256" },
    dialogue: [...capa("SASL PLAIN")],
    failure: { code: "auth-unavailable" },
  },
  ...["a\r\nDELE 1", "a\nb", "a\0b"].map((text) => ({
    name: `CR, LF, NUL in credentials (R-40): ${JSON.stringify(text)}`,
    policy: { auth: "user" as const },
    credentials: { user: "ann", password: text },
    dialogue: [],
    failure: { code: "bad-credentials-text", permanent: true },
  })),
  {
    name: "CR in the name",
    policy: { auth: "user" },
    credentials: { user: "a\rb", password: "x" },
    dialogue: [],
    failure: { code: "bad-credentials-text", permanent: true },
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

const scramFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const serverFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const scramFinal =
  "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
const exchange: Step[] = [
  `C: AUTH SCRAM-SHA-256 ${base64(scramFirst)}`,
  `S: + ${base64(serverFirst)}`,
  `C: ${base64(scramFinal)}`,
];

async function playScram(last: Step[]) {
  await using server = await playDialogue([hello, ...capa("SASL SCRAM-SHA-256"), ...last]);
  const random = () => Buffer.from("rOprNGfwEbeRWgbNEkqO", "base64");
  await using client = await Pop3Client.connect({ ...server, random });
  const outcome = await client
    .login({ user: "user", password: "pencil" }, auto)
    .catch((error: unknown) => error);
  await server.done;
  return outcome;
}

test.each([
  { name: "the signature as a challenge (RFC 5034)", last: [`S: + ${base64(serverFinal)}`, "C: ", "S: +OK"] },
  { name: "the signature with +OK", last: [`S: +OK ${base64(serverFinal)}`] },
] as { name: string; last: Step[] }[])("SCRAM-SHA-256 (RFC 7677): $name", async ({ last }) => {
  expect(await playScram([...exchange, ...last])).toEqual({ method: "scram-sha-256" });
});

test.each([
  {
    name: "+OK without the server's signature",
    last: [...exchange, "S: +OK Logged in."],
    detail: "sasl-base64",
  },
  { name: "+OK without a word", last: [...exchange, "S: +OK"], detail: "sasl-server-signature" },
  {
    name: "a wrong signature",
    last: [...exchange, `S: + ${base64("v=AAAA")}`],
    detail: "sasl-server-signature",
  },
  {
    name: "one challenge too many",
    last: [...exchange, `S: + ${base64(serverFinal)}`, "C: ", "S: + YQ=="],
    detail: "sasl-extra-challenge",
  },
  {
    name: "another's nonce",
    last: [exchange[0], `S: + ${base64("r=x,s=AAAA,i=4096")}`],
    detail: "sasl-nonce",
  },
  { name: "a challenge that is no base64", last: [exchange[0], "S: + !!!"], detail: "sasl-base64" },
  {
    name: "a challenge over its bound",
    last: [exchange[0], `S: + ${"A".repeat(17_000)}`],
    detail: undefined,
  },
] as { name: string; last: Step[]; detail?: string }[])(
  "SCRAM breaks off (R-39): $name",
  async ({ last, detail }) => {
    expect(await playScram([...last, "gone"])).toMatchObject({
      name: "Pop3ProtocolError",
      failure: detail === undefined ? { code: "limit-exceeded" } : { code: "protocol", params: { detail } },
    });
  },
);

test("SCRAM refused: the server's words, and the session goes on", async () => {
  expect(await playScram([...exchange, "S: -ERR [AUTH] no"])).toMatchObject({
    name: "Pop3CommandError",
    responseCode: "AUTH",
    failure: { code: "auth-refused" },
  });
});

const known = parseCapabilities(["USER", "PIPELINING", "UIDL", "SASL LOGIN"]);
const listed: Step[] = ["S: +OK 2 30", "S: +OK", "S: 1 a", "S: 2 b", "S: ."];
const everything = { stat: { count: 2, octets: 30 }, uidl: { text: "1 a\r\n2 b\r\n.\r\n" } };

test("login, STAT and UIDL in one write where it is known to be taken", async () => {
  await using server = await playDialogue([
    hello,
    "C: USER ann",
    "C: PASS tanstaaf",
    "C: STAT",
    "C: UIDL",
    "S: +OK",
    "S: +OK",
    ...listed,
    "C: QUIT",
    "S: +OK",
    "gone",
  ]);
  const client = await Pop3Client.connect(server);
  expect(await client.loginAndList(ann, auto, known)).toEqual({ method: "user", ...everything });
  await client.quit();
  await server.done;
});

test("APOP, STAT and UIDL in one write", async () => {
  await using server = await playDialogue([
    stamped,
    "C: APOP mrose c4c9334bac560ecc979e58001b3e22fb",
    "C: STAT",
    "C: UIDL",
    "S: +OK",
    ...listed,
  ]);
  await using client = await Pop3Client.connect(server);
  const credentials = { user: "mrose", password: "tanstaaf" };
  expect(await client.loginAndList(credentials, { ...auto, apop: true }, known)).toEqual({
    method: "apop",
    ...everything,
  });
  await server.done;
});

test("the same, one after the other, where nothing is known", async () => {
  await using server = await playDialogue([
    hello,
    ...capa("USER"),
    "C: USER ann",
    "S: +OK",
    "C: PASS tanstaaf",
    "S: +OK",
    "C: STAT",
    "S: +OK 2 30",
    "C: UIDL",
    ...listed.slice(1),
  ]);
  await using client = await Pop3Client.connect(server);
  expect(await client.loginAndList(ann, auto)).toEqual({ method: "user", ...everything });
  await server.done;
});

const inOneWrite: Step[] = [hello, "C: USER ann", "C: PASS tanstaaf", "C: STAT", "C: UIDL"];

test.each([
  { name: "answers the rest", rest: ["S: -ERR log in", "S: -ERR log in", "C: NOOP", "S: +OK"], goesOn: true },
  { name: "hangs up", rest: ["end"], goesOn: false },
] as { name: string; rest: Step[]; goesOn: boolean }[])(
  "refused in one write; the server $name",
  async ({ rest, goesOn }) => {
    await using server = await playDialogue([...inOneWrite, "S: +OK", "S: -ERR [AUTH] wrong", ...rest]);
    await using client = await Pop3Client.connect(server);
    await expect(client.loginAndList(ann, auto, known)).rejects.toMatchObject({
      failure: { code: "auth-refused" },
    });
    expect(client.closed === null).toBe(goesOn);
    if (goesOn) await client.noop();
    await server.done;
  },
);

test("USER refused as a command in one write: the next method, one by one", async () => {
  await using server = await playDialogue([
    ...inOneWrite,
    "S: -ERR USER command disabled",
    "S: -ERR",
    "S: -ERR",
    "S: -ERR",
    "C: AUTH LOGIN",
    "S: +",
    `C: ${base64("ann")}`,
    "S: +",
    `C: ${base64("tanstaaf")}`,
    "S: +OK",
    "C: STAT",
    "S: +OK 2 30",
    "C: UIDL",
    ...listed.slice(1),
  ]);
  await using client = await Pop3Client.connect(server);
  expect(await client.loginAndList(ann, auto, known)).toEqual({ method: "login", ...everything });
  await server.done;
});

test.each([
  {
    name: "UIDL refused is an answer",
    rest: ["S: +OK 2 30", "S: -ERR no"],
    check: { uidl: { failure: { code: "no-uidl" } } },
  },
  {
    name: "STAT refused",
    rest: ["S: -ERR [SYS/TEMP] away", "S: -ERR"],
    check: { failure: { code: "remote-temporary" } },
  },
  {
    name: "STAT that cannot be read points at pipelining: the next visit goes one by one",
    rest: ["S: +OK many", "S: +OK", "S: ."],
    check: { failure: { code: "protocol", params: { pipelining: 1, detail: "unreadable" } } },
  },
] as { name: string; rest: Step[]; check: Record<string, unknown> }[])(
  "in one write: $name",
  async ({ rest, check }) => {
    await using server = await playDialogue([...inOneWrite, "S: +OK", "S: +OK", ...rest]);
    await using client = await Pop3Client.connect(server);
    expect(await client.loginAndList(ann, auto, known).catch((error: unknown) => error)).toMatchObject(check);
    await server.done;
  },
);
