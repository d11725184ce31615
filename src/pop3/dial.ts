/**
 * From a host name to a TCP connection that may be spoken over.
 *
 * Addresses are tried in the resolver's order, the next one after a quarter of a second or at the first failure
 * (RFC 8305), at most eight; one deadline holds for all of it. The guard sees each address before it is dialled
 * and the peer address of the connection before a byte of ours, TLS included.
 */
import { connect, isIP, type Socket } from "node:net";
import { domainToASCII } from "node:url";
import { type Failure, failure } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import { type Bounds, bounded } from "./bounded.ts";
import { Pop3ProtocolError } from "./errors.ts";
import type { MinimumRate, Pop3Timeouts } from "./limits.ts";
import { type HostAddress, type HostLookup, systemLookup } from "./lookup.ts";
import { connectFailure, lookupFailure, type Peer } from "./network-failure.ts";
import type { SecureContextCache, TlsSessionCache, TlsTrust } from "./tls.ts";
import type { Transcript } from "./transcript.ts";

export interface Pop3Endpoint {
  /** A name or an address literal; brackets around IPv6 are taken off. */
  readonly host: string;
  readonly port: number;
  readonly tls: "off" | "implicit" | "starttls";
}

/** One address to connect to: what node:net wants of it. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly noDelay: true;
  readonly localAddress?: string;
}

/** Source addresses of connections, by the family that is dialled; null: none of that family. */
export interface SourceAddresses {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  /** Without a source address a family is not tried at all; else the system chooses there. */
  readonly only: boolean;
}

/** Everything a session needs from outside. */
export interface ConnectOptions {
  readonly endpoint: Pop3Endpoint;
  /** Default: verify against the system's authorities and the endpoint's name. */
  readonly trust?: TlsTrust;
  /** Where connections come from; default: the system chooses. */
  readonly source?: SourceAddresses;
  /** Says no to an address by the failure it returns; null lets it pass. */
  readonly guard?: (remoteAddress: string) => Failure | null;
  /** How TCP connections are made; default node:net. */
  readonly openSocket?: (target: DialTarget) => Socket;
  /** Default: the system's resolver. Bounded to 10 seconds here. */
  readonly lookup?: HostLookup;
  /** Aborting ends the session wherever it stands, as `cancelled`. */
  readonly signal?: AbortSignal;
  readonly clock: Clock;
  /** Default: `defaultTimeouts`. */
  readonly timeouts?: Pop3Timeouts;
  /** Default: `defaultMinimumRate`. */
  readonly minimumRate?: MinimumRate;
  readonly transcript?: Transcript;
  readonly tlsSessions?: TlsSessionCache;
  readonly secureContexts?: SecureContextCache;
  /** false: one command at a time, whatever the server offers. Default true. */
  readonly pipelining?: boolean;
  /** Good random bytes for SCRAM's nonce; default node:crypto. */
  readonly random?: (sizeBytes: number) => Uint8Array;
}

const LOOKUP_MS = 10_000;
const NEXT_ADDRESS_MS = 250;
const ADDRESSES = 8;

/** The failure of a session that was told to stop. */
export function cancelled(peer: Peer): Pop3ProtocolError {
  return new Pop3ProtocolError(failure("cancelled", "local", { params: { ...peer } }));
}

/** Host and port as the failures name them. */
export function peerOf(endpoint: Pop3Endpoint): Peer {
  const bracketed = /^\[(.*)\]$/.exec(endpoint.host);
  return { host: bracketed?.[1] ?? endpoint.host, port: endpoint.port };
}

/**
 * @returns a connected socket, nothing sent, nothing read; an error listener is on it
 * @throws Pop3ProtocolError with `dns`, `host-unreachable`, `timeout`, `no-route`, `source-address`,
 *   `out-of-descriptors`, `cancelled` or what the guard said
 */
export async function dial(options: ConnectOptions, connectMs: number): Promise<Socket> {
  const { clock, signal, guard, source, transcript } = options;
  const peer = peerOf(options.endpoint);
  const late = (phase: string, timeoutMs: number) => () =>
    new Pop3ProtocolError(failure("timeout", "host", { params: { ...peer, phase, timeoutMs } }));
  const bounds: Bounds = {
    clock,
    until: clock.monotonic() + connectMs,
    signal,
    late: late("connect", connectMs),
    cancelled: () => cancelled(peer),
  };
  const silentResolver = () =>
    new Pop3ProtocolError(failure("dns", "local", { params: { ...peer, detail: "TIMEOUT" } }));
  const lookupUntil = Math.min(bounds.until, clock.monotonic() + LOOKUP_MS);
  const found = await addressesOf(peer, options.lookup ?? systemLookup, {
    ...bounds,
    until: lookupUntil,
    late: silentResolver,
  });
  transcript?.link?.({ kind: "resolved", host: peer.host, addresses: found.map(({ address }) => address) });
  const mayDial = ({ family }: HostAddress) => !source?.only || sourceFor(source, family) !== undefined;
  const usable = found.filter(mayDial).slice(0, ADDRESSES);
  if (usable.length === 0) {
    throw new Pop3ProtocolError(
      found.length === 0
        ? failure("dns", "host", { params: { ...peer, detail: "ENODATA" } })
        : failure("source-address", "account", {
            params: { ...peer, address: source?.ipv4 ?? source?.ipv6 ?? "" },
          }),
    );
  }
  const refusals = usable.map(({ address }) => guard?.(address) ?? null);
  const allowed = usable.filter((_, index) => refusals[index] === null);
  const [refusal] = refusals;
  if (allowed.length === 0 && refusal) throw new Pop3ProtocolError(refusal);
  const socket = await firstToConnect(allowed, peer, options, bounds);
  const remoteAddress = socket.remoteAddress ?? "";
  const refused = guard?.(remoteAddress) ?? null;
  if (refused) {
    socket.destroy();
    throw new Pop3ProtocolError(refused);
  }
  transcript?.link?.({ kind: "connected", address: remoteAddress, localAddress: socket.localAddress ?? "" });
  return socket;
}

function sourceFor(source: SourceAddresses | undefined, family: 4 | 6): string | undefined {
  return (family === 4 ? source?.ipv4 : source?.ipv6) ?? undefined;
}

async function addressesOf(peer: Peer, lookup: HostLookup, bounds: Bounds): Promise<readonly HostAddress[]> {
  const literal = isIP(peer.host);
  if (literal !== 0) return [{ address: peer.host, family: literal === 6 ? 6 : 4 }];
  const name = domainToASCII(peer.host);
  if (name === "")
    throw new Pop3ProtocolError(failure("dns", "host", { params: { ...peer, detail: "EBADNAME" } }));
  return bounded(bounds, (resolve, reject) => {
    lookup(name).then(resolve, (error) =>
      reject(new Pop3ProtocolError(lookupFailure(error, peer), { cause: error })),
    );
    return () => {};
  });
}

function firstToConnect(
  addresses: readonly HostAddress[],
  peer: Peer,
  options: ConnectOptions,
  bounds: Bounds,
): Promise<Socket> {
  const { source, transcript, clock } = options;
  const open = options.openSocket ?? ((target: DialTarget) => connect(target));
  return bounded(bounds, (resolve, reject) => {
    const underWay = new Set<Socket>();
    const failures: Failure[] = [];
    let next = 0;
    let cancelNext = () => {};
    let over = false;
    const failedWith = (error: unknown, localAddress: string | undefined) => {
      failures.push(connectFailure(error, peer, localAddress));
      tryNext();
    };
    const tryNext = () => {
      cancelNext();
      const target = addresses[next++];
      if (over) return;
      if (target === undefined) {
        // What a real host answered tells more than an address family we have no route for.
        const worst = failures.find(({ scope }) => scope !== "local") ?? failures[0];
        if (underWay.size === 0 && worst) reject(new Pop3ProtocolError(worst));
        return;
      }
      const { address, family } = target;
      const localAddress = sourceFor(source, family);
      transcript?.link?.({ kind: "dialing", address, port: peer.port });
      let socket: Socket;
      try {
        socket = open({
          host: address,
          port: peer.port,
          family,
          noDelay: true,
          ...(localAddress === undefined ? {} : { localAddress }),
        });
      } catch (error) {
        failedWith(error, localAddress);
        return;
      }
      underWay.add(socket);
      socket.on("error", (error) => {
        if (underWay.delete(socket)) failedWith(error, localAddress);
      });
      socket.once("connect", () => {
        if (underWay.delete(socket)) resolve(socket);
      });
      if (next < addresses.length) cancelNext = clock.setTimer(NEXT_ADDRESS_MS, tryNext);
    };
    tryNext();
    return () => {
      over = true;
      cancelNext();
      for (const socket of underWay) {
        underWay.delete(socket);
        socket.destroy();
      }
    };
  });
}
