/**
 * What a session has seen of its listing, written down at its end: rows that were there, rows that were not, and the
 * listing as it stands settled for the next visit (spec 5.3, 5.4, 5.12).
 */
import type { ListingSnapshot, VisitLease } from "../store/records.ts";
import { snapshotOf } from "./maildrop-listing.ts";
import { type Candidate, compareListing, type Listing, type Plan } from "./new-messages.ts";
import type { SessionPlan } from "./session-plan.ts";
import type { VisitContext, VisitState } from "./visit-state.ts";

interface SettleInput {
  readonly lease: VisitLease;
  readonly state: VisitState;
}

/** What came of the plan. */
export interface SessionWork extends SessionPlan {
  readonly listing: Listing;
  /** Candidates that stay on the server and need nothing more from us. */
  readonly kept: readonly Candidate[];
  /** Candidates that were fetched. */
  readonly fetched: ReadonlySet<Candidate>;
  /** Rows that messages of this listing turned out to be. */
  readonly spent: ReadonlySet<number>;
  /** Of the listing, where all of it is done; else null. */
  readonly digest: Uint8Array | null;
}

/** STAT 0 is a complete listing without any of the remembered messages (spec 5.3). */
export async function settleEmpty(
  context: VisitContext,
  input: SettleInput,
  digest: Uint8Array | null,
): Promise<void> {
  const { count, snapshot, open } = await context.store.remembered(input.lease.accountId);
  if (count === 0) return;
  const comparison = compareListing({ numbers: [], uids: [], sizes: [] }, snapshot);
  await settle(context, input, {
    absentIds: open.map((row) => row.id),
    absentUids: comparison.vanishedUids,
    presentIds: [],
    snapshot: null,
    digest,
  });
}

export async function settleListing(
  context: VisitContext,
  input: SettleInput,
  { listing, comparison, plan, kept, fetched, spent, digest }: SessionWork,
): Promise<void> {
  const displaced = displacedRows(plan, fetched, spent);
  const present = new Set([...plan.presentIds, ...spent].filter((id) => !displaced.has(id)));
  const absentIds = new Set([...plan.absentIds, ...displaced].filter((id) => !present.has(id)));
  const settled = [...comparison.settled];
  for (const candidate of kept) settled[candidate.index] = true;
  await settle(context, input, {
    absentIds: [...absentIds],
    absentUids: comparison.vanishedUids,
    presentIds: [...present],
    snapshot: snapshotOf(listing, settled),
    digest,
  });
}

/** Rows of a UID that now stands for other messages, all of which were fetched: theirs are gone (F3). */
function displacedRows(plan: Plan, fetched: ReadonlySet<Candidate>, spent: ReadonlySet<number>): Set<number> {
  const displaced = new Set<number>();
  const undecided = new Set<number>(spent);
  for (const action of plan.actions) {
    if (action.kind !== "retrieve") continue;
    for (const row of action.rows) {
      if (row.state === "skipped" || !fetched.has(action.candidate)) undecided.add(row.id);
      else displaced.add(row.id);
    }
  }
  for (const id of undecided) displaced.delete(id);
  return displaced;
}

async function settle(
  context: VisitContext,
  { lease, state }: SettleInput,
  seen: {
    absentIds: readonly number[];
    absentUids: readonly string[];
    presentIds: readonly number[];
    snapshot: ListingSnapshot | null;
    digest: Uint8Array | null;
  },
): Promise<void> {
  const { store, clock } = context;
  const forgetAfterMs = context.settings().forgetUidsAfterMs;
  await store.settleListing({ lease, at: clock.now(), forgetAfterMs, ...seen });
  state.listingDigest = null;
}
