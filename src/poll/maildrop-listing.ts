/**
 * A session's listing: what the server showed, its digest, and what remains of it for the next visit.
 */
import { createHash } from "node:crypto";
import type { Pop3Client } from "../pop3/client.ts";
import { Pop3CommandError } from "../pop3/errors.ts";
import type { MaildropStat, UidListing } from "../pop3/maildrop.ts";
import type { ListingSnapshot } from "../store/records.ts";
import type { Listing } from "./new-messages.ts";

/** A maildrop as STAT and UIDL show it. */
export interface ListedMaildrop {
  readonly count: number;
  /** By message number; null: the server gave it none. */
  readonly uids: readonly (string | null)[];
  /** Equal digests mean equal listings; null: the server has no UIDL. */
  readonly digest: Uint8Array | null;
  /** Every message that STAT counted has a UID: what is missing here is not there. */
  readonly complete: boolean;
}

/** @param uidl null: the server has no UIDL */
export function listedMaildrop(stat: MaildropStat, uidl: UidListing | null): ListedMaildrop {
  const uids = new Array<string | null>(stat.count).fill(null);
  if (uidl !== null) {
    for (const [at, number] of uidl.numbers.entries()) uids[number - 1] = uidl.ids[at] ?? null;
  }
  return {
    count: stat.count,
    uids,
    digest: uidl === null ? null : digestOf(stat, uids),
    complete: stat.count === 0 || uidl?.numbers.length === stat.count,
  };
}

/** Count, octets, and every UID in order: what must be equal for a maildrop to stand as it stood. */
function digestOf(stat: MaildropStat, uids: readonly (string | null)[]): Uint8Array {
  return createHash("sha256")
    .update(`${stat.count} ${stat.octets}\n`)
    .update(uids.join("\n"), "latin1")
    .digest();
}

/** The listing with sizes; without them where the server refuses LIST, as it may still hand out its messages. */
export async function withSizes(client: Pop3Client, listed: ListedMaildrop): Promise<Listing> {
  const numbers = Array.from({ length: listed.count }, (_, index) => index + 1);
  try {
    const list = await client.list({ count: listed.count });
    const sizes = new Array<number>(listed.count).fill(Number.NaN);
    for (const [at, number] of list.numbers.entries()) sizes[number - 1] = list.sizes[at] ?? Number.NaN;
    return { numbers, uids: listed.uids, sizes };
  } catch (error) {
    if (error instanceof Pop3CommandError) return { numbers, uids: listed.uids, sizes: null };
    throw error;
  }
}

/** What is settled of a listing, for the next visit to hold its own against; null: nothing. */
export function snapshotOf(listing: Listing, settled: readonly boolean[]): ListingSnapshot | null {
  const uids: string[] = [];
  const sizes: number[] = [];
  for (const [index, uid] of listing.uids.entries()) {
    if (!settled[index] || uid === null) continue;
    uids.push(uid);
    sizes.push(listing.sizes?.[index] ?? Number.NaN);
  }
  return uids.length === 0 ? null : { uids: uids.join("\n"), sizes: Float64Array.from(sizes) };
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
