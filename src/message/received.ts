/**
 * Our own trace field, and what it tells about loops (RFC 5321, 4.4 and 6.3).
 *
 * The loop mark is the installation id in a Received of ours. Another server's Delivered-To with an
 * address of ours is normal and never a mark.
 */
import { type Address, foldDomain, formatAddress } from "../core/address.ts";
import { formatMailDate } from "./date.ts";
import type { Header } from "./header.ts";

/** What our Received says about how a message came in. */
export interface ReceivedTrace {
  /** Of this installation; letters, digits, `.`, `_`, `-`. */
  readonly installationId: string;
  readonly messageId: string;
  /** Our own name (setting `serverName`). */
  readonly serverName: string;
  /** The POP3 server as configured: name or address literal; null: mail of our own making. */
  readonly remoteHost: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** IANA name; UTC without one. */
  readonly timeZone?: string;
  /** null: mail of our own making. */
  readonly withProtocol: "POP3" | "POP3S" | null;
  /** Only where the message has a single recipient: others must not learn of each other. */
  readonly forRecipient?: Address;
}

/**
 * Writes our Received field (RFC 5321, 4.4), folded, each line with its LF.
 * No foreign byte but printable ASCII gets into it.
 */
export function writeReceived(trace: ReceivedTrace): string {
  const { forRecipient } = trace;
  const recipient = forRecipient === undefined ? "" : formatAddress(forRecipient);
  // RFC 5321 has no form for other characters here; the clause may be left out.
  const forClause = /^[\u0020-\u007e]{1,320}$/.test(recipient) ? `\n\tfor <${recipient}>` : "";
  const from = trace.remoteHost === null ? "" : `from ${hostWord(trace.remoteHost)}\n\t`;
  const protocol = trace.withProtocol === null ? "" : `with ${trace.withProtocol} `;
  return (
    `Received: ${from}by ${hostWord(trace.serverName)} (${product} ${trace.installationId})\n` +
    `\t${protocol}id ${trace.messageId}${forClause};\n` +
    `\t${formatMailDate(trace.at, trace.timeZone)}\n`
  );
}

/** How many servers say that they passed the message on; 100 stop it. */
export function countReceived(header: Header): number {
  return header.count("received");
}

/** Whether this installation took the message before: one of its Received fields carries our id. */
export function carriesOurMark(header: Header, installationId: string): boolean {
  return header
    .all("received")
    .some((value) =>
      [...value.matchAll(/\(RPOP\s+([\w.-]{1,200})\)/g)].some(([, id]) => id === installationId),
    );
}

const product = "RPOP";

/** A name as an atom, an address in brackets (RFC 5321, 4.1.3). */
function hostWord(name: string): string {
  const bare = name
    .trim()
    .replace(/^\[|\]$/g, "")
    .slice(0, 255);
  if (bare === "") return "unknown";
  if (/^[\d.]+$/.test(bare)) return `[${bare}]`;
  if (/^[\da-f]*:[\da-f:.]*$/i.test(bare)) return `[IPv6:${bare}]`;
  return foldDomain(bare).replace(/[^\w.-]/g, "?");
}
