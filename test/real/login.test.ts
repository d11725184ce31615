/** Our POP3 client and Debian's Dovecot: every way to log in that both know, and the words of a refusal. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { Pop3Client } from "../../src/pop3/client.ts";
import type { LoginMethod, LoginPolicy } from "../../src/pop3/login.ts";
import { systemClock } from "../../src/system/clock.ts";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { startMsnProxy } from "../support/msn-proxy.ts";
import { type OauthProvider, startOauthProvider } from "../support/oauth-introspection.ts";
import { lacks } from "../support/tools.ts";
import { prepareWinbind, type Winbind } from "../support/winbind.ts";

/** Beyond ASCII, with everything that quoting gets wrong (F36). */
const user = { login: "ann@example.com", password: "p:w \"'\\%é波 " };
const allMechanisms = ["plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "apop"];

type Tls = "off" | "implicit" | "starttls";

const auto: LoginPolicy = { auth: "auto", apop: false, allowPlain: false };

const fixed: readonly LoginMethod[] = [
  "user",
  "plain",
  "login",
  "cram-md5",
  "scram-sha-1",
  "scram-sha-256",
  "apop",
];

const byOrder = [
  { name: "APOP where ticked", tls: "off", policy: { ...auto, apop: true }, method: "apop" },
  {
    name: "APOP where ticked, also under TLS",
    tls: "implicit",
    policy: { ...auto, apop: true },
    method: "apop",
  },
  { name: "else SCRAM-SHA-256", tls: "off", policy: auto, method: "scram-sha-256" },
  { name: "SCRAM-SHA-256 also after STLS", tls: "starttls", policy: auto, method: "scram-sha-256" },
] as const;

describe.skipIf(lacks("dovecot", "openssl"))("login at Dovecot", () => {
  let dovecot: Dovecot;
  beforeAll(async () => {
    dovecot = await startDovecot({ users: [user], mechanisms: allMechanisms });
    await dovecot.addMail(user.login, [Buffer.from("Subject: one\n\nbody\n")]);
  });
  afterAll(() => dovecot?.stop());

  test.each(fixed)("by %s", async (method) => {
    await using client = await open(dovecot, "off");
    expect(await client.login(credentials(user.password), { ...auto, auth: method })).toEqual({ method });
    expect(await client.stat()).toEqual({ count: 1, octets: 22 });
    await client.quit();
  });

  test.each(byOrder)("by the order: $name", async ({ tls, policy, method }) => {
    await using client = await open(dovecot, tls);
    expect(client.secure).toBe(tls !== "off");
    expect(await client.login(credentials(user.password), policy)).toEqual({ method });
    await client.quit();
  });

  test.each(fixed)("a wrong password is refused with the server's words: %s", async (method) => {
    await using client = await open(dovecot, "off");
    await expect(client.login(credentials("wrong"), { ...auto, auth: method })).rejects.toMatchObject({
      failure: {
        code: "auth-refused",
        scope: "account",
        remoteText: expect.stringContaining("Authentication failed."),
      },
    });
  });
});

describe.skipIf(lacks("dovecot", "openssl"))("login at a Dovecot that offers little", () => {
  test("CRAM-MD5 without TLS where there is no SCRAM, USER and PASS with TLS", async () => {
    await using dovecot = await startDovecot({ users: [user], mechanisms: ["plain", "cram-md5"] });
    for (const [tls, method] of [
      ["off", "cram-md5"],
      ["implicit", "user"],
    ] as const) {
      await using client = await open(dovecot, tls);
      expect(await client.login(credentials(user.password), auto)).toEqual({ method });
      await client.quit();
    }
  });

  test("APOP ticked and not offered: without TLS no password is sent unless allowed", async () => {
    await using dovecot = await startDovecot({ users: [user] });
    await using refused = await open(dovecot, "off");
    await expect(refused.login(credentials(user.password), { ...auto, apop: true })).rejects.toMatchObject({
      failure: { code: "apop-not-offered", scope: "account" },
    });
    await using allowed = await open(dovecot, "off");
    const policy = { ...auto, apop: true, allowPlain: true };
    expect(await allowed.login(credentials(user.password), policy)).toEqual({ method: "user" });
    await allowed.quit();
  });
});

describe.skipIf(lacks("dovecot", "openssl", "ntlm_auth"))("NTLM at Dovecot with Samba's ntlm_auth", () => {
  const password = "pw é波 '\"";
  let winbind: Winbind;
  let dovecot: Dovecot;
  beforeAll(async () => {
    winbind = await prepareWinbind(password);
    dovecot = await startDovecot({
      users: [user],
      mechanisms: ["plain", "ntlm"],
      extraConfig: winbind.dovecotConfig,
    });
    await dovecot.addMail("ann", [Buffer.from("Subject: one\n\nbody\n")]);
  });
  afterAll(async () => {
    await dovecot?.stop();
    await winbind?.[Symbol.asyncDispose]();
  });

  test.each(["ann", "EXAMPLE\\ann", "ann@example.com"])("as %s", async (login) => {
    await using client = await open(dovecot, "implicit");
    const given = { user: login, password };
    expect(await client.login(given, { ...auto, auth: "ntlm" })).toEqual({ method: "ntlm" });
    expect(await client.stat()).toEqual({ count: 1, octets: 22 });
    await client.quit();
  });

  test("a wrong password is refused with the server's words", async () => {
    await using client = await open(dovecot, "starttls");
    const given = { user: "ann", password: "wrong" };
    await expect(client.login(given, { ...auto, auth: "ntlm" })).rejects.toMatchObject({
      failure: { code: "auth-refused", remoteText: expect.stringContaining("Authentication failed.") },
    });
  });

  test("without TLS only where it is allowed", async () => {
    await using client = await open(dovecot, "off");
    const given = { user: "ann", password };
    await expect(client.login(given, { ...auto, auth: "ntlm" })).rejects.toMatchObject({
      failure: { code: "auth-needs-tls" },
    });
    const policy = { ...auto, auth: "ntlm", allowPlain: true } as const;
    expect(await client.login(given, policy)).toEqual({ method: "ntlm" });
    await client.quit();
  });

  test("a host of msn.com that lists MSN is logged in to by it, without being told", async () => {
    await using proxy = await startMsnProxy(dovecot.pop3Port);
    await using client = await Pop3Client.connect({
      endpoint: { host: "Pop3.MSN.com.", port: proxy.port, tls: "off" },
      clock: systemClock,
      lookup: async () => [{ address: "127.0.0.1", family: 4 }],
    });
    const given = { user: "ann", password };
    expect(await client.login(given, { ...auto, allowPlain: true })).toEqual({ method: "msn" });
    expect(await client.stat()).toEqual({ count: 1, octets: 22 });
    await client.quit();
    expect(proxy.lines.slice(0, 2)).toEqual(["CAPA", "AUTH MSN"]);
  });

  test("MSN by name at any host; a wrong password is refused with the server's words", async () => {
    await using proxy = await startMsnProxy(dovecot.pop3Port);
    const endpoint = { host: "127.0.0.1", port: proxy.port, tls: "off" } as const;
    await using client = await Pop3Client.connect({ endpoint, clock: systemClock });
    const policy = { ...auto, auth: "msn", allowPlain: true } as const;
    await expect(client.login({ user: "ann", password: "wrong" }, policy)).rejects.toMatchObject({
      failure: { code: "auth-refused", remoteText: expect.stringContaining("Authentication failed.") },
    });
    expect(await client.login({ user: "ann", password }, policy)).toEqual({ method: "msn" });
    await client.quit();
  });
});

describe.skipIf(lacks("dovecot", "openssl"))("OAuth at Dovecot", () => {
  // As long as those of large providers, and beyond a command line.
  const token = `ya29.${"Ab-_~+/9".repeat(600)}==`;
  let provider: OauthProvider;
  let dovecot: Dovecot;
  beforeAll(async () => {
    provider = await startOauthProvider(new Map([[token, user.login]]));
    dovecot = await startDovecot({
      users: [user],
      mechanisms: ["plain", "xoauth2", "oauthbearer"],
      extraConfig: provider.dovecotConfig,
    });
    await dovecot.addMail(user.login, [Buffer.from("Subject: one\n\nbody\n")]);
  });
  afterAll(async () => {
    await dovecot?.stop();
    await provider?.[Symbol.asyncDispose]();
  });

  test.each(["xoauth2", "oauthbearer"] as const)("by %s", async (method) => {
    await using client = await open(dovecot, "implicit");
    const given = { user: user.login, token };
    expect(await client.login(given, { ...auto, auth: method })).toEqual({ method });
    expect(await client.stat()).toEqual({ count: 1, octets: 22 });
    await client.quit();
  });

  test("a token goes by XOAUTH2 where the order decides", async () => {
    await using client = await open(dovecot, "starttls");
    expect(await client.login({ user: user.login, token }, auto)).toEqual({ method: "xoauth2" });
    await client.quit();
  });

  test.each(["xoauth2", "oauthbearer"] as const)(
    "a bad token is refused with the server's words, also those in its challenge: %s",
    async (method) => {
      const bad = token.replace("ya29", "nope");
      await using client = await open(dovecot, "implicit");
      const refusal = await client
        .login({ user: user.login, token: bad }, { ...auto, auth: method })
        .catch((error: unknown) => failureOf(error));
      expect(refusal).toMatchObject({
        code: "auth-refused",
        remoteText: expect.stringMatching(/Authentication failed\..*"status":"/),
      });
      expect(JSON.stringify(refusal)).not.toContain(bad.slice(0, 40));
      expect(client.closed).toBeNull();
    },
  );
});

function credentials(password: string) {
  return { user: Buffer.from(user.login), password: Buffer.from(password) };
}

function open(dovecot: Dovecot, tls: Tls): Promise<Pop3Client> {
  const port = tls === "implicit" ? dovecot.pop3sPort : dovecot.pop3Port;
  const pin = dovecot.certificates.valid.fingerprint;
  const endpoint = { host: "localhost", port, tls };
  return Pop3Client.connect({ endpoint, clock: systemClock, trust: { verify: true, fingerprint: pin } });
}
