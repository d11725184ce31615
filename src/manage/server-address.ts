/**
 * The `server` of a remote account: `host`, `host:port`, `[v6]:port`, or an address literal (spec 4).
 */
import { isIPv6 } from "node:net";
import type { TlsMode } from "../store/records.ts";
import { asciiName } from "./host-name.ts";

export interface ServerAddress {
  /** Lower case, without brackets and final dot; international names in their A-label form. */
  readonly host: string;
  /** As typed, else 995 with implicit TLS and 110 without (seed 29, 34). */
  readonly port: number;
}

/** @returns the part that cannot be read, by name, when there is one. */
export function readServerAddress(text: string, tls: TlsMode): ServerAddress | "host" | "port" {
  const { name, portText } = split(text.trim());
  const host = readHost(name);
  if (host === undefined) return "host";
  if (portText === undefined) return { host, port: tls === "implicit" ? 995 : 110 };
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  return port >= 1 && port <= 65535 ? { host, port } : "port";
}

/** How people name a server: the port only where it is not the usual one. */
export function hasPort(text: string): boolean {
  return split(text.trim()).portText !== undefined;
}

function split(text: string): { name: string; portText: string | undefined } {
  if (isIPv6(text)) return { name: text, portText: undefined };
  // A URL: its first colon is no port's.
  if (text.includes("://")) return { name: text, portText: undefined };
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed)
    return { name: isIPv6(bracketed[1] ?? "") ? (bracketed[1] ?? "") : text, portText: bracketed[2] };
  const colon = text.indexOf(":");
  if (colon < 0) return { name: text, portText: undefined };
  return { name: text.slice(0, colon), portText: text.slice(colon + 1) };
}

function readHost(name: string): string | undefined {
  return isIPv6(name) ? name.toLowerCase() : asciiName(name);
}
