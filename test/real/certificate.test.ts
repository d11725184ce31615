/** Whom our POP3 client believes, against Debian's Dovecot and certificates made by openssl. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Pop3Client } from "../../src/pop3/client.ts";
import type { TlsTrust } from "../../src/pop3/tls.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { CertificateKind, Certificates } from "../support/certificates.ts";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { lacks } from "../support/tools.ts";

const privateCa = ({ caFile }: Certificates): TlsTrust => ({
  verify: true,
  ca: readFileSync(caFile, "utf8"),
});
const systemCas = (): TlsTrust => ({ verify: true });
const pinned =
  (kind: CertificateKind) =>
  (certificates: Certificates): TlsTrust => ({ verify: true, fingerprint: certificates[kind].fingerprint });

const cases = [
  {
    certificate: "valid",
    name: "the private CA is named",
    host: "localhost",
    trust: privateCa,
    accepted: true,
  },
  {
    certificate: "valid",
    name: "the private CA, by address",
    host: "127.0.0.1",
    trust: privateCa,
    accepted: true,
  },
  { certificate: "valid", name: "nothing is named", host: "localhost", trust: systemCas, accepted: false },
  { certificate: "valid", name: "its pin", host: "localhost", trust: pinned("valid"), accepted: true },
  {
    certificate: "valid",
    name: "another's pin",
    host: "localhost",
    trust: pinned("selfSigned"),
    accepted: false,
  },
  { certificate: "otherName", name: "the private CA", host: "localhost", trust: privateCa, accepted: false },
  {
    certificate: "otherName",
    name: "the private CA, by address",
    host: "127.0.0.1",
    trust: privateCa,
    accepted: false,
  },
  {
    certificate: "otherName",
    name: "tlsServerName",
    host: "localhost",
    trust: (all: Certificates) => ({ ...privateCa(all), serverName: "pop.other.example" }),
    accepted: true,
  },
  { certificate: "expired", name: "the private CA", host: "localhost", trust: privateCa, accepted: false },
  {
    certificate: "selfSigned",
    name: "nothing is named",
    host: "localhost",
    trust: systemCas,
    accepted: false,
  },
  {
    certificate: "selfSigned",
    name: "its pin",
    host: "localhost",
    trust: pinned("selfSigned"),
    accepted: true,
  },
  {
    certificate: "selfSigned",
    name: "verification is off",
    host: "localhost",
    trust: () => ({ verify: false }),
    accepted: true,
  },
] as const;

const kinds: readonly CertificateKind[] = ["valid", "otherName", "expired", "selfSigned"];

describe.skipIf(lacks("dovecot", "openssl")).each(kinds)(
  "a server with the certificate %s",
  (certificate) => {
    let dovecot: Dovecot;
    beforeAll(async () => {
      dovecot = await startDovecot({ users: [{ login: "ann", password: "pw" }], certificate });
    });
    afterAll(() => dovecot?.stop());

    const own = cases.filter((one) => one.certificate === certificate);
    const both = own.flatMap((one) => [
      { ...one, tls: "implicit" as const },
      { ...one, tls: "starttls" as const },
    ]);

    test.each(both)("$tls, $name ($host): accepted $accepted", async ({ tls, host, trust, accepted }) => {
      const port = tls === "implicit" ? dovecot.pop3sPort : dovecot.pop3Port;
      const connecting = Pop3Client.connect({
        endpoint: { host, port, tls },
        trust: trust(dovecot.certificates),
        clock: systemClock,
      });
      if (!accepted) {
        await expect(connecting).rejects.toMatchObject({
          failure: { code: "certificate", scope: "account" },
        });
        return;
      }
      await using client = await connecting;
      expect(client.secure).toBe(true);
      await client.login(
        { user: Buffer.from("ann"), password: Buffer.from("pw") },
        { auth: "auto", apop: false, allowPlain: false },
      );
      await client.quit();
    });
  },
);
