/**
 * The log of whole visits: what stands in it at each level, and what never does (spec 3, R-62 to R-64).
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { type LogRecord, readLine } from "../../src/observe/log-line.ts";
import { formsOf, startEchoingServer } from "../support/echoing-server.ts";
import { type Installation, startInstallation } from "../support/installation.ts";

const password = "S3kr1t-Kennwort!";

function configurationOf(port: number, more: { account?: object; settings?: object; user?: object } = {}) {
  const record = { account: "alice", server: `127.0.0.1:${port}`, password, tls: "off", ...more.account };
  return {
    settings: { allowSelfPoll: true, minFreeSpace: "1MB", ...more.settings },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [{ name: "alice", remoteAccounts: [record], ...more.user }],
      },
    ],
  };
}

/** What stands in the log's files, as text. */
async function logText(rpop: Installation): Promise<string> {
  const folder = join(rpop.dataDir, "log");
  const names = (await readdir(folder).catch(() => [])).sort();
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "latin1")))).join("");
}

async function records(rpop: Installation): Promise<LogRecord[]> {
  const lines = (await logText(rpop)).split("\n").slice(0, -1);
  return lines.map((line) => {
    const record = readLine(Buffer.from(line, "latin1").toString("utf8"));
    if (record === null) throw new Error(`no record: ${line}`);
    return record;
  });
}

const message = (uid: string, to = "alice@example.com") =>
  storedMessage(
    uid,
    Buffer.from(`Return-Path: <bob@far.example>\nTo: ${to}\nMessage-ID: <${uid}@far.example>\n\nhello\n`),
  );

async function provider(maildrop: MemoryMaildrop) {
  return startProvider({ accounts: (login) => (login === "alice" ? { password, maildrop } : undefined) });
}

test("major: a record for what was changed, taken, delivered, deleted, visited", async () => {
  const maildrop = new MemoryMaildrop([message("one")]);
  await using server = await provider(maildrop);
  await using rpop = await startInstallation();
  await rpop.apply(configurationOf(server.port));
  await rpop.visit();
  const found = await records(rpop);
  expect(found.map(({ event }) => event)).toEqual([
    "configuration-changed",
    "message-taken",
    "delivered",
    "messages-deleted",
    "visit-ended",
  ]);
  const about = {
    account: "alice",
    host: `127.0.0.1:${server.port}`,
    owner: "alice@example.com",
    tag: "RPOP",
  };
  const [changed, taken, delivered, deleted, ended] = found.map(({ fields }) => fields);
  expect(changed?.changes).toContain(`add personal alice@127.0.0.1:${server.port}`);
  expect(taken).toMatchObject({
    ...about,
    uid: "one",
    messageIdField: "<one@far.example>",
    sender: "bob@far.example",
    recipients: ["alice@example.com"],
  });
  expect(delivered).toMatchObject({ recipient: "alice@example.com", messageId: taken?.messageId });
  expect(delivered?.accountId).toBe(taken?.accountId);
  expect(deleted).toMatchObject({ ...about, count: 1, uids: ["one"] });
  expect(ended).toMatchObject({ ...about, taken: 1, deleted: 1, skipped: 0 });
  expect(taken?.node).toEqual(expect.any(Number));
});

test("failures: nothing of what went well; a failed visit with its mark, and the mark's end", async () => {
  const maildrop = new MemoryMaildrop([message("one")]);
  await using server = await provider(maildrop);
  await using rpop = await startInstallation();
  await rpop.apply(configurationOf(server.port, { settings: { logLevel: "failures" } }));
  server.faults = [{ kind: "refuse-login", words: "[AUTH] \u009b31m go \u202e away" }];
  await rpop.visit();
  server.faults = [];
  await rpop.visit();
  // The change itself was made at the level before.
  const found = (await records(rpop)).slice(1);
  expect(found.map(({ event, fields }) => [event, fields.code ?? fields.formerCode])).toEqual([
    ["visit-failed", "auth-refused"],
    ["mark-set", "auth-refused"],
    ["mark-ended", "auth-refused"],
  ]);
  expect(found[0]?.fields.remoteText).toContain("go");
  expect(await logText(rpop)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test("problems: a refused message, one left for its size, one that was taken before", async () => {
  const maildrop = new MemoryMaildrop([message("one"), message("two")]);
  await using server = await provider(maildrop);
  await using rpop = await startInstallation();
  const settings = { logLevel: "problems", maxMessageSize: 1000 };
  await rpop.apply(configurationOf(server.port, { settings, account: { leaveOnServer: true } }));
  server.faults = [{ kind: "refuse-message", uid: "two", words: "not this one" }];
  await rpop.visit();
  server.faults = [{ kind: "refuse-message", uid: "two", words: "not this one" }];
  maildrop.messages = [
    message("two"),
    storedMessage("big", Buffer.alloc(2000, "x")),
    { ...message("one"), uid: "again" },
  ];
  await rpop.visit();
  await rpop.visit();
  const found = (await records(rpop)).filter(({ level }) => level === "problems" || level === "failures");
  expect(found.map(({ event, fields }) => [event, fields.uid])).toEqual([
    ["message-refused", "two"],
    ["message-skipped", "big"],
    ["message-refused", "two"],
    ["message-known", "again"],
    ["message-stuck", "two"],
  ]);
  expect(found.at(-1)?.fields).toMatchObject({
    failures: 3,
    code: "message-refused",
    remoteText: "not this one",
  });
});

test("lowLevel: the dialogue; allInfo: also the link", async () => {
  const maildrop = new MemoryMaildrop([message("one")]);
  await using server = await provider(maildrop);
  for (const logLevel of ["lowLevel", "allInfo"]) {
    await using rpop = await startInstallation();
    await rpop.apply(
      configurationOf(server.port, { settings: { logLevel }, account: { leaveOnServer: true } }),
    );
    await rpop.visit();
    const found = await records(rpop);
    const said = found
      .filter(({ event }) => event === "dialogue")
      .map(({ fields }) => `${fields.direction}: ${fields.text}`);
    expect(said).toContain("C: UIDL");
    expect(said).toContain("C: PASS ****");
    expect(found.some(({ event }) => event === "visit-begun")).toBe(true);
    const links = found.filter(({ event }) => event === "link").map(({ fields }) => fields.kind);
    if (logLevel === "allInfo")
      expect(links).toEqual(expect.arrayContaining(["dialing", "connected", "closed"]));
    else expect(links).toEqual([]);
  }
});

test("undeliverable and reported mail", async () => {
  const maildrop = new MemoryMaildrop([message("one", "nobody@example.com")]);
  await using server = await provider(maildrop);
  await using rpop = await startInstallation();
  await rpop.apply({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB" },
    domains: [{ name: "example.com", main: true, accounts: [{ name: "alice" }] }],
    unifiedAccounts: [
      {
        account: "alice",
        server: `127.0.0.1:${server.port}`,
        password,
        tls: "off",
        specialHeader: "X-Real-To",
      },
    ],
  });
  maildrop.messages = [
    storedMessage(
      "one",
      Buffer.from("Return-Path: <bob@far.example>\nX-Real-To: <nobody@example.com>\nTo: x@y\n\nhello\n"),
    ),
  ];
  await rpop.visit();
  const found = (await records(rpop)).filter(({ event }) => /reported|undeliverable/.test(event));
  expect(found.map(({ event, fields }) => [event, fields.code])).toEqual([
    ["reported", "unknown-user"],
    ["undeliverable", "no-relay"],
  ]);
  expect(found[0]?.fields).toMatchObject({ recipients: ["nobody@example.com"], to: "bob@far.example" });
});

const methods = [
  "user",
  "apop",
  "plain",
  "login",
  "cram-md5",
  "scram-sha-1",
  "scram-sha-256",
  "ntlm",
  "msn",
  "xoauth2",
  "oauthbearer",
];
const logins = methods.flatMap((auth) => [true, false].map((admits) => ({ auth, admits })));

test.each(logins)(
  "allInfo holds no secret of $auth, let in: $admits, though the server says all back (R-63)",
  async ({ auth, admits }) => {
    await using server = await startEchoingServer(admits);
    await using rpop = await startInstallation();
    const account = { auth, allowPlain: true, ...(auth === "apop" ? { apop: true } : {}) };
    await rpop.apply(configurationOf(server.port, { settings: { logLevel: "allInfo" }, account }));
    await rpop.visit();
    const text = await logText(rpop);
    expect(text).toContain('"event":"dialogue"');
    expect(text).toContain(admits && !auth.startsWith("scram") ? "in with" : "");
    expect(server.secrets.length).toBeGreaterThan(0);
    const plain = formsOf(password);
    const upper = plain.map((form) => form.toUpperCase());
    const digests = [md5(password), md5(`<1.2@pop.example.com>${password}`)];
    const told = server.secrets.flatMap((secret) => [...formsOf(secret), ...piecesOf(secret)]);
    for (const form of [...plain, ...upper, ...digests, ...told])
      expect(text.includes(form), form).toBe(false);
  },
);

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

/** The proof or digest inside an answer of an exchange. */
function piecesOf(told: string): string[] {
  const text = Buffer.from(told, "base64").toString("latin1");
  return [/^alice ([0-9a-f]{32})$/, /,p=(.+)$/].flatMap((piece) => piece.exec(text)?.[1] ?? []);
}
