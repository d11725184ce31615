/**
 * Which entries go out in one mail transaction, and under which sender. Pure.
 *
 * LMTP: one recipient each, since the library forgets the replies already given when the connection dies; the
 * sender always stays. SMTP: recipients of one message share a transaction where all that is said is the same.
 *
 * Never-report does not leak (spec 8): to an SMTP server with DSN it is NOTIFY=NEVER, to one without the sender is
 * `<>`. With DSN, entries whose failure is to be reported go alone, because ORCPT belongs to one recipient and the
 * library has one for all (RFC 3461, 4.2).
 */
import type { Failure } from "../core/failure.ts";
import type { DeliveryItem } from "./delivery.ts";
import { sayAddress } from "./smtp-address.ts";
import { type Hop, unsayable } from "./smtp-failure.ts";
import type { Dsn } from "./smtp-transaction.ts";

/** RFC 5321, 4.5.3.1.8: so many every server takes. */
const MOST_RECIPIENTS = 100;

/** What the server on the other side is like. */
export interface Manners {
  readonly protocol: "lmtp" | "smtp";
  readonly dsn: boolean;
  readonly smtpUtf8: boolean;
}

export interface Batch {
  readonly kind: "batch";
  readonly from: string;
  readonly dsn: Dsn | null;
  /** Keyed by what RCPT TO says. */
  readonly recipients: ReadonlyMap<string, DeliveryItem>;
}

/** An entry that cannot be said to this server. */
export interface Unsaid {
  readonly kind: "unsaid";
  readonly item: DeliveryItem;
  readonly failure: Failure;
}

/** What to do first of `items` (at least one): a transaction with the first of them, or its refusal. */
export function nextTransaction(items: readonly DeliveryItem[], manners: Manners, hop: Hop): Batch | Unsaid {
  const [first] = items;
  if (first === undefined) throw new RangeError("no items");
  const saying = sayItem(first, manners, hop);
  if ("code" in saying) return { kind: "unsaid", item: first, failure: saying };
  const recipients = new Map([[saying.to, first]]);
  const alone = manners.protocol === "lmtp" || saying.dsn?.orcpt !== undefined;
  for (const item of alone ? [] : items.slice(1)) {
    if (recipients.size === MOST_RECIPIENTS) break;
    if (item.spoolPath !== first.spoolPath || item.extraFields !== first.extraFields) continue;
    const other = sayItem(item, manners, hop);
    if ("code" in other || other.from !== saying.from || other.dsn?.notify !== saying.dsn?.notify) continue;
    if (!recipients.has(other.to)) recipients.set(other.to, item);
  }
  return { kind: "batch", from: saying.from, dsn: saying.dsn, recipients };
}

interface ItemSaying {
  readonly from: string;
  readonly to: string;
  readonly dsn: Dsn | null;
}

function sayItem(item: DeliveryItem, manners: Manners, hop: Hop): ItemSaying | Failure {
  const { protocol, dsn, smtpUtf8 } = manners;
  const never = item.notify === "never";
  const to = sayAddress(item.recipient);
  if (to.saying === "never" || to.text === "") return unsayable(hop, "5.1.3");
  if (to.saying === "utf8" && !smtpUtf8) return unsayable(hop, "5.6.7");
  let from = sayAddress(item.reversePath);
  if (from.saying === "never" || (from.saying === "utf8" && !smtpUtf8)) {
    // Nobody would report to this sender anyway: the mail is worth more than the address.
    if (!never) return unsayable(hop, from.saying === "utf8" ? "5.6.7" : "5.1.7");
    from = sayAddress(null);
  }
  if (protocol === "lmtp") return { from: from.text, to: to.text, dsn: null };
  if (!dsn) return { from: never ? "" : from.text, to: to.text, dsn: null };
  if (never) return { from: from.text, to: to.text, dsn: { notify: "NEVER" } };
  // RFC 6533 has another form for addresses that are not ASCII.
  const orcpt = to.saying === "plain" ? { orcpt: `rfc822;${to.text}` } : {};
  return { from: from.text, to: to.text, dsn: { notify: "FAILURE", ret: "HDRS", ...orcpt } };
}
