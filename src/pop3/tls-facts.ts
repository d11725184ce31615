/**
 * What a person may want to know of an encrypted connection: version, and whose certificate was shown.
 */
import { createHash } from "node:crypto";
import type { PeerCertificate, TLSSocket } from "node:tls";

export interface TlsFacts {
  /** As OpenSSL names it: `TLSv1.3`. */
  readonly protocol: string;
  /** null: the connection is gone, or it showed none. */
  readonly certificate: CertificateFacts | null;
}

export interface CertificateFacts {
  /** Its common name, or the whole name where it has none; unescaped, as the server sent it. */
  readonly subject: string;
  /** Who signed it, written likewise. */
  readonly issuer: string;
  /** Milliseconds since 1970; null where the certificate says no time that can be read. */
  readonly validToAt: number | null;
  /** SHA-256 of the certificate, hex without colons: what `tlsFingerprint` names. */
  readonly sha256: string;
}

/** Reads them from a connection whose handshake is done. */
export function tlsFacts(socket: TLSSocket): TlsFacts {
  // null once the connection is gone, which the types do not say.
  const certificate = socket.getPeerCertificate() as Partial<PeerCertificate> | null;
  const { raw, subject, issuer, valid_to } = certificate ?? {};
  const validToAt = Date.parse(valid_to ?? "");
  return {
    protocol: socket.getProtocol() ?? "",
    certificate:
      raw === undefined
        ? null
        : {
            subject: nameText(subject),
            issuer: nameText(issuer),
            validToAt: Number.isNaN(validToAt) ? null : validToAt,
            sha256: createHash("sha256").update(raw).digest("hex"),
          },
  };
}

/** A distinguished name as one text. A part that stands twice comes as a list, whatever the types say. */
function nameText(name: object | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => [key, [value].flat().join(", ")] as const);
  const common = parts.find(([key]) => key === "CN");
  return common?.[1] ?? parts.map(([key, value]) => `${key}=${value}`).join(", ");
}
