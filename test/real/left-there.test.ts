/**
 * What stays at a Dovecot, and goes from it, as its own log counts it: first visits, a time on the server, a person's
 * wishes, and the analysis (spec 4, 5.3, 6).
 */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { analyseAccount } from "../../src/manage/analyse.ts";
import { wishForMessages } from "../../src/manage/remote-messages.ts";
import { formatMailDate } from "../../src/message/date.ts";
import { startDovecot } from "../support/dovecot.ts";
import { startInstallation } from "../support/installation.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { lacks } from "../support/tools.ts";

const DAY = 86_400_000;

function message(subject: string, at: number) {
  return Buffer.from(
    `Received: from mx.far.example by box.isp.example; ${formatMailDate(at)}\n` +
      `Delivered-To: example.com-alice@example.com\nFrom: a@far.example\nSubject: ${subject}\n\ntext\n`,
  );
}

describe.skipIf(lacks("dovecot", "openssl"))("messages that stay at a Dovecot", () => {
  test("since a date, deleteAfter, take, delete there; analyse touches nothing", async () => {
    const clock = new ManualClock();
    const timers = {
      now: () => clock.now(),
      monotonic: () => performance.now(),
      setTimer(delayMs: number, run: () => void) {
        const timer = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1));
        return () => clearTimeout(timer);
      },
    };
    const began = clock.now();
    const subjectsThere = async () => {
      const files = await Promise.all((await dovecot.mailbox("box")).map((path) => readFile(path, "utf8")));
      return files.map((text) => /^Subject: (.*)$/m.exec(text)?.[1]);
    };
    await using dovecot = await startDovecot({ users: [{ login: "box", password: "pw" }] });
    await dovecot.addMail("box", [
      message("older", began - 40 * DAY),
      message("old", began - 30 * DAY),
      message("new", began - DAY),
    ]);
    await using rpop = await startInstallation(timers);
    await rpop.apply({
      settings: { allowSelfPoll: true, minFreeSpace: "1MB" },
      domains: [{ name: "example.com", main: true, accounts: [{ name: "alice" }] }],
      unifiedAccounts: [
        {
          account: "box",
          server: `127.0.0.1:${dovecot.pop3Port}`,
          password: "pw",
          tls: "off",
          specialHeader: "Delivered-To",
          specialHeaderPrefix: "example.com-",
          leaveOnServer: true,
          firstVisit: `since ${new Date(began - 10 * DAY).toISOString().slice(0, 10)}`,
          deleteAfter: 10,
        },
      ],
    });
    const analysed = await rpop.withApp(({ manage, connect, directory }) => {
      const context = { ...connect, store: manage.store };
      return analyseAccount(manage, context, directory.router, "box", new AbortController().signal);
    });
    expect(analysed).toMatchObject({
      ok: true,
      value: {
        analysis: { messages: 3, best: { field: "Delivered-To", prefix: "example.com-" } },
        yaml: null,
      },
    });
    expect(await dovecot.sessionsEnded(1)).toMatchObject([{ retrieved: 0, topped: 3, deleted: 0 }]);

    expect(await rpop.visit()).toMatchObject({ taken: 1, skipped: 2, failure: null });
    expect(await rpop.subjects("alice")).toEqual(["new"]);

    const { uids } = await rpop.withApp(async ({ manage }) => {
      const [account] = (await manage.store.readConfiguration()).remoteAccounts;
      if (!account) throw new Error("no account");
      const skipped = await manage.store.skippedMessages(account.id);
      return { uids: skipped.map(({ uid }) => uid ?? "") };
    });
    const [older = "", old = ""] = uids;
    await rpop.withApp(({ manage }) => wishForMessages(manage, "box", [older], "delete"));
    await rpop.withApp(({ manage }) => wishForMessages(manage, "box", [old], "take"));
    clock.advance(1000);
    expect(await rpop.visit()).toMatchObject({ taken: 1, deleted: 1, failure: null });
    expect(await subjectsThere()).toEqual(["old", "new"]);

    clock.advance(11 * DAY);
    expect(await rpop.visit()).toMatchObject({ taken: 0, deleted: 2, failure: null });
    expect(await subjectsThere()).toEqual([]);
    expect(await rpop.subjects("alice")).toEqual(["new", "old"]);
    const sessions = await dovecot.sessionsEnded(4);
    expect(sessions.map(({ retrieved, deleted }) => [retrieved, deleted])).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 2],
    ]);
  });
});
