/**
 * A domain's mail as Postfix collects it in one mailbox (`X-Original-To`, one copy for each recipient), served by POP3,
 * sorted by RPOP, and the report of what failed handed back to Postfix.
 */
import { createTransport } from "nodemailer";
import { describe, expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { startInstallation } from "../support/installation.ts";
import { lacksPostfix, startPostfix } from "../support/postfix.ts";

describe.skipIf(lacksPostfix())("mail that Postfix collected", () => {
  test("reaches each person once; the sender of what reaches nobody gets a report", async () => {
    await using postfix = await startPostfix();
    const transport = createTransport({ host: "127.0.0.1", port: postfix.port, ignoreTLS: true });
    const send = (to: string[], subject: string) =>
      transport.sendMail({
        envelope: { from: "alice@example.com", to: to.map((name) => `${name}@collected.example`) },
        from: "alice@example.com",
        to: "everybody@collected.example",
        subject,
        text: subject,
      });
    // Postfix stores a copy for each of them, and nobody's name stands in To.
    await send(["ann", "ben", "ann+news"], "lunch");
    await send(["nobody"], "wrong");
    const collected = await postfix.messages("all", 4);
    expect(collected).toHaveLength(4);
    transport.close();

    const maildrop = new MemoryMaildrop(collected.map((bytes, index) => storedMessage(`u${index}`, bytes)));
    const provider = await startProvider({
      accounts: (login) => (login === "collected" ? { password: "pw", maildrop } : undefined),
    });
    await using rpop = await startInstallation();
    try {
      await rpop.apply({
        settings: { allowSelfPoll: true, minFreeSpace: "1MB", relay: `smtp://127.0.0.1:${postfix.port}` },
        domains: [{ name: "collected.example", main: true, accounts: [{ name: "ann" }, { name: "ben" }] }],
        unifiedAccounts: [
          {
            account: "collected",
            server: `127.0.0.1:${provider.port}`,
            password: "pw",
            tls: "off",
            specialHeader: "X-Original-To",
          },
        ],
      });
      // ann is named twice, by two names: one copy is enough.
      expect(await rpop.poll()).toMatchObject({ reported: 1, undeliverable: 0, deferred: 0, delivered: 3 });
      for (const name of ["ann", "ben"]) {
        expect(await rpop.subjects(`${name}@collected.example`)).toEqual(["lunch"]);
      }
      const [report] = await postfix.messages("alice", 1);
      const text = report?.toString("latin1") ?? "";
      expect(text).toMatch(/^Return-Path: <>$/m);
      expect(text).toContain("Final-Recipient: rfc822; nobody@collected.example");
      expect(text).toContain("Subject: wrong");
    } finally {
      await provider.stop();
    }
  });
});
