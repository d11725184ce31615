/**
 * Names for what the network, the resolver and TLS refuse. Pure.
 *
 * Trouble of our own side has scope `local` and marks nothing remote: no route, a source address that is
 * not ours, no descriptors, a resolver that does not answer.
 */
import {
  type Failure,
  type FailureParams,
  type FailureScope,
  failure,
  localFailureOf,
} from "../core/failure.ts";

/** Who the connection is with, for the sentence. */
export type Peer = { readonly host: string; readonly port: number };

/** The lookup of a name failed. A name that does not exist is the host's trouble, a silent resolver ours. */
export function lookupFailure(error: unknown, peer: Peer): Failure {
  const code = codeOf(error);
  const unknownName = code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME";
  return (
    localFailureOf(error) ??
    failure("dns", unknownName ? "host" : "local", { params: { ...peer, detail: code } })
  );
}

/** TCP could not be set up. */
export function connectFailure(error: unknown, peer: Peer, localAddress: string | undefined): Failure {
  const code = codeOf(error);
  const params = { ...peer, detail: code };
  switch (code) {
    case "ENETUNREACH":
    case "ENETDOWN":
    case "EACCES": // a packet filter of our own
    case "EPERM":
      return failure("no-route", "local", { params });
    case "EADDRNOTAVAIL":
    case "EINVAL":
    case "ERR_INVALID_IP_ADDRESS":
      // Without a source address of our choice, the ports for outgoing connections have run out.
      return localAddress === undefined
        ? failure("out-of-descriptors", "local", { params })
        : failure("source-address", "local", { params: { ...params, address: localAddress } });
    case "ENOMEM":
      return failure("out-of-descriptors", "local", { params });
    default:
      return localFailureOf(error) ?? failure("host-unreachable", "host", { params });
  }
}

/** The connection broke after it stood. */
export function brokenFailure(error: unknown, peer: Peer, scope: FailureScope): Failure {
  return (
    localFailureOf(error) ??
    failure("connection-lost", scope, { params: { ...peer, detail: codeOf(error) || "closed" } })
  );
}

/**
 * A TLS handshake failed: the certificate (for good, until someone acts) or the handshake itself.
 *
 * @param fingerprint of the certificate seen, to be copied as a pin (F32); may be empty
 */
export function tlsFailure(error: unknown, peer: Peer, fingerprint: string): Failure {
  const code = codeOf(error);
  if (!certificateCodes.has(code)) {
    const detail = code || (error instanceof Error ? error.message.slice(0, 200) : "");
    return localFailureOf(error) ?? failure("tls", "account", { params: { ...peer, detail } });
  }
  const text = error instanceof Error ? error.message.slice(0, 500) : "";
  return certificateFailure(peer, { detail: code, text, fingerprint });
}

/** An account error: someone must look (spec 10). */
export function certificateFailure(peer: Peer, params: FailureParams): Failure {
  return failure("certificate", "account", { params: { ...peer, ...params }, permanent: true });
}

/** OpenSSL's verification results as Node names them, and Node's own for the name check. */
const certificateCodes: ReadonlySet<string> = new Set([
  "CA_MD_TOO_WEAK",
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CRL_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "EE_CERT_KEY_TOO_SMALL",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERR_TLS_CERT_ALTNAME_FORMAT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
