import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { openManage, sampleFile } from "../../test/support/manage.ts";
import { passwordPlace } from "../secrets/secrets.ts";
import { apply } from "./apply.ts";
import { exportConfiguration } from "./export.ts";

const main = "domains:\n  - { name: example.com, main: true, accounts: [{ name: alice }, { name: bob }] }\n";

/** `+ kind name key key`: what changed, without values. */
const brief = (diff: Awaited<ReturnType<Awaited<ReturnType<typeof openManage>>["apply"]>>["diff"]) =>
  diff.map(({ change, kind, name, fields }) =>
    [change, kind, name, ...(change === "change" ? fields.map(({ key }) => key) : [])].join(" "),
  );

test("the file of the specification is applied, and applied again changes nothing", async () => {
  await using manage = await openManage();
  const first = await manage.apply(sampleFile);
  expect(first.applied).toBe(true);
  expect(brief(first.diff)).toEqual([
    "add setting channels",
    "add setting allowSelfPoll",
    "add setting minimumPollInterval",
    "add setting allowPrivateHosts",
    "add domain example.com",
    "add account alice@example.com",
    "add unified example.com@pop.isp.example",
    "add personal alice@127.0.0.1:1110",
  ]);
  const before = await manage.context.store.readConfiguration();
  expect(
    before.remoteAccounts.map(({ host, port, tls, kind }) => `${kind} ${host} ${port} ${tls}`).sort(),
  ).toEqual(["personal 127.0.0.1 1110 off", "unified pop.isp.example 995 implicit"]);
  const second = await manage.apply(sampleFile);
  expect(second).toMatchObject({ applied: false, diff: [] });
  expect(await manage.context.store.readConfiguration()).toEqual(before);
});

test("a dry run says the same and writes nothing", async () => {
  await using manage = await openManage();
  const dry = await manage.apply(sampleFile, { dryRun: true });
  expect(dry.applied).toBe(false);
  expect((await manage.context.store.readConfiguration()).domains).toEqual([]);
  expect(brief((await manage.apply(sampleFile)).diff)).toEqual(brief(dry.diff));
});

test("with one mistake nothing is applied", async () => {
  await using manage = await openManage();
  expect(await manage.mistakes(`${sampleFile}  - { account: x, server: "pop:0", password: p }\n`)).toEqual([
    "20:27 expected-port",
  ]);
  expect((await manage.context.store.readConfiguration()).settings).toEqual({});
});

test("passwords: absent is unchanged, equal is no change, another one is; never readable in the store", async () => {
  await using manage = await openManage();
  await manage.apply(sampleFile);
  const kept = async () => {
    const { remoteAccounts } = await manage.context.store.readConfiguration();
    const record = remoteAccounts.find(({ kind }) => kind === "unified");
    if (record?.secret.kind !== "sealed") throw new Error("not sealed");
    expect(Buffer.from(record.secret.sealed).includes("s3cret")).toBe(false);
    const plain = manage.context.secrets.open(record.secret.sealed, passwordPlace(record.id));
    return plain.ok ? Buffer.from(plain.value).toString() : plain.failure.code;
  };
  const edit = (fields: string) =>
    `unifiedAccounts: [{ account: example.com, server: pop.isp.example, ${fields} }]`;
  expect(brief((await manage.apply(edit("note: hello"))).diff)).toEqual([
    "change unified example.com@pop.isp.example note",
  ]);
  expect(await kept()).toBe("s3cret");
  expect((await manage.apply(edit("password: s3cret"))).diff).toEqual([]);
  const changed = await manage.apply(edit("password: 007"));
  expect(changed.diff).toMatchObject([{ fields: [{ key: "password", from: null, to: null, secret: true }] }]);
  expect(await kept()).toBe("007");
  await manage.apply(edit("passwordEnv: MAIL_PASSWORD"));
  const { remoteAccounts } = await manage.context.store.readConfiguration();
  expect(remoteAccounts.map(({ secret }) => secret.kind)).toContain("env");
});

test("what the file does not name stays; null is the default; dashes delete; disabled keeps", async () => {
  await using manage = await openManage();
  await manage.apply(sampleFile);
  const unified = (fields: string) =>
    `unifiedAccounts: [{ account: example.com, server: pop.isp.example, ${fields} }]`;
  expect(brief((await manage.apply("settings: { channels: null, useApop: false }")).diff)).toEqual([
    "remove setting channels",
    "add setting useApop",
  ]);
  expect(brief((await manage.apply("domains: [{ name: EXAMPLE.com, catchAll: null }]")).diff)).toEqual([
    "change domain EXAMPLE.com name catchAll",
  ]);
  await manage.apply(unified("pollEvery: disabled, specialHeader: null"));
  const disabled = (await manage.context.store.readConfiguration()).remoteAccounts.find(
    ({ kind }) => kind === "unified",
  );
  expect(disabled).toMatchObject({ pollEveryMs: null, dueAt: null, specialHeader: null });
  expect(brief((await manage.apply(unified("pollEvery: -----"))).diff)).toEqual([
    "remove unified example.com@pop.isp.example",
  ]);
  expect((await manage.apply(unified("pollEvery: -----"))).diff).toEqual([]);
});

test("a record is found by its id, by what was typed, and by what that amounts to", async () => {
  await using manage = await openManage();
  await manage.apply(`${main}unifiedAccounts: [{ id: isp, account: a, server: Pop.Example, password: p }]`);
  const same = async (fields: string) => {
    await manage.apply(`unifiedAccounts: [{ ${fields} }]`);
    return (await manage.context.store.readConfiguration()).remoteAccounts.map(({ id }) => id);
  };
  expect(await same("account: a, server: pop.example")).toEqual(["isp"]);
  expect(await same("account: a, server: pop.example, tls: starttls")).toEqual(["isp"]);
  expect(await same("account: a, server: pop.example, tls: implicit")).toEqual(["isp"]);
  expect(await same('account: a, server: "pop.example:995"')).toEqual(["isp"]);
  expect(await same("id: isp, account: b, server: mail.example")).toEqual(["isp"]);
});

test("an edit of host or login makes a new maildrop of it, an edit of the note does not", async () => {
  await using manage = await openManage();
  await manage.apply(`${main}unifiedAccounts: [{ id: isp, account: a, server: pop.example, password: p }]`);
  const changes: boolean[] = [];
  const { store } = manage.context;
  const spying = {
    ...manage.context,
    store: new Proxy(store, {
      get(target, key) {
        if (key === "applyChanges") {
          return (version: number, list: Parameters<typeof store.applyChanges>[1]) => {
            for (const one of list) if (one.kind === "put-remote-account") changes.push(one.maildropChanged);
            return target.applyChanges(version, list);
          };
        }
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
  };
  for (const fields of ["note: x", "account: b", "server: mail.example", "tls: starttls", "pollEvery: 1h"]) {
    await apply(spying, {
      bytes: Buffer.from(`unifiedAccounts: [{ id: isp, ${fields} }]`),
      dryRun: false,
      prune: false,
    });
  }
  // Without a port of its own, STARTTLS moves the record from port 995 to 110.
  expect(changes).toEqual([false, true, true, true, false]);
});

test("new and woken records are due at once, a shorter interval counts from now, other edits keep the rhythm", async () => {
  await using manage = await openManage();
  const { clock, store } = manage.context;
  const due = async (fields: string) => {
    await manage.apply(`unifiedAccounts: [{ id: isp, ${fields} }]`);
    return (await store.readConfiguration()).remoteAccounts[0]?.dueAt;
  };
  await manage.apply(main);
  const began = clock.now();
  expect(await due("account: a, server: pop.example, password: p, pollEvery: 1h")).toBe(began);
  manage.clock.advance(1000);
  expect(await due("note: x")).toBe(began);
  expect(await due("pollEvery: disabled")).toBe(null);
  expect(await due("pollEvery: 1h")).toBe(began + 1000);
});

test("prune: what the file lacks goes, but never a password", async () => {
  await using manage = await openManage();
  await manage.apply(sampleFile);
  const pruned = await manage.apply(
    "domains: [{ name: example.com, main: true }]\nunifiedAccounts: [{ account: example.com, server: pop.isp.example }]",
    { prune: true },
  );
  expect(brief(pruned.diff)).toEqual([
    "remove setting channels",
    "remove setting allowSelfPoll",
    "remove setting minimumPollInterval",
    "remove setting allowPrivateHosts",
    "remove personal alice@127.0.0.1:1110",
    "remove account alice@example.com",
    "change domain example.com aliases ipAddresses catchAll routes",
    "change unified example.com@pop.isp.example specialHeader",
  ]);
});

const fitting = [
  {
    name: "a relay that cannot be used",
    text: 'settings: { relay: "smtp://a:b@mx.example" }',
    mistakes: ["1:20 destination-password-in-text"],
  },
  { name: "no main domain", text: "domains: [{ name: a.example }]", mistakes: ["1:11 no-main-domain"] },
  {
    name: "accounts without any domain",
    text: "unifiedAccounts: [{ account: a, server: b, password: c }]",
    mistakes: ["1:1 no-main-domain"],
  },
  {
    name: "two main domains",
    text: "domains: [{ name: a.example, main: true }, { name: b.example, main: true }]",
    mistakes: ["1:69 two-main-domains"],
  },
  {
    name: "a domain twice",
    text: "domains: [{ name: a.example, main: true }, { name: A.Example }]",
    mistakes: ["1:52 named-twice"],
  },
  {
    name: "an alias that is another domain, whichever comes first",
    text: "domains: [{ name: a.example, main: true, aliases: [B.example] }, { name: b.example }]",
    mistakes: ["1:52 domain-taken"],
  },
  {
    name: "an alias that is another account",
    text: "domains: [{ name: a.example, main: true, accounts: [{ name: al, aliases: [Bob] }, { name: bob }] }]",
    mistakes: ["1:75 name-taken"],
  },
  {
    name: "an account twice",
    text: "domains: [{ name: a.example, main: true, accounts: [{ name: al }, { name: AL }] }]",
    mistakes: ["1:75 named-twice"],
  },
  {
    name: "a catch-all that does not exist",
    text: "domains: [{ name: a.example, main: true, catchAll: nobody }]",
    mistakes: ["1:52 unknown-local-account"],
  },
  {
    name: "a domain-wide account that does not exist",
    text: "domains: [{ name: a.example, main: true, domainWideAccount: nobody }]",
    mistakes: ["1:61 unknown-local-account"],
  },
  {
    name: "a route twice, and one without target",
    text: "domains: [{ name: a.example, main: true, routes: [{ address: x, to: y }, { address: X }] }]",
    mistakes: ["1:74 missing-key", "1:85 named-twice"],
  },
  {
    name: "nameless domain and account",
    text: "domains: [{ main: true, accounts: [{ aliases: [x] }] }]",
    mistakes: ["1:11 missing-key", "1:36 missing-key"],
  },
  {
    name: "new record without password, account, server",
    text: `${main}unifiedAccounts: [{ note: x }]`,
    mistakes: ["3:19 missing-key", "3:19 missing-key", "3:19 missing-password"],
  },
  {
    name: "two sources of a password",
    text: `${main}unifiedAccounts: [{ account: a, server: b, password: c, passwordEnv: D }]`,
    mistakes: ["3:70 several-passwords"],
  },
  {
    name: "special header on a personal account",
    text: "domains: [{ name: a.example, main: true, accounts: [{ name: al, remoteAccounts: [{ account: a, server: b, password: c, specialHeader: X-To }] }] }]",
    mistakes: ["1:135 unified-only"],
  },
  {
    name: "a record twice by name",
    text: `${main}unifiedAccounts: [{ account: a, server: b, password: c }, { account: a, server: "B:995", password: d }]`,
    mistakes: ["3:59 named-twice"],
  },
  {
    name: "a record twice by id",
    text: `${main}unifiedAccounts: [{ id: i, account: a, server: b, password: c }, { id: i, account: x, server: y, password: d }]`,
    mistakes: ["3:66 named-twice"],
  },
  {
    name: "dashes on a record that is not named",
    text: `${main}unifiedAccounts: [{ account: a, pollEvery: ----- }]`,
    mistakes: ["3:19 missing-key"],
  },
  {
    name: "mistakes of form and of fit together",
    text: 'domains: [{ name: a.example, main: true, catchal: x, accounts: [{ name: al, remoteAccounts: [{ account: a, server: "b:0", password: c, pollEvery: 5 }] }] }]',
    mistakes: ["1:42 unknown-key", "1:116 expected-port", "1:147 expected-interval"],
  },
  {
    name: "a mistake inside a list hides no mistake elsewhere",
    text: "domains: [{ name: a.example, main: true, aliases: [b c, d.example], catchAll: x }]",
    mistakes: ["1:52 expected-domain-name", "1:79 unknown-local-account"],
  },
  {
    name: "a mistaken value is not also reported as missing",
    text: "domains: [{ name: a.example, main: yes, catchAll: al, accounts: [{ name: a/l }] }]\nunifiedAccounts: [{ account: a, server: b, password: '' }]",
    mistakes: ["1:36 expected-flag", "1:74 expected-account-name", "2:54 expected-password"],
  },
];

test.each(fitting)("what does not fit together: $name", async ({ text, mistakes }) => {
  await using manage = await openManage();
  expect(await manage.mistakes(text)).toEqual(mistakes);
});

test("a second record for the same mailbox is allowed and said", async () => {
  await using manage = await openManage();
  const record = "{ account: a, server: pop.example, password: p }";
  const report = await manage.apply(
    `domains: [{ name: a.example, main: true, accounts: [{ name: al, remoteAccounts: [${record}] }] }]\nunifiedAccounts: [${record}]`,
  );
  expect(report.warnings).toMatchObject([
    { code: "same-maildrop", params: { account: "a", server: "pop.example" } },
  ]);
});

test("a destination that this version cannot deliver to is allowed and said; those that it can are not", async () => {
  await using manage = await openManage();
  const destinations = [
    "maildir:/srv/mail/a",
    "lmtp://127.0.0.1:24",
    "lmtp+unix:/run/lmtp",
    "smtp://mx.example?tls=required",
    "smtps://u@mx.example?passwordFile=/etc/rpop/p&caFile=/etc/ca.pem",
    "pipe:/usr/bin/maildrop -d {user}",
    "imap://mail.example/INBOX",
  ];
  const accounts = destinations.map((text, index) => `{ name: a${index}, destination: "${text}" }`);
  const report = await manage.apply(
    `settings: { relay: "smtp://u@mx.example?passwordFile=/etc/p" }\ndomains: [{ name: a.example, main: true, accounts: [${accounts}] }]`,
  );
  expect(report.warnings).toMatchObject([
    { code: "destination-unsupported", params: { account: "a6@a.example" } },
  ]);
});

test("naming another main domain takes it from the former one", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  await manage.apply("domains: [{ name: new.example, main: true }]");
  const { domains } = await manage.context.store.readConfiguration();
  expect(domains.filter((domain) => domain.main).map(({ name }) => name)).toEqual(["new.example"]);
});

test("the former main domain may stand in the same file", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  await manage.apply(
    "domains: [{ name: example.com, aliases: [x.example] }, { name: new.example, main: true }]",
  );
  const { domains } = await manage.context.store.readConfiguration();
  expect(domains.filter((domain) => domain.main).map(({ name }) => name)).toEqual(["new.example"]);
});

test("a configuration changed meanwhile is planned for anew", async () => {
  await using manage = await openManage();
  await manage.apply(main);
  const { store } = manage.context;
  let disturbed = 0;
  const busy = new Proxy(store, {
    get(target, key) {
      if (key === "applyChanges") {
        return async (version: number, changes: Parameters<typeof store.applyChanges>[1]) => {
          if (disturbed++ === 0)
            await target.applyChanges(version, [{ kind: "set-setting", key: "useApop", value: false }]);
          return target.applyChanges(version, changes);
        };
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const bytes = Buffer.from("settings: { channels: 7 }");
  const result = await apply({ ...manage.context, store: busy }, { bytes, dryRun: false, prune: false });
  expect(result).toMatchObject({ ok: true, value: { applied: true } });
  expect((await store.readConfiguration()).settings).toEqual({ useApop: false, channels: 7 });
});

/* ------------------------------------------------------------ properties */

const word = fc.stringMatching(/^[a-z]{1,3}$/);
const trap = fc.constantFrom(
  "007",
  "true",
  "null",
  "off",
  "1e3",
  "~",
  "# x",
  "a: b",
  "- x",
  "'",
  '"',
  "山田 太郎",
  " lead",
);
const remote = fc.record(
  {
    account: fc.oneof(word, trap),
    server: fc
      .tuple(word, fc.option(fc.integer({ min: 1, max: 65535 })))
      .map(([host, port]) => (port ? `${host}:${port}` : host)),
    password: fc.oneof(word, trap),
    pollEvery: fc.constantFrom("15s", "5m", "1d", "disabled"),
    tls: fc.constantFrom("off", "implicit", "starttls"),
    leaveOnServer: fc.boolean(),
    apop: fc.boolean(),
    maxMessageSize: fc.constantFrom("10MB", 4096, "1GiB"),
    firstVisit: fc.constantFrom("all", "markSeen", "since 2026-11-01", "since 2026-11-01T08:00+09:00"),
    deleteAfter: fc.constantFrom(30, "90d", "36h"),
    note: trap,
  },
  { requiredKeys: ["account", "server", "password"] },
);
const remotes = fc.uniqueArray(remote, {
  maxLength: 3,
  selector: ({ account, server }) => `${account} ${server.split(":")[0]}`,
});
const account = fc.record(
  {
    name: word,
    destination: fc.constant("maildir:/srv/mail"),
    language: fc.constantFrom("en", "ja"),
    remoteAccounts: remotes,
  },
  { requiredKeys: ["name"] },
);
const file = fc.record(
  {
    settings: fc.record(
      {
        channels: fc.nat(200),
        useApop: fc.boolean(),
        minFreeSpace: fc.constantFrom("1MB", "2GiB"),
        timeouts: fc.constant({ idle: "3s" }),
      },
      { requiredKeys: [] },
    ),
    domains: fc
      .uniqueArray(fc.tuple(word, fc.uniqueArray(account, { maxLength: 3, selector: ({ name }) => name })), {
        minLength: 1,
        maxLength: 3,
        selector: ([name]) => name,
      })
      .map((domains) =>
        domains.map(([name, accounts], index) => ({ name: `${name}.example`, main: index === 0, accounts })),
      ),
    unifiedAccounts: remotes,
  },
  { requiredKeys: ["domains"] },
);

const unified = (keys: string) =>
  `${main}unifiedAccounts: [{ account: box, server: pop.isp.example, password: x, ${keys} }]\n`;
const visited = async (manage: Awaited<ReturnType<typeof openManage>>) => {
  const { store } = manage.context;
  const [account] = (await store.readConfiguration()).remoteAccounts;
  if (!account) throw new Error("no account");
  const start = await store.beginVisit({
    accountId: account.id,
    nodeId: manage.nodeId,
    at: manage.clock.now(),
    leaseMs: 60_000,
  });
  if (typeof start === "string") throw new Error(start);
  await store.decideFirstVisit(start.lease, { at: manage.clock.now(), state: "over", seen: [] });
};
const warned = async (manage: Awaited<ReturnType<typeof openManage>>, text: string) =>
  (await manage.apply(text)).warnings.map(({ code }) => code);

test("firstVisit on a new record is taken without a word, on one that was visited it does nothing, and that is said", async () => {
  await using manage = await openManage();
  expect(await warned(manage, unified("firstVisit: markSeen"))).toEqual([]);
  await visited(manage);
  expect(await warned(manage, unified("firstVisit: markSeen"))).toEqual([]);
  expect(await warned(manage, unified("firstVisit: since 2026-11-01"))).toEqual(["first-visit-over"]);
  expect(await warned(manage, unified("firstVisit: all"))).toEqual([]);
});

test("deleteAfter without leaveOnServer does nothing, and that is said", async () => {
  await using manage = await openManage();
  expect(await warned(manage, unified("deleteAfter: 30"))).toEqual(["delete-after-unused"]);
  expect(await warned(manage, unified("deleteAfter: 30, leaveOnServer: true"))).toEqual([]);
});

/** The configuration without what only a store knows: ids, versions, sealed bytes, times. */
async function content(manage: Awaited<ReturnType<typeof openManage>>): Promise<string> {
  const { text } = await exportConfiguration(manage.context, "kept");
  return text.replace(/^( *)(- )?id: .*$/gm, "$1$2");
}

test("property: applied twice is applied once; the export is taken back without a change", async () => {
  await fc.assert(
    fc.asyncProperty(file, async (value) => {
      await using manage = await openManage();
      const text = stringify(value);
      await manage.apply(text);
      expect((await manage.apply(text)).diff).toEqual([]);
      expect((await manage.apply(text, { prune: true })).diff).toEqual([]);
      const exported = await exportConfiguration(manage.context, "kept");
      expect((await manage.apply(exported.text)).diff).toEqual([]);
      expect((await manage.apply(exported.text, { prune: true })).diff).toEqual([]);
      expect((await manage.apply(JSON.stringify(exported.value), { prune: true })).diff).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test("property: with prune, what stood before does not matter", async () => {
  await fc.assert(
    fc.asyncProperty(file, file, async (before, after) => {
      await using old = await openManage();
      await old.apply(stringify(before));
      await old.apply(stringify(after), { prune: true });
      await using fresh = await openManage();
      await fresh.apply(stringify(after));
      const sorted = (text: string) => text.split("\n").sort().join("\n");
      expect(sorted(await content(old))).toBe(sorted(await content(fresh)));
    }),
    { numRuns: 15 },
  );
});
