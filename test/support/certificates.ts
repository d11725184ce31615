/**
 * Certificates for tests, made by openssl when asked for: a private CA and servers of it that are valid, named for
 * another host, or expired, and one that vouches for itself.
 */
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type CertificateKind = "valid" | "otherName" | "expired" | "selfSigned";

export interface ServerCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** SHA-256 of the certificate, hex without colons: what a pin names. */
  readonly fingerprint: string;
}

export interface Certificates extends Readonly<Record<CertificateKind, ServerCertificate>> {
  /** PEM file of the CA that signed `valid`, `otherName` and `expired`. */
  readonly caFile: string;
}

const localNames = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1";

/**
 * Makes all of them in `directory`. All are for localhost, 127.0.0.1 and ::1, but `otherName`, which is for
 * pop.other.example.
 *
 * @throws when openssl is missing or fails.
 */
export function makeCertificates(directory: string): Certificates {
  const openssl = (...args: readonly string[]) =>
    execFileSync("openssl", args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "30",
    "-subj",
    "/CN=Test CA",
  );

  const signed = (name: string, days: number, names: string): ServerCertificate => {
    const extensions = join(directory, `${name}.ext`);
    writeFileSync(extensions, `${names}\nbasicConstraints=CA:FALSE\n`);
    openssl(
      "req",
      "-new",
      ...newKey,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      `/CN=${name}`,
    );
    const request = ["-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    openssl("x509", ...request, "-days", String(days), "-extfile", extensions, "-out", `${name}.pem`);
    return described(directory, name);
  };

  const own = [
    "-keyout",
    "self-signed.key",
    "-out",
    "self-signed.pem",
    "-days",
    "30",
    "-subj",
    "/CN=localhost",
  ];
  openssl("req", "-x509", ...newKey, ...own, "-addext", localNames);
  return {
    caFile: join(directory, "ca.pem"),
    valid: signed("valid", 30, localNames),
    otherName: signed("other-name", 30, "subjectAltName=DNS:pop.other.example"),
    // openssl 3.0 has no way to set both dates with `x509 -req`; minus one day ends the certificate yesterday.
    expired: signed("expired", -1, localNames),
    selfSigned: described(directory, "self-signed"),
  };
}

function described(directory: string, name: string): ServerCertificate {
  const certificateFile = join(directory, `${name}.pem`);
  const { raw } = new X509Certificate(readFileSync(certificateFile));
  const fingerprint = createHash("sha256").update(raw).digest("hex");
  return { certificateFile, keyFile: join(directory, `${name}.key`), fingerprint };
}
