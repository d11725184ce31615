/**
 * `rpop import` as people run it: what it finds beside the file, what it says, its exit codes (spec 9).
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const files = {
  ".fetchmailrc": `set daemon 600
poll pop.example proto pop3
  user 'alice' there is alice here ssl keep
  user 'bob' there with password 's3cret' is bob here ssl keep flush
`,
  ".netrc": "machine pop.example login alice password n3trc\n",
  ".fetchids": "alice@pop.example u1\nalice@pop.example u2\n",
  "table.csv": "owner;account;server;password\nalice;al;pop.example;s3cret\n;bo;pop.example;s3cret\n",
};

async function home() {
  const directory = await temporaryDirectory("cli-import");
  const path = join(directory.path, "alice");
  await mkdir(path);
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text, { mode: 0o600 });
  const data = join(directory.path, "data");
  return {
    path: (name: keyof typeof files) => join(path, name),
    run: (...args: string[]) => rpop(data, ["import", ...args]),
    rpop: (...args: string[]) => rpop(data, args),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

test("fetchmail: password from .netrc, UIDs from .fetchids, both beside the file; again changes nothing", async () => {
  await using at = await home();
  const rc = at.path(".fetchmailrc");
  const asked = await at.run(rc);
  expect(asked.code).toBe(65);
  expect(asked.stdout).toMatch(/^What could not be carried over:\n {2}line 4: bob@pop\.example: flush .*\n$/);
  expect(asked.stderr).toBe(
    `${rc}:3:1: alice is the name of somebody here, but no domain is configured yet. Name one with --domain.\n` +
      `${rc}:4:1: bob is the name of somebody here, but no domain is configured yet. Name one with --domain.\n` +
      "2 mistakes; nothing was applied.\n",
  );

  const dry = await at.run(rc, "--domain", "example.com", "--dry-run");
  expect(dry.stdout).toContain("6 changes would be made. Nothing was changed (--dry-run).\n");
  const done = await at.run(rc, "--domain", "example.com");
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toContain("+ remote account alice@pop.example of alice@example.com\n");
  expect(done.stdout).toContain("    pollEvery: 10m\n");
  expect(done.stdout.slice(done.stdout.indexOf("Remembered"))).toBe(
    `Remembered UIDs were read from ${at.path(".fetchids")}.
2 messages at alice@pop.example had been taken before; they are not taken again.
6 changes made, in effect at once; no restart is needed.

What could not be carried over:
  line 3: alice@pop.example: mail went to the mail server of this machine. A new local account gets a Maildir; to go on as before, set its destination to smtp://localhost.
  line 4: bob@pop.example: flush deletes more than was just fetched. RPOP deletes only what it takes itself; other mail stays at the provider.
  line 4: bob@pop.example: mail went to the mail server of this machine. A new local account gets a Maildir; to go on as before, set its destination to smtp://localhost.
  line 4: bob@pop.example: no remembered UIDs were found: all mail that is there now will be fetched again. Name their file with --uids to avoid it.
`,
  );
  for (const secret of ["s3cret", "n3trc"]) expect(done.stdout).not.toContain(secret);
  expect((await at.rpop("trace", "u1")).stdout).toContain("taken by fetchmail before; not to be taken again");
  expect((await at.run(rc)).stdout).toContain("Nothing to change: everything stands as the file says.\n");
});

test("a table, an owner, JSON for scripts, Japanese", async () => {
  await using at = await home();
  const table = at.path("table.csv");
  const refused = await at.run(table, "--domain", "example.com", "--lang", "ja");
  expect(refused).toMatchObject({ code: 65, stdout: "" });
  expect(refused.stderr).toContain(":3:1: bo@pop.example のメールの受取人がファイルに指定されていません。");
  const done = await at.run(table, "--domain", "example.com", "--owner", "carol", "--json");
  expect(JSON.parse(done.stdout)).toMatchObject({
    applied: true,
    dryRun: false,
    format: "csv",
    notes: [],
    mistakes: [],
    remembered: [],
  });
  expect((await at.rpop("remote", "list")).stdout).toContain("carol@example.com");
});

test("the table of docs/import.md", async () => {
  await using at = await home();
  const page = await readFile(join(import.meta.dirname, "../../docs/import.md"), "utf8");
  const [, table = ""] = /```csv\n([^`]+)```/.exec(page) ?? [];
  await writeFile(at.path("table.csv"), table);
  const done = await at.run(at.path("table.csv"), "--json");
  expect(JSON.parse(done.stdout)).toMatchObject({ applied: true, notes: [], mistakes: [] });
  expect(JSON.parse((await at.rpop("remote", "list", "--json")).stdout)).toMatchObject([
    { kind: "unified", account: "example.com" },
    { kind: "personal", owner: "alice@example.com" },
  ]);
});

test("wrong use: a format that is none, a file that is not there, one of no known kind", async () => {
  await using at = await home();
  expect(await at.run(at.path("table.csv"), "--format", "pine")).toMatchObject({ code: 64 });
  expect(await at.run("/nowhere/rc")).toMatchObject({ code: 65 });
  expect(await at.run(at.path("table.csv"), "--uids", "/nowhere/ids")).toMatchObject({ code: 65 });
  expect((await at.run(at.path(".netrc"))).stderr).toContain("Say what it is with --format.");
});
