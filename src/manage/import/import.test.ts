import { expect, test } from "vitest";
import { type OpenedManage, openManage } from "../../../test/support/manage.ts";
import { type ImportInput, type ImportReport, importFile } from "./import.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** Imports a text; files beside it by their path as the configuration names them. */
async function run(
  manage: OpenedManage,
  path: string,
  text: string,
  more: Partial<Omit<ImportInput, "readFile">> & { readonly beside?: Readonly<Record<string, string>> } = {},
): Promise<ImportReport> {
  const { beside = {}, ...rest } = more;
  const result = await importFile(manage.context, {
    file: { path, bytes: bytes(text) },
    format: null,
    owner: null,
    domain: null,
    uidFiles: null,
    netrc: null,
    home: "/home/alice",
    dryRun: false,
    readFile: async (name) => (name in beside ? { path: name, bytes: bytes(beside[name] ?? "") } : null),
    ...rest,
  });
  if (!result.ok) throw new Error(result.failure.code);
  return result.value;
}

const brief = ({ diff }: ImportReport) =>
  diff.map(({ change, kind, name, owner }) => `${change} ${kind} ${name}${owner ? ` of ${owner}` : ""}`);
const noted = ({ notes }: ImportReport) => notes.map(({ code, line }) => `${line} ${code}`);
const mistaken = ({ mistakes }: ImportReport) => mistakes.map(({ code, line }) => `${line} ${code}`);

const main =
  "domains: [{ name: example.com, main: true, aliases: [example.net], accounts: [{ name: alice, aliases: [al], destination: 'maildir:/srv/alice' }] }]";

const rc = `poll pop.example proto pop3
user a@isp pass p is alice here ssl keep
user b pass q is bob here ssl keep
`;

const fetchids = "a@isp@pop.example u1\na@isp@pop.example u2\nb@pop.example v\xff\nc@pop.example w\n";

test("accounts, owners and UIDs in one commit; a second import changes nothing", async () => {
  await using manage = await openManage();
  const { context } = manage;
  await manage.apply(main);
  const first = await run(manage, ".fetchmailrc", rc, { beside: { "~/.fetchids": fetchids } });
  expect(brief(first)).toEqual([
    "add account bob@example.com",
    "add personal a@isp@pop.example of alice@example.com",
    "add personal b@pop.example of bob@example.com",
  ]);
  expect(first).toMatchObject({
    applied: true,
    format: "fetchmail",
    uidFiles: ["~/.fetchids"],
    remembered: [
      { account: "a@isp@pop.example", messages: 2 },
      { account: "b@pop.example", messages: 1 },
    ],
  });
  expect(noted(first)).toEqual(["2 delivery-kept", "3 local-smtp", "0 uids-of-nobody"]);
  const stands = await context.store.readConfiguration();
  expect(stands.version).toBe(2);
  const bob = stands.remoteAccounts.find(({ login }) => login === "b");
  if (!bob) throw new Error("no account of bob");
  expect((await context.store.remembered(bob.id)).open).toMatchObject([
    { uid: "v\xff", state: "left", digest: null },
  ]);

  const again = await run(manage, ".fetchmailrc", rc, { beside: { "~/.fetchids": fetchids } });
  expect(again).toMatchObject({ applied: false, diff: [], remembered: [] });
  expect(await context.store.readConfiguration()).toEqual(stands);
  const later = `${fetchids}b@pop.example v2\n`;
  expect((await run(manage, ".fetchmailrc", rc, { beside: { "~/.fetchids": later } })).remembered).toEqual([
    { account: "b@pop.example", messages: 1 },
  ]);
});

test("a dry run says the same and writes nothing", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const files = { beside: { "~/.fetchids": fetchids } };
  const dry = await run(manage, ".fetchmailrc", rc, { ...files, dryRun: true });
  expect(dry.applied).toBe(false);
  expect((await manage.context.store.readConfiguration()).remoteAccounts).toEqual([]);
  const real = await run(manage, ".fetchmailrc", rc, files);
  expect([brief(dry), dry.remembered, dry.notes]).toEqual([brief(real), real.remembered, real.notes]);
});

test("into an empty installation: the domain is asked for, and becomes the main one", async () => {
  await using manage = await openManage();
  const refused = await run(manage, ".fetchmailrc", rc);
  expect(mistaken(refused)).toEqual(["2 import-domain-missing", "3 import-domain-missing"]);
  expect((await manage.context.store.readConfiguration()).domains).toEqual([]);
  const done = await run(manage, ".fetchmailrc", rc, { domain: "example.org" });
  expect(brief(done).slice(0, 2)).toEqual(["add domain example.org", "add account alice@example.org"]);
  expect((await manage.context.store.readConfiguration()).domains).toMatchObject([
    { name: "example.org", main: true },
  ]);
});

test("a slip in an address makes no domain; one that is named does", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const csv = "owner,account,server,password\nalice@exmaple.com,a,pop.example,p\n";
  expect(mistaken(await run(manage, "x.csv", csv))).toEqual(["2 import-domain-unknown"]);
  const named = await run(manage, "x.csv", csv, { domain: "exmaple.com" });
  expect(brief(named).slice(0, 2)).toEqual(["add domain exmaple.com", "add account alice@exmaple.com"]);
  const { domains } = await manage.context.store.readConfiguration();
  expect(domains.map(({ name, main: isMain }) => [name, isMain])).toEqual([
    ["example.com", true],
    ["exmaple.com", false],
  ]);
});

test("people of a domain that is not here are told, not made", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const rc = `[retriever]
type = MultidropPOP3SSLRetriever
server = pop.example
username = corp
password = p
envelope_recipient = delivered-to:1
[destination]
type = MultiSorter
default = [a]
locals = (("jim@example.com", "[a]"), ("jeff@corp.test", "[a]"))
[a]
type = Maildir
path = /srv/a/
`;
  const report = await run(manage, "getmailrc", rc);
  expect(brief(report)).toEqual(["add account jim@example.com", "add unified corp@pop.example"]);
  expect(report.notes).toContainEqual({ code: "domain-not-here", line: 1, params: { domain: "corp.test" } });
});

const getmailrc =
  "[retriever]\ntype = SimplePOP3Retriever\nserver = pop.example\nusername = me\npassword = p\n[destination]\ntype = Maildir\npath = ~/Maildir/\n";

test("where the file does not say who receives, the owner is asked for", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const refused = await run(manage, "getmailrc", getmailrc);
  expect(refused).toMatchObject({ applied: false, diff: [] });
  expect(mistaken(refused)).toEqual(["1 import-owner-missing"]);
  const made = await run(manage, "getmailrc", getmailrc, { owner: "carol" });
  expect(made.diff.find(({ kind }) => kind === "account")?.fields).toContainEqual({
    key: "destination",
    from: null,
    to: "maildir:/home/alice/Maildir",
    secret: false,
  });
});

test.each(["alice", "AL@example.net", "alice@localhost"])(
  "an existing account stays as it is: %s",
  async (owner) => {
    await using manage = await openManage();
    await manage.apply(main);
    const before = (await manage.context.store.readConfiguration()).accounts;
    const report = await run(manage, "getmailrc", getmailrc, { owner });
    expect(brief(report)).toEqual(["add personal me@pop.example of alice@example.com"]);
    expect(report.notes).toContainEqual({
      code: "delivery-kept",
      line: 1,
      params: { name: "alice", delivery: "maildir:/home/alice/Maildir" },
    });
    expect((await manage.context.store.readConfiguration()).accounts).toEqual(before);
  },
);

test("getmail's UIDs by the name of their file; a dash may have been a slash", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const name = "oldmail-pop.example-110-me";
  const report = await run(manage, "getmailrc", getmailrc, {
    owner: "alice",
    beside: { [name]: "a-b\x001\nc\x002\n" },
  });
  expect(report.remembered).toEqual([{ account: "me@pop.example", messages: 2 }]);
  const [record] = (await manage.context.store.readConfiguration()).remoteAccounts;
  if (!record) throw new Error("no record");
  expect((await manage.context.store.remembered(record.id)).open.map(({ uid }) => uid)).toEqual([
    "a-b",
    "c",
    "a/b",
  ]);
  // The only file named for the only account may be called anything.
  const uidFiles = [{ path: "/tmp/copy", bytes: bytes("d\x003\n") }];
  const renamed = await run(manage, "getmailrc", getmailrc, { owner: "alice", uidFiles });
  expect(renamed.remembered).toEqual([{ account: "me@pop.example", messages: 1 }]);
});

test("a new account without a password is left out and told; one that stands keeps its own", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const text =
    "poll pop.example proto pop3 user a is alice here ssl keep sslfingerprint x\nuser b pass p is alice here ssl";
  const report = await run(manage, ".fetchmailrc", text);
  expect(brief(report)).toEqual(["add personal b@pop.example of alice@example.com"]);
  expect(noted(report)).toEqual(["1 no-password", "2 delivery-kept"]);
  await run(manage, ".fetchmailrc", text.replace("user a", "user a pass p"));
  const later = await run(manage, ".fetchmailrc", text);
  expect(later).toMatchObject({ applied: false, diff: [] });
  expect(noted(later)).not.toContain("1 no-password");
  const none = await run(manage, ".fetchmailrc", "poll x proto pop3 user a is alice here ssl");
  expect(mistaken(none)).toEqual(["1 import-nothing"]);
  expect(noted(none)).toEqual(["1 no-password"]);
});

test("new accounts that leave mail there and have no UIDs are warned about, others are not", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const text =
    "poll pop.example proto pop3 user a pass p is alice here ssl keep\nuser b pass p is alice here ssl";
  expect(noted(await run(manage, ".fetchmailrc", text))).toContain("1 no-uids");
  expect(noted(await run(manage, ".fetchmailrc", text))).not.toContain("1 no-uids");
});

test("a multidrop mailbox becomes a unified account, its people accounts; names that are taken are told", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const text = `poll pop.isp.example proto pop3 localdomains example.net corp.test envelope "Delivered-To" qvirtual "corp-"
    user corp pass p ssl to golux=alice jim=james al * here`;
  const report = await run(manage, ".fetchmailrc", text);
  expect(brief(report)).toEqual(["add account james@example.com", "add unified corp@pop.isp.example"]);
  expect(report.notes.map(({ code, params }) => [code, params.domain ?? params.alias])).toEqual([
    ["domain-not-here", "corp.test"],
    ["other-name", "golux"],
    ["delivery-each", undefined],
  ]);
  const { accounts, remoteAccounts } = await manage.context.store.readConfiguration();
  expect(accounts.find(({ name }) => name === "james")?.aliases).toEqual(["jim"]);
  expect(remoteAccounts).toMatchObject([
    {
      kind: "unified",
      ownerId: null,
      specialHeader: "Delivered-To",
      extras: { specialHeaderPrefix: "corp-" },
    },
  ]);
});

test("what apply refuses is told with the line of the account, and nothing is applied", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const csv =
    "owner,account,server,password,pollEvery\nalice,a,pop.example,p,5m\nalice,b,not a host,p,5 minutes\nalice,a,pop.example,p,\n";
  const report = await run(manage, "x.csv", csv);
  expect(mistaken(report)).toEqual(["3 expected-interval", "3 expected-server", "4 named-twice"]);
  expect((await manage.context.store.readConfiguration()).remoteAccounts).toEqual([]);
});

test("nothing to import, and a file of no known kind", async () => {
  await using manage = await openManage();
  expect(mistaken(await run(manage, "notes.txt", "hello"))).toEqual(["1 import-format-unknown"]);
  const imap = await run(manage, ".fetchmailrc", "poll i proto imap user a pass p");
  expect([mistaken(imap), noted(imap)]).toEqual([["1 import-nothing"], ["1 not-pop3"]]);
});

test("passwords from netrc are sealed like others and shown nowhere", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const netrc = { path: ".netrc", bytes: bytes("machine pop.example login a password s3cret") };
  const report = await run(manage, ".fetchmailrc", "poll pop.example proto pop3 user a is alice here ssl", {
    netrc,
  });
  expect(JSON.stringify(report)).not.toContain("s3cret");
  expect(await manage.context.store.readConfiguration()).toMatchObject({
    remoteAccounts: [{ secret: { kind: "sealed" } }],
  });
});
