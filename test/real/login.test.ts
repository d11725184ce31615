/** Our POP3 client and Debian's Dovecot: every way to log in that both know, and the words of a refusal. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Pop3Client } from "../../src/pop3/client.ts";
import type { LoginMethod, LoginPolicy } from "../../src/pop3/login.ts";
import { systemClock } from "../../src/system/clock.ts";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { lacks } from "../support/tools.ts";

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

function credentials(password: string) {
  return { user: Buffer.from(user.login), password: Buffer.from(password) };
}

function open(dovecot: Dovecot, tls: Tls): Promise<Pop3Client> {
  const port = tls === "implicit" ? dovecot.pop3sPort : dovecot.pop3Port;
  const pin = dovecot.certificates.valid.fingerprint;
  const endpoint = { host: "localhost", port, tls };
  return Pop3Client.connect({ endpoint, clock: systemClock, trust: { verify: true, fingerprint: pin } });
}
