/**
 * The queue while a server runs: every entry is attempted when it is due, by whichever process has room.
 *
 * Looks each second, since another process may make an entry due at once (a person's retry); a look costs one read
 * of an index. Claims no more than the runner has room for, so that other processes find their share. Also keeps the
 * house: what was kept for its time ends, what will end is told ahead, and troubles of destinations are read for whoever asks.
 */
import { type Clock, MINUTE, SECOND } from "../core/time.ts";
import type { Store } from "../store/store.ts";
import { type FedDestinations, type HoldUp, holdUpBy, pausedDestinations } from "./destination-pauses.ts";
import type { HouseWarnings } from "./house-warnings.ts";
import type { HoldBack } from "./outgoing-hold.ts";
import type { QueueRunner } from "./runner.ts";

const lookEveryMs = 1 * SECOND;
const troublesEveryMs = 15 * SECOND;
const claimUnaskedMs = 30 * SECOND;
const houseEveryMs = 10 * MINUTE;
const claimAtOnce = 256;

export interface PumpContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly runner: QueueRunner;
  readonly warnings: HouseWarnings;
  /** What the configuration says of destinations. */
  readonly fed: FedDestinations;
  /** Destinations that get nothing at this moment. */
  readonly holdBack: HoldBack;
}

export interface QueuePump {
  /** Why an account's mail could not go on now, so that it is not fetched; null: it could (spec 5.11). */
  readonly holdUp: HoldUp;
  /** No more looks; what is in hand is the runner's to end. Resolves when the last look has ended. */
  stop(): Promise<void>;
}

export function startQueuePump(context: PumpContext): QueuePump {
  const { store, clock, runner } = context;
  let holdUp: HoldUp = () => null;
  let stopped = false;
  let cancel = () => {};
  let troublesAt = Number.NEGATIVE_INFINITY;
  /** Claims that ran out while their process lives show in no due time: they are claimed unasked. */
  let claimAt = Number.NEGATIVE_INFINITY;
  let houseAt = Number.NEGATIVE_INFINITY;
  let look: Promise<void> = Promise.resolve();

  const claimDue = async () => {
    let unasked = clock.monotonic() >= claimAt;
    while (!stopped && runner.mayClaim) {
      const now = clock.now();
      const next = await store.nextEntryDue();
      if (!unasked && (next === null || next > now)) return;
      unasked = false;
      claimAt = clock.monotonic() + claimUnaskedMs;
      const { claimed } = await runner.claim(now, claimAtOnce);
      if (claimed < claimAtOnce) return;
    }
  };
  const readTroubles = async () => {
    if (clock.monotonic() < troublesAt) return;
    troublesAt = clock.monotonic() + troublesEveryMs;
    const troubles = await store.destinationTroubles();
    runner.noteTroubled(troubles.map(({ destination }) => destination));
    const paused = pausedDestinations(troubles, clock.now());
    const names = paused.map(({ destination }) => destination);
    const waiting = names.length === 0 ? [] : await store.accountsDeferredTo(names);
    holdUp = holdUpBy(paused, waiting, context.fed);
  };
  const keepHouse = async () => {
    if (clock.monotonic() < houseAt) return;
    houseAt = clock.monotonic() + houseEveryMs;
    await runner.keepHouse();
    await context.warnings.look();
  };
  const arm = () => {
    if (stopped) return;
    cancel = clock.setTimer(lookEveryMs, () => {
      look = lookOnce().finally(arm);
    });
  };
  const lookOnce = async () => {
    try {
      await readTroubles();
      await claimDue();
      await keepHouse();
    } catch {
      // The database's trouble shows in the pause of visits, and ends when it ends: next second again.
    }
  };
  runner.goOn(context.holdBack);
  look = lookOnce().finally(arm);
  return {
    holdUp: (account) => holdUp(account),
    async stop() {
      stopped = true;
      cancel();
      await look;
    },
  };
}
