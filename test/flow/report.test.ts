/**
 * Error reports from end to end: fetched with a special header, failed, and the sender told; or not (spec 6, R-50,
 *
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { type Installation, startInstallation } from "../support/installation.ts";

interface World extends AsyncDisposable {
  readonly rpop: Installation;
  readonly maildrop: MemoryMaildrop;
}

/** A domain-wide mailbox with a special header; carol, who writes to us, is one of us, so that reports reach her. */
async function world(): Promise<World> {
  const maildrop = new MemoryMaildrop();
  const provider = await startProvider({
    accounts: (login) => (login === "example.com" ? { password: "secret", maildrop } : undefined),
  });
  const rpop = await startInstallation();
  await rpop.apply({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB", serverName: "mail.example.com" },
    domains: [{ name: "example.com", main: true, accounts: [{ name: "alice" }, { name: "carol" }] }],
    unifiedAccounts: [
      {
        account: "example.com",
        server: `127.0.0.1:${provider.port}`,
        password: "secret",
        tls: "off",
        specialHeader: "X-Real-To",
        mergeCopies: false,
      },
    ],
  });
  return {
    rpop,
    maildrop,
    async [Symbol.asyncDispose]() {
      await provider.stop();
      await rpop[Symbol.asyncDispose]();
    },
  };
}

let count = 0;

function mail(fields: Record<string, string | string[]>) {
  count++;
  const lines = Object.entries({ "Message-ID": `<m${count}@far.example>`, ...fields }).flatMap(
    ([name, values]) => [values].flat().map((value) => `${name}: ${value}\n`),
  );
  return storedMessage(`u${count}`, Buffer.from(`${lines.join("")}\nbody ${count}\n`));
}

const toNobody = {
  "Return-Path": "<carol@example.com>",
  "X-Real-To": "<bob@example.com>",
  From: "carol@example.com",
};

async function files(rpop: Installation, name: string): Promise<string[]> {
  const folder = join(rpop.dataDir, "mail", `${name}@example.com`, "new");
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((one) => readFile(join(folder, one), "latin1")));
}

test("an unknown user behind the special header: the sender gets a report, and it says what happened", async () => {
  await using w = await world();
  w.maildrop.add(
    mail({ ...toNobody, Subject: "Lunch", "X-Real-To": "<bob@example.com>, <alice@example.com>" }),
  );
  expect(await w.rpop.poll()).toMatchObject({ delivered: 2, reported: 1, undeliverable: 0, exitCode: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["Lunch"]);
  const [report = ""] = await files(w.rpop, "carol");
  expect(report).toMatch(/^Return-Path: <>\nReceived: by mail\.example\.com \(RPOP /);
  const parsed = await simpleParser(report);
  expect(parsed.subject).toBe("Undelivered mail: bob@example.com");
  expect(parsed.headers.get("auto-submitted")).toBe("auto-replied");
  expect(parsed.text).toContain("There is no mailbox of this name here.");
  expect(report).toContain("Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n");
  // The header, and not the body: nobody wants a forged message back whole.
  expect(report).toContain("Subject: Lunch");
  expect(report).not.toContain("body 1");
  const told = await w.rpop.trace({ recipient: "bob@example.com" });
  expect(told.find(({ kind }) => kind === "reported")).toMatchObject({
    recipient: "bob@example.com",
    detail: { code: "unknown-user", to: "carol@example.com" },
  });
  expect(await w.rpop.poll()).toMatchObject({ delivered: 0, reported: 0, exitCode: 0 });
});

test.each([
  ["guessed recipients", { "X-Real-To": [], To: "bob@example.com, alice@example.com" }, 0],
  ["the null sender", { "Return-Path": "<>" }, 1],
  ["an automatic answer", { "Auto-Submitted": "auto-generated" }, 1],
  ["a report", { "Content-Type": "multipart/report; boundary=x" }, 1],
  ["a mailing list", { "List-Id": "<list.example>" }, 1],
  ["spam", { "X-Spam-Flag": "YES" }, 1],
  [
    "mail that comes round again",
    { Received: Array(101).fill("from a by b; Tue, 24 Nov 2026 12:00:00 +0000") },
    1,
  ],
])("no report for %s: kept instead, or nobody's business", async (_name, fields, kept) => {
  await using w = await world();
  w.maildrop.add(mail({ ...toNobody, ...fields }));
  const report = await w.rpop.poll();
  expect(report).toMatchObject({ reported: 0, undeliverable: kept });
  expect(await files(w.rpop, "carol")).toEqual([]);
});

test("the brake: ten reports an hour to one sender, the rest is kept", async () => {
  await using w = await world();
  w.maildrop.add(...Array.from({ length: 13 }, () => mail(toNobody)));
  expect(await w.rpop.poll()).toMatchObject({ reported: 10, undeliverable: 3 });
  expect(await files(w.rpop, "carol")).toHaveLength(10);
  const reasons = (await w.rpop.trace({ recipient: "bob@example.com" }))
    .filter(({ kind }) => kind === "undeliverable")
    .map(({ detail }) => detail.notReported);
  expect(reasons).toEqual(["rate-sender", "rate-sender", "rate-sender"]);
});

test("a report that reaches nobody is kept, and no report follows it", async () => {
  await using w = await world();
  w.maildrop.add(mail({ ...toNobody, "Return-Path": "<stranger@far.example>" }));
  // No relay is set: the report cannot leave us.
  expect(await w.rpop.poll()).toMatchObject({ reported: 1, undeliverable: 1, delivered: 0 });
  expect(await w.rpop.poll()).toMatchObject({ reported: 0, undeliverable: 0 });
});
