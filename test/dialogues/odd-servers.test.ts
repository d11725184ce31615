/**
 * Servers as they were met in the wild, and what our client makes of them. Each is named after who did it.
 */
import { expect, test } from "vitest";
import { Pop3Client } from "../../src/pop3/client.ts";
import type { LoginPolicy } from "../../src/pop3/login.ts";
import { playDialogue, type Step } from "../support/pop3-dialogue.ts";

const policy: LoginPolicy = { auth: "user", apop: false, allowPlain: false };
const ann = { user: "ann", password: "pw" };
const loggedIn: Step[] = ["S: +OK ready", "C: USER ann", "S: +OK", "C: PASS pw", "S: +OK"];

async function fetched(client: Pop3Client, numbers: number[]): Promise<string[]> {
  const told: string[] = [];
  await client.retrieve(numbers, {
    begin: (number) => {
      let text = "";
      return {
        write: (chunk) => {
          text += Buffer.from(chunk).toString("latin1");
        },
        end: ({ octets }) => {
          told.push(`${number} ${JSON.stringify(text)} ${octets}`);
        },
        abort: (why) => {
          told.push(`${number} aborted: ${why.code}`);
        },
      };
    },
    refused: (number, error) => {
      told.push(`${number} refused: ${error.failure.remoteText}`);
    },
  });
  return told;
}

interface OddServer {
  name: string;
  dialogue: Step[];
  visit: (client: Pop3Client) => Promise<unknown>;
  expected: unknown;
}

const odd: OddServer[] = [
  {
    name: "Gmail offers other things after login than before",
    dialogue: [
      "S: +OK Gpop ready",
      "C: CAPA",
      "S: +OK",
      "S: USER",
      "S: SASL PLAIN XOAUTH2",
      "S: .",
      "C: USER ann",
      "S: +OK send PASS",
      "C: PASS pw",
      "S: +OK Welcome.",
      "C: CAPA",
      "S: +OK",
      "S: UIDL",
      "S: TOP",
      "S: .",
    ],
    visit: async (client) => {
      const before = await client.capa();
      await client.login(ann, policy);
      const after = await client.capa();
      return [before?.uidl, after?.uidl];
    },
    expected: [false, true],
  },
  {
    name: "no UIDL announced, and there it is",
    dialogue: [...loggedIn, "C: CAPA", "S: +OK", "S: TOP", "S: .", "C: UIDL", "S: +OK", "S: 1 a", "S: ."],
    visit: async (client) => {
      await client.login(ann, policy);
      await client.capa();
      return (await client.uidl({ count: 1 })).ids;
    },
    expected: ["a"],
  },
  {
    name: "Comcast Maillennium: several spaces after the number",
    dialogue: [
      ...loggedIn,
      "C: UIDL",
      "S: +OK",
      "S: 1    20040101000001m1",
      "S: 2    20040101000002m2",
      "S: .",
    ],
    visit: async (client) => {
      await client.login(ann, policy);
      return (await client.uidl({ count: 2 })).ids;
    },
    expected: ["20040101000001m1", "20040101000002m2"],
  },
  {
    name: "ids longer than the 70 characters of the RFC",
    dialogue: [...loggedIn, "C: UIDL", "S: +OK", `S: 1 ${"u".repeat(300)}`, "S: ."],
    visit: async (client) => {
      await client.login(ann, policy);
      return (await client.uidl({ count: 1 })).ids;
    },
    expected: ["u".repeat(300)],
  },
  {
    name: "blank ids: those messages have none",
    dialogue: [...loggedIn, "C: UIDL", "S: +OK", "S: 1 ", "S: 2 b", "S: ."],
    visit: async (client) => {
      await client.login(ann, policy);
      const { numbers, ids } = await client.uidl({ count: 2 });
      return { numbers, ids };
    },
    expected: { numbers: [2], ids: ["b"] },
  },
  {
    name: "a maildrop of 20,000 messages whose STAT overflows (MailKit#872)",
    dialogue: [
      ...loggedIn,
      "C: STAT",
      "S: +OK 20001 -2113929216",
      "C: LIST",
      "S: +OK",
      "S: 1 4",
      "S: 20001 5",
      "S: .",
    ],
    visit: async (client) => {
      await client.login(ann, policy);
      return client.stat();
    },
    expected: { count: 20_001, octets: 9 },
  },
  {
    name: "163.com: download exceeded within the session",
    dialogue: [
      ...loggedIn,
      "C: RETR 1",
      "S: +OK",
      "S: a",
      "S: .",
      "C: RETR 2",
      "S: -ERR Download exceed",
      "C: QUIT",
      "S: +OK",
    ],
    visit: async (client) => {
      await client.login(ann, policy);
      const told = await fetched(client, [1, 2]);
      await client.quit();
      return told;
    },
    expected: ['1 "a\\n" 3', "2 refused: Download exceed"],
  },
  {
    name: "FTGate 2: TOP answered twice is out of step, and no QUIT makes DELE real",
    dialogue: [...loggedIn, "C: TOP 1 0", "S: +OK", "S: A: b", "S: .", "S: +OK", "S: A: b", "S: .", "gone"],
    visit: async (client) => {
      await client.login(ann, policy);
      await client.top(1, 0);
      return client.quit().catch((error) => [error.name, error.failure.code]);
    },
    expected: ["Pop3ProtocolError", "protocol"],
  },
  {
    name: "OpenMail, MailMax: sizes that lie do not frame a message",
    dialogue: [
      ...loggedIn,
      "C: LIST",
      "S: +OK",
      "S: 1 1024",
      "S: .",
      "C: RETR 1",
      "S: +OK 1024 octets",
      "S: a",
      "S: .",
      "C: NOOP",
      "S: +OK",
    ],
    visit: async (client) => {
      await client.login(ann, policy);
      const { sizes } = await client.list({ count: 1 });
      const told = await fetched(client, [1]);
      await client.noop();
      return [...sizes, ...told];
    },
    expected: [1024, '1 "a\\n" 3'],
  },
  {
    name: "Exchange Online: an empty line for an answer ends the session, not the process (MailKit#1636)",
    dialogue: [...loggedIn, "C: RETR 1", "S: ", "gone"],
    visit: async (client) => {
      await client.login(ann, policy);
      return fetched(client, [1]).catch((error) => error.failure.code);
    },
    expected: "protocol",
  },
  {
    name: "a server that hangs up with a word nobody asked for",
    dialogue: [...loggedIn, "S: -ERR idle for too long", "end", "gone"],
    visit: async (client) => {
      await client.login(ann, policy);
      while (client.closed === null) {
        const error = await client.noop().then(
          () => null,
          (caught) => caught,
        );
        if (error) return error.failure.remoteText;
      }
      return "closed";
    },
    expected: "-ERR idle for too long",
  },
  {
    name: "a message of nothing is told as such (R-24)",
    dialogue: [...loggedIn, "C: RETR 1", "S: +OK 500 octets", "S: ."],
    visit: async (client) => {
      await client.login(ann, policy);
      return fetched(client, [1]);
    },
    expected: ['1 "" 0'],
  },
  {
    name: "lines of a megabyte (poplib refuses them; F21)",
    dialogue: [...loggedIn, "C: RETR 1", "S: +OK", { send: `${"x".repeat(1_000_000)}\r\n.\r\n` }],
    visit: async (client) => {
      await client.login(ann, policy);
      const [told = ""] = await fetched(client, [1]);
      return [told.length, told.slice(-8)];
    },
    expected: [1_000_014, 'n" 1000002'.slice(-8)],
  },
  {
    name: "some want UTF8 first (fdm 0918b78)",
    dialogue: [
      ...loggedIn,
      "C: UTF8",
      "S: +OK",
      "C: RETR 1",
      "S: +OK",
      "S: Subject: \xe6\xb3\xa2",
      "S: .",
      "C: NOOP",
      "S: +OK",
    ],
    visit: async (client) => {
      await client.login(ann, policy);
      await client.utf8();
      const told = await fetched(client, [1]);
      await client.noop();
      return told;
    },
    expected: ['1 "Subject: \xe6\xb3\xa2\\n" 14'],
  },
  {
    name: "Plala: a second reader is refused",
    dialogue: ["S: +OK", "C: USER ann", "S: +OK", "C: PASS pw", "S: -ERR maildrop already locked"],
    visit: (client) => client.login(ann, policy).catch((error) => error.failure.code),
    expected: "in-use",
  },
  {
    name: "an account locked after too many wrong passwords is not a maildrop in use",
    dialogue: ["S: +OK", "C: USER ann", "S: +OK", "C: PASS pw", "S: -ERR account locked"],
    visit: (client) => client.login(ann, policy).catch((error) => error.failure.code),
    expected: "auth-refused",
  },
];

test.each(odd)("$name", async ({ dialogue, visit, expected }) => {
  await using server = await playDialogue(dialogue);
  await using client = await Pop3Client.connect(server);
  expect(await visit(client)).toEqual(expected);
  client.destroy();
  await server.done;
});
