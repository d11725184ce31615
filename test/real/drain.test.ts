/** The program against Debian's Dovecot: nothing lost, nothing doubled, nothing changed, in bounded memory. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { deliveredIn } from "../support/delivered.ts";
import { startDovecot } from "../support/dovecot.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { mixedMessages, sampleMessage } from "../support/sample-messages.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { lacks } from "../support/tools.ts";
import { startTranscriptProxy } from "../support/transcript-proxy.ts";

const MEGABYTE = 1_000_000;
const password = "s3cret";

interface Visited {
  readonly login: string;
  readonly port: number;
  readonly leaveOnServer?: boolean;
}

describe.skipIf(lacks("dovecot", "openssl"))("drain from Dovecot", () => {
  test("5,000 messages of 1 KB to 5 MB arrive byte for byte and leave the server, once", async () => {
    await using dovecot = await startDovecot({ users: [{ login: "ann", password }] });
    await using data = await temporaryDirectory("drain");
    await dovecot.addMail("ann", mixedMessages(5000));
    await apply(data, [{ login: "ann", port: dovecot.pop3Port }]);

    const first = await rpop(data.path, ["poll", "--all", "--quiet"]);

    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(await deliveredDigests(data, "ann")).toEqual(digests(mixedMessages(5000)));
    expect(await dovecot.mailbox("ann")).toEqual([]);
    expect(first.peakRssBytes).toBeGreaterThan(0);
    expect(first.peakRssBytes).toBeLessThan(150 * MEGABYTE);

    const sessions = dovecot.sessions.length;
    const second = await rpop(data.path, ["poll", "--all", "--quiet"]);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    const [after] = (await dovecot.sessionsEnded(sessions + 1)).slice(sessions);
    expect(after).toMatchObject({ retrieved: 0, deleted: 0, ending: "Logged out" });
    expect(await deliveredCount(data, "ann")).toBe(5000);
  });

  test("one message of 300 MB goes through in the memory of a small one", async () => {
    const large = sampleMessage(0, 300 * MEGABYTE);
    await using dovecot = await startDovecot({ users: [{ login: "ann", password }] });
    await using data = await temporaryDirectory("large");
    await dovecot.addMail("ann", [large]);
    await apply(data, [{ login: "ann", port: dovecot.pop3Port }]);

    const outcome = await rpop(data.path, ["poll", "--all", "--quiet"]);

    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.peakRssBytes).toBeLessThan(150 * MEGABYTE);
    expect(await deliveredDigests(data, "ann")).toEqual(digests([large]));
    expect(await dovecot.mailbox("ann")).toEqual([]);
  });

  test("a hundred visits at once: no one waits for another", async () => {
    const logins = Array.from({ length: 100 }, (_, index) => `user${index}`);
    await using dovecot = await startDovecot({ users: logins.map((login) => ({ login, password })) });
    await using proxy = await startTranscriptProxy(dovecot.pop3Port, logins.length);
    await using data = await temporaryDirectory("hundred");
    for (const [index, login] of logins.entries()) await dovecot.addMail(login, ownMessages(index));
    await apply(
      data,
      logins.map((login) => ({ login, port: proxy.port })),
    );

    const outcome = await rpop(data.path, ["poll", "--all", "--quiet"]);

    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.peakRssBytes).toBeLessThan(150 * MEGABYTE);
    expect(proxy.connections).toBe(100);
    for (const [index, login] of logins.entries()) {
      expect(await deliveredDigests(data, login)).toEqual(digests(ownMessages(index)));
      expect(await dovecot.mailbox(login)).toEqual([]);
    }
  });

  test("50,000 kept messages and 10 new ones cost 10 RETRs", async () => {
    await using dovecot = await startDovecot({ users: [{ login: "ann", password }] });
    await using proxy = await startTranscriptProxy(dovecot.pop3Port);
    await using data = await temporaryDirectory("kept");
    await dovecot.addMail("ann", smallMessages(0, 50_000));
    await apply(data, [{ login: "ann", port: proxy.port, leaveOnServer: true }]);
    expect(await rpop(data.path, ["poll", "--all", "--quiet"])).toMatchObject({ code: 0, stderr: "" });
    expect(proxy.count("RETR")).toBe(50_000);
    await dovecot.addMail("ann", smallMessages(50_000, 10));
    proxy.clear();

    const outcome = await rpop(data.path, ["poll", "--all", "--quiet"]);

    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const retrieved = proxy.lines.filter((line) => line.startsWith("RETR "));
    expect(retrieved).toEqual(Array.from({ length: 10 }, (_, index) => `RETR ${50_001 + index}`));
    expect(proxy.count("DELE")).toBe(0);
    expect(outcome.peakRssBytes).toBeLessThan(150 * MEGABYTE);
    expect(await deliveredCount(data, "ann")).toBe(50_010);
    expect(await dovecot.mailbox("ann")).toHaveLength(50_010);
  });
});

/** One local account for each login, whose mail its remote account brings. */
function apply(data: TemporaryDirectory, visited: readonly Visited[]): Promise<void> {
  const accounts = visited.map(({ login, port, leaveOnServer = false }) => ({
    name: login,
    remoteAccounts: [{ account: login, server: `127.0.0.1:${port}`, password, tls: "off", leaveOnServer }],
  }));
  return applyFile(data.path, {
    settings: { channels: 100, channelsPerHost: 100, allowSelfPoll: true, allowPrivateHosts: true },
    domains: [{ name: "example.com", main: true, accounts }],
  });
}

function maildirOf(data: TemporaryDirectory, login: string): string {
  return `${data.path}/mail/${login}@example.com`;
}

function* smallMessages(from: number, count: number): Generator<Buffer> {
  for (let index = from; index < from + count; index++) yield sampleMessage(index, 300);
}

/** Ten messages that no other account has. */
function* ownMessages(account: number): Generator<Buffer> {
  for (let index = 0; index < 10; index++) yield sampleMessage(account * 10 + index, 1000 + 500 * index);
}

function digests(messages: Iterable<Uint8Array>): string[] {
  return Array.from(messages, digest).sort();
}

async function deliveredDigests(data: TemporaryDirectory, login: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { message } of deliveredIn(maildirOf(data, login))) found.push(digest(message));
  return found.sort();
}

async function deliveredCount(data: TemporaryDirectory, login: string): Promise<number> {
  return (await readdir(`${maildirOf(data, login)}/new`)).length;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
