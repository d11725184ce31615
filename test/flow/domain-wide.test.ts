/**
 * A domain-wide account: all mail of the domain lands in one Maildir, each message saying for whom it was; and another
 * RPOP sorts it by that (spec 2, seed 46).
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { type Provider, startProvider } from "../../src/demo/provider.ts";
import { startInstallation } from "../support/installation.ts";

const provider = (maildrop: MemoryMaildrop) =>
  startProvider({ accounts: (login) => (login === "box" ? { password: "secret", maildrop } : undefined) });

const record = (server: Provider) => ({
  account: "box",
  server: `127.0.0.1:${server.port}`,
  password: "secret",
  tls: "off",
  specialHeader: "X-Real-To",
});

const settings = { allowSelfPoll: true, minFreeSpace: "1MB" };

/** The files of a Maildir as they stand, in the order of their names. */
async function filesIn(maildir: string): Promise<Buffer[]> {
  const folder = join(maildir, "new");
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

test("through a domain-wide account and out of it again, each person gets what was theirs", async () => {
  const isp = new MemoryMaildrop();
  const message = (subject: string, realTo: string) =>
    storedMessage(
      subject,
      Buffer.from(
        `Return-Path: <a@far.example>\nX-Real-To: ${realTo}\nFrom: a@far.example\nTo: list@far.example\nSubject: ${subject}\n\ntext\n`,
      ),
    );
  isp.add(
    message("for alice", "alice@branch.example"),
    message("for both", "alice@branch.example, bob@branch.example"),
    message("for nobody yet", "carol@branch.example"),
  );
  await using ispServer = await provider(isp);
  await using head = await startInstallation();
  await head.apply({
    settings,
    domains: [
      { name: "head.example", main: true },
      { name: "branch.example", domainWideAccount: "box", accounts: [{ name: "box" }] },
    ],
    unifiedAccounts: [record(ispServer)],
  });
  expect(await head.visit()).toMatchObject({ taken: 3, failure: null });
  const maildir = join(head.dataDir, "mail", "box@branch.example");
  const files = await filesIn(maildir);
  const realTo = files.map((bytes) => bytes.toString().match(/^X-Real-To: .*$/gm));
  expect(realTo).toEqual([
    ["X-Real-To: <alice@branch.example>"],
    ["X-Real-To: <alice@branch.example>"],
    ["X-Real-To: <bob@branch.example>"],
    ["X-Real-To: <carol@branch.example>"],
  ]);

  // A POP3 server over that Maildir, and the branch's own RPOP.
  const box = new MemoryMaildrop(files.map((bytes, index) => storedMessage(`uid${index}`, bytes)));
  await using boxServer = await provider(box);
  await using branch = await startInstallation();
  const accounts = [{ name: "alice" }, { name: "bob" }, { name: "carol" }];
  await branch.apply({
    settings,
    domains: [{ name: "branch.example", main: true, accounts }],
    unifiedAccounts: [record(boxServer)],
  });
  expect(await branch.visit()).toMatchObject({ taken: 4, failure: null });
  expect(await branch.subjects("alice@branch.example")).toEqual(["for alice", "for both"]);
  expect(await branch.subjects("bob@branch.example")).toEqual(["for both"]);
  expect(await branch.subjects("carol@branch.example")).toEqual(["for nobody yet"]);
  const [first] = await branch.messages("alice@branch.example");
  expect(first?.toString()).not.toContain("X-Real-To");
});
