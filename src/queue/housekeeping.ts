/**
 * Keeps the house: what was kept for its time goes when that is over, a bounded number at a call.
 *
 * Undeliverable mail ends with a ledger row; the ledger's own rows go after `keepLedger`; spool files
 * that a backup was still copying when their rows went are removed when it is through, or dead.
 */
import type { Clock } from "../core/time.ts";
import type { Spool } from "../spool/spool.ts";
import type { Store } from "../store/store.ts";

const endedAtOnce = 1000;
/** Rows go in commits of this size, so that no other write waits long for one. */
const ledgerRowsAtOnce = 2000;
const ledgerCommits = 20;

export interface HousekeepingContext {
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
  /** How long the ledger tells of what happened. */
  keepLedgerMs(): number;
}

/** @throws FailureError when the database cannot be written. */
export async function keepHouse(context: HousekeepingContext): Promise<void> {
  const { store, spool, clock } = context;
  const now = clock.now();
  const { freedRefs } = await store.expireUndeliverable(now, endedAtOnce);
  if (freedRefs.length > 0) await spool.remove(freedRefs);
  const held = await store.freedRefs(now, endedAtOnce);
  if (held.length > 0) {
    await spool.remove(held);
    await store.forgetFreedRefs(held);
  }
  const before = now - context.keepLedgerMs();
  for (let commit = 0; commit < ledgerCommits; commit++) {
    if ((await store.purgeLedger(before, ledgerRowsAtOnce)) < ledgerRowsAtOnce) break;
  }
}
