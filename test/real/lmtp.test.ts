/** Delivery over LMTP into Dovecot. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mapParallel } from "../../src/core/parallel.ts";
import type { DeliveryItem } from "../../src/deliver/delivery.ts";
import { smtpDelivery } from "../../src/deliver/smtp.ts";
import { nodeFileSystem } from "../../src/spool/node-file-system.ts";
import { systemClock } from "../../src/system/clock.ts";
import { type DovecotLmtp, lacksLmtp, startDovecotLmtp } from "../support/dovecot-lmtp.ts";
import { type Spooled, spooledMessage } from "../support/spooled-message.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { wireReport } from "../support/wire-report.ts";

const never = new AbortController().signal;

describe.skipIf(lacksLmtp())("Dovecot LMTP", () => {
  let directory: TemporaryDirectory;
  let dovecot: DovecotLmtp;
  let message: Spooled;
  const text =
    "Subject: hi\nX-Odd:\t=?utf-8?q?=C3=A4?=  \n\n.\n..two\nfrom\n\nF\u00e4\xff\nlast line without end";

  beforeAll(async () => {
    directory = await temporaryDirectory("real-lmtp");
    dovecot = await startDovecotLmtp({ users: { alice: null, bob: null, full: 10 } });
    message = await spooledMessage(directory.path, "m1", Buffer.from(text, "latin1"));
  });

  afterAll(async () => {
    await dovecot?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  function item(name: string, destination: string, of = message): DeliveryItem {
    return of.item({ key: name, destination, recipient: { localPart: name, domain: "example.com" } });
  }

  test("a result for each recipient: delivered, unknown, over quota", async () => {
    await using out = open();
    const report = wireReport();
    const destination = `lmtp://127.0.0.1:${dovecot.port}`;
    await out.send(
      ["alice", "nobody", "full", "bob"].map((name) => item(name, destination)),
      report,
      never,
    );
    expect(report.told).toEqual([
      "sending alice",
      "alice delivered",
      "nobody delivery-refused 5.1.1 permanent",
      "sending full",
      "full mailbox-full 5.2.2 permanent",
      "sending bob",
      "bob delivered",
    ]);
    expect(report.answers.get("alice")).toMatchObject({
      where: expect.stringMatching(/^250 2\.0\.0 .*Saved/),
    });
  });

  test("many refused recipients on one connection leave no listeners on it", async () => {
    await using out = open();
    const report = wireReport();
    const warnings: string[] = [];
    const hear = (warning: Error) => warnings.push(warning.message);
    process.on("warning", hear);
    const names = Array.from({ length: 15 }, (_, index) => `nobody${index}`);
    await out.send(
      names.map((name) => item(name, `lmtp://127.0.0.1:${dovecot.port}`)),
      report,
      never,
    );
    // Node warns on its next turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", hear);
    expect(report.told).toHaveLength(15);
    expect(warnings.filter((text) => text.includes("listeners"))).toEqual([]);
  });

  test("what is stored is what was spooled, byte for byte below the server's own fields", async () => {
    const [stored] = await dovecot.messages("alice");
    const kept = stored?.toString("latin1") ?? "";
    expect(kept).toMatch(/^Return-Path: <sender@example.net>\n/);
    expect(kept.slice(kept.indexOf("Received: from pop.example"))).toBe(
      `Received: from pop.example by us\n${text}\n`,
    );
  });

  test("over quota may be temporary, as the server says it", async () => {
    await using tempfail = await startDovecotLmtp({ users: { full: 10 }, quotaFullTempfail: true });
    await using out = open();
    const report = wireReport();
    await out.send([item("full", `lmtp+unix:${tempfail.socketPath}`)], report, never);
    expect(report.told).toEqual(["sending full", "full mailbox-full 4.2.2"]);
  });

  test("STARTTLS with a checked certificate; another authority's is refused, temporary", async () => {
    await using out = open();
    const report = wireReport();
    const checked = `lmtp://127.0.0.1:${dovecot.port}?tls=required&caFile=${dovecot.caFile}`;
    await out.send([item("bob", checked)], report, never);
    await out.send([item("bob2", `lmtp://127.0.0.1:${dovecot.port}?tls=required`)], report, never);
    expect(report.told).toEqual([
      "sending bob",
      "bob delivered",
      "bob2 destination-unreachable 4.4.1 unreachable",
    ]);
    expect(report.answers.get("bob2")).toMatchObject({
      failure: { params: { detail: expect.stringMatching(/CERT|VERIFY/) } },
    });
  });

  test("a thousand messages over four kept connections", async () => {
    const before = (await dovecot.messages("bob")).length;
    const spooled = await mapParallel([...Array(1000).keys()], 16, (index) =>
      spooledMessage(directory.path, `n${index}`, `Subject: number ${index}\n\nbody ${index}\n`),
    );
    await using out = open();
    const destination = `lmtp+unix:${dovecot.socketPath}`;
    const calls = Array.from({ length: 20 }, (_, call) => spooled.slice(call * 50, call * 50 + 50));
    const report = wireReport();
    await mapParallel(calls, 4, (call, index) =>
      out.send(
        call.map((one, place) => ({ ...item("bob", destination, one), key: `n${index * 50 + place}` })),
        report,
        never,
      ),
    );
    expect(report.told.filter((line) => line.endsWith(" delivered"))).toHaveLength(1000);
    const stored = await dovecot.messages("bob");
    expect(stored.length - before).toBe(1000);
    const subjects = new Set(stored.map((one) => /^Subject: number (\d+)$/m.exec(one.toString())?.[1]));
    for (let index = 0; index < 1000; index++) expect(subjects.has(String(index))).toBe(true);
  });

  function open() {
    const made = smtpDelivery({
      fs: nodeFileSystem,
      clock: systemClock,
      serverName: () => "rpop.example",
      readPassword: () => Promise.reject(new Error("no password here")),
      readCaFile: async (path) => (await import("node:fs/promises")).readFile(path, "utf8"),
    });
    return { ...made, [Symbol.asyncDispose]: () => made.close() };
  }
});
