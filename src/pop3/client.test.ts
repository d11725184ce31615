/** Every command: what is said, what comes back, and whether the session goes on. */
import { expect, test, vi } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { playDialogue, type Step } from "../../test/support/pop3-dialogue.ts";
import { parseCapabilities } from "./capabilities.ts";
import { Pop3Client } from "./client.ts";
import { Pop3CommandError, Pop3ProtocolError } from "./errors.ts";

const hello = "S: +OK ready" as const;
const alive: Step[] = ["C: NOOP", "S: +OK"];

interface Case {
  name: string;
  dialogue: Step[];
  act: (client: Pop3Client) => Promise<unknown>;
  value?: unknown;
  /** -ERR: the session must go on. */
  refused?: Record<string, unknown>;
  /** Out of step: the connection must be closed. */
  broken?: Record<string, unknown>;
}

const stat = (client: Pop3Client) => client.stat();
const list = (client: Pop3Client) => client.list({ count: 10 });
const uidl = async (client: Pop3Client) => {
  const { numbers, ids } = await client.uidl({ count: 10 });
  return { numbers, ids };
};
const capa = (client: Pop3Client) => client.capa();

const cases: Case[] = [
  { name: "STAT", dialogue: ["C: STAT", "S: +OK 2 320"], act: stat, value: { count: 2, octets: 320 } },
  {
    name: "STAT that cannot be read: LIST helps out",
    dialogue: ["C: STAT", "S: +OK 20000 -1", "C: LIST", "S: +OK", "S: 1 100", "S: 3 50", "S: ."],
    act: stat,
    value: { count: 3, octets: 150 },
  },
  {
    name: "STAT refused",
    dialogue: ["C: STAT", "S: -ERR mailbox gone"],
    act: stat,
    refused: { code: "maildrop-refused", scope: "account", permanent: false, remoteText: "mailbox gone" },
  },
  {
    name: "STAT refused for now",
    dialogue: ["C: STAT", "S: -ERR [SYS/TEMP] storage is away"],
    act: stat,
    refused: { code: "remote-temporary", permanent: false, remoteText: "[SYS/TEMP] storage is away" },
  },
  {
    name: "STAT answered by nonsense",
    dialogue: ["C: STAT", "S: 2 320"],
    act: stat,
    broken: { code: "protocol", remoteText: "2 320" },
  },
  {
    name: "STAT answered by an empty line",
    dialogue: ["C: STAT", "S: "],
    act: stat,
    broken: { code: "protocol", remoteText: null },
  },
  {
    name: "STAT answered by +",
    dialogue: ["C: STAT", "S: + go on"],
    act: stat,
    broken: { code: "protocol" },
  },
  {
    name: "LIST",
    dialogue: ["C: LIST", "S: +OK 2 messages", "S: 1 120", "S: 2 200", "S: ."],
    act: list,
    value: { numbers: [1, 2], sizes: [120, 200], ascending: true },
  },
  {
    name: "LIST refused",
    dialogue: ["C: LIST", "S: -ERR"],
    act: list,
    refused: { code: "maildrop-refused", remoteText: null },
  },
  {
    name: "UIDL of an empty maildrop",
    dialogue: ["C: UIDL", "S: +OK", "S: ."],
    act: uidl,
    value: { numbers: [], ids: [] },
  },
  {
    name: "UIDL with odd lines",
    dialogue: ["C: UIDL", "S: +OK", "S: 1  a", "S: 2", "S: 3 a", "S: 99 z", "S: ."],
    act: uidl,
    value: { numbers: [1, 3], ids: ["a", "a"] },
  },
  {
    name: "UIDL not there",
    dialogue: ["C: UIDL", "S: -ERR what?"],
    act: uidl,
    refused: { code: "no-uidl", permanent: true },
  },
  {
    name: "UIDL refused for now is not UIDL missing",
    dialogue: ["C: UIDL", "S: -ERR [SYS/TEMP] index busy"],
    act: uidl,
    refused: { code: "remote-temporary", permanent: false },
  },
  {
    name: "UIDL answered by IMAP",
    dialogue: ["C: UIDL", "S: * OK IMAP4rev1"],
    act: uidl,
    broken: { code: "protocol", remoteText: "* OK IMAP4rev1" },
  },
  {
    name: "UIDL cut off",
    dialogue: ["C: UIDL", "S: +OK", "S: 1 a", "end"],
    act: uidl,
    broken: { code: "connection-lost" },
  },
  {
    name: "UIDL with a line over its bound",
    dialogue: ["C: UIDL", "S: +OK", { send: `1 ${"x".repeat(70_000)}` }],
    act: uidl,
    broken: { code: "limit-exceeded", params: { limit: "line-bytes", bound: 65_536, command: "UIDL" } },
  },
  {
    name: "UIDL with many lines more than STAT said",
    dialogue: ["C: UIDL", "S: +OK", { send: "1 a\r\n".repeat(1011) }],
    act: uidl,
    broken: { code: "limit-exceeded", params: { limit: "lines", bound: 1010, command: "UIDL" } },
  },
  {
    name: "CAPA",
    dialogue: ["C: CAPA", "S: +OK", "S: UIDL", "S: ."],
    act: capa,
    value: parseCapabilities(["UIDL"]),
  },
  { name: "CAPA not there", dialogue: ["C: CAPA", "S: -ERR"], act: capa, value: null },
  {
    name: "CAPA without end",
    dialogue: ["C: CAPA", "S: +OK", { send: "X\r\n".repeat(1001) }],
    act: capa,
    broken: { code: "limit-exceeded", params: { limit: "lines", bound: 1000, command: "CAPA" } },
  },
  {
    name: "TOP",
    dialogue: ["C: TOP 3 0", "S: +OK", "S: Subject: a", "S: ..", "S: ", "S: ."],
    act: async (client) => Buffer.from(await client.top(3, 0)).toString(),
    value: "Subject: a\n.\n\n",
  },
  {
    name: "TOP refused",
    dialogue: ["C: TOP 3 0", "S: -ERR no such message"],
    act: (client) => client.top(3, 0),
    refused: {
      code: "message-refused",
      scope: "message",
      remoteText: "no such message",
      params: { number: 3, command: "TOP" },
    },
  },
  {
    name: "TOP of a header without end",
    dialogue: ["C: TOP 3 0", "S: +OK", { send: "X-Y: z\r\n".repeat(300_000) }],
    act: (client) => client.top(3, 0),
    broken: { code: "limit-exceeded", params: { limit: "top-bytes", bound: 2_097_152 } },
  },
  { name: "RSET", dialogue: ["C: RSET", "S: +OK"], act: (client) => client.rset(), value: undefined },
  { name: "UTF8", dialogue: ["C: UTF8", "S: +OK"], act: (client) => client.utf8(), value: undefined },
  {
    name: "UTF8 not there",
    dialogue: ["C: UTF8", "S: -ERR"],
    act: (client) => client.utf8(),
    refused: { code: "maildrop-refused" },
  },
  {
    name: "DELE, one by one",
    dialogue: ["C: DELE 3", "S: +OK", "C: DELE 1", "S: -ERR no such message", "C: DELE 2", "S: +OK"],
    act: deletions([3, 1, 2]),
    value: ["3 deleted", "1 message-refused", "2 deleted"],
  },
  {
    name: "DELE answered by an empty line (Exchange Online)",
    dialogue: ["C: DELE 1", "S: "],
    act: deletions([1]),
    broken: { code: "protocol", params: { command: "DELE" } },
  },
  {
    name: "a status line over its bound",
    dialogue: ["C: NOOP", { send: `+OK ${"x".repeat(9000)}` }],
    act: (client) => client.noop(),
    broken: { code: "limit-exceeded", params: { limit: "status-line-bytes", bound: 8192 } },
  },
  {
    name: "a status line of 2,000 bytes is borne",
    dialogue: ["C: NOOP", `S: +OK ${"x".repeat(2000)}`],
    act: (client) => client.noop(),
    value: undefined,
  },
  {
    name: "connection reset",
    dialogue: ["C: NOOP", "cut"],
    act: (client) => client.noop(),
    broken: { code: "connection-lost", scope: "account" },
  },
  {
    name: "connection ended",
    dialogue: ["C: NOOP", "end"],
    act: (client) => client.noop(),
    broken: { code: "connection-lost", scope: "account" },
  },
  {
    name: "words before the end are heard",
    dialogue: ["C: NOOP", "S: -ERR going down", "end", "gone"],
    act: (client) => client.noop().catch((error) => error.failure.remoteText),
    value: "going down",
  },
];

function deletions(numbers: number[]) {
  return async (client: Pop3Client): Promise<string[]> => {
    const told: string[] = [];
    await client.dele(numbers, (number, error) => {
      told.push(`${number} ${error === null ? "deleted" : error.failure.code}`);
    });
    return told;
  };
}

test.each(cases)("$name", async ({ dialogue, act, value, refused, broken }) => {
  const then = refused ? alive : [];
  await using server = await playDialogue([hello, ...dialogue, ...then]);
  await using client = await Pop3Client.connect(server);
  if (refused) {
    const error: unknown = await act(client).then(undefined, (caught) => caught);
    expect(error).toBeInstanceOf(Pop3CommandError);
    expect(error).toMatchObject({ failure: refused });
    await client.noop();
  } else if (broken) {
    const error: unknown = await act(client).then(undefined, (caught) => caught);
    expect(error).toBeInstanceOf(Pop3ProtocolError);
    expect(error).toMatchObject({ failure: { permanent: false, ...broken } });
    expect(client.closed).toMatchObject({ code: broken.code });
    await expect(client.noop()).rejects.toBeInstanceOf(Pop3ProtocolError);
  } else {
    expect(await act(client)).toEqual(value);
  }
  await server.done;
});

test("greeting, address and timestamp are there to see", async () => {
  await using server = await playDialogue(["S: +OK POP3 <1.2@pop.example> hi"]);
  await using client = await Pop3Client.connect(server);
  expect(client).toMatchObject({
    greeting: "POP3 <1.2@pop.example> hi",
    apopTimestamp: "<1.2@pop.example>",
    remoteAddress: "127.0.0.1",
    secure: false,
    capabilities: null,
    closed: null,
  });
});

test.each([
  {
    name: "-ERR",
    greeting: "S: -ERR [SYS/TEMP] too many sessions",
    expected: {
      code: "greeting-refused",
      scope: "host",
      remoteText: "[SYS/TEMP] too many sessions",
      params: { responseCode: "SYS/TEMP" },
    },
  },
  {
    name: "another protocol",
    greeting: "S: 220 smtp.example ESMTP",
    expected: { code: "protocol", scope: "host", remoteText: "220 smtp.example ESMTP" },
  },
] as const)("a greeting other than +OK gets only QUIT (R-34): $name", async ({ greeting, expected }) => {
  await using server = await playDialogue([greeting, "C: QUIT", "gone"]);
  await expect(Pop3Client.connect(server)).rejects.toMatchObject({
    name: "Pop3ProtocolError",
    failure: expected,
  });
  await server.done;
});

test("QUIT ends the session", async () => {
  await using server = await playDialogue([hello, "C: QUIT", "S: +OK bye", "gone"]);
  const client = await Pop3Client.connect(server);
  await client.quit();
  expect(client.closed).not.toBeNull();
  await server.done;
});

test("QUIT refused: some deletions were not done; closed all the same", async () => {
  await using server = await playDialogue([
    hello,
    "C: QUIT",
    "S: -ERR some deleted messages not removed",
    "gone",
  ]);
  const client = await Pop3Client.connect(server);
  await expect(client.quit()).rejects.toMatchObject({
    name: "Pop3CommandError",
    failure: {
      code: "quit-refused",
      scope: "account",
      permanent: false,
      remoteText: "some deleted messages not removed",
    },
  });
  await server.done;
});

test("QUIT without an answer is no success", async () => {
  await using server = await playDialogue([hello, "C: QUIT", "end"]);
  const client = await Pop3Client.connect(server);
  await expect(client.quit()).rejects.toMatchObject({ failure: { code: "connection-lost" } });
});

test("bytes that no command asked for: nothing more is said, not even QUIT (R-23)", async () => {
  await using server = await playDialogue([hello, "C: NOOP", "S: +OK", "S: +OK again", "gone"]);
  const client = await Pop3Client.connect(server);
  await client.noop();
  await expect(client.quit()).rejects.toMatchObject({
    name: "Pop3ProtocolError",
    failure: { code: "protocol", params: { detail: "unasked" }, remoteText: "+OK again" },
  });
  await server.done;
});

test("destroy says nothing and is what pending calls report", async () => {
  await using server = await playDialogue([hello, "C: NOOP", "gone"]);
  const client = await Pop3Client.connect(server);
  const pending = client.noop();
  client.destroy();
  await expect(pending).rejects.toMatchObject({ failure: { code: "cancelled", scope: "local" } });
  client.destroy();
});

test("one command at a time", async () => {
  await using server = await playDialogue([hello, "C: NOOP", "S: +OK"]);
  await using client = await Pop3Client.connect(server);
  const first = client.noop();
  await expect(client.stat()).rejects.toThrow("STAT while NOOP is under way");
  await first;
});

test("an aborted signal ends the session at every await, and leaves no listener (R-31, R-32)", async () => {
  for (const dialogue of [
    [],
    [hello, "C: STAT"],
    [hello, "C: STAT", "S: +OK 1 1", "C: UIDL", "S: +OK", { send: "1" }],
  ] as Step[][]) {
    await using server = await playDialogue([...dialogue, "stall"]);
    const stop = new AbortController();
    const session = Pop3Client.connect({ ...server, signal: stop.signal }).then(async (client) => {
      await client.uidl(await client.stat());
    });
    const outcome = session.then(
      () => "done",
      (error) => error.failure,
    );
    const lastWord = dialogue.findLast((step) => typeof step === "string" && step.startsWith("C: "));
    while (lastWord !== undefined && !server.said.includes(String(lastWord).slice(3))) await tick();
    stop.abort();
    expect(await outcome).toMatchObject({ code: "cancelled", scope: "local" });
  }
});

test("a session that ended leaves nothing on a signal that lives on (R-32)", async () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, "addEventListener");
  const removed = vi.spyOn(signal, "removeEventListener");
  await using server = await playDialogue([hello, "C: QUIT", "S: +OK"]);
  const client = await Pop3Client.connect({ ...server, signal });
  await client.quit();
  const listeners = (calls: unknown[][]) => calls.map(([, listener]) => listener);
  expect(listeners(removed.mock.calls)).toEqual(expect.arrayContaining(listeners(added.mock.calls)));
});

test("a signal aborted before: nothing is dialled", async () => {
  await using server = await playDialogue([]);
  await expect(Pop3Client.connect({ ...server, signal: AbortSignal.abort() })).rejects.toMatchObject({
    failure: { code: "cancelled" },
  });
});

test("one status line, byte by byte", async () => {
  await using server = await playDialogue([hello, "C: STAT", "S: +OK 2 320"], { segmentBytes: 1 });
  await using client = await Pop3Client.connect(server);
  expect(await client.stat()).toEqual({ count: 2, octets: 320 });
});

const waits = [
  { name: "greeting", dialogue: [], ms: 60_000, params: { phase: "greeting" }, scope: "host" },
  {
    name: "reply",
    dialogue: [hello, "C: STAT"],
    ms: 180_000,
    params: { phase: "reply", command: "STAT" },
    scope: "account",
  },
  {
    name: "a dripping reply",
    dialogue: [hello, "C: STAT", { send: "+O" }],
    ms: 180_000,
    params: { phase: "reply" },
    scope: "account",
  },
  {
    name: "listing",
    dialogue: [hello, "C: STAT", "S: +OK 1 1", "C: UIDL", "S: +OK"],
    ms: 600_000,
    params: { phase: "listing", command: "UIDL" },
    scope: "account",
  },
  {
    name: "QUIT",
    dialogue: [hello, "C: STAT", "S: +OK 1 1", "C: UIDL", "S: +OK", "S: .", "C: QUIT"],
    ms: 30_000,
    params: { phase: "quit" },
    scope: "account",
  },
] as { name: string; dialogue: Step[]; ms: number; params: Record<string, unknown>; scope: string }[];

test.each(waits)("deadline (R-28): $name", async ({ dialogue, ms, params, scope }) => {
  await using server = await playDialogue([...dialogue, "gone"]);
  const clock = new ManualClock();
  const outcome = Pop3Client.connect({ ...server, clock })
    .then(async (client) => {
      await client.uidl(await client.stat());
      await client.quit();
    })
    .then(
      () => "done",
      (error) => error,
    );
  // The time-out of the connection may be as long as the one we look for: it is behind us by then.
  const words = dialogue.filter((step) => typeof step === "string" && step.startsWith("C: ")).length;
  while (server.said.length < words) await tick();
  await clock.armed(ms);
  clock.advance(ms - 1);
  clock.setWall(0);
  expect(await Promise.race([outcome, tick()])).toBe("tick");
  clock.advance(1);
  const error: unknown = await outcome;
  expect(error).toBeInstanceOf(Pop3ProtocolError);
  expect(error).toMatchObject({
    failure: { code: "timeout", scope, permanent: false, params: { ...params, timeoutMs: ms } },
  });
  expect(clock.timers).toBe(0);
  await server.done;
});

function tick(): Promise<"tick"> {
  return new Promise((resolve) => setTimeout(resolve, 1, "tick"));
}
