import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { type AccountLookup, MemoryMaildrop, storedMessage } from "./maildrop.ts";
import { startProvider } from "./provider.ts";

const dotted = storedMessage("u2", Buffer.from("Subject: two\n\n.dot\n..\nlast"));

function maildropOfThree(): MemoryMaildrop {
  const [one, three] = ["one", "three"].map((name) =>
    storedMessage(name, Buffer.from(`Subject: ${name}\n\nbody\n`)),
  );
  return new MemoryMaildrop([one, dotted, three].filter((message) => message !== undefined));
}

function only(maildrop: MemoryMaildrop): AccountLookup {
  return (login) => (login === "ann" ? { password: "pass word é", maildrop } : undefined);
}

const login = ["USER ann", "PASS pass word é"];

const dialogues = [
  {
    name: "STAT counts octets with CRLF",
    say: [...login, "STAT"],
    hear: ["+OK", "+OK 3 messages", "+OK 3 78"],
  },
  {
    name: "LIST",
    say: [...login, "LIST"],
    hear: ["+OK", "+OK 3 messages", "+OK", "1 22", "2 32", "3 24", "."],
  },
  { name: "UIDL of one", say: [...login, "UIDL 3"], hear: ["+OK", "+OK 3 messages", "+OK 3 three"] },
  {
    name: "a deleted message is missing from listings until RSET",
    say: [...login, "DELE 2", "UIDL", "RETR 2", "RSET", "UIDL"],
    hear: [
      "+OK",
      "+OK 3 messages",
      "+OK",
      "+OK",
      "1 one",
      "3 three",
      ".",
      "-ERR no such message",
      "+OK",
    ].concat(["+OK", "1 one", "2 u2", "3 three", "."]),
  },
  {
    name: "RETR stuffs dots and ends the last line",
    say: [...login, "RETR 2"],
    hear: ["+OK", "+OK 3 messages", "+OK", "Subject: two", "", "..dot", "...", "last", "."],
  },
  {
    name: "TOP gives the header and so many lines",
    say: [...login, "TOP 2 1"],
    hear: ["+OK", "+OK 3 messages", "+OK", "Subject: two", "", "..dot", "."],
  },
  {
    name: "TOP 0",
    say: [...login, "TOP 1 0"],
    hear: ["+OK", "+OK 3 messages", "+OK", "Subject: one", "", "."],
  },
  {
    name: "wrong password",
    say: ["USER ann", "PASS no"],
    hear: ["+OK", "-ERR [AUTH] unknown user or wrong password"],
  },
  { name: "nothing before the login", say: ["STAT"], hear: ["-ERR log in first"] },
];

test.each(dialogues)("provider: $name", async ({ say, hear }) => {
  await using provider = await startProvider({ accounts: only(maildropOfThree()) });
  const said = await talk(provider.port, [...say, "QUIT"]);
  expect(said.slice(1)).toEqual([...hear, "+OK goodbye", ""]);
});

test("deletions are real at QUIT alone", async () => {
  const maildrop = maildropOfThree();
  await using provider = await startProvider({ accounts: only(maildrop) });
  const socket = connect(provider.port, "127.0.0.1");
  const heard = hearUntil(socket, "+OK 3 messages\r\n+OK\r\n");
  socket.write([...login, "DELE 1", ""].join("\r\n"));
  await heard;
  socket.destroy();
  expect(maildrop.messages.map(({ uid }) => uid)).toEqual(["one", "u2", "three"]);
  await talk(provider.port, [...login, "DELE 1", "DELE 3", "QUIT"]);
  expect(maildrop.messages).toEqual([dotted]);
});

test("a second session finds the maildrop in use", async () => {
  await using provider = await startProvider({ accounts: only(maildropOfThree()) });
  const first = connect(provider.port, "127.0.0.1");
  const heard = hearUntil(first, "messages");
  first.write([...login, ""].join("\r\n"));
  await heard;
  const second = await talk(provider.port, [...login, "QUIT"]);
  expect(second[2]).toMatch(/^-ERR \[IN-USE\]/);
  first.destroy();
});

test("APOP answers its own greeting", async () => {
  await using provider = await startProvider({ accounts: only(maildropOfThree()) });
  const socket = connect(provider.port, "127.0.0.1");
  const [, stamp = ""] = /(<.*>)/.exec(await hearUntil(socket, "\r\n")) ?? [];
  const digest = createHash("md5").update(`${stamp}pass word é`).digest("hex");
  const heard = hearUntil(socket, "\r\n");
  socket.write(`APOP ann ${digest}\r\n`);
  expect(await heard).toBe("+OK 3 messages\r\n");
  socket.destroy();
});

test("what is not offered is not announced", async () => {
  const accounts = only(maildropOfThree());
  await using provider = await startProvider({ accounts, pipelining: false, uidl: false, apop: false });
  const said = await talk(provider.port, ["CAPA", ...login, "UIDL", "QUIT"]);
  expect(said).toEqual(
    ["+OK sample provider ready", "+OK", "USER", "TOP", "RESP-CODES", "AUTH-RESP-CODE", ".", "+OK"].concat([
      "+OK 3 messages",
      "-ERR unknown command",
      "+OK goodbye",
      "",
    ]),
  );
});

test("faults: a refused message, a cut message, a cut QUIT", async () => {
  const maildrop = maildropOfThree();
  const faults = [
    { kind: "refuse-message", uid: "one", words: "Message can not load" },
    { kind: "cut-message", uid: "u2", afterBytes: 5 },
  ] as const;
  await using provider = await startProvider({ accounts: only(maildrop), faults });
  const said = await talk(provider.port, [...login, "RETR 1", "RETR 2", "QUIT"]);
  expect(said.slice(3)).toEqual(["-ERR Message can not load", "+OK", "Subje"]);
  provider.faults = [{ kind: "cut-at-quit" }];
  expect((await talk(provider.port, [...login, "DELE 1", "QUIT"])).at(-2)).toBe("+OK");
  expect(maildrop.messages).toHaveLength(3);
});

test("a line that never ends keeps coming, a silent server says nothing", async () => {
  await using provider = await startProvider({
    accounts: () => undefined,
    faults: [{ kind: "endless-line" }],
  });
  const socket = connect(provider.port, "127.0.0.1");
  let bytes = 0;
  for await (const chunk of socket) {
    bytes += chunk.length;
    expect(chunk.includes(10)).toBe(false);
    if (bytes > 1_000_000) break;
  }
  provider.faults = [{ kind: "silent" }];
  const silent = connect(provider.port, "127.0.0.1");
  const heard: Buffer[] = [];
  silent.on("data", (chunk) => heard.push(chunk));
  silent.end("QUIT\r\n");
  await once(silent, "close");
  expect(Buffer.concat(heard).toString()).toBe("+OK goodbye\r\n");
});

/** Sends all lines in one write and answers with the lines heard until the server closed. */
async function talk(port: number, lines: readonly string[]): Promise<string[]> {
  const socket = connect(port, "127.0.0.1");
  socket.write(lines.map((line) => `${line}\r\n`).join(""));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8").split("\r\n");
}

/** Everything heard until `end` was part of it. */
function hearUntil(socket: Socket, end: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const hear = (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (!text.includes(end)) return;
      socket.removeListener("data", hear);
      resolve(text);
    };
    socket.on("data", hear);
  });
}
