/**
 * A maildrop held against what is remembered of it, without touching mail: login, STAT, UIDL, QUIT (spec 5.2, 8).
 */
import { type Failure, failureOf } from "../core/failure.ts";
import type { RememberedUid, RemoteAccountRecord } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { type ConnectContext, openMaildrop } from "./connect.ts";
import { ListedMaildrop } from "./maildrop-listing.ts";
import { groupByUid } from "./new-messages.ts";

export interface CompareContext extends ConnectContext {
  readonly store: Pick<Store, "host" | "rememberedByUid">;
}

/** Messages in the maildrop, by what is known of them. */
export interface MaildropCounts {
  readonly listed: number;
  /** Taken, and left there. */
  readonly taken: number;
  /** Taken, and deleted there by the next visits. */
  readonly toDelete: number;
  /** Never to be taken: too large, stuck, marked as seen. */
  readonly skipped: number;
  /** Not known by their ids: the next visit takes or recognises them. */
  readonly unknown: number;
}

export type CompareResult =
  | { readonly ok: true; readonly counts: MaildropCounts }
  | { readonly ok: false; readonly failure: Failure };

const uidsAtOnce = 10_000;

/** Never throws. */
export async function compareMaildrop(
  context: CompareContext,
  account: RemoteAccountRecord,
  signal: AbortSignal,
): Promise<CompareResult> {
  try {
    const host = await context.store.host(account.host, account.port);
    const { client, stat, uidl } = await openMaildrop(context, account, host, signal);
    await client.quit();
    const { uids } = new ListedMaildrop(stat, uidl);
    const known = uids.flatMap((uid) => (uid === null ? [] : [uid]));
    const rows: RememberedUid[] = [];
    for (let start = 0; start < known.length; start += uidsAtOnce) {
      rows.push(...(await context.store.rememberedByUid(account.id, known.slice(start, start + uidsAtOnce))));
    }
    return { ok: true, counts: countListed(uids, rows) };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

/** Counts each listed message once. UIDs may repeat, on both sides. */
export function countListed(
  uids: readonly (string | null)[],
  rows: readonly Pick<RememberedUid, "uid" | "state">[],
): MaildropCounts {
  const byUid = groupByUid(rows);
  const counts = { left: 0, deletePending: 0, skipped: 0, unknown: 0 };
  for (const uid of uids) counts[(uid === null ? undefined : byUid.get(uid)?.shift()?.state) ?? "unknown"]++;
  const { left, deletePending, skipped, unknown } = counts;
  return { listed: uids.length, taken: left, toDelete: deletePending, skipped, unknown };
}
