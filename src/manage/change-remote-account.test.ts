import { expect, test } from "vitest";
import { openManage } from "../../test/support/manage.ts";
import type { Actor, Role } from "../auth/policies.ts";
import { failureOf } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import { passwordPlace } from "../secrets/secrets.ts";
import { records as english } from "../words/en/records.ts";
import { records as japanese } from "../words/ja/records.ts";
import {
  addRemoteAccount,
  changeRemoteAccount,
  type RecordValues,
  removeRemoteAccounts,
} from "./change-remote-account.ts";
import { remoteAccountKeys, userKeys } from "./configuration-file/remote-account-keys.ts";
import { remoteAccountSchema } from "./configuration-file/schema.ts";
import { localAccountNamed } from "./remote-accounts.ts";

const file = `
settings: { accountsPerUser: 3 }
domains:
  - name: example.com
    main: true
    accounts:
      - name: alice
        mayUseRemoteAccounts: true
        remoteAccounts:
          - { id: admins, account: one, server: "10.0.0.1:1110", tls: off, password: p, pollEvery: 1m }
          - { id: file, account: two, server: pop.x, passwordFile: /etc/secret, tlsVerify: false }
      - name: bob
        remoteAccounts:
          - { id: bobs, account: bob, server: pop.x, password: p }
      - { name: carol, mayUseRemoteAccounts: true }
unifiedAccounts:
  - { id: unified, account: all, server: pop.x, password: p }
`;

async function world() {
  const manage = await openManage();
  await manage.apply(file);
  const { context } = manage;
  const as = async (role: Role, account: string | null = null) => {
    const directory = await context.store.readDirectory();
    const accountId = account === null ? null : (localAccountNamed(directory, account)?.id ?? null);
    const actor: Actor = { role, name: account ?? role, accountId };
    return { ...context, actor };
  };
  const record = (id: string) => context.store.remoteAccount(id as RemoteAccountId);
  return { manage, context, as, record, [Symbol.asyncDispose]: () => manage[Symbol.asyncDispose]() };
}

type Answer = Awaited<ReturnType<typeof addRemoteAccount>>;

/** `ok`, the code of a refusal, or the mistakes as `key code`. */
async function shown(work: Promise<Answer>): Promise<string | string[]> {
  const answer = await work.catch((error: unknown) => ({ ok: false as const, failure: failureOf(error) }));
  if (!answer.ok) return answer.failure.code;
  const { mistakes } = answer.value;
  return mistakes.length === 0 ? "ok" : mistakes.map(({ path, code }) => `${path.join(".")} ${code}`.trim());
}

const fresh = { account: "new", server: "pop.new.example", password: "p" };

const adds: readonly {
  name: string;
  role: Role;
  as?: string;
  owner: string | null;
  values: RecordValues;
  answer: string | string[];
}[] = [
  { name: "an administrator for anybody", role: "administrator", owner: "bob", values: fresh, answer: "ok" },
  { name: "an administrator, unified", role: "administrator", owner: null, values: fresh, answer: "ok" },
  {
    name: "an operator for anybody",
    role: "operator",
    owner: "alice@example.com",
    values: fresh,
    answer: "ok",
  },
  { name: "nobody there", role: "administrator", owner: "dave", values: fresh, answer: "unknown-name" },
  { name: "a viewer", role: "viewer", owner: "alice", values: fresh, answer: "not-allowed" },
  { name: "a user", role: "user", as: "alice", owner: "alice", values: fresh, answer: "ok" },
  {
    name: "a user for another",
    role: "user",
    as: "alice",
    owner: "carol",
    values: fresh,
    answer: "not-allowed",
  },
  {
    name: "a user for nobody",
    role: "user",
    as: "alice",
    owner: "dave",
    values: fresh,
    answer: "not-allowed",
  },
  { name: "a user, unified", role: "user", as: "alice", owner: null, values: fresh, answer: "not-allowed" },
  {
    name: "a user without the right",
    role: "user",
    as: "bob",
    owner: "bob",
    values: fresh,
    answer: "not-allowed",
  },
  {
    name: "no password",
    role: "user",
    as: "alice",
    owner: "alice",
    values: { ...fresh, password: undefined },
    answer: ["missing-password"],
  },
  {
    name: "a key that does not exist",
    role: "administrator",
    owner: "bob",
    values: { ...fresh, colour: "red" },
    answer: ["colour unknown-key"],
  },
  {
    name: "several mistakes",
    role: "administrator",
    owner: "bob",
    values: { ...fresh, tls: "yes", pollEvery: "5" },
    answer: ["pollEvery expected-interval", "tls expected-choice"],
  },
  {
    name: "the same again",
    role: "administrator",
    owner: "alice",
    values: { ...fresh, account: "two", server: "pop.x:995" },
    answer: ["server account-exists"],
  },
  {
    name: "an id again",
    role: "administrator",
    owner: "bob",
    values: { ...fresh, id: "file" },
    answer: ["id account-exists"],
  },
  {
    name: "a short interval, administrator",
    role: "administrator",
    owner: "alice",
    values: { ...fresh, pollEvery: "15s" },
    answer: "ok",
  },
  {
    name: "a short interval, user",
    role: "user",
    as: "alice",
    owner: "alice",
    values: { ...fresh, pollEvery: "4m59s" },
    answer: ["pollEvery interval-too-short"],
  },
  {
    name: "the minimum, user",
    role: "user",
    as: "alice",
    owner: "alice",
    values: { ...fresh, pollEvery: "5m" },
    answer: "ok",
  },
  {
    name: "another port, user",
    role: "user",
    as: "alice",
    owner: "alice",
    values: { ...fresh, server: "pop.new.example:25" },
    answer: ["server port-not-allowed"],
  },
  {
    name: "another port, administrator",
    role: "administrator",
    owner: "alice",
    values: { ...fresh, server: "pop.new.example:25" },
    answer: "ok",
  },
  {
    name: "a private address, user",
    role: "user",
    as: "alice",
    owner: "alice",
    values: { ...fresh, server: "192.168.1.1" },
    answer: ["server private-host"],
  },
  {
    name: "a mapped one, user",
    role: "user",
    as: "alice",
    owner: "alice",
    values: { ...fresh, server: "::ffff:10.0.0.1" },
    answer: ["server private-host"],
  },
  {
    name: "a private address, operator",
    role: "operator",
    owner: "alice",
    values: { ...fresh, server: "[fd00::1]:995" },
    answer: ["server private-host"],
  },
  {
    name: "a private address, administrator",
    role: "administrator",
    owner: "alice",
    values: { ...fresh, server: "192.168.1.1" },
    answer: "ok",
  },
  {
    name: "days as the command line gives them",
    role: "administrator",
    owner: "alice",
    values: { ...fresh, leaveOnServer: true, deleteAfter: "30" },
    answer: "ok",
  },
  {
    name: "no days at all",
    role: "administrator",
    owner: "alice",
    values: { ...fresh, leaveOnServer: true, deleteAfter: "0" },
    answer: ["deleteAfter expected-keeping-time"],
  },
  {
    name: "a command, operator",
    role: "operator",
    owner: "alice",
    values: { ...fresh, password: undefined, passwordCommand: "id" },
    answer: ["passwordCommand administrators-only"],
  },
  {
    name: "a command, administrator",
    role: "administrator",
    owner: "alice",
    values: { ...fresh, password: undefined, passwordCommand: "id" },
    answer: "ok",
  },
];

test.each(adds)("add: $name", async ({ role, as, owner, values, answer }) => {
  await using w = await world();
  const before = await w.context.store.configurationVersion();
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  expect(await shown(addRemoteAccount(await w.as(role, as ?? null), { owner, values: given }))).toEqual(
    answer,
  );
  expect(await w.context.store.configurationVersion()).toBe(before + (answer === "ok" ? 1 : 0));
  expect(await w.context.store.auditRows({ since: 0, limit: 99 })).toHaveLength(answer === "ok" ? 10 : 9);
});

test("every key that is not named for users is refused to them, whatever is added later", async () => {
  await using w = await world();
  const alice = await w.as("user", "alice");
  const samples: Readonly<Record<string, unknown>> = {
    tlsMinVersion: "TLSv1.3",
    tlsFingerprint: "00".repeat(32),
    sourceAddress: "192.0.2.1",
  };
  const refusedKeys: string[] = [];
  for (const key of Object.keys(remoteAccountSchema.shape)) {
    if (key === "id") continue;
    for (const sample of [samples[key] ?? "/x", "x.example", true]) {
      const answer = await shown(changeRemoteAccount(alice, { name: "admins", values: { [key]: sample } }));
      if (Array.isArray(answer) && answer.includes(`${key} administrators-only`)) refusedKeys.push(key);
    }
  }
  const expected = Object.keys(remoteAccountSchema.shape).filter((key) => key !== "id" && !userKeys.has(key));
  const unifiedOnly = ["specialHeader", "specialHeaderPrefix", "relaySpecialHeader", "mergeCopies"];
  expect([...new Set(refusedKeys)].sort()).toEqual(
    expected.filter((key) => !unifiedOnly.includes(key)).sort(),
  );
});

test("the limit on accounts: over it a user edits and deletes, but adds none", async () => {
  await using w = await world();
  const alice = await w.as("user", "alice");
  const add = (context: typeof alice, account: string) =>
    shown(addRemoteAccount(context, { owner: "alice", values: { ...fresh, account } }));
  expect(await add(alice, "third")).toBe("ok");
  expect(await add(alice, "fourth")).toEqual(["too-many-accounts"]);
  expect(await add(await w.as("administrator"), "fourth")).toBe("ok");
  expect(await shown(changeRemoteAccount(alice, { name: "third", values: { note: "mine" } }))).toBe("ok");
  expect(await shown(removeRemoteAccounts(alice, { names: ["third", "fourth"] }))).toBe("ok");
  expect(await add(alice, "fifth")).toBe("ok");
});

test("an interval set by an administrator stays when the user saves other fields; one of the user's own is raised", async () => {
  await using w = await world();
  const alice = await w.as("user", "alice");
  const change = (values: RecordValues) => shown(changeRemoteAccount(alice, { name: "admins", values }));
  expect(await change({ note: "x", pollEvery: "1m" })).toBe("ok");
  expect(await w.record("admins")).toMatchObject({ pollEveryMs: 60_000, setBy: "file" });
  expect(await change({ pollEvery: "2m" })).toEqual(["pollEvery interval-too-short"]);
  expect(await change({ pollEvery: "10m" })).toBe("ok");
  expect(await w.record("admins")).toMatchObject({ pollEveryMs: 600_000, setBy: "user" });
  await w.manage.apply("settings: { minimumPollInterval: 30m }");
  expect(await change({ note: "y", pollEvery: "10m" })).toBe("ok");
  expect(await w.record("admins")).toMatchObject({ pollEveryMs: 1_800_000, setBy: "user" });
  const administrator = await w.as("administrator");
  await changeRemoteAccount(administrator, { name: "admins", values: { pollEvery: "15s" } });
  expect(await change({ note: "z" })).toBe("ok");
  expect(await w.record("admins")).toMatchObject({ pollEveryMs: 15_000, setBy: "administrator" });
});

test("who names the server stands for it: a user's new one is not trusted like an administrator's", async () => {
  await using w = await world();
  const alice = await w.as("user", "alice");
  const change = (values: RecordValues) => shown(changeRemoteAccount(alice, { name: "admins", values }));
  expect(await change({ note: "the private server that an administrator named stays" })).toBe("ok");
  expect(await w.record("admins")).toMatchObject({ serverSetBy: "file" });
  expect(await change({ server: "pop.other:995" })).toEqual(["password password-again"]);
  expect(await change({ server: "pop.other:995", password: "new" })).toBe("ok");
  expect(await w.record("admins")).toMatchObject({ serverSetBy: "user", pollEveryMs: 60_000, setBy: "file" });
  // Named once more by an administrator, it is vouched for.
  const again = { name: "admins", values: { server: "pop.other:995" } };
  expect(await shown(changeRemoteAccount(await w.as("administrator"), again))).toBe("ok");
  expect(await w.record("admins")).toMatchObject({ serverSetBy: "administrator" });
});

test("a password and a trust that were meant for one server do not go to another on a user's word", async () => {
  await using w = await world();
  const alice = await w.as("user", "alice");
  const change = (values: RecordValues) => shown(changeRemoteAccount(alice, { name: "file", values }));
  for (const values of [
    { server: "evil.example" },
    { account: "else" },
    { tls: "off" },
    { server: "pop.x:110" },
    { server: "pop.x:995", tls: "off" },
  ]) {
    expect(await change(values)).toContain("password password-again");
  }
  expect(await change({ server: "pop.mine.example", password: "mine" })).toBe("ok");
  const record = await w.record("file");
  expect(record?.extras).toEqual({});
  if (record?.secret.kind !== "sealed") throw new Error("the file's password is no longer asked");
  const opened = w.context.secrets.open(record.secret.sealed, passwordPlace(record.id));
  expect(opened.ok && Buffer.from(opened.value).toString()).toBe("mine");
});

test("users see no records of others: there is no such name, and no warning tells of them", async () => {
  await using w = await world();
  const alice = await w.as("user", "alice");
  for (const name of ["bobs", "unified", "bob@pop.x"]) {
    expect(await shown(changeRemoteAccount(alice, { name, values: { note: "x" } }))).toBe("unknown-name");
    expect(await shown(removeRemoteAccounts(alice, { names: [name] }))).toBe("unknown-name");
  }
  const values = { ...fresh, account: "bob", server: "pop.x" };
  const mine = await addRemoteAccount(alice, { owner: "alice", values });
  expect(mine.ok && mine.value.warnings).toEqual([]);
  const administrators = await addRemoteAccount(await w.as("administrator"), { owner: "carol", values });
  expect(administrators.ok && administrators.value.warnings.map(({ code }) => code)).toEqual([
    "same-maildrop",
  ]);
});

test("a record seen at another version is not overwritten; dashes delete; nothing to change writes nothing", async () => {
  await using w = await world();
  const change = (values: RecordValues, version?: number) =>
    shown(
      changeRemoteAccount(w.context, { name: "bobs", values, ...(version === undefined ? {} : { version }) }),
    );
  const seen = (await w.record("bobs"))?.version ?? 0;
  expect(await change({ note: "first" }, seen)).toBe("ok");
  expect(await change({ note: "second" }, seen)).toBe("conflict");
  expect((await w.record("bobs"))?.extras.note).toBe("first");
  const before = await w.context.store.configurationVersion();
  expect(await change({ note: "first", server: "pop.x:995" })).toBe("ok");
  expect(await w.context.store.configurationVersion()).toBe(before + 1);
  const answer = await changeRemoteAccount(w.context, { name: "bobs", values: { note: "first" } });
  expect(answer.ok && answer.value.diff).toEqual([]);
  expect(await w.context.store.configurationVersion()).toBe(before + 1);
  expect(await change({ pollEvery: "----" })).toBe("ok");
  expect(await w.record("bobs")).toBeNull();
});

test("the audit trail says who changed what from what, and no password", async () => {
  await using w = await world();
  const alice = await w.as("user", "alice");
  await changeRemoteAccount(alice, { name: "admins", values: { note: "x", password: "s3cret" } });
  const [row] = (await w.context.store.auditRows({ since: 0, limit: 100 })).slice(-1);
  expect(row).toEqual({
    at: w.manage.clock.now(),
    actor: "alice",
    role: "user",
    action: "change personal",
    subject: "alice@example.com/one@10.0.0.1:1110",
    detail: { note: { from: null, to: "x" }, password: "secret" },
  });
});

test("the command line has an option for every key of a record, with help in both languages", () => {
  expect(["id", ...remoteAccountKeys].sort()).toEqual(Object.keys(remoteAccountSchema.shape).sort());
  for (const key of remoteAccountKeys) {
    expect(english.help.keys[key], key).toMatch(/^[\u0020-\u007e]+$/);
    expect(japanese.help.keys[key], key).not.toBe(undefined);
  }
  expect(Object.keys(japanese.help.keys)).toEqual(Object.keys(english.help.keys));
});

test("an account's id is no owner's name", async () => {
  await using w = await world();
  const { accounts } = await w.context.store.readDirectory();
  const [first] = accounts;
  const answer = addRemoteAccount(w.context, { owner: first?.id ?? ("" as LocalAccountId), values: fresh });
  expect(await shown(answer)).toBe("unknown-name");
});
