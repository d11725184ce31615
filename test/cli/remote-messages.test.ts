/**
 * What a person sees and asks of messages that stay at a provider, what the accounts are warned about, and the
 * analysis of a unified account, as the commands show it (spec 4, 5.3, 6).
 */
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const json = (text: string): unknown => JSON.parse(text);

async function place(keys: object = {}) {
  const directory = await temporaryDirectory("cli");
  const data = join(directory.path, "data");
  const maildrop = new MemoryMaildrop();
  const provider = await startProvider({
    accounts: (login) => (login === "box" ? { password: "secret", maildrop } : undefined),
  });
  const record = { account: "box", server: `127.0.0.1:${provider.port}` };
  const configuration = (more: object) => ({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB" },
    domains: [{ name: "example.com", main: true, accounts: [{ name: "alice" }, { name: "bob" }] }],
    unifiedAccounts: [{ ...record, password: "secret", tls: "off", ...more }],
  });
  await applyFile(data, configuration(keys));
  return {
    data,
    maildrop,
    provider,
    record,
    change: (more: object) => applyFile(data, configuration(more)),
    async [Symbol.asyncDispose]() {
      await provider.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

function message(uid: string, header: string, body = "text") {
  return storedMessage(uid, Buffer.from(`From: a@far.example\nSubject: ${uid}\n${header}\n\n${body}\n`));
}

test("messages that were never taken: listed, taken, header only, deleted there, left there", async () => {
  await using here = await place({ maxMessageSize: "1000B" });
  here.maildrop.add(
    ...["u1", "u2", "u3", "u4"].map((uid) => message(uid, "To: alice@example.com", "x".repeat(2000))),
    message("u5", "To: alice@example.com"),
  );
  here.provider.faults = [{ kind: "refuse-message", uid: "u5", words: "Message can not load" }];
  await rpop(here.data, ["poll", "--all"]);
  const listed = await rpop(here.data, ["remote", "messages", "box"]);
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout.replace(/\d\d:\d\d:\d\d/g, "TIME").replace(/ +$/gm, "")).toBe(
    `UID  Size      Tries  Next try  Asked for  Why
u1   2.1 kB                                too large
u2   2.1 kB                                too large
u3   2.1 kB                                too large
u4   2.1 kB                                too large
u5   65 bytes  1      TIME             the provider does not give it out (Message can not load)
`,
  );
  const asked = [
    { verb: "retry", uid: "u1", said: "1 message will be taken at the next visit.\n" },
    {
      verb: "take-header",
      uid: "u2",
      said: "The header of 1 message will be delivered at the next visit; the rest stays there.\n",
    },
    {
      verb: "delete-there",
      uid: "u3",
      said: "1 message will be deleted at the provider at the next visit, without being taken.\n",
    },
    {
      verb: "delete-there",
      uid: "u4",
      said: "1 message will be deleted at the provider at the next visit, without being taken.\n",
    },
    { verb: "leave-there", uid: "u4", said: "Nothing more is asked of 1 message.\n" },
  ];
  for (const { verb, uid, said } of asked)
    expect(await rpop(here.data, ["remote", verb, "box", uid])).toMatchObject({ code: 0, stdout: said });
  expect(json((await rpop(here.data, ["remote", "messages", "box", "--json"])).stdout)).toMatchObject({
    messages: [
      { uid: "u1", reason: "tooLarge", wish: "take", nextTry: expect.any(String) },
      { uid: "u2", wish: "header", nextTry: null },
      { uid: "u3", wish: "delete" },
      { uid: "u4", wish: null, wishBy: null },
      { uid: "u5", reason: "failing", tries: 1, failure: { remoteText: "Message can not load" } },
    ],
  });
  here.provider.faults = [];
  expect((await rpop(here.data, ["remote", "retry", "box", "--all"])).stdout).toBe(
    "1 message will be taken at the next visit.\n",
  );
  await rpop(here.data, ["poll", "--all"]);
  expect(here.maildrop.messages.map(({ uid }) => uid)).toEqual(["u2", "u4"]);
  const way = await rpop(here.data, ["trace", "u3"]);
  expect(way.stdout).toMatch(/ wishes: delete it at the provider at the next visit\n/);
  expect(way.stdout).toMatch(/deleted at the provider without being taken, as .+ wished\n/);
  expect((await rpop(here.data, ["trace", "u2"])).stdout).toContain(
    "only the header was taken from box@127.0.0.1",
  );
});

test("names and UIDs that there are not: exit 67, and nothing is asked", async () => {
  await using here = await place();
  const unknown = await rpop(here.data, ["remote", "messages", "nobody"]);
  expect(unknown.code).toBe(67);
  const uid = await rpop(here.data, ["remote", "delete-there", "box", "u9"]);
  expect(uid.code).toBe(67);
  expect(uid.stderr).toContain("Nothing here is called u9.");
  expect(uid.stderr).toContain('"rpop remote messages box" shows what there is.');
  expect((await rpop(here.data, ["remote", "retry", "box"])).code).toBe(64);
  expect((await rpop(here.data, ["remote", "messages", "box"])).stdout).toBe(
    "Nothing of this account was passed over: every message there was taken.\n",
  );
});

test("warnings stand in the list and in the status: the special header is absent, messages are too large", async () => {
  await using here = await place({ specialHeader: "X-Real-To", maxMessageSize: "5kB" });
  const ordinary = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => message(`m${from + index}`, "To: alice@example.com"));
  here.maildrop.add(...ordinary(19, 0), message("large", "To: alice@example.com", "x".repeat(9000)));
  await rpop(here.data, ["poll", "--all"]);
  const before = await rpop(here.data, ["remote", "list"]);
  expect(before.stdout).toContain("larger than maxMessageSize");
  expect(before.stdout).not.toContain("X-Real-To");
  here.maildrop.add(...ordinary(1, 100));
  await rpop(here.data, ["poll", "--all"]);
  here.maildrop.add(...ordinary(2, 200));
  await rpop(here.data, ["poll", "--all"]);
  const list = await rpop(here.data, ["remote", "list"]);
  const name = `box@127.0.0.1:${here.provider.port}`;
  expect(list.stdout).toContain(
    `Note: ${name}: the special header X-Real-To was in none of the last 22 messages; "rpop analyse" tells which field to use.\n`,
  );
  expect(list.stdout).toContain(
    `Note: ${name}: 1 message larger than maxMessageSize left at the provider; see "rpop remote messages".\n`,
  );
  expect(json((await rpop(here.data, ["remote", "list", "--json"])).stdout)).toMatchObject([
    {
      warnings: [
        { code: "special-header-absent", field: "X-Real-To", count: 22, sentence: expect.any(String) },
        { code: "messages-too-large", count: 1 },
      ],
    },
  ]);
  expect((await rpop(here.data, ["status"])).stdout).toContain(
    `Worth a look:\n  ${name}: the special header`,
  );
  // Once in the log, when it was the twentieth.
  const log = await rpop(here.data, ["log", "--level", "failures"]);
  expect(log.stdout.match(/was in none of the last/g)).toHaveLength(1);
  expect(log.stdout).toContain("was in none of the last 20 messages; To, Cc and Bcc were read instead.");
});

test("analyse: the table, one sentence, and what to set; nothing is fetched", async () => {
  await using here = await place();
  const empty = await rpop(here.data, ["analyse", "box"]);
  expect(empty.stdout).toContain("There is no message there to judge by.");
  here.maildrop.add(
    message("m1", "Delivered-To: example.com-alice@example.com\nTo: list@far.example"),
    message("m2", "Delivered-To: example.com-bob@example.com\nTo: bob@example.com"),
  );
  const shown = await rpop(here.data, ["analyse", "box"]);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(
    shown.stdout,
  ).toBe(`The headers of the newest 2 messages were read (TOP). Nothing was fetched or changed.

Field          Prefix        Present in  Would place
X-Real-To                    0 / 2       0 %
X-Original-To                0 / 2       0 %
Delivered-To   example.com-  2 / 2       100 %
Envelope-To                  0 / 2       0 %
X-Envelope-To                0 / 2       0 %
To, Cc, Bcc                  2 / 2       50 %

Use Delivered-To with the prefix example.com- stripped: with it 100 % of the messages reach an account.

  unifiedAccounts:
    - account: box
      server: 127.0.0.1:${here.provider.port}
      specialHeader: Delivered-To
      specialHeaderPrefix: example.com-
`);
  expect(here.provider.commands.get("RETR") ?? 0).toBe(0);
  const japanese = await rpop(here.data, ["analyse", "box", "--lang", "ja"]);
  expect(japanese.stdout).toContain(
    "接頭辞 example.com- を取り除いて Delivered-To を使ってください。メッセージの 100 % をアカウントに配信できます。",
  );
  await here.change({ specialHeader: "Delivered-To", specialHeaderPrefix: "example.com-" });
  const set = await rpop(here.data, ["analyse", "box", "--json"]);
  expect(json(set.stdout)).toMatchObject({
    messages: 2,
    recommended: { specialHeader: "Delivered-To", specialHeaderPrefix: "example.com-", placedPercent: 100 },
    sentence: "Delivered-To is the right one, and set: 100 % of the messages reach an account.",
    yaml: null,
  });
});

test("leaveOnServer is turned off: apply says what stays, and deletes it only when told its number", async () => {
  await using here = await place({ leaveOnServer: true });
  here.maildrop.add(message("m1", "To: alice@example.com"), message("m2", "To: bob@example.com"));
  await rpop(here.data, ["poll", "--all"]);
  const file = JSON.stringify({ unifiedAccounts: [{ ...here.record, leaveOnServer: false }] });
  const dry = await rpop(here.data, ["apply", "-", "--dry-run"], { input: file });
  expect(dry.stderr).toBe(
    `Note: box at 127.0.0.1:${here.provider.port} leaves no more mail at the provider. What it left there before (2 taken) stays; with --delete-left 2 in the same command it is deleted there.\n`,
  );
  const wrong = await rpop(here.data, ["apply", "-", "--delete-left", "1"], { input: file });
  expect(wrong.code).toBe(64);
  expect(wrong.stderr).toContain("--delete-left says 1, but 2 messages would be deleted at the provider.");
  const right = await rpop(here.data, ["apply", "-", "--delete-left", "2"], { input: file });
  expect(right).toMatchObject({ code: 0 });
  expect(right.stderr).toContain("2 messages that were taken before are deleted at the provider");
  await rpop(here.data, ["poll", "--all"]);
  expect(here.maildrop.messages).toEqual([]);
});

test("the same for one record: told what stays, deleted only when told its number", async () => {
  await using here = await place({ leaveOnServer: true });
  here.maildrop.add(message("m1", "To: alice@example.com"), message("m2", "To: bob@example.com"));
  await rpop(here.data, ["poll", "--all"]);
  const off = ["remote", "change", "box", "--leave-on-server", "false"];
  const wrong = await rpop(here.data, [...off, "--delete-left", "3"]);
  expect(wrong).toMatchObject({ code: 64, stdout: "" });
  expect(wrong.stderr).toContain("--delete-left says 3, but 2 messages would be deleted at the provider.");
  expect(await rpop(here.data, [...off, "--delete-left", "two"])).toMatchObject({ code: 64 });
  const without = await rpop(here.data, off);
  expect(without.code).toBe(0);
  expect(without.stderr).toContain("What it left there before (2 taken) stays;");
  await rpop(here.data, ["poll", "--all"]);
  expect(here.maildrop.messages).toHaveLength(2);

  await rpop(here.data, ["remote", "change", "box", "--leave-on-server", "true"]);
  const right = await rpop(here.data, [...off, "--delete-left", "2"]);
  expect(right.code).toBe(0);
  expect(right.stderr).toContain("2 messages that were taken before are deleted at the provider");
  await rpop(here.data, ["poll", "--all"]);
  expect(here.maildrop.messages).toEqual([]);
});

test("a user asks of messages of the own account, not of others'; the audit trail says who asked what", async () => {
  await using here = await place();
  const accounts = (maxMessageSize: string) => [
    {
      name: "alice",
      mayUseRemoteAccounts: true,
      remoteAccounts: [{ ...here.record, password: "secret", tls: "off", maxMessageSize }],
    },
    { name: "bob", mayUseRemoteAccounts: true },
  ];
  await applyFile(here.data, {
    settings: { allowPrivateHosts: true },
    domains: [{ name: "example.com", accounts: accounts("1000B") }],
    unifiedAccounts: [{ ...here.record, pollEvery: "-----" }],
  });
  here.maildrop.add(message("u1", "", "x".repeat(2000)));
  await rpop(here.data, ["poll", "--all"]);
  const asAlice = ["--as", "alice"];
  expect((await rpop(here.data, ["remote", "messages", "box", ...asAlice])).stdout).toContain("u1");
  expect(await rpop(here.data, ["remote", "messages", "box", "--as", "bob"])).toMatchObject({ code: 67 });
  expect(await rpop(here.data, ["remote", "retry", "box", "u1", "--as", "bob"])).toMatchObject({ code: 67 });
  expect(await rpop(here.data, ["remote", "retry", "box", "u1", ...asAlice])).toMatchObject({ code: 0 });
  const rows = json((await rpop(here.data, ["audit", "--json"])).stdout) as { action: string }[];
  expect(rows.filter(({ action }) => action.startsWith("ask"))).toMatchObject([
    {
      actor: expect.stringMatching(/ as alice@example\.com$/),
      role: "user",
      action: "ask take",
      subject: `alice@example.com/box@127.0.0.1:${here.provider.port}`,
      detail: { uids: "u1" },
    },
  ]);
  await rpop(here.data, ["poll", "--all"]);
  expect(json((await rpop(here.data, ["remote", "messages", "box", "--json"])).stdout)).toMatchObject({
    messages: [],
  });
});
