/** SCRAM bound to its TLS connection (RFC 5802, 5929, 9266), against a server that checks it from its own end. */
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "../../test/support/certificates.ts";
import { type ScramServerOptions, startScramServer } from "../../test/support/scram-server.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { lacks } from "../../test/support/tools.ts";
import { systemClock } from "../system/clock.ts";
import { channelBindings, endPointBinding } from "./channel-binding.ts";
import { Pop3Client } from "./client.ts";
import type { ConnectOptions } from "./dial.ts";
import { Pop3CommandError } from "./errors.ts";
import type { LoginPolicy } from "./login.ts";
import { TlsSessionCache } from "./tls.ts";

const auto: LoginPolicy = { auth: "auto", apop: false, allowPlain: false };
const everyType = ["tls-exporter", "tls-unique", "tls-server-end-point"];

interface Case {
  name: string;
  server: Partial<ScramServerOptions>;
  policy?: Partial<LoginPolicy>;
  password?: string;
  tries: string[];
  /** The method that succeeded, or words of the refusal. */
  method?: string;
  remoteText?: string;
  code?: string;
}

const cases: Case[] = [
  {
    name: "TLS 1.3 by tls-exporter",
    server: {},
    tries: ["SCRAM-SHA-256-PLUS p=tls-exporter,,"],
    method: "scram-sha-256-plus",
  },
  {
    name: "TLS 1.2 by tls-unique",
    server: { maxVersion: "TLSv1.2" },
    tries: ["SCRAM-SHA-256-PLUS p=tls-unique,,"],
    method: "scram-sha-256-plus",
  },
  {
    name: "by the certificate, where the server knows no other and says so within SCRAM",
    server: { bindings: ["tls-server-end-point"] },
    tries: ["SCRAM-SHA-256-PLUS p=tls-exporter,,", "SCRAM-SHA-256-PLUS p=tls-server-end-point,,"],
    method: "scram-sha-256-plus",
  },
  {
    name: "and in words, under TLS 1.2",
    server: { bindings: ["tls-server-end-point"], refuses: "at once", maxVersion: "TLSv1.2" },
    tries: ["SCRAM-SHA-256-PLUS p=tls-unique,,", "SCRAM-SHA-256-PLUS p=tls-server-end-point,,"],
    method: "scram-sha-256-plus",
  },
  {
    name: "by SHA-1 where there is no SHA-256",
    server: { listed: "SCRAM-SHA-1 SCRAM-SHA-1-PLUS PLAIN" },
    tries: ["SCRAM-SHA-1-PLUS p=tls-exporter,,"],
    method: "scram-sha-1-plus",
  },
  {
    name: "a server without channel binding learns that we could (y)",
    server: { listed: "SCRAM-SHA-256", bindings: [] },
    tries: ["SCRAM-SHA-256 y,,"],
    method: "scram-sha-256",
  },
  {
    name: "SCRAM-SHA-256 by name, though -PLUS is listed: we do not bind (n)",
    server: {},
    policy: { auth: "scram-sha-256" },
    tries: ["SCRAM-SHA-256 n,,"],
    method: "scram-sha-256",
  },
  {
    name: "the -PLUS names taken out of the list: the server notices, and nothing weaker is tried",
    server: { listed: "SCRAM-SHA-256 PLAIN LOGIN" },
    tries: ["SCRAM-SHA-256 y,,"],
    code: "auth-refused",
    remoteText: "server does support channel binding",
  },
  {
    name: "somebody in the middle: refused, and nothing weaker is tried",
    server: { inTheMiddle: true },
    tries: ["SCRAM-SHA-256-PLUS p=tls-exporter,,"],
    code: "auth-refused",
    remoteText: "[AUTH] no channel-bindings-dont-match",
  },
  {
    name: "no kind of binding in common: refused, and nothing weaker is tried",
    server: { bindings: ["tls-other"] },
    tries: ["SCRAM-SHA-256-PLUS p=tls-exporter,,", "SCRAM-SHA-256-PLUS p=tls-server-end-point,,"],
    code: "auth-refused",
    remoteText: "[AUTH] no unsupported-channel-binding-type",
  },
  {
    name: "a wrong password",
    server: {},
    password: "wrong",
    tries: ["SCRAM-SHA-256-PLUS p=tls-exporter,,"],
    code: "auth-refused",
    remoteText: "[AUTH] no invalid-proof",
  },
];

describe.skipIf(lacks("openssl"))("SCRAM with channel binding", () => {
  let directory: TemporaryDirectory;
  let certificates: Certificates;
  beforeAll(async () => {
    directory = await temporaryDirectory("channel-binding");
    certificates = makeCertificates(directory.path);
  });
  afterAll(() => directory?.[Symbol.asyncDispose]());

  function serve(options: Partial<ScramServerOptions>) {
    const { keyFile, certificateFile } = certificates.valid;
    return startScramServer({
      key: readFileSync(keyFile, "utf8"),
      cert: readFileSync(certificateFile, "utf8"),
      password: "pencil",
      listed: "SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS PLAIN LOGIN",
      bindings: everyType,
      ...options,
    });
  }

  function open(port: number, more: Partial<ConnectOptions> = {}) {
    return Pop3Client.connect({
      endpoint: { host: "localhost", port, tls: "implicit" },
      clock: systemClock,
      trust: { verify: true, ca: readFileSync(certificates.caFile, "utf8") },
      ...more,
    });
  }

  test.each(cases)("$name", async (one) => {
    await using server = await serve(one.server);
    await using client = await open(server.port);
    const credentials = { user: "ann", password: one.password ?? "pencil" };
    const outcome = await client
      .login(credentials, { ...auto, ...one.policy })
      .catch((error: unknown) => error);
    if (one.method) expect(outcome).toEqual({ method: one.method });
    else {
      expect(outcome).toBeInstanceOf(Pop3CommandError);
      expect(outcome).toMatchObject({
        failure: { code: one.code, remoteText: expect.stringContaining(one.remoteText ?? "") },
      });
    }
    expect(server.tries).toEqual(one.tries);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "a resumed session of %s is bound like a new one",
    async (maxVersion) => {
      await using server = await serve({ maxVersion });
      const tlsSessions = new TlsSessionCache();
      for (const resumed of [false, true]) {
        const events: boolean[] = [];
        await using client = await open(server.port, {
          tlsSessions,
          transcript: {
            line() {},
            link: (event) => {
              if (event.kind === "secured") events.push(event.resumed);
            },
          },
        });
        expect(events).toEqual([resumed]);
        const credentials = { user: "ann", password: "pencil" };
        expect(await client.login(credentials, auto)).toEqual({ method: "scram-sha-256-plus" });
        await client.quit();
      }
      expect(server.tries.length).toBe(2);
    },
  );

  test("whose certificate was shown, while the connection stands", async () => {
    await using server = await serve({});
    await using client = await open(server.port);
    expect(client.tls).toMatchObject({
      protocol: "TLSv1.3",
      certificate: { subject: "valid", issuer: "Test CA", sha256: certificates.valid.fingerprint },
    });
    const { validToAt } = client.tls?.certificate ?? {};
    const { validTo } = new X509Certificate(readFileSync(certificates.valid.certificateFile));
    expect(validToAt).toBe(Date.parse(validTo));
    client.destroy();
    expect(client.tls?.certificate).toBeNull();
  });

  test.each([
    { name: "RSA, SHA-256", key: ["-newkey", "rsa:2048"], sign: ["-sha256"], hash: "sha256" },
    { name: "RSA, SHA-1 counts as SHA-256", key: ["-newkey", "rsa:2048"], sign: ["-sha1"], hash: "sha256" },
    { name: "RSA, SHA-512", key: ["-newkey", "rsa:2048"], sign: ["-sha512"], hash: "sha512" },
    {
      name: "RSA-PSS, SHA-384",
      key: ["-newkey", "rsa:2048"],
      sign: ["-sha384", "-sigopt", "rsa_padding_mode:pss"],
      hash: "sha384",
    },
    {
      name: "ECDSA, SHA-384",
      key: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      sign: ["-sha384"],
      hash: "sha384",
    },
    { name: "Ed25519 has no hash of its own", key: ["-newkey", "ed25519"], sign: [], hash: null },
  ])("the digest of a certificate: $name (RFC 5929, 4.1)", ({ key, sign, hash }) => {
    const file = join(directory.path, "one.pem");
    const request = ["req", "-x509", "-nodes", ...key, ...sign, "-subj", "/CN=one"];
    execFileSync("openssl", [...request, "-keyout", join(directory.path, "one.key"), "-out", file], {
      stdio: "pipe",
    });
    const { raw } = new X509Certificate(readFileSync(file));
    const expected = hash === null ? null : createHash(hash).update(raw).digest();
    expect(endPointBinding(raw)).toEqual(expected);
  });
});

test("a connection that is gone has no bindings", () => {
  expect(channelBindings({ destroyed: true } as TLSSocket)).toEqual([]);
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["no certificate", Buffer.from("3003020101", "hex")],
  ["a length beyond the end", Buffer.from("30ff", "hex")],
  ["lengths that lie", Buffer.from("30843fffffff", "hex")],
])("no digest of %s", (_, bytes) => {
  expect(endPointBinding(bytes)).toBeNull();
});
