/** Logging in to an SMTP server: the password goes over a checked TLS connection, or nowhere. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failed, failure, ok, type Result } from "../../src/core/failure.ts";
import { smtpDelivery } from "../../src/deliver/smtp.ts";
import { nodeFileSystem } from "../../src/spool/node-file-system.ts";
import { type Certificates, makeCertificates } from "../support/certificates.ts";
import { playMailServer } from "../support/mail-dialogue.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type Spooled, spooledMessage } from "../support/spooled-message.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { lacks } from "../support/tools.ts";
import { wireReport } from "../support/wire-report.ts";

const never = new AbortController().signal;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const plain = `C: AUTH PLAIN ${base64("\0alice@example.com\0gehêim")}`;
const hello = ["S: 220 sink", "C: EHLO us.example", "S: 250-sink", "S: 250-PIPELINING"];
const transaction = [
  "C: MAIL FROM:<>",
  "C: RCPT TO:<alice@example.com>",
  "C: DATA",
  "S: 250 ok",
  "S: 250 ok",
  "S: 354 go",
  "DATA",
  "S: 250 queued",
  "C: QUIT",
  "S: 221 bye",
];
const delivered = ["sending alice", "alice delivered"];
const unreachable = ["alice destination-unreachable 4.4.1 unreachable"];

const cases = [
  {
    name: "PLAIN",
    script: [...hello, "S: 250 AUTH LOGIN PLAIN", plain, "S: 235 2.7.0 welcome", ...transaction],
    told: delivered,
    detail: null,
  },
  {
    name: "LOGIN, where nothing else is offered",
    script: [
      ...hello,
      "S: 250 AUTH LOGIN",
      "C: AUTH LOGIN",
      `S: 334 ${base64("Username:")}`,
      `C: ${base64("alice@example.com")}`,
      `S: 334 ${base64("Password:")}`,
      `C: ${base64("gehêim")}`,
      "S: 235 2.7.0 welcome",
      ...transaction,
    ],
    told: delivered,
    detail: null,
  },
  {
    name: "refused: temporary, in the server's words",
    script: [...hello, "S: 250 AUTH PLAIN", plain, "S: 535 5.7.8 wrong"],
    told: unreachable,
    detail: "auth",
  },
  { name: "not offered", script: [...hello, "S: 250 SIZE"], told: unreachable, detail: "no-auth" },
];

describe.skipIf(lacks("openssl"))("a login by SMTP", () => {
  let directory: TemporaryDirectory;
  let certificates: Certificates;
  let message: Spooled;

  beforeAll(async () => {
    directory = await temporaryDirectory("smtp-login");
    certificates = makeCertificates(directory.path);
    message = await spooledMessage(directory.path, "m1", "Subject: hi\n\nhello\n");
  });

  afterAll(() => directory?.[Symbol.asyncDispose]());

  async function sent(script: readonly string[], password: Result<Uint8Array>, caFile = certificates.caFile) {
    const { keyFile, certificateFile } = certificates.valid;
    const tls = { key: await readFile(keyFile), cert: await readFile(certificateFile) };
    await using server = await playMailServer([script], { tls });
    const out = smtpDelivery({
      fs: nodeFileSystem,
      clock: new ManualClock(),
      serverName: () => "us.example",
      readPassword: async () => password,
      readCaFile: (path) => readFile(path, "utf8"),
    });
    const report = wireReport();
    const destination = `smtps://alice%40example.com@127.0.0.1:${server.port}?passwordEnv=P&caFile=${caFile}`;
    await out.send([message.item({ key: "alice", destination })], report, never);
    await out.close();
    return report;
  }

  test.each(cases)("$name", async ({ script, told, detail }) => {
    const report = await sent(script, ok(Buffer.from("gehêim")));
    expect(report.told).toEqual(told);
    const answer = report.answers.get("alice");
    if (answer?.kind === "failed") expect(answer.failure.params.detail).toBe(detail);
  });

  test("a password that cannot be read keeps the mail here", async () => {
    const unreadable = failed(failure("secret-unreadable", "account", { params: { source: "P" } }));
    const report = await sent([...hello, "S: 250 AUTH PLAIN"], unreadable);
    expect(report.told).toEqual(["alice secret-unreadable unreachable"]);
    expect(report.answers.get("alice")).toMatchObject({ failure: { scope: "recipient", permanent: false } });
  });

  test("a server that cannot prove its name hears nothing of the password", async () => {
    // The self-signed certificate vouches for itself only, so as an authority it proves nothing of the server's.
    const report = await sent([], ok(Buffer.from("gehêim")), certificates.selfSigned.certificateFile);
    expect(report.told).toEqual(unreachable);
  });
});
