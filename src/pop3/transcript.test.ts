/** Transcripts and failures hold no secret, in no form (R-63). */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { playDialogue, type Step } from "../../test/support/pop3-dialogue.ts";
import { Pop3Client } from "./client.ts";
import type { LoginPolicy } from "./login.ts";
import { SecretMask, type Transcript } from "./transcript.ts";

class Lines implements Transcript {
  readonly lines: string[] = [];
  readonly events: string[] = [];

  line(direction: "C" | "S", text: string): void {
    this.lines.push(`${direction}: ${text}`);
  }

  link(event: { kind: string }): void {
    this.events.push(event.kind);
  }
}

const password = "Tr0ub4dor&3";
const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");
const hex = (text: string) => Buffer.from(text, "latin1").toString("hex");
const stamp = "<1@host>";
const apop = createHash("md5").update(`${stamp}${password}`).digest("hex");
const forbidden = [password, base64(password), hex(password), base64(`\0ann\0${password}`), apop];

const dialogues: { name: string; auth: LoginPolicy["auth"]; steps: Step[]; lines: string[] }[] = [
  {
    name: "USER, PASS, echoed",
    auth: "user",
    steps: [
      "C: USER ann",
      "S: +OK",
      `C: PASS ${password}`,
      `S: -ERR you sent ${password} = ${hex(password)} = ${base64(password)}`,
    ],
    lines: ["C: USER ann", "S: +OK", "C: PASS ****", "S: -ERR you sent **** = **** = ****"],
  },
  {
    name: "PLAIN, echoed",
    auth: "plain",
    steps: [
      "C: CAPA",
      "S: -ERR",
      `C: AUTH PLAIN ${base64(`\0ann\0${password}`)}`,
      `S: -ERR bad ${base64(`\0ann\0${password}`)}`,
    ],
    lines: ["C: CAPA", "S: -ERR", "C: AUTH PLAIN ****", "S: -ERR bad ****"],
  },
  {
    name: "LOGIN",
    auth: "login",
    steps: [
      "C: CAPA",
      "S: -ERR",
      "C: AUTH LOGIN",
      "S: + VXNlcm5hbWU6",
      `C: ${base64("ann")}`,
      "S: +",
      `C: ${base64(password)}`,
      `S: -ERR ann: ${base64(password)}`,
    ],
    lines: [
      "C: CAPA",
      "S: -ERR",
      "C: AUTH LOGIN",
      "S: + ****",
      "C: ****",
      "S: + ****",
      "C: ****",
      "S: -ERR ann: ****",
    ],
  },
  {
    name: "APOP, echoed",
    auth: "apop",
    steps: [`C: APOP ann ${apop}`, `S: -ERR ${apop}`],
    lines: ["C: APOP ann ****", "S: -ERR ****"],
  },
];

test.each(dialogues)("$name", async ({ auth, steps, lines }) => {
  await using server = await playDialogue([`S: +OK ${stamp}`, ...steps]);
  const transcript = new Lines();
  await using client = await Pop3Client.connect({ ...server, transcript });
  const policy: LoginPolicy = { auth, apop: true, allowPlain: true };
  const error = await client.login({ user: "ann", password }, policy).catch((caught: Error) => caught);
  expect(transcript.lines).toEqual([`S: +OK ${stamp}`, ...lines]);
  const all = `${transcript.lines.join("\n")} ${JSON.stringify(error)} ${String(error)} ${(error as Error).stack}`;
  for (const secret of forbidden) expect(all).not.toContain(secret);
  await server.done;
});

const token = "ya29.a0AfB_by-~+/token/of/some/length==";
const bearer = `user=ann\x01auth=Bearer ${token}\x01\x01`;

test.each([
  { name: "whole", echo: token },
  { name: "in base64", echo: base64(token) },
  { name: "cut short", echo: token.slice(0, 30) },
  { name: "the response, cut short", echo: base64(bearer).slice(0, 60) },
])("a token is hidden, also where it is echoed $name", async ({ echo }) => {
  await using server = await playDialogue([
    "S: +OK",
    "C: CAPA",
    "S: -ERR",
    "C: AUTH XOAUTH2",
    "S: +",
    `C: ${base64(bearer)}`,
    `S: + ${base64(`{"status":"400","token":"${echo}"}`)}`,
    "C: ",
    `S: -ERR no ${echo} here`,
  ]);
  const transcript = new Lines();
  await using client = await Pop3Client.connect({ ...server, transcript });
  const policy: LoginPolicy = { auth: "xoauth2", apop: false, allowPlain: true };
  await expect(client.login({ user: "ann", token }, policy)).rejects.toMatchObject({
    failure: { remoteText: 'no **** here {"status":"400","token":"****"}' },
  });
  expect(transcript.lines.slice(3)).toEqual([
    "C: AUTH XOAUTH2",
    "S: + ****",
    "C: ****",
    "S: + ****",
    "C: ****",
    "S: -ERR no **** here",
  ]);
  await server.done;
});

test("answers of many lines and messages are told by their size; the link speaks too", async () => {
  await using server = await playDialogue([
    "S: +OK",
    "C: UIDL",
    "S: +OK",
    "S: 1 a",
    "S: 2 b",
    "S: .",
    "C: TOP 1 0",
    "S: +OK",
    "S: A: b",
    "S: .",
    "C: QUIT",
    "S: +OK",
  ]);
  const transcript = new Lines();
  const client = await Pop3Client.connect({ ...server, transcript });
  await client.uidl({ count: 2 });
  await client.top(1, 0);
  await client.quit();
  expect(transcript.lines).toEqual([
    "S: +OK",
    "C: UIDL",
    "S: +OK",
    "S: [2 lines]",
    "C: TOP 1 0",
    "S: +OK",
    "S: [6 octets]",
    "C: QUIT",
    "S: +OK",
  ]);
  expect(transcript.events).toEqual(["resolved", "dialing", "connected", "closed"]);
});

test.each([
  { secret: "abc", text: "abc, xabc, abc.", hidden: "****, xabc, ****." },
  { secret: "a.", text: "a. ax", hidden: "**** ax" },
  { secret: "long enough", text: "xlong enoughx", hidden: "x****x" },
  { secret: "", text: "nothing", hidden: "nothing" },
])("a secret of $secret.length characters", ({ secret, text, hidden }) => {
  const mask = new SecretMask();
  mask.add(secret);
  expect(mask.hide(text)).toBe(hidden);
});
