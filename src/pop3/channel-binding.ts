/**
 * Channel bindings of a TLS connection: bytes that both ends know and nobody between them can make the same
 * (RFC 5056, 5929, 9266). A login that covers them cannot be passed on by someone in the middle.
 */
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";

export type ChannelBindingType = "tls-exporter" | "tls-unique" | "tls-server-end-point";

export interface ChannelBinding {
  readonly type: ChannelBindingType;
  readonly data: Buffer;
}

/**
 * What this connection can be bound by, the one to try first in front; nothing once it is gone. TLS 1.3: `tls-exporter` (RFC 9266); before:
 * `tls-unique`, which every server with channel binding knows (RFC 5802, section 6). `tls-server-end-point` is for
 * servers behind something that ends TLS for them.
 */
export function channelBindings(socket: TLSSocket): ChannelBinding[] {
  const bindings: ChannelBinding[] = [];
  if (socket.destroyed) return bindings;
  if (socket.getProtocol() === "TLSv1.3") {
    const data = socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
    bindings.push({ type: "tls-exporter", data });
  } else {
    // The first Finished message of the handshake: ours in a full one, the server's in a resumed one (RFC 5929, 3.1).
    const data = socket.isSessionReused() ? socket.getPeerFinished() : socket.getFinished();
    if (data !== undefined) bindings.push({ type: "tls-unique", data: Buffer.from(data) });
  }
  const { raw } = socket.getPeerCertificate();
  const endPoint = raw === undefined ? null : endPointBinding(raw);
  if (endPoint !== null) bindings.push({ type: "tls-server-end-point", data: endPoint });
  return bindings;
}

/**
 * The certificate's digest by the hash of its own signature, MD5 and SHA-1 replaced by SHA-256 (RFC 5929, 4.1).
 *
 * @param certificate DER
 * @returns null where its signature uses no single hash (Ed25519, unknown ones)
 */
export function endPointBinding(certificate: Buffer): Buffer | null {
  const hash = signatureHash(certificate);
  return hash === null ? null : createHash(hash).update(certificate).digest();
}

/** Signature algorithms by the hex of their object identifiers (RFC 8017, A.2.4; RFC 5758, 3.2). */
const hashes: Readonly<Record<string, "sha224" | "sha256" | "sha384" | "sha512">> = {
  "2a864886f70d010104": "sha256",
  "2a864886f70d010105": "sha256",
  "2a864886f70d01010e": "sha224",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d0401": "sha256",
  "2a8648ce3d040301": "sha224",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

/** RSASSA-PSS names its hash in parameters (RFC 4055, 3.1). */
const PSS = "2a864886f70d01010a";
const pssHashes: Readonly<Record<string, "sha256" | "sha384" | "sha512">> = {
  "608648016503040201": "sha256",
  "608648016503040202": "sha384",
  "608648016503040203": "sha512",
};

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, … } (RFC 5280, 4.1). */
function signatureHash(certificate: Buffer): string | null {
  const [signed, algorithm] = elements(elements(certificate)[0]?.value ?? Buffer.alloc(0));
  if (signed === undefined || algorithm === undefined) return null;
  const [oid, parameters] = elements(algorithm.value);
  const name = oid?.value.toString("hex") ?? "";
  if (name !== PSS) return hashes[name] ?? null;
  // [0] hashAlgorithm, SHA-1 unless given.
  const given = elements(parameters?.value ?? Buffer.alloc(0)).find(({ tag }) => tag === 0xa0);
  if (given === undefined) return "sha256";
  const [hashAlgorithm] = elements(given.value);
  const [hashOid] = elements(hashAlgorithm?.value ?? Buffer.alloc(0));
  return pssHashes[hashOid?.value.toString("hex") ?? ""] ?? null;
}

interface DerElement {
  readonly tag: number;
  readonly value: Buffer;
}

/** The DER elements that stand one behind the other in `bytes`, up to the first that does not fit. */
function elements(bytes: Buffer): DerElement[] {
  const found: DerElement[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const tag = bytes[at] ?? 0;
    let sizeBytes = bytes[at + 1] ?? 0;
    let start = at + 2;
    if (sizeBytes >= 0x80) {
      const lengthBytes = sizeBytes - 0x80;
      if (lengthBytes < 1 || lengthBytes > 4 || start + lengthBytes > bytes.length) return found;
      sizeBytes = bytes.readUIntBE(start, lengthBytes);
      start += lengthBytes;
    }
    if (start + sizeBytes > bytes.length) return found;
    found.push({ tag, value: bytes.subarray(start, start + sizeBytes) });
    at = start + sizeBytes;
  }
  return found;
}
