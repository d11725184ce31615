/** TLS with the trust of one account: whom we believe, and that nothing secret is said before. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type CertificateKind,
  type Certificates,
  makeCertificates,
} from "../../test/support/certificates.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { type DialogueOptions, playDialogue, type Step } from "../../test/support/pop3-dialogue.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { lacks } from "../../test/support/tools.ts";
import { Pop3Client } from "./client.ts";
import { SecureContextCache, TlsSessionCache, type TlsTrust } from "./tls.ts";

describe.skipIf(lacks("openssl"))("TLS", () => {
  let directory: TemporaryDirectory;
  let certificates: Certificates;
  let ca: string;
  beforeAll(async () => {
    directory = await temporaryDirectory("pop3-tls");
    certificates = makeCertificates(directory.path);
    ca = readFileSync(certificates.caFile, "utf8");
  });
  afterAll(async () => {
    await directory[Symbol.asyncDispose]();
  });

  const keyPair = (kind: CertificateKind) => ({
    key: readFileSync(certificates[kind].keyFile),
    cert: readFileSync(certificates[kind].certificateFile),
  });

  interface Case {
    name: string;
    server: CertificateKind;
    trust: () => TlsTrust | undefined;
    host?: string;
    /** Node's code for the refusal; undefined: believed. */
    detail?: string;
  }

  const cases: Case[] = [
    { name: "private CA, right name", server: "valid", trust: () => ({ verify: true, ca }) },
    {
      name: "private CA, address literal in the certificate",
      server: "valid",
      host: "127.0.0.1",
      trust: () => ({ verify: true, ca }),
    },
    {
      name: "name with a trailing dot",
      server: "valid",
      host: "localhost.",
      trust: () => ({ verify: true, ca }),
    },
    {
      name: "system's CAs do not know it",
      server: "valid",
      trust: () => undefined,
      detail: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    },
    {
      name: "other name",
      server: "otherName",
      trust: () => ({ verify: true, ca }),
      detail: "ERR_TLS_CERT_ALTNAME_INVALID",
    },
    {
      name: "other name, address literal",
      server: "otherName",
      host: "127.0.0.1",
      trust: () => ({ verify: true, ca }),
      detail: "ERR_TLS_CERT_ALTNAME_INVALID",
    },
    {
      name: "other name, and that name is expected (F32)",
      server: "otherName",
      trust: () => ({ verify: true, ca, serverName: "pop.other.example" }),
    },
    {
      name: "right name, another expected",
      server: "valid",
      trust: () => ({ verify: true, ca, serverName: "pop.other.example" }),
      detail: "ERR_TLS_CERT_ALTNAME_INVALID",
    },
    { name: "expired", server: "expired", trust: () => ({ verify: true, ca }), detail: "CERT_HAS_EXPIRED" },
    {
      name: "self-signed",
      server: "selfSigned",
      trust: () => undefined,
      detail: "DEPTH_ZERO_SELF_SIGNED_CERT",
    },
    {
      name: "self-signed, another CA named",
      server: "selfSigned",
      trust: () => ({ verify: true, ca }),
      detail: "DEPTH_ZERO_SELF_SIGNED_CERT",
    },
    {
      name: "self-signed, pinned",
      server: "selfSigned",
      trust: () => ({ verify: true, fingerprint: certificates.selfSigned.fingerprint }),
    },
    {
      name: "self-signed, pinned with colons and capitals",
      server: "selfSigned",
      trust: () => ({ verify: true, fingerprint: colons(certificates.selfSigned.fingerprint) }),
    },
    {
      name: "expired, pinned",
      server: "expired",
      trust: () => ({ verify: true, fingerprint: certificates.expired.fingerprint }),
    },
    {
      name: "good, but another pinned",
      server: "valid",
      trust: () => ({ verify: true, ca, fingerprint: certificates.selfSigned.fingerprint }),
      detail: "FINGERPRINT",
    },
    {
      name: "pinned, though nothing need be verified",
      server: "valid",
      trust: () => ({ verify: false, fingerprint: certificates.selfSigned.fingerprint }),
      detail: "FINGERPRINT",
    },
    {
      name: "an empty pin fits nothing",
      server: "valid",
      trust: () => ({ verify: true, ca, fingerprint: "" }),
      detail: "FINGERPRINT",
    },
    { name: "nothing need be verified", server: "expired", trust: () => ({ verify: false }) },
  ];

  const modes = ["implicit", "starttls"] as const;

  test.each(cases.flatMap((one) => modes.map((mode) => ({ ...one, mode }))))("$mode: $name", async (one) => {
    const { server: kind, trust: trustOf, host = "localhost", detail, mode } = one;
    const before: Step[] = mode === "starttls" ? ["S: +OK clear", "C: STLS", "S: +OK", "tls"] : [];
    const within: Step[] = mode === "starttls" ? [] : ["S: +OK hello"];
    const talk: Step[] = detail === undefined ? [...within, "C: NOOP", "S: +OK"] : ["gone"];
    const trust = trustOf();
    await using server = await playDialogue([...before, ...talk], {
      endpoint: mode,
      tls: keyPair(kind),
      host,
    });
    const lookup = async () => [{ address: "127.0.0.1", family: 4 as const }];
    const connecting = Pop3Client.connect({ ...server, lookup, ...(trust ? { trust } : {}) });
    if (detail === undefined) {
      await using client = await connecting;
      expect(client).toMatchObject({ secure: true, greeting: mode === "starttls" ? "" : "hello" });
      await client.noop();
    } else {
      await expect(connecting).rejects.toMatchObject({
        name: "Pop3ProtocolError",
        failure: { code: "certificate", scope: "account", permanent: true, params: { detail } },
      });
    }
    await server.done;
    expect(server.said).toEqual([
      ...(mode === "starttls" ? ["STLS"] : []),
      ...(detail === undefined ? ["NOOP"] : []),
    ]);
  });

  test("the environment cannot switch the check off", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    try {
      await using server = await playDialogue(["gone"], { endpoint: "implicit", tls: keyPair("selfSigned") });
      await expect(Pop3Client.connect(server)).rejects.toMatchObject({ failure: { code: "certificate" } });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test.each([
    { name: "a pin that does not fit", trust: { verify: true, fingerprint: "00" } },
    { name: "nobody vouches for it", trust: { verify: true } },
  ])("the fingerprint that was seen is told (F32): $name", async ({ trust }) => {
    await using server = await playDialogue(["gone"], { endpoint: "implicit", tls: keyPair("selfSigned") });
    await expect(Pop3Client.connect({ ...server, trust })).rejects.toMatchObject({
      failure: { params: { fingerprint: certificates.selfSigned.fingerprint } },
    });
  });

  const startTls: DialogueOptions & { endpoint: "starttls" } = { endpoint: "starttls", host: "127.0.0.1" };

  test("STLS not there: QUIT, and nothing else is said (R-34)", async () => {
    await using server = await playDialogue(
      ["S: +OK", "C: STLS", "S: -ERR what?", "C: QUIT", "gone"],
      startTls,
    );
    await expect(Pop3Client.connect(server)).rejects.toMatchObject({
      name: "Pop3ProtocolError",
      failure: { code: "no-starttls", scope: "account", permanent: true, remoteText: "what?" },
    });
    await server.done;
  });

  test("clear text behind the +OK to STLS: closed, nothing else is said (R-35)", async () => {
    await using server = await playDialogue(
      ["S: +OK", "C: STLS", { send: "+OK go\r\n+OK injected\r\n" }, "gone"],
      startTls,
    );
    await expect(Pop3Client.connect(server)).rejects.toMatchObject({
      failure: { code: "tls-injection", scope: "account", permanent: true },
    });
    await server.done;
  });

  test("clear text instead of a handshake (R-34)", async () => {
    await using server = await playDialogue(
      [
        "S: +OK",
        "C: STLS",
        "S: +OK",
        { until: () => new Promise((resolve) => setImmediate(resolve)) },
        "S: +OK in the clear",
        "stall",
      ],
      startTls,
    );
    const error: unknown = await Pop3Client.connect(server).catch((caught: unknown) => caught);
    expect(["tls", "tls-injection"]).toContain((error as { failure: { code: string } }).failure.code);
  });

  test("no TLS behind the port of TLS", async () => {
    await using server = await playDialogue(["S: +OK plain", "stall"]);
    const endpoint = { ...server.endpoint, tls: "implicit" as const };
    await expect(Pop3Client.connect({ ...server, endpoint })).rejects.toMatchObject({
      failure: { code: "tls", scope: "account", permanent: false },
    });
  });

  test("greeting and timestamp from before TLS are forgotten, and CAPA is asked within (R-35)", async () => {
    await using server = await playDialogue(
      ["S: +OK <1@host>", "C: STLS", "S: +OK", "tls", "C: CAPA", "S: +OK", "S: USER", "S: ."],
      { ...startTls, tls: keyPair("valid") },
    );
    await using client = await Pop3Client.connect({ ...server, trust: { verify: true, ca } });
    expect(client).toMatchObject({ greeting: "", apopTimestamp: null, capabilities: null });
    expect((await client.capa())?.user).toBe(true);
    await server.done;
  });

  test("a handshake that stalls (R-28)", async () => {
    await using server = await playDialogue(["S: +OK", "C: STLS", "S: +OK", "stall"], startTls);
    const clock = new ManualClock();
    const timeouts = {
      connectMs: 1,
      tlsHandshakeMs: 31_000,
      greetingMs: 2,
      replyMs: 3,
      listingMs: 4,
      idleMs: 5,
      quitMs: 6,
    };
    const outcome = Pop3Client.connect({ ...server, clock, timeouts }).catch((error) => error.failure);
    await clock.armed(31_000);
    clock.advance(31_000);
    expect(await outcome).toMatchObject({ code: "timeout", params: { phase: "tls", timeoutMs: 31_000 } });
    expect(clock.timers).toBe(0);
  });

  test("cancelled within a handshake", async () => {
    await using server = await playDialogue(["S: +OK", "C: STLS", "S: +OK", "stall"], startTls);
    const stop = new AbortController();
    const outcome = Pop3Client.connect({ ...server, signal: stop.signal }).catch((error) => error.failure);
    while (server.said.length === 0) await tick();
    for (let round = 0; round < 10; round++) await tick();
    stop.abort();
    expect(await outcome).toMatchObject({ code: "cancelled", scope: "local" });
  });

  test.each([
    { name: "the host", host: "localhost.", trust: { verify: false }, asked: ["localhost"] },
    {
      name: "the account's name",
      host: "localhost",
      trust: { verify: false, serverName: "pop.other.example" },
      asked: ["pop.other.example"],
    },
    { name: "not an address literal", host: "127.0.0.1", trust: { verify: false }, asked: [] },
  ])("the name is asked for within the handshake (SNI, F34): $name", async ({ host, trust, asked }) => {
    const names: string[] = [];
    const tls: DialogueOptions["tls"] = {
      ...keyPair("valid"),
      SNICallback: (name, done) => {
        names.push(name);
        done(null, undefined);
      },
    };
    await using server = await playDialogue(["S: +OK"], { endpoint: "implicit", tls, host });
    const lookup = async () => [{ address: "127.0.0.1", family: 4 as const }];
    await using _client = await Pop3Client.connect({ ...server, lookup, trust });
    expect(names).toEqual(asked);
  });

  test("versions: TLS 1.1 is refused, unless the account allows it (F33)", async () => {
    const old = {
      ...keyPair("valid"),
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    } as const;
    for (const [trust, spoken] of [
      [{ verify: true, ca }, false],
      [{ verify: true, ca, minVersion: "TLSv1" }, true],
    ] as const) {
      await using server = await playDialogue(spoken ? ["S: +OK"] : ["gone"], {
        endpoint: "implicit",
        tls: old,
      });
      const outcome = await Pop3Client.connect({ ...server, trust }).catch((error) => error.failure.code);
      if (outcome instanceof Pop3Client) outcome.destroy();
      expect(outcome instanceof Pop3Client ? "spoken" : outcome).toBe(spoken ? "spoken" : "tls");
    }
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "sessions are resumed for equal trust only (%s)",
    async (version) => {
      const tlsSessions = new TlsSessionCache();
      const secureContexts = new SecureContextCache();
      const { ticketKeys } = { ticketKeys: Buffer.alloc(48, 7) };
      const visit = async (trust: TlsTrust, kind: CertificateKind, port?: number) => {
        const tls = { ...keyPair(kind), ticketKeys, maxVersion: version };
        await using server = await playDialogue(["S: +OK", "C: NOOP", "S: +OK"], {
          endpoint: "implicit",
          tls,
          host: "localhost",
        });
        const resumed: boolean[] = [];
        const transcript = {
          line: () => {},
          link: (event: { kind: string; resumed?: boolean }) => {
            if (event.kind === "secured") resumed.push(event.resumed ?? false);
          },
        };
        // One server under one name and port, as the cache sees it.
        const endpoint = { ...server.endpoint, host: "localhost" };
        const lookup = async () => [{ address: "127.0.0.1", family: 4 as const }];
        const keyed = port === undefined ? tlsSessions : pretendPort(tlsSessions, endpoint.port, port);
        const client = await Pop3Client.connect({
          ...server,
          endpoint,
          lookup,
          trust,
          transcript,
          tlsSessions: keyed,
          secureContexts,
        });
        await client.noop();
        client.destroy();
        return resumed[0];
      };
      const strict = { verify: true, ca };
      expect(await visit({ verify: false, ca }, "otherName", 995)).toBe(false);
      expect(await visit({ verify: false, ca }, "otherName", 995)).toBe(true);
      // A session made without looking at the certificate must not serve who looks.
      await expect(visit(strict, "otherName", 995)).rejects.toMatchObject({
        failure: { code: "certificate" },
      });
      expect(await visit(strict, "valid", 995)).toBe(false);
      expect(await visit(strict, "valid", 995)).toBe(true);
      expect(await visit(strict, "valid", 996)).toBe(false);
      expect(await visit({ ...strict, fingerprint: certificates.valid.fingerprint }, "valid", 995)).toBe(
        false,
      );
    },
  );
});

/** Each scripted server has a port of its own: for the cache it is made to look like one. */
function pretendPort(cache: TlsSessionCache, actual: number, port: number): TlsSessionCache {
  const renamed = (key: string) => key.replace(` ${actual} `, ` ${port} `);
  return Object.assign(new TlsSessionCache(), {
    get: (key: string) => cache.get(renamed(key)),
    set: (key: string, session: Buffer) => cache.set(renamed(key), session),
    delete: (key: string) => cache.delete(renamed(key)),
  });
}

function colons(fingerprint: string): string {
  return (fingerprint.toUpperCase().match(/../g) ?? []).join(":");
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
