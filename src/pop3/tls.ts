/**
 * TLS over a connection that stands, with the trust of one account.
 *
 * Nothing of ours is written before the handshake was verified. The name, the pin or the private CA are
 * checked as the account says, `rejectUnauthorized` is always explicit, and the result is looked at.
 * A secure context is shared by all who trust the same; the last session of each server and trust is kept, bounded.
 */
import { createHash } from "node:crypto";
import { isIP, type Socket } from "node:net";
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { domainToASCII } from "node:url";
import { BoundedMap } from "../core/bounded-map.ts";
import { failure } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import { bounded } from "./bounded.ts";
import { Pop3ProtocolError } from "./errors.ts";
import { certificateFailure, type Peer, tlsFailure } from "./network-failure.ts";

/** What one account demands of a server's certificate (spec 4, `tls`). */
export interface TlsTrust {
  /** false: any certificate will do. Administrators only. */
  readonly verify: boolean;
  /** The name to ask for and to check, instead of the host's (F32). */
  readonly serverName?: string;
  /** SHA-256 of the certificate, hex, with or without colons; replaces the check of chain and name. */
  readonly fingerprint?: string;
  /** PEM; the only authorities trusted. */
  readonly ca?: string;
  /** Default TLSv1.2. Below, also weak ciphers and keys are taken (F33). */
  readonly minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
}

/** Keeps TLS sessions for resumption. Keys hold everything the check depends on, so a session serves only its equals. */
export class TlsSessionCache extends BoundedMap<Buffer> {
  constructor(limit = 10_000) {
    super(limit);
  }
}

/** Keeps secure contexts: making one costs milliseconds. */
export class SecureContextCache extends BoundedMap<SecureContext> {
  constructor(limit = 100) {
    super(limit);
  }
}

/** Without a cache of the caller's, contexts are shared by the process. */
const sharedContexts = new SecureContextCache();

export interface TlsOptions {
  readonly peer: Peer;
  readonly trust: TlsTrust;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly cancelled: () => Error;
  readonly sessions: TlsSessionCache | undefined;
  readonly contexts: SecureContextCache | undefined;
}

/**
 * Shakes hands and checks.
 *
 * @throws Pop3ProtocolError with `tls`, `certificate`, `timeout` or `cancelled`; the connection is destroyed
 */
export async function secure(raw: Socket, options: TlsOptions): Promise<TLSSocket> {
  const { peer, trust, clock, timeoutMs, signal, cancelled, sessions } = options;
  const name = checkedName(trust.serverName ?? peer.host);
  const pin = trust.fingerprint?.replace(/[:\s]/g, "").toLowerCase();
  const check = trust.verify && pin === undefined;
  const key = [
    name,
    peer.host,
    peer.port,
    trust.verify,
    pin ?? "",
    trust.minVersion ?? "",
    digest(trust.ca),
  ].join(" ");
  const kept = sessions?.get(key);
  let latest: Buffer | null = null;
  let keeping = false;
  const socket = connect({
    socket: raw,
    host: name,
    servername: isIP(name) === 0 ? name : "",
    secureContext: contextOf(trust, options.contexts ?? sharedContexts),
    rejectUnauthorized: check,
    // Named here and not left to Node, which for a wrapped socket may fall back to "localhost".
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(name, certificate),
    ...(kept ? { session: kept } : {}),
  });
  socket.on("error", () => {});
  // For the sentence only: when the check fails, Node has dropped the certificate before it reports (F32).
  let seen = "";
  if (check) {
    socket.prependOnceListener("secure", () => {
      // A session that is taken up again comes with the verdict on the certificate that it began with, and only those
      // that passed are kept. Node looks at neither name nor dates again; what can fail is the handshake itself.
      if (!socket.isSessionReused()) seen = fingerprintOf(socket);
    });
  }
  // TLS 1.3 hands out sessions after the handshake, 1.2 within it: kept only once the certificate has passed.
  socket.on("session", (session: Buffer) => {
    if (keeping) sessions?.set(key, session);
    else latest = session;
  });
  try {
    await bounded<void>(
      {
        clock,
        until: clock.monotonic() + timeoutMs,
        signal,
        cancelled,
        late: () =>
          new Pop3ProtocolError(
            failure("timeout", "account", { params: { ...peer, phase: "tls", timeoutMs } }),
          ),
      },
      (resolve, reject) => {
        const secured = () => resolve();
        const broken = (error?: Error) =>
          reject(new Pop3ProtocolError(tlsFailure(error, peer, seen), { cause: error }));
        const closed = () => broken();
        socket.once("secureConnect", secured).once("error", broken).once("close", closed);
        return () => {
          socket.off("secureConnect", secured).off("error", broken).off("close", closed);
        };
      },
    );
    const actual = pin === undefined ? seen : fingerprintOf(socket);
    if (pin !== undefined && pin !== actual) {
      throw new Pop3ProtocolError(certificateFailure(peer, { detail: "FINGERPRINT", fingerprint: actual }));
    }
    if (check && !socket.authorized) {
      const detail = String(socket.authorizationError);
      throw new Pop3ProtocolError(certificateFailure(peer, { detail, fingerprint: actual }));
    }
  } catch (error) {
    sessions?.delete(key);
    socket.destroy();
    raw.destroy();
    throw error;
  }
  keeping = true;
  if (latest !== null) sessions?.set(key, latest);
  return socket;
}

/** Lower case, without a trailing dot, in ASCII: SNI and certificates know no other form. */
function checkedName(host: string): string {
  if (isIP(host) !== 0) return host;
  const plain = host.endsWith(".") ? host.slice(0, -1) : host;
  return domainToASCII(plain) || plain;
}

function contextOf(trust: TlsTrust, contexts: SecureContextCache): SecureContext {
  const minVersion = trust.minVersion ?? "TLSv1.2";
  const key = `${minVersion} ${digest(trust.ca)}`;
  const known = contexts.get(key);
  if (known) return known;
  const old = minVersion === "TLSv1" || minVersion === "TLSv1.1";
  const made = createSecureContext({
    minVersion,
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
    // OpenSSL 3 speaks TLS 1.0 and weak Diffie-Hellman at security level 0 only.
    ...(old ? { ciphers: "DEFAULT@SECLEVEL=0" } : {}),
  });
  contexts.set(key, made);
  return made;
}

/** Few texts, asked for at every connection. */
const digests = new BoundedMap<string>(100);

function digest(text: string | undefined): string {
  if (text === undefined) return "";
  const known = digests.get(text);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(text).digest("base64");
  digests.set(text, made);
  return made;
}

/** Not by `getPeerX509Certificate`: on Node 20 that takes the certificate out of what the name check reads after it. */
function fingerprintOf(socket: TLSSocket): string {
  const { raw } = socket.getPeerCertificate();
  return raw === undefined ? "" : createHash("sha256").update(raw).digest("hex");
}
