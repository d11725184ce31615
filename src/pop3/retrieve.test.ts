/** RETR into sinks: order, refusals, back-pressure, and every way to break off. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { type DialogueServer, playDialogue, type Step } from "../../test/support/pop3-dialogue.ts";
import type { Failure } from "../core/failure.ts";
import { Pop3Client, type RetrieveOptions } from "./client.ts";
import { Pop3ProtocolError } from "./errors.ts";
import type { MessageInfo, MessageSink, RetrieveHandler } from "./retrieve.ts";

const hello = "S: +OK ready" as const;
const pipelining: Step[] = ["C: CAPA", "S: +OK", "S: PIPELINING", "S: ."];

/** Writes down what happens, as one line each. */
class Diary implements RetrieveHandler {
  readonly entries: string[] = [];
  readonly infos: MessageInfo[] = [];

  begin(number: number): MessageSink | Promise<MessageSink> {
    return this.sink(number);
  }

  refused(number: number, error: { failure: Failure }): void {
    this.entries.push(`${number} refused: ${error.failure.code}: ${error.failure.remoteText}`);
  }

  sink(number: number): MessageSink {
    let text = "";
    return {
      write: (chunk) => {
        text += Buffer.from(chunk).toString("latin1");
      },
      end: (info) => {
        this.infos.push(info);
        this.entries.push(`${number} ${JSON.stringify(text)} ${info.octets}`);
      },
      abort: (why) => {
        this.entries.push(`${number} aborted: ${why.code} after ${JSON.stringify(text)}`);
      },
    };
  }
}

async function retrieveAll(
  server: DialogueServer,
  numbers: number[],
  handler: RetrieveHandler,
  options: RetrieveOptions = {},
): Promise<Pop3Client> {
  const client = await Pop3Client.connect(server);
  await client.capa();
  await client.retrieve(numbers, handler, options);
  return client;
}

test("one at a time where nothing else is offered; -ERR concerns one message", async () => {
  await using server = await playDialogue([
    hello,
    "C: CAPA",
    "S: -ERR",
    "C: RETR 1",
    "S: +OK",
    "S: one",
    "S: .",
    "C: RETR 2",
    "S: -ERR Message can not load",
    "C: RETR 3",
    "S: +OK 0 octets",
    "S: .",
  ]);
  const diary = new Diary();
  await using client = await retrieveAll(server, [1, 2, 3], diary);
  expect(diary.entries).toEqual([
    '1 "one\\n" 5',
    "2 refused: message-refused: Message can not load",
    '3 "" 0',
  ]);
  expect(client.closed).toBeNull();
  await server.done;
});

test("several at once where offered, refilled at half", async () => {
  const answers = (...numbers: number[]): Step[] =>
    numbers.map((number) => ({ send: `+OK\r\nm${number}\r\n.\r\n` }));
  await using server = await playDialogue([
    hello,
    ...pipelining,
    "C: RETR 1",
    "C: RETR 2",
    "C: RETR 3",
    "C: RETR 4",
    ...answers(1),
    ...answers(2),
    "C: RETR 5",
    "C: RETR 6",
    ...answers(3, 4),
    "C: RETR 7",
    ...answers(5, 6, 7),
  ]);
  const diary = new Diary();
  await using client = await retrieveAll(server, [1, 2, 3, 4, 5, 6, 7], diary, { window: { messages: 4 } });
  expect(diary.entries).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `${number} "m${number}\\n" 4`));
  expect(client.closed).toBeNull();
  await server.done;
});

test("the window is bounded by bytes first; one message may be larger", async () => {
  await using server = await playDialogue([
    hello,
    ...pipelining,
    "C: RETR 1",
    "S: +OK",
    "S: .",
    "C: RETR 2",
    "C: RETR 3",
    "S: +OK",
    "S: .",
    "S: +OK",
    "S: .",
    "C: RETR 4",
    "S: +OK",
    "S: .",
  ]);
  const sizes = [0, 5000, 400, 400, 5000];
  const diary = new Diary();
  await using _client = await retrieveAll(server, [1, 2, 3, 4], diary, {
    window: { bytes: 1000 },
    sizes: (number) => sizes[number],
  });
  expect(diary.entries).toHaveLength(4);
  await server.done;
});

test("pipelining may be switched off for a server that offers it (R-26)", async () => {
  await using server = await playDialogue([
    hello,
    ...pipelining,
    "C: RETR 1",
    "S: +OK",
    "S: .",
    "C: RETR 2",
    "S: +OK",
    "S: .",
  ]);
  await using _client = await retrieveAll({ ...server, pipelining: false }, [1, 2], new Diary());
  await server.done;
});

test("proceed is asked before each RETR; what is on its way is finished", async () => {
  await using server = await playDialogue([
    hello,
    ...pipelining,
    "C: RETR 1",
    "C: RETR 2",
    "S: +OK",
    "S: a",
    "S: .",
    "S: +OK",
    "S: b",
    "S: .",
    "C: NOOP",
    "S: +OK",
  ]);
  const diary = new Diary();
  let asked = 0;
  await using client = await retrieveAll(server, [1, 2, 3, 4], diary, { proceed: () => ++asked <= 2 });
  expect(diary.entries).toHaveLength(2);
  expect(asked).toBe(3);
  await client.noop();
  await server.done;
});

test("nothing to fetch: nothing is said", async () => {
  await using server = await playDialogue([hello, ...pipelining]);
  await using _client = await retrieveAll(server, [], new Diary());
  await server.done;
});

test("a sink that is busy holds up reading, also into the next message", async () => {
  await using server = await playDialogue([
    hello,
    ...pipelining,
    "C: RETR 1",
    "C: RETR 2",
    { send: "+OK\r\na\r\n.\r\n+OK\r\nb\r\n.\r\n" },
  ]);
  const order: string[] = [];
  let release = () => {};
  const busy = new Promise<void>((resolve) => {
    release = resolve;
  });
  const handler: RetrieveHandler = {
    begin: (number) => {
      order.push(`begin ${number}`);
      return {
        write: () => {
          order.push(`write ${number}`);
          return number === 1 ? busy : undefined;
        },
        end: () => {
          order.push(`end ${number}`);
        },
        abort: () => {},
      };
    },
    refused: () => {},
  };
  const done = retrieveAll(server, [1, 2], handler);
  await server.done;
  while (order.length < 2) await tick();
  await tick();
  expect(order).toEqual(["begin 1", "write 1"]);
  release();
  await using _client = await done;
  expect(order).toEqual(["begin 1", "write 1", "end 1", "begin 2", "write 2", "end 2"]);
});

test("memory is bounded while a sink is busy: the socket is paused", async () => {
  const piece = Buffer.from(`${"x".repeat(1022)}\r\n`);
  await using server = await playDialogue([
    hello,
    "C: CAPA",
    "S: -ERR",
    "C: RETR 1",
    "S: +OK",
    ...Array.from({ length: 64 }, () => ({ send: Buffer.concat(Array.from({ length: 256 }, () => piece)) })),
    { send: ".\r\n" },
  ]);
  let bytes = 0;
  let lastBytes = -1;
  let release = () => {};
  const busy = new Promise<void>((resolve) => {
    release = resolve;
  });
  let writes = 0;
  const handler: RetrieveHandler = {
    begin: () => ({
      write: (chunk) => {
        bytes += chunk.length;
        return ++writes === 1 ? busy : undefined;
      },
      end: () => {},
      abort: () => {},
    }),
    refused: () => {},
  };
  const done = retrieveAll(server, [1], handler);
  while (writes === 0) await tick();
  while (bytes !== lastBytes) {
    lastBytes = bytes;
    await tick();
  }
  let played = false;
  server.done.then(
    () => {
      played = true;
    },
    () => {},
  );
  for (let round = 0; round < 20; round++) await tick();
  expect(played).toBe(false);
  release();
  await using _client = await done;
  expect(bytes).toBe(64 * 256 * 1023);
});

const ownErrors: { name: string; handler: (error: Error, diary: Diary) => RetrieveHandler }[] = [
  {
    name: "begin throws",
    handler: (error) => ({
      begin: () => {
        throw error;
      },
      refused: () => {},
    }),
  },
  { name: "begin rejects", handler: (error) => ({ begin: () => Promise.reject(error), refused: () => {} }) },
  {
    name: "write throws",
    handler: (error, diary) =>
      with_(diary, {
        write: () => {
          throw error;
        },
      }),
  },
  { name: "write rejects", handler: (error, diary) => with_(diary, { write: () => Promise.reject(error) }) },
  {
    name: "end throws",
    handler: (error, diary) =>
      with_(diary, {
        end: () => {
          throw error;
        },
      }),
  },
  { name: "end rejects", handler: (error, diary) => with_(diary, { end: () => Promise.reject(error) }) },
];

function with_(diary: Diary, own: Partial<MessageSink>): RetrieveHandler {
  return { begin: (number) => ({ ...diary.sink(number), ...own }), refused: () => {} };
}

test.each(ownErrors)(
  "trouble of our own drops the connection without QUIT (F1): $name",
  async ({ handler }) => {
    await using server = await playDialogue([
      hello,
      ...pipelining,
      "C: RETR 1",
      "C: RETR 2",
      "S: +OK",
      "S: a",
      "S: .",
      "S: +OK",
      "S: b",
      "S: .",
      "gone",
    ]);
    const own = new Error("disk full");
    const diary = new Diary();
    const client = await Pop3Client.connect(server);
    await client.capa();
    await expect(client.retrieve([1, 2], handler(own, diary))).rejects.toBe(own);
    expect(diary.entries).toEqual([]);
    expect(client.closed).toMatchObject({ code: "cancelled" });
    await expect(client.quit()).rejects.toBeInstanceOf(Pop3ProtocolError);
    await server.done;
  },
);

test("a sink that drops the session and throws is not told what it knows", async () => {
  await using server = await playDialogue([hello, "C: RETR 1", "S: +OK", "S: a", "S: .", "gone"]);
  const client = await Pop3Client.connect(server);
  const diary = new Diary();
  const own = new Error("disk full");
  const handler = with_(diary, {
    write: () => {
      client.destroy();
      throw own;
    },
  });
  await expect(client.retrieve([1], handler)).rejects.toBe(own);
  expect(diary.entries).toEqual([]);
});

const breaks: { name: string; last: Step[]; code: string }[] = [
  { name: "reset", last: ["cut"], code: "connection-lost" },
  { name: "end", last: ["end"], code: "connection-lost" },
];

test.each(breaks)(
  "the connection ends inside a message: its sink is told ($name)",
  async ({ last, code }) => {
    await using server = await playDialogue([
      hello,
      "C: CAPA",
      "S: -ERR",
      "C: RETR 1",
      "S: +OK",
      "S: half",
      ...last,
    ]);
    const diary = new Diary();
    await expect(retrieveAll(server, [1, 2], diary)).rejects.toMatchObject({
      name: "Pop3ProtocolError",
      failure: { code },
    });
    expect(diary.entries).toHaveLength(1);
    expect(diary.entries[0]).toMatch(new RegExp(`^1 aborted: ${code}`));
  },
);

test("nonsense in place of a status line names pipelining as a suspect (R-26)", async () => {
  for (const [commands, suspect] of [
    [[1, 2], 1],
    [[1], undefined],
  ] as const) {
    await using server = await playDialogue([
      hello,
      ...pipelining,
      ...commands.map((number): Step => `C: RETR ${number}`),
      "S: +OK",
      "S: a",
      "S: .",
      "S: what",
    ]);
    const client = await Pop3Client.connect(server);
    await client.capa();
    const outcome = client
      .retrieve([...commands], new Diary())
      .then(() => client.quit())
      .catch((error) => error.failure);
    const why = await outcome;
    expect(why.code).toBe("protocol");
    expect(why.params.pipelining).toBe(suspect);
    client.destroy();
  }
});

test("a stall with several commands on their way names pipelining, up to the last answer (R-26)", async () => {
  await using server = await playDialogue([
    hello,
    ...pipelining,
    "C: RETR 1",
    "C: RETR 2",
    "S: +OK",
    "S: a",
    "S: .",
    "stall",
  ]);
  const clock = new ManualClock();
  const diary = new Diary();
  const outcome = retrieveAll({ ...server, clock }, [1, 2], diary).catch((error) => error.failure);
  while (diary.entries.length === 0) await tick();
  await clock.armed(180_000);
  clock.advance(180_000);
  expect(await outcome).toMatchObject({
    code: "timeout",
    params: { phase: "reply", command: "RETR", pipelining: 1 },
  });
});

test("a message that stops is given up after the idle time (R-29, F26)", async () => {
  await using server = await playDialogue([
    hello,
    "C: CAPA",
    "S: -ERR",
    "C: RETR 1",
    "S: +OK",
    "S: half",
    "stall",
  ]);
  const clock = new ManualClock();
  const diary = new Diary();
  const outcome = retrieveAll({ ...server, clock }, [1], diary).catch((error) => error.failure);
  await clock.armed(120_000);
  clock.advance(120_000);
  expect(await outcome).toMatchObject({
    code: "timeout",
    params: { phase: "idle", command: "RETR", timeoutMs: 120_000 },
  });
  expect(diary.entries[0]).toMatch(/^1 aborted: timeout/);
});

/** Drips one line each 100 seconds, below the idle limit. */
async function drip(linesBytes: number): Promise<Failure | string> {
  const clock = new ManualClock();
  const held: { resolve: () => void }[] = [];
  await using server = await playDialogue([
    hello,
    "C: CAPA",
    "S: -ERR",
    "C: RETR 1",
    "S: +OK",
    ...Array.from({ length: 5 }, (_, index): Step[] => [
      { send: `${"x".repeat(linesBytes)}\r\n` },
      {
        until: () =>
          new Promise<void>((resolve) => {
            held[index] = { resolve };
          }),
      },
    ]).flat(),
    "S: .",
  ]);
  const outcome = retrieveAll({ ...server, clock }, [1], new Diary()).then(
    (client) => {
      client.destroy();
      return "done";
    },
    (error) => error.failure as Failure,
  );
  for (let index = 0; index < 5; index++) {
    while (!held[index]) await tick();
    const failed = await Promise.race([outcome, clock.armed(120_000).then(() => null)]);
    if (failed !== null) return failed;
    clock.advance(100_000);
    held[index]?.resolve();
  }
  return await outcome;
}

test("slow drips beat an idle limit, and are given up by their rate (R-29)", async () => {
  expect(await drip(50)).toMatchObject({ code: "timeout", params: { phase: "rate", timeoutMs: 300_000 } });
});

test("slow, but faster than the least rate", async () => {
  expect(await drip(200_000)).toBe("done");
});

test("abort while a sink is busy: told at once, the sink too (R-31)", async () => {
  await using server = await playDialogue([
    hello,
    "C: CAPA",
    "S: -ERR",
    "C: RETR 1",
    "S: +OK",
    "S: half",
    "stall",
  ]);
  const stop = new AbortController();
  const told: string[] = [];
  const handler: RetrieveHandler = {
    begin: () => ({
      write: () => {
        told.push("write");
        return new Promise<void>(() => {});
      },
      end: () => {},
      abort: (why) => {
        told.push(why.code);
      },
    }),
    refused: () => {},
  };
  const outcome = retrieveAll({ ...server, signal: stop.signal }, [1], handler).catch(
    (error) => error.failure.code,
  );
  while (told.length === 0) await tick();
  stop.abort();
  expect(await outcome).toBe("cancelled");
  expect(told).toEqual(["write", "cancelled"]);
});

test("a sink that comes after the connection went learns of it", async () => {
  await using server = await playDialogue([hello, "C: CAPA", "S: -ERR", "C: RETR 1", "S: +OK", "stall"]);
  const stop = new AbortController();
  const told: string[] = [];
  let give: (sink: MessageSink) => void = () => {};
  const begun = new Promise<MessageSink>((resolve) => {
    give = resolve;
  });
  const handler: RetrieveHandler = {
    begin: () => {
      told.push("begin");
      return begun;
    },
    refused: () => {},
  };
  const outcome = retrieveAll({ ...server, signal: stop.signal }, [1], handler).catch(
    (error) => error.failure.code,
  );
  while (told.length === 0) await tick();
  stop.abort();
  expect(await outcome).toBe("cancelled");
  give({
    write: () => {},
    end: () => {},
    abort: (why) => {
      told.push(why.code);
    },
  });
  await tick();
  expect(told).toEqual(["begin", "cancelled"]);
});

test("a message that begins like a reply is told; bare LF servers are understood (R-21, R-23)", async () => {
  await using server = await playDialogue([
    { send: "+OK ready\n" },
    "C: CAPA",
    { send: "-ERR\n" },
    "C: RETR 1",
    { send: "+OK\n-ERR x\n..\n.\n" },
  ]);
  const diary = new Diary();
  await using _client = await retrieveAll(server, [1], diary);
  expect(diary.entries).toEqual(['1 "-ERR x\\n.\\n" 9']);
  expect(diary.infos[0]?.startsLikeReply).toBe(true);
});

test("one status line in CRLF, and LF dot LF is text for the rest of the session (R-21)", async () => {
  await using server = await playDialogue([
    { send: "+OK ready\n" },
    "C: CAPA",
    "S: -ERR",
    "C: RETR 1",
    { send: "+OK\na\n.\n+OK b\r\n.\r\n" },
  ]);
  const diary = new Diary();
  await using _client = await retrieveAll(server, [1], diary);
  expect(diary.entries).toEqual(['1 "a\\n.\\n+OK b\\n" 11']);
});

test("any cutting of the bytes gives the same messages (R-22)", async () => {
  const mail = fc.array(fc.constantFrom("\r", "\n", ".", "a", "\r\n", "\0", "\xff", "+OK\r\n"), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(mail, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 7 }),
      async (mails, segmentBytes) => {
        const numbers = mails.map((_, index) => index + 1);
        const wire = mails.map((parts) => `+OK\r\n${stuffed(parts.join(""))}`).join("");
        await using server = await playDialogue(
          [hello, ...pipelining, ...numbers.map((number): Step => `C: RETR ${number}`), { send: wire }],
          { segmentBytes },
        );
        const diary = new Diary();
        await using _client = await retrieveAll(server, numbers, diary);
        expect(diary.entries).toEqual(
          mails.map((parts, index) => {
            const text = `${parts.join("")}\r\n`;
            return `${index + 1} ${JSON.stringify(text.replaceAll("\r\n", "\n"))} ${text.length}`;
          }),
        );
      },
    ),
    { numRuns: 25 },
  );
});

test("TOP for many, several at once, refusals in their place", async () => {
  await using server = await playDialogue([
    hello,
    ...pipelining,
    "C: TOP 5 0",
    "C: TOP 6 0",
    "S: +OK",
    "S: A: b",
    "S: ",
    "S: .",
    "S: -ERR gone",
  ]);
  const client = await Pop3Client.connect(server);
  await client.capa();
  const told: string[] = [];
  await client.topAll([5, 6], 0, (number, answer) => {
    told.push(
      `${number} ${answer instanceof Uint8Array ? JSON.stringify(Buffer.from(answer).toString()) : answer.failure.code}`,
    );
  });
  expect(told).toEqual(['5 "A: b\\n\\n"', "6 message-refused"]);
  client.destroy();
  await server.done;
});

test("DELE for many, several at once", async () => {
  const numbers = Array.from({ length: 1200 }, (_, index) => 1200 - index);
  await using server = await playDialogue([
    hello,
    ...pipelining,
    ...numbers.slice(0, 1000).map((number): Step => `C: DELE ${number}`),
    ...numbers.slice(0, 500).map((): Step => "S: +OK"),
    ...numbers.slice(1000).map((number): Step => `C: DELE ${number}`),
    ...numbers.slice(500).map((): Step => "S: +OK"),
    "C: QUIT",
    "S: +OK",
    "gone",
  ]);
  const client = await Pop3Client.connect(server);
  await client.capa();
  const told: number[] = [];
  await client.dele(numbers, (number, error) => {
    if (error === null) told.push(number);
  });
  expect(told).toEqual(numbers);
  await client.quit();
  await server.done;
});

function stuffed(message: string): string {
  const lines = message.split("\r\n").map((line) => (line.startsWith(".") ? `.${line}` : line));
  return `${lines.join("\r\n")}\r\n.\r\n`;
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
