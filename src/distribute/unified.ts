/**
 * Rebuilds the envelope that a remote host dropped when it stored the message. Pure.
 *
 * - Reverse-path: the topmost Return-Path (RFC 5321, 4.4); none readable means `<>`.
 * - Special header set and present: the addresses of its topmost hop, NOTIFY=FAILURE (RFC 3461, 4.1).
 * - Otherwise To, Cc and Bcc, NOTIFY=NEVER and `guessed`: only those that reach local accounts will count.
 *
 * Order is kept, and repeats are: the same person may be reached by two names, which only the router knows.
 * Never throws: what cannot be read comes back as such. Source: seed 40-51, spec 6.
 */
import { type Address, formatAddress } from "../core/address.ts";
import type { Notify } from "../core/envelope.ts";
import type { Header } from "../message/header.ts";
import { maxAddresses, parseMailboxes } from "../message/mailbox-list.ts";
import { returnPath } from "../message/return-path.ts";

/** An address, or a piece that is none, with where it stood. */
export interface Candidate {
  readonly source: string;
  /** As read, before the prefix was taken off; at most 200 characters where it is no address. */
  readonly text: string;
  readonly address: Address | null;
}

/** The envelope before routing. */
export interface RebuiltEnvelope {
  readonly reversePath: Address | null;
  readonly candidates: readonly Candidate[];
  readonly notify: Notify;
  readonly guessed: boolean;
  readonly specialHeaderAbsent: boolean;
  /** A bound was passed: the candidates are not all, so none of them counts. */
  readonly bound: "header-oversized" | "too-many-addresses" | "too-deep" | null;
  /** Without every Return-Path and special header. */
  readonly header: Header;
}

/**
 * Reads the envelope out of a header.
 *
 * @param specialHeader name of the field with the true recipients; null for none
 * @param prefix taken off their local parts, without regard to case; where it is missing the address stays
 */
export function rebuildEnvelope(
  header: Header,
  specialHeader: string | null,
  prefix: string | null,
): RebuiltEnvelope {
  const exact = specialHeader !== null && header.has(specialHeader) ? specialHeader : null;
  const fields =
    exact === null
      ? ["To", "Cc", "Bcc"].map((source) => ({ source, values: header.all(source) }))
      : [{ source: exact, values: header.topmostHop(exact) }];
  const candidates: Candidate[] = [];
  let bound: RebuiltEnvelope["bound"] = header.oversized ? "header-oversized" : null;
  for (const { source, values } of fields) {
    if (bound !== null) break;
    const list = parseMailboxes(values);
    bound = list.bound;
    for (const mailbox of list.mailboxes) {
      const address = exact === null ? mailbox : withoutPrefix(mailbox, prefix);
      candidates.push({ source, text: formatAddress(mailbox), address });
    }
    for (const text of list.skipped) candidates.push({ source, text, address: null });
  }
  if (bound === null && candidates.length > maxAddresses) bound = "too-many-addresses";
  return {
    reversePath: returnPath(header),
    candidates: bound === null ? candidates : [],
    notify: exact === null ? "never" : "failure",
    guessed: exact === null,
    specialHeaderAbsent: specialHeader !== null && exact === null,
    bound,
    header: header.without(exact === null ? ["Return-Path"] : ["Return-Path", exact]),
  };
}

/** qmail writes `example.com-alice@example.com` (F19). A prefix that leaves no name is none. */
function withoutPrefix(address: Address, prefix: string | null): Address {
  if (prefix === null || prefix === "") return address;
  const { localPart } = address;
  const starts = localPart.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase();
  return starts && localPart.length > prefix.length
    ? { ...address, localPart: localPart.slice(prefix.length) }
    : address;
}
