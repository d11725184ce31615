/**
 * Who hears about a failed delivery: the reverse-path that final delivery wrote down (RFC 5321, 4.4).
 */
import type { Address } from "../core/address.ts";
import type { Header } from "./header.ts";
import { parseMailboxes } from "./mailbox-list.ts";

/**
 * The address of the topmost Return-Path (seed 42, spec 6).
 *
 * null, which is `<>`: there is none, it is `<>`, it cannot be read, or it names no domain (`<MAILER-DAEMON>`),
 * so that no report could find its way.
 */
export function returnPath(header: Header): Address | null {
  const value = header.first("return-path");
  if (value === null) return null;
  const { mailboxes, skipped, overflow } = parseMailboxes([value]);
  const [address] = mailboxes;
  if (!address || mailboxes.length > 1 || skipped.length > 0 || overflow) return null;
  return address.domain === "" ? null : address;
}
