/** Delivery over SMTP into Postfix. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryItem } from "../../src/deliver/delivery.ts";
import { smtpDelivery } from "../../src/deliver/smtp.ts";
import { nodeFileSystem } from "../../src/spool/node-file-system.ts";
import { systemClock } from "../../src/system/clock.ts";
import { lacksPostfix, type Postfix, startPostfix } from "../support/postfix.ts";
import { type Spooled, spooledMessage } from "../support/spooled-message.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { wireReport } from "../support/wire-report.ts";

const never = new AbortController().signal;
const reported = { notify: "failure" } as const;

describe.skipIf(lacksPostfix())("Postfix as the next hop", () => {
  let directory: TemporaryDirectory;
  let postfix: Postfix;
  let message: Spooled;
  // All three fields, or Postfix adds what is missing.
  const text =
    "Date: Tue, 24 Nov 2026 00:00:00 +0000\nFrom: a@b\nMessage-Id: <1@b>\n\n.\n..two\nbare\rreturn\n\rF\u00e4\xff\n";

  beforeAll(async () => {
    directory = await temporaryDirectory("real-smtp");
    postfix = await startPostfix();
    message = await spooledMessage(directory.path, "m1", Buffer.from(text, "latin1"));
  });

  afterAll(async () => {
    await postfix?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  function items(names: readonly string[], destination: string, more: Partial<DeliveryItem> = {}) {
    return names.map((name) =>
      message.item({
        key: name,
        destination,
        recipient: { localPart: name, domain: "example.com" },
        ...more,
      }),
    );
  }

  test("one transaction: a mailbox, an unknown user, one that is to come later", async () => {
    await using out = open();
    const report = wireReport();
    const destination = `smtp://127.0.0.1:${postfix.port}`;
    await out.send(items(["alice", "nobody", "later", "bob"], destination), report, never);
    expect(report.told).toEqual([
      "nobody delivery-refused 5.1.1 permanent",
      "later delivery-deferred 4.2.1",
      "sending alice bob",
      "alice delivered",
      "bob delivered",
    ]);
    expect(report.answers.get("bob")).toMatchObject({
      where: expect.stringMatching(/^250 2\.0\.0 Ok: queued/),
    });
  });

  test("what arrives is what was spooled; bare CR became a line end (R-53)", async () => {
    const [stored] = await postfix.messages("bob", 1);
    const kept = stored?.toString("latin1") ?? "";
    expect(kept.slice(kept.indexOf("Received: from pop.example"))).toBe(
      `Received: from pop.example by us\n${text.replaceAll("\r", "\n")}`,
    );
  });

  test("with DSN the sender stays, also where nobody is to be told", async () => {
    const [first] = await postfix.messages("alice", 1);
    expect(first?.toString("latin1")).toContain("Return-Path: <sender@example.net>\n");
    await using out = open();
    const report = wireReport();
    const two = items(["alice", "bob"], `smtp://127.0.0.1:${postfix.port}`, reported);
    await out.send(two, report, never);
    expect(report.told).toEqual(["sending alice", "alice delivered", "sending bob", "bob delivered"]);
  });

  test("without DSN the sender goes where nobody is to be told, and stays elsewhere", async () => {
    const before = (await postfix.messages("alice", 2)).length;
    await using out = open();
    const destination = `smtp://127.0.0.1:${postfix.portWithoutDsn}`;
    await out.send(items(["alice"], destination), wireReport(), never);
    await out.send(items(["alice"], destination, reported), wireReport(), never);
    const all = await postfix.messages("alice", before + 2);
    const senders = all.map((one) => /^Return-Path: (.*)$/m.exec(one.toString("latin1"))?.[1]);
    expect(senders.filter((sender) => sender === "<>")).toHaveLength(1);
  });

  test("a message larger than Postfix takes is refused before it is sent", async () => {
    await using out = open();
    const report = wireReport();
    const [large] = items(["alice"], `smtp://127.0.0.1:${postfix.port}`, { sizeBytes: 5_000_001 });
    if (large) await out.send([large], report, never);
    expect(report.told).toEqual(["alice delivery-refused 5.3.4 permanent"]);
  });

  interface TlsCase {
    readonly name: string;
    readonly destination: (postfix: Postfix) => string;
    readonly detail: RegExp | null;
  }

  const tls: TlsCase[] = [
    {
      name: "STARTTLS, certificate checked",
      destination: (p) => `smtp://127.0.0.1:${p.portWithTls}?tls=required&caFile=${p.certificates.caFile}`,
      detail: null,
    },
    {
      name: "TLS from the first byte",
      destination: (p) => `smtps://localhost:${p.portImplicit}?caFile=${p.certificates.caFile}`,
      detail: null,
    },
    {
      name: "an unknown authority",
      destination: (p) => `smtp://127.0.0.1:${p.portWithTls}?tls=required`,
      detail: /CERT|VERIFY/,
    },
    {
      name: "another name",
      destination: (p) =>
        `smtps://127.0.0.1:${p.portImplicit}?caFile=${p.certificates.caFile}&tlsServerName=mx.example`,
      detail: /ALTNAME/,
    },
    {
      name: "expired",
      destination: (p) => `smtp://127.0.0.1:${p.portExpired}?tls=required&caFile=${p.certificates.caFile}`,
      detail: /EXPIRED/,
    },
    {
      name: "expired, where TLS is opportunistic",
      destination: (p) => `smtp://127.0.0.1:${p.portExpired}`,
      detail: null,
    },
    {
      name: "STARTTLS not offered, and required",
      destination: (p) => `smtp://127.0.0.1:${p.port}?tls=required`,
      detail: /tls/,
    },
  ];

  test.each(tls)("TLS: $name", async ({ destination, detail }) => {
    await using out = open();
    const report = wireReport();
    await out.send(items(["alice"], destination(postfix)), report, never);
    if (detail === null) expect(report.told).toEqual(["sending alice", "alice delivered"]);
    else {
      expect(report.told).toEqual(["alice destination-unreachable 4.4.1 unreachable"]);
      expect(report.answers.get("alice")).toMatchObject({
        failure: { permanent: false, params: { detail: expect.stringMatching(detail) } },
      });
    }
  });

  function open() {
    const made = smtpDelivery({
      fs: nodeFileSystem,
      clock: systemClock,
      serverName: () => "rpop.example",
      readPassword: () => Promise.reject(new Error("no password here")),
      readCaFile: (path) => readFile(path, "utf8"),
    });
    return { ...made, [Symbol.asyncDispose]: () => made.close() };
  }
});
