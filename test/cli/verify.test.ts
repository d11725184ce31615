/**
 * `rpop verify`: an installation that agrees with itself, and each kind of damage by its own sentence (spec 8).
 */
import { readdir, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Two messages delivered to Alice, two that wait for Bob's server, which is down; all of them left at the provider. */
async function place() {
  const directory = await temporaryDirectory("verify");
  const data = join(directory.path, "data");
  const maildrop = new MemoryMaildrop();
  for (const [uid, to] of [
    ["one", "alice"],
    ["two", "alice"],
    ["three", "bob"],
    ["four", "bob"],
  ]) {
    maildrop.add(
      storedMessage(
        uid ?? "",
        Buffer.from(`From: a@far.example\nTo: ${to}@example.com\nSubject: ${uid}\n\ntext\n`),
      ),
    );
  }
  const provider = await startProvider({
    accounts: (login) => (login === "box" ? { password: "secret", maildrop } : undefined),
  });
  const record = { account: "box", server: `127.0.0.1:${provider.port}`, password: "secret", tls: "off" };
  await applyFile(data, {
    settings: { allowSelfPoll: true, minFreeSpace: "1MB" },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [{ name: "alice" }, { name: "bob", destination: "lmtp://127.0.0.1:1" }],
      },
    ],
    unifiedAccounts: [{ ...record, leaveOnServer: true }],
  });
  await rpop(data, ["poll", "--all"]);
  return {
    data,
    maildrop,
    provider,
    /** Spool files, oldest first. */
    async spool() {
      return (await readdir(join(data, "spool"))).filter((name) => name !== "tmp").sort();
    },
    async [Symbol.asyncDispose]() {
      await provider.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

test("all agrees: with itself, with the Maildirs, and with the provider", async () => {
  await using here = await place();
  const inbox = join(here.data, "mail", "alice@example.com");
  const [first = "", second = ""] = await readdir(join(inbox, "new"));
  // What readers do: one message read, the other one deleted.
  await rename(join(inbox, "new", first), join(inbox, "cur", `${first}:2,S`));
  await rm(join(inbox, "new", second));
  here.maildrop.add(storedMessage("five", Buffer.from("Subject: five\n\ntext\n")));

  const seen = await rpop(here.data, ["verify", "--all"]);
  expect(seen).toMatchObject({ code: 0, stderr: "" });
  expect(seen.stdout.replace(/since [^:;]*\d\d:\d\d(:\d\d)?/g, "since THEN")).toBe(
    `The database is whole.
On the way or kept: 2 messages, each with its file.
Taken since THEN: 4 messages, each on its way, kept, or with its end written down.
Delivered into Maildirs since THEN: 2 messages; 1 of them stands there, the others were deleted or moved by their readers.
box@127.0.0.1:${here.provider.port}: 5 messages there: 4 taken and left, 1 for the next visit.
Everything agrees.
`,
  );
  // Nothing was fetched, nothing deleted.
  expect(here.provider.commands.get("RETR")).toBe(4);
  expect(here.maildrop.messages).toHaveLength(5);
  const report = JSON.parse((await rpop(here.data, ["verify", "box", "--json"])).stdout);
  expect(report).toMatchObject({
    agrees: true,
    faults: [],
    messages: 2,
    leftovers: { files: 0, bytes: 0 },
    taken: { messages: 4 },
    maildirs: { delivered: 2, there: 1 },
    remote: [{ ok: true, counts: { listed: 5, taken: 4, toDelete: 0, skipped: 0, unknown: 1 } }],
  });
  expect(await rpop(here.data, ["verify", "--quiet"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
});

test("what is damaged is told, each by its own sentence", async () => {
  await using here = await place();
  const [first = "", second = ""] = await here.spool();
  await rm(join(here.data, "spool", first));
  await truncate(join(here.data, "spool", second), 7);
  // Nobody's file: an old one is told, a young one may be about to be somebody's.
  const hoursAgo = Date.now() / 1000 - 7200;
  await writeFile(join(here.data, "spool", "0-old.9"), "left over");
  await utimes(join(here.data, "spool", "0-old.9"), hoursAgo, hoursAgo);
  await writeFile(join(here.data, "spool", "0-young.9"), "just written");
  await rm(join(here.data, "mail", "alice@example.com"), { recursive: true });
  const database = new DatabaseSync(join(here.data, "rpop.db"));
  const [lost] = database.prepare("SELECT message_id FROM ledger WHERE kind = 'delivered' LIMIT 1").all() as {
    message_id: string;
  }[];
  database.exec(`DELETE FROM ledger WHERE kind = 'delivered' AND message_id = '${lost?.message_id}'`);
  database.exec("PRAGMA foreign_keys = OFF; INSERT INTO listing VALUES ('nobody', x'', x'')");
  database.close();

  const seen = await rpop(here.data, ["verify"]);
  expect(seen.code).toBe(1);
  expect(seen.stdout).toBe(
    `The spool holds 1 file (9 bytes) that no message owns any more; the next start of a server removes them.
`,
  );
  const lines = seen.stderr.replaceAll(here.data, "DATA").replace(/taken at [\d :-]+,/, "taken THEN,");
  expect(lines).toContain("The database is damaged: listing: no row of remote_account\n");
  expect(lines).toContain(`DATA/spool/${first} is missing: its message cannot be delivered.\n`);
  expect(lines).toMatch(
    new RegExp(`DATA/spool/${second} has 7 bytes instead of \\d+ bytes: its message is damaged.\\n`),
  );
  expect(lines).toContain(
    `Message ${lost?.message_id}, taken THEN, is not on its way, and nothing says how it ended.\n`,
  );
  expect(lines).toContain(
    "The Maildir DATA/mail/alice@example.com, into which 1 message went, is not there.\n",
  );
  expect(lines).toContain("5 things do not agree. A backup brings back what is missing.\n");
  expect(lines.trim().split("\n")).toHaveLength(6);
  const report = JSON.parse((await rpop(here.data, ["verify", "--json"])).stdout);
  expect(report.agrees).toBe(false);
  expect(report.faults.map(({ code }: { code: string }) => code)).toEqual([
    "database-damaged",
    "spool-missing",
    "spool-size",
    "message-lost",
    "maildir-missing",
  ]);
  const japanese = await rpop(here.data, ["--lang", "ja", "verify"]);
  expect(japanese.stderr).toContain("一致しないものが 5 件あります。");
});

test("a provider that cannot be reached is another matter: exit code 75", async () => {
  await using here = await place();
  await here.provider.stop();
  const seen = await rpop(here.data, ["verify", "--all"]);
  expect(seen.code).toBe(75);
  expect(seen.stdout).toContain("Everything that could be looked at agrees.");
  expect(seen.stderr).toContain(`box@127.0.0.1:${here.provider.port}: `);
});

test("mistakes on the command line", async () => {
  await using here = await place();
  expect(await rpop(here.data, ["verify", "nobody"])).toMatchObject({ code: 67 });
  expect(await rpop(here.data, ["verify", "box", "--all"])).toMatchObject({ code: 64 });
  expect(await rpop(here.data, ["verify", "--since", "soon"])).toMatchObject({ code: 64 });
});
