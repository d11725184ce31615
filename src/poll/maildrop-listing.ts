/**
 * A session's listing: what the server showed, its digest, and what remains of it for the next visit.
 */
import { createHash } from "node:crypto";
import type { Pop3Client } from "../pop3/client.ts";
import { Pop3CommandError } from "../pop3/errors.ts";
import type { MaildropStat, UidListing } from "../pop3/maildrop.ts";
import type { ListingSnapshot } from "../store/records.ts";
import type { Listing } from "./new-messages.ts";

/** A maildrop as STAT and UIDL show it. What stands in UIDL's lines is read when it is asked for. */
export class ListedMaildrop {
  readonly count: number;
  /** Equal digests mean equal listings; null: the server has no UIDL. */
  readonly digest: Uint8Array | null;
  readonly #uidl: UidListing | null;

  /** @param uidl null: the server has no UIDL */
  constructor(stat: MaildropStat, uidl: UidListing | null) {
    this.count = stat.count;
    this.digest = uidl === null ? null : digestOf(stat, uidl);
    this.#uidl = uidl;
  }

  /** By message number, the first at 0; null: the server gave it none. */
  get uids(): readonly (string | null)[] {
    if (this.#uidl === null) return new Array<null>(this.count).fill(null);
    const { numbers, ids, ascending } = this.#uidl;
    return byNumber(this.count, null, numbers, ids, ascending);
  }

  /** Every message that STAT counted has a UID: what is missing here is not there. */
  get complete(): boolean {
    return this.count === 0 || this.#uidl?.numbers.length === this.count;
  }
}

/** STAT and the bytes of UIDL: what must be equal for a maildrop to stand as it stood. */
function digestOf(stat: MaildropStat, uidl: UidListing): Uint8Array {
  return createHash("sha256").update(`${stat.count} ${stat.octets}\n`).update(uidl.text, "latin1").digest();
}

/** What the server says of its messages, in their order; `none` where it says nothing. */
function byNumber<T, None>(
  count: number,
  none: None,
  numbers: readonly number[],
  values: readonly T[],
  ascending: boolean,
): readonly (T | None)[] {
  // Ascending, none over the count, and as many as the count: nearly every server's answer, in order as it is.
  if (ascending && values.length === count) return values;
  const sorted = new Array<T | None>(count).fill(none);
  for (const [at, number] of numbers.entries()) sorted[number - 1] = values[at] ?? none;
  return sorted;
}

/** The listing with sizes; without them where the server refuses LIST, as it may still hand out its messages. */
export async function withSizes(client: Pop3Client, listed: ListedMaildrop): Promise<Listing> {
  const { count, uids } = listed;
  const numbers = new Array<number>(count);
  for (let index = 0; index < count; index++) numbers[index] = index + 1;
  try {
    const list = await client.list({ count });
    const sizes = byNumber(count, Number.NaN, list.numbers, list.sizes, list.ascending);
    return { numbers, uids, sizes };
  } catch (error) {
    if (error instanceof Pop3CommandError) return { numbers, uids, sizes: null };
    throw error;
  }
}

/** What is settled of a listing, for the next visit to hold its own against; null: nothing. */
export function snapshotOf(listing: Listing, settled: readonly boolean[]): ListingSnapshot | null {
  const uids: string[] = [];
  const sizes = new Float64Array(settled.length);
  // Plain loops: 50,000 messages are usual here, and a command runs this once, cold.
  for (let index = 0; index < settled.length; index++) {
    const uid = listing.uids[index] ?? null;
    if (!settled[index] || uid === null) continue;
    sizes[uids.length] = listing.sizes?.[index] ?? Number.NaN;
    uids.push(uid);
  }
  return uids.length === 0 ? null : { uids: uids.join("\n"), sizes: sizes.slice(0, uids.length) };
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
