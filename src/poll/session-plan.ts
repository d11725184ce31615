/**
 * What one session has to do in its maildrop: what is remembered is read, held against the listing, and planned for
 * (spec 5.3, 5.12). Reads the store and nothing else.
 */
import type { RememberedUid, RemoteAccountRecord, VisitLease } from "../store/records.ts";
import { type Comparison, compareListing, type Listing, type Plan, planVisit } from "./new-messages.ts";
import type { VisitContext, VisitState } from "./visit-state.ts";

/** More messages whose time on the server is over wait for the next session. */
const mostExpired = 2000;

interface PlanInput {
  readonly account: RemoteAccountRecord;
  readonly lease: VisitLease;
  readonly state: VisitState;
}

export interface SessionPlan {
  readonly comparison: Comparison;
  readonly plan: Plan;
}

/** Messages that were left there long enough, by their rows' ids (spec 4, `deleteAfter`). */
export async function findExpired(
  { store, clock }: VisitContext,
  { account, lease }: PlanInput,
): Promise<ReadonlyMap<number, RememberedUid>> {
  const { deleteAfterMs } = account.extras;
  if (deleteAfterMs === undefined || !account.leaveOnServer) return new Map();
  const rows = await store.leftBefore(lease.accountId, clock.now() - deleteAfterMs, mostExpired);
  return new Map(rows.map((row) => [row.id, row]));
}

/** @param expired as `findExpired` found them */
export async function planSession(
  context: VisitContext,
  { account, lease, state }: PlanInput,
  listing: Listing,
  expired: ReadonlyMap<number, RememberedUid>,
): Promise<SessionPlan> {
  const { store, clock } = context;
  const { count, withUidCount, formerCount, snapshot, open } = await store.remembered(lease.accountId);
  state.remembers = count > 0;
  const wanted = [...expired.values(), ...open.filter((row) => row.wish !== null)];
  const lookAt = new Set(wanted.flatMap(({ uid }) => (uid === null ? [] : [uid])));
  const comparison = compareListing(listing, snapshot, lookAt);
  const rows = new Map(open.map((row) => [row.id, row]));
  if (withUidCount > 0 && comparison.candidates.length > 0) {
    const uids = new Set(comparison.candidates.flatMap(({ uid }) => (uid === null ? [] : [uid])));
    for (const row of await store.rememberedByUid(lease.accountId, [...uids])) rows.set(row.id, row);
  }
  const policy = {
    leaveOnServer: account.leaveOnServer,
    maxMessageSizeBytes: account.extras.maxMessageSizeBytes ?? context.settings().maxMessageSizeBytes,
    newestFirst: account.extras.newestFirst ?? false,
    now: clock.now(),
    expired: new Set(expired.keys()),
  };
  const openIds = new Set(open.map((row) => row.id));
  const counts = { withUid: withUidCount, former: formerCount };
  return { comparison, plan: planVisit(comparison, [...rows.values()], openIds, counts, policy) };
}
