/**
 * Whether a failure is reported to the sender, or kept for a person. Pure.
 *
 * No report about a report, and none that strangers would get for what they never sent (backscatter; R-51, spec 6,
 * RFC 3464 section 2, RFC 3834 section 2, F18). Guessed recipients are never reported: their entries say `never`.
 */
import type { Address } from "../core/address.ts";
import type { Notify } from "../core/envelope.ts";
import type { Header } from "../message/header.ts";

/** Why a failure is kept instead of reported; codes for the trace. */
export type KeepReason =
  | "never-report"
  | "null-sender"
  | "unusable-sender"
  | "automatic"
  | "list"
  | "spam"
  | "header-oversized"
  | "rate-sender"
  | "rate-all"
  /** The message's file cannot be read. */
  | "unreadable"
  /** The report could not be written to our disk. */
  | "unwritable";

/** Reports that may go out in an hour: to one sender, and to all (spec 6). */
export const reportsPerHour = { toSender: 10, inAll: 100 } as const;

/** What the message itself says of whether its sender may be told; null: nothing speaks against it. */
export function reportObstacle(
  notify: Notify,
  reversePath: Address | null,
  header: Header,
): KeepReason | null {
  if (notify === "never") return "never-report";
  if (reversePath === null) return "null-sender";
  if (reversePath.domain === "" || reversePath.localPart === "") return "unusable-sender";
  if (header.oversized) return "header-oversized";
  if (isAutomatic(header) || /^(mailer-daemon|postmaster-daemon)$/i.test(reversePath.localPart)) {
    return "automatic";
  }
  if (isList(header)) return "list";
  return isSpam(header) ? "spam" : null;
}

/** The brake: too many reports lately (spec 6, F18); null: there is room. */
export function rateObstacle(lastHour: { toSender: number; inAll: number }): KeepReason | null {
  if (lastHour.toSender >= reportsPerHour.toSender) return "rate-sender";
  return lastHour.inAll >= reportsPerHour.inAll ? "rate-all" : null;
}

/** Written by a program: reports, vacation, notices (RFC 3834, section 5). */
function isAutomatic(header: Header): boolean {
  const autoSubmitted = header.all("Auto-Submitted").map(firstWord);
  if (autoSubmitted.some((word) => word !== "" && word !== "no")) return true;
  if (header.all("Content-Type").some((value) => /^\s*multipart\/report\b/i.test(value))) return true;
  // Exchange's way of saying it: NDR, or All.
  return header
    .all("X-Auto-Response-Suppress")
    .some((value) => value.split(",").some((one) => /^\s*(ndr|all)\s*$/i.test(one)));
}

function isList(header: Header): boolean {
  const fields = ["List-Id", "List-Post", "List-Help", "List-Unsubscribe", "List-Owner", "Mailing-List"];
  if (fields.some((name) => header.has(name))) return true;
  return header.all("Precedence").some((value) => ["bulk", "junk", "list"].includes(firstWord(value)));
}

/** As SpamAssassin, rspamd and their like flag it. */
function isSpam(header: Header): boolean {
  return ["X-Spam-Flag", "X-Spam-Status", "X-Spam", "X-Spam-Flagged"].some((name) =>
    header.all(name).some((value) => ["yes", "true"].includes(firstWord(value))),
  );
}

function firstWord(value: string): string {
  return /^\s*([\w.-]*)/.exec(value)?.[1]?.toLowerCase() ?? "";
}
