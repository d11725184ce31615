/**
 * The program as people and scripts use it: files, lists, visits, exit codes (spec 9).
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rename, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { sampleFile } from "../support/manage.ts";
import { program, rpop, startRpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A data directory, and files written beside it. */
async function place() {
  const directory = await temporaryDirectory("cli");
  const data = join(directory.path, "data");
  const write = async (name: string, text: string) => {
    const path = join(directory.path, name);
    await writeFile(path, text);
    return path;
  };
  return { data, path: directory.path, write, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

const json = (text: string): unknown => JSON.parse(text);

test("apply, apply again, dry run, export, prune", async () => {
  await using here = await place();
  const file = await here.write("mail.yaml", sampleFile);
  const dry = await rpop(here.data, ["apply", file, "--dry-run"]);
  expect(dry).toMatchObject({ code: 0, stderr: "" });
  expect(dry.stdout).toContain("+ domain example.com\n");
  expect(dry.stdout).toMatch(/8 changes would be made\. Nothing was changed \(--dry-run\)\.\n$/);

  const first = await rpop(here.data, ["apply", file]);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(/8 changes made, in effect at once; no restart is needed\.\n$/);
  expect(first.stdout).not.toContain("s3cret");

  const again = await rpop(here.data, ["apply", file]);
  expect(again.stdout).toBe("Nothing to change: everything stands as the file says.\n");

  const exported = await rpop(here.data, ["export"]);
  expect(exported.stdout).toContain("# password: kept in RPOP, never exported");
  expect(exported.stdout).not.toContain("s3cret");
  const back = await rpop(here.data, ["apply", "-", "--prune"], { input: exported.stdout });
  expect(back.stdout).toBe("Nothing to change: everything stands as the file says.\n");

  const small = await here.write("small.yaml", "domains: [{ name: example.com, main: true }]\n");
  const pruned = await rpop(here.data, ["apply", small, "--prune", "--json"]);
  expect(json(pruned.stdout)).toMatchObject({ applied: true, mistakes: [] });
  expect((await rpop(here.data, ["remote", "list", "--json"])).stdout).toBe("[]\n");
});

test("remote list --json has what scripts read", async () => {
  await using here = await place();
  await rpop(here.data, ["apply", await here.write("mail.yaml", sampleFile)]);
  const { code, stdout } = await rpop(here.data, ["remote", "list", "--json"]);
  expect(code).toBe(0);
  expect(json(stdout)).toEqual([
    {
      id: expect.any(String),
      kind: "unified",
      owner: null,
      account: "example.com",
      server: "pop.isp.example",
      pollEvery: "5m",
      last: "Not Yet",
      lastCode: null,
      lastSuccess: null,
      warnings: [],
      nextVisit: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      version: 1,
    },
    {
      id: expect.any(String),
      kind: "personal",
      owner: "alice@example.com",
      account: "alice",
      server: "127.0.0.1:1110",
      pollEvery: "5m",
      last: "Not Yet",
      lastCode: null,
      lastSuccess: null,
      nextVisit: expect.any(String),
      warnings: [],
      version: 1,
    },
  ]);
});

test("one remote account: added, changed and deleted by its keys; every refusal has its exit code", async () => {
  await using here = await place();
  await rpop(here.data, ["apply", await here.write("mail.yaml", sampleFile)]);
  const run = (...args: string[]) => rpop(here.data, ["remote", ...args], { input: "pass word\n" });
  const named = ["--account", "new", "--server", "pop.new.example"];
  const added = await run(
    "add",
    "--owner",
    "alice",
    ...named,
    "--password",
    "-",
    "--leave-on-server",
    "true",
  );
  expect(added.stdout).toContain("new@pop.new.example added");
  expect(added.stdout).not.toContain("pass word");
  expect((await run("add", "--owner", "alice", ...named, "--password", "-")).code).toBe(64);
  expect((await run("add", "--owner", "nobody", ...named, "--password", "-")).code).toBe(67);
  expect((await run("add", "--server", "pop.x", "--password", "-")).stderr).toContain(
    "--account is missing.",
  );
  // Alice has no right to remote accounts of her own.
  expect(await run("change", "new", "--as", "alice", "--note", "x")).toMatchObject({ code: 1, stdout: "" });
  expect((await run("change", "new", "--if-version", "2", "--note", "x")).code).toBe(1);
  expect((await run("change", "new", "--if-version", "1", "--note", "x")).stdout).toContain("note: none → x");
  expect((await run("change", "new", "--note", "")).stdout).toContain("note: x → none");
  expect((await run("change", "new", "--poll-every", "-----")).stdout).toContain(
    "new@pop.new.example deleted.",
  );
  expect((await run("remove", "new")).code).toBe(67);
  const audit = await rpop(here.data, ["--json", "audit"]);
  const acts = (json(audit.stdout) as { action: string; subject: string }[]).filter(({ subject }) =>
    subject.includes("pop.new"),
  );
  expect(acts.map(({ action }) => action)).toEqual([
    "add personal",
    "change personal",
    "change personal",
    "remove personal",
  ]);
  expect(audit.stdout).not.toContain("pass word");
});

test("a bad file: every mistake with line, column and one sentence; nothing applied; exit 65", async () => {
  await using here = await place();
  const file = await here.write(
    "bad.yaml",
    `settings: { chanels: 5, channels: many }
domains:
  - name: example.com
    main: true
    catchAll: nobody
    accounts:
      - name: alice
        remoteAccounts:
          - { account: a, server: "pop.example:0", password: x, tls: maybe }
          - { account: b, server: pop.example, pollEvery: 300 }
`,
  );
  const english = await rpop(here.data, ["apply", file]);
  expect(english.code).toBe(65);
  expect(english.stdout).toBe("");
  expect(english.stderr.replaceAll(file, "FILE")).toBe(
    `FILE:1:13: There is no key chanels here. Did you mean channels?
FILE:1:35: channels must be a whole number from 0 to 10000.
FILE:5:15: catchAll names nobody, but example.com has no such account.
FILE:9:35: The port in pop.example:0 must be a number from 1 to 65535.
FILE:9:70: tls must be one of: off, implicit, starttls.
FILE:10:13: b@pop.example is new and has no password: add password, passwordFile, passwordEnv or passwordCommand.
FILE:10:59: pollEvery must be a length of time such as 15s, 5m, 1h or 1d, or disabled, or ----- to delete the record.
7 mistakes; nothing was applied.
`,
  );
  const japanese = await rpop(here.data, ["apply", file], { env: { LC_ALL: "ja_JP.UTF-8" } });
  expect(japanese.stderr).toContain("channels には 0 から 10000 までの整数を指定してください。");
  expect(japanese.stderr).toMatch(/7 件の誤りがあります。何も適用していません。\n$/);
  const scripted = await rpop(here.data, ["apply", file, "--json"]);
  expect(scripted.code).toBe(65);
  const report = json(scripted.stdout) as { mistakes: { line: number; column: number; code: string }[] };
  expect(report).toMatchObject({ applied: false, changes: [] });
  expect(report.mistakes.map(({ line, column }) => `${line}:${column}`)).toEqual([
    "1:13",
    "1:35",
    "5:15",
    "9:35",
    "9:70",
    "10:13",
    "10:59",
  ]);
  expect(json((await rpop(here.data, ["export", "--json"])).stdout)).toEqual({
    domains: [],
    rules: null,
    unifiedAccounts: [],
  });
});

const wrongUses = [
  { args: [], says: "Name a command." },
  { args: ["pol"], says: "There is no command pol; did you mean poll?" },
  { args: ["poll"], says: "Name one or more, or use --all." },
  { args: ["poll", "--all", "x"], says: "Names and --all exclude each other." },
  { args: ["poll", "--every"], says: "There is no option --every." },
  { args: ["apply"], says: "FILE is missing." },
  { args: ["apply", "a", "b"], says: "There are more arguments than this command takes." },
  { args: ["status", "--lang", "fr"], says: "There is no language fr; use en or ja." },
  { args: ["queue", "list", "--state", "lost"], says: "There is no state lost; use one of queued," },
];

test.each(wrongUses)("wrong use $args: exit 64", async ({ args, says }) => {
  await using here = await place();
  const { code, stderr } = await rpop(here.data, args);
  expect(stderr).toContain(`rpop: ${says}`);
  expect(stderr).toContain("Code: usage");
  expect(code).toBe(64);
});

test("names that are unknown or ambiguous: exit 67, before any visit", async () => {
  await using here = await place();
  await rpop(here.data, [
    "apply",
    await here.write(
      "mail.yaml",
      `domains: [{ name: example.com, main: true, accounts: [{ name: al, remoteAccounts: [{ account: a, server: x.invalid, password: p }] }] }]
unifiedAccounts: [{ account: a, server: y.invalid, password: p }]
`,
    ),
  ]);
  for (const args of [
    ["poll", "nobody"],
    ["check", "nobody"],
    ["envelope", "--account", "nobody"],
    ["trace", "<x@y>"],
    ["queue", "show", "x"],
  ]) {
    const { code, stderr } = await rpop(here.data, args, { input: "Subject: x\n\n" });
    expect([args.join(" "), code]).toEqual([args.join(" "), 67]);
    expect(stderr).toContain("Code: unknown-name");
  }
  const ambiguous = await rpop(here.data, ["poll", "a"]);
  expect(ambiguous.code).toBe(67);
  expect(ambiguous.stderr).toContain("a fits more than one: a@y.invalid, al@example.com/a@x.invalid.");
  const list = json((await rpop(here.data, ["remote", "list", "--json"])).stdout) as { last: string }[];
  expect(list.map(({ last }) => last)).toEqual(["Not Yet", "Not Yet"]);
});

test("poll, check, queue, trace and envelope against a provider", async () => {
  await using here = await place();
  const maildrop = new MemoryMaildrop([
    storedMessage(
      "uid-1",
      Buffer.from("Message-ID: <one@x>\nReturn-Path: <s@x.example>\nTo: alice@example.com\n\nhello\n"),
    ),
    storedMessage("uid-2", Buffer.from("Message-ID: <two@x>\nTo: bob@example.com\n\nhello\n")),
    storedMessage("uid-3", Buffer.from("Message-ID: <three@x>\nTo: all@elsewhere.example\n\nhello\n")),
  ]);
  await using provider = await startProvider({
    accounts: (login) => (login === "domain" ? { password: "secret", maildrop } : undefined),
  });
  const file = (password: string) => `
settings: { allowSelfPoll: true, minFreeSpace: 1MB }
domains: [{ name: example.com, main: true, accounts: [{ name: alice, aliases: [bob] }] }]
unifiedAccounts: [{ account: domain, server: "127.0.0.1:${provider.port}", tls: off, password: ${password}, leaveOnServer: true }]
`;
  await rpop(here.data, ["apply", await here.write("mail.yaml", file("wrong"))]);
  const refused = await rpop(here.data, ["poll", "--all"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("127.0.0.1 refused the password.");
  expect(refused.stderr).toContain("The server said: ");
  expect(json((await rpop(here.data, ["remote", "list", "--json"])).stdout)).toMatchObject([
    { lastCode: "auth-refused", last: expect.stringMatching(/^auth-refused: ./), lastSuccess: null },
  ]);

  await rpop(here.data, ["apply", await here.write("mail.yaml", file("secret"))]);
  const checked = await rpop(here.data, ["check", "--all", "--json"]);
  expect(checked.code).toBe(0);
  expect(json(checked.stdout)).toMatchObject([
    { account: { account: "domain", kind: "unified" }, ok: true, messages: 3, uidl: true, encrypted: false },
  ]);
  expect(provider.commands.get("RETR") ?? 0).toBe(0);

  const polled = await rpop(here.data, ["poll", "--all", "--json"]);
  expect(polled.code).toBe(0);
  expect(json(polled.stdout)).toMatchObject({
    visits: [
      {
        account: { account: "domain" },
        taken: 3,
        left: 3,
        deleted: 0,
        failure: null,
        awaitedElsewhere: false,
      },
    ],
    delivered: 3,
    deferred: 0,
    undeliverable: 0,
    toPostmaster: 1,
    trouble: null,
    exitCode: 0,
  });
  expect(await readdir(join(here.data, "mail", "alice@example.com", "new"))).toHaveLength(2);
  const again = await rpop(here.data, ["poll", "domain"]);
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(again.stdout).toBe(
    `domain@127.0.0.1:${provider.port}: nothing new, 3 left there\n0 messages delivered, 0 waiting in the queue, 0 undeliverable.\n`,
  );
  expect(json((await rpop(here.data, ["status", "--json"])).stdout)).toMatchObject({
    remoteAccounts: { total: 1, ok: 1, failed: 0 },
    postmasterMessages: 1,
    queue: { queued: 0, undeliverable: 0 },
    processes: [],
  });
  const traced = json((await rpop(here.data, ["trace", "two@x", "--json"])).stdout) as { kind: string }[];
  expect(traced.map(({ kind }) => kind)).toEqual(["accepted", "distributed", "delivered"]);
  const told = await rpop(here.data, ["trace", "<three@x>"]);
  expect(told.stdout).toContain(`taken from domain@127.0.0.1:${provider.port} UID uid-3`);
  expect(told.stdout).toContain("postmaster of the main domain");

  const explained = await rpop(here.data, ["envelope"], {
    input: "To: bob@example.com, x@y.example\r\nReturn-Path: <s@x.example>\r\n\r\n",
  });
  expect(explained.code).toBe(0);
  expect(explained.stdout).toContain("Envelope sender: s@x.example\n");
  expect(explained.stdout).toMatch(/To +x@y\.example +ignored: not an account here/);
  expect(explained.stdout).toContain("do not report on failure");
});

const moments = [
  {
    pollEvery: "5m",
    en: /none without a server \(an account is due .*\d\d:\d\d:\d\d\)/,
    ja: /サーバーが停止中のため、ありません/,
  },
  { pollEvery: "disabled", en: /none/, ja: /なし/ },
];
test.each(moments)(
  "no server: status does not promise a visit, poll every $pollEvery",
  async ({ pollEvery, en, ja }) => {
    await using here = await place();
    const file = sampleFile.replaceAll("pollEvery: 5m", `pollEvery: ${pollEvery}`);
    await rpop(here.data, ["apply", await here.write("mail.yaml", file)]);
    const english = await rpop(here.data, ["status"]);
    expect(english.stdout).toMatch(new RegExp(`^Next visit +${en.source}$`, "m"));
    const japanese = await rpop(here.data, ["status", "--lang", "ja"]);
    expect(japanese.stdout).toMatch(new RegExp(`^次回のポーリング +${ja.source}`, "m"));
  },
);

test("temporary trouble: exit 75, also beside permanent trouble; the module stopped: 75", async () => {
  await using here = await place();
  await using provider = await startProvider({ accounts: () => undefined });
  await rpop(here.data, [
    "apply",
    await here.write(
      "mail.yaml",
      `settings: { allowSelfPoll: true, minFreeSpace: 1MB }
domains: [{ name: example.com, main: true }]
unifiedAccounts:
  - { id: refused, account: a, server: "127.0.0.1:${provider.port}", tls: off, password: p }
  - { id: unreachable, account: b, server: "127.0.0.1:1", tls: off, password: p }
`,
    ),
  ]);
  expect((await rpop(here.data, ["poll", "refused"])).code).toBe(1);
  expect((await rpop(here.data, ["poll", "unreachable"])).code).toBe(75);
  expect((await rpop(here.data, ["poll", "--all"])).code).toBe(75);
  expect((await rpop(here.data, ["check", "refused"])).code).toBe(1);
  expect((await rpop(here.data, ["check", "--all"])).code).toBe(75);
  await rpop(here.data, ["apply", await here.write("stop.yaml", "settings: { channels: 0 }\n")]);
  const stopped = await rpop(here.data, ["poll", "--all"]);
  expect(stopped.code).toBe(75);
  expect(stopped.stderr).toContain("The module is stopped: channels is 0.");
});

test("a key that is missing or wrong refuses the start in one sentence and makes no new one", async () => {
  await using here = await place();
  await rpop(here.data, ["apply", await here.write("mail.yaml", sampleFile)]);
  const key = join(here.data, "secret.key");
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  await rename(key, `${key}.away`);
  const missing = await rpop(here.data, ["status"]);
  expect(missing.code).toBe(75);
  expect(missing.stderr).toContain(`rpop: The key file ${key} is missing`);
  await writeFile(key, Buffer.alloc(32, 1).toString("base64"));
  const wrong = await rpop(here.data, ["poll", "--all"]);
  expect(wrong.stderr).toContain("is not the one that the passwords in the database were sealed with");
  await rename(`${key}.away`, key);
  expect((await rpop(here.data, ["status"])).code).toBe(0);
  const elsewhere = await rpop(here.data, ["status"], { env: { RPOP_KEY_FILE: `${key}.none` } });
  expect(elsewhere.stderr).toContain("Code: secret-key-missing");
});

test("the data directory: --data before or after the command, else RPOP_DATA", async () => {
  await using here = await place();
  const dataDir = (args: string[], env: Record<string, string>) => {
    const { stdout } = spawnSync(program, args, {
      env: { PATH: process.env.PATH ?? "", HOME: here.path, LC_ALL: "C", ...env },
      encoding: "utf8",
    });
    return (json(stdout) as { dataDir: string }).dataDir;
  };
  await mkdir(here.data);
  expect(dataDir(["--data", here.data, "status", "--json"], { RPOP_DATA: "/nowhere" })).toBe(here.data);
  expect(dataDir(["status", "--json", "--data", here.data], {})).toBe(here.data);
  expect(dataDir(["--json", "status"], { RPOP_DATA: here.data })).toBe(here.data);
});

test("SIGTERM during a visit: what was accepted stays, the process ends", async () => {
  await using here = await place();
  // Takes the connection and never greets.
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await rpop(here.data, [
    "apply",
    await here.write(
      "mail.yaml",
      `settings: { allowSelfPoll: true, minFreeSpace: 1MB }
domains: [{ name: example.com, main: true }]
unifiedAccounts: [{ account: a, server: "127.0.0.1:${port}", tls: off, password: p }]
`,
    ),
  ]);
  const running = startRpop(here.data, ["poll", "--all"]);
  // Whichever comes first: a program that ends too soon must not keep the test waiting.
  await Promise.race([once(server, "connection"), running.outcome]);
  running.child.kill("SIGUSR1");
  running.child.kill("SIGTERM");
  const { code, stderr } = await running.outcome;
  expect(code).toBe(75);
  expect(stderr).not.toContain("Debugger listening");
  server.close();
});

test("a reader that goes away is no error", async () => {
  await using here = await place();
  const { status, stderr } = spawnSync("sh", ["-c", `"$0" --help | true`, program], {
    encoding: "utf8",
    env: { ...process.env, RPOP_DATA: here.data },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("help and version need no data directory", async () => {
  await using here = await place();
  for (const args of [["--help"], ["help", "poll"], ["queue", "--help"], ["--version"]]) {
    const { code, stdout, stderr } = await rpop(here.data, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toBe("");
  }
  await expect(readdir(here.data)).rejects.toThrow("ENOENT");
});

test("the pages made from the program are current", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/docs.mjs", "--check"], {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
