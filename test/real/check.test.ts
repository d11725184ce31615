/** `rpop check` at Dovecot: how it would log in, over which TLS, by whose certificate (spec 9); and MSN through a record. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check } from "../../src/manage/check.ts";
import { startDovecot } from "../support/dovecot.ts";
import { startInstallation } from "../support/installation.ts";
import { startMsnProxy } from "../support/msn-proxy.ts";
import { startOauthProvider } from "../support/oauth-introspection.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { lacks } from "../support/tools.ts";
import { prepareWinbind } from "../support/winbind.ts";

/** The configuration that has these remote accounts of alice@example.com. */
function configuration(remoteAccounts: readonly object[]) {
  const account = { name: "alice", remoteAccounts };
  return {
    settings: { allowSelfPoll: true, allowPrivateHosts: true, minFreeSpace: "1MB" },
    domains: [{ name: "example.com", main: true, accounts: [account] }],
  };
}

describe.skipIf(lacks("dovecot", "openssl"))("rpop check", () => {
  test("says the method, the TLS version and the certificate; the token comes from a command", async () => {
    const token = `ya29.${"t0k".repeat(1500)}`;
    await using provider = await startOauthProvider(new Map([[token, "ann@example.com"]]));
    await using dovecot = await startDovecot({
      users: [{ login: "ann@example.com", password: "pw" }],
      mechanisms: ["plain", "scram-sha-256", "xoauth2"],
      extraConfig: provider.dovecotConfig,
    });
    await dovecot.addMail("ann@example.com", [Buffer.from("Subject: one\n\nbody\n")]);
    await using directory = await temporaryDirectory("check");
    const good = join(directory.path, "good");
    const bad = join(directory.path, "bad");
    await writeFile(good, `${token}\n`);
    await writeFile(bad, "expired\n");
    await chmod(directory.path, 0o700);
    const data = join(directory.path, "data");
    const { fingerprint, certificateFile } = dovecot.certificates.valid;
    const shared = { account: "ann@example.com", pollEvery: "disabled" };
    const plain = `localhost:${dovecot.pop3Port}`;
    const secured = { server: plain, tls: "starttls", tlsFingerprint: fingerprint };
    await applyFile(
      data,
      configuration([
        { ...shared, id: "token", ...secured, auth: "xoauth2", passwordCommand: `cat ${good}` },
        { ...shared, id: "expired", ...secured, auth: "xoauth2", passwordCommand: `cat ${bad}` },
        { ...shared, id: "clear", server: plain, tls: "off", auth: "user", password: "pw" },
      ]),
    );

    const checked = await rpop(data, ["check", "token", "clear", "--json"]);
    expect(checked.code, checked.stderr).toBe(0);
    const { validTo } = new X509Certificate(readFileSync(certificateFile));
    const certificate = {
      subject: "valid",
      issuer: "Test CA",
      validTo: new Date(validTo).toISOString(),
      sha256: fingerprint,
    };
    expect(JSON.parse(checked.stdout)).toMatchObject([
      { ok: true, messages: 1, encrypted: true, method: "xoauth2", tls: "TLSv1.3", certificate },
      { ok: true, messages: 1, encrypted: false, method: "user", tls: null, certificate: null },
    ]);

    const day = certificate.validTo.slice(0, 10);
    const english = await rpop(data, ["check", "token"]);
    expect(english.stdout).toContain(
      `\n  login method XOAUTH2; encrypted (TLSv1.3); certificate of valid, signed by Test CA, valid until ${day}, SHA-256 ${fingerprint}\n`,
    );
    const japanese = await rpop(data, ["check", "token", "--lang", "ja"]);
    expect(japanese.stdout).toContain(
      `\n  認証方式 XOAUTH2; 暗号化あり (TLSv1.3); 証明書: valid (発行者 Test CA、有効期限 ${day}、SHA-256 ${fingerprint})\n`,
    );
    const clear = await rpop(data, ["check", "clear"]);
    expect(clear.stdout).toContain(
      "\n  login method USER; no encryption: password and mail travel in clear\n",
    );

    const refused = await rpop(data, ["check", "expired", "--json"]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject([
      { ok: false, failure: { code: "auth-refused", remoteText: expect.stringContaining('"status":"') } },
    ]);
  });
});

describe.skipIf(lacks("dovecot", "openssl", "ntlm_auth"))("a record of a host of MSN", () => {
  test("is visited by AUTH MSN", async () => {
    await using winbind = await prepareWinbind("pw");
    await using dovecot = await startDovecot({
      users: [],
      mechanisms: ["plain", "ntlm"],
      extraConfig: winbind.dovecotConfig,
    });
    await dovecot.addMail("ann", [Buffer.from("Subject: one\n\nbody\n")]);
    await using proxy = await startMsnProxy(dovecot.pop3Port);
    await using here = await startInstallation();
    const record = { account: "ann", password: "pw", server: `x.msn.com:${proxy.port}`, tls: "off" };
    await here.apply(
      configuration([
        { ...record, id: "allowed", allowPlain: true },
        { ...record, id: "not-allowed", account: "EXAMPLE\\ann" },
      ]),
    );
    const results = await here.withApp(async (app) => {
      const { remoteAccounts } = await app.manage.store.readConfiguration();
      const lookup = async () => [{ address: "127.0.0.1", family: 4 as const }];
      const context = { ...app.connect, lookup, store: app.manage.store, actor: app.manage.actor };
      return check(context, remoteAccounts, new AbortController().signal);
    });
    expect(results).toMatchObject([
      { ok: true, messages: 1, method: "msn", tls: null },
      { ok: false, failure: { code: "auth-needs-tls" } },
    ]);
    expect(proxy.lines.filter((line) => line.startsWith("AUTH"))).toEqual(["AUTH MSN"]);
  });
});
