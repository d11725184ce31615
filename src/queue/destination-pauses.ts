/**
 * Which visits rest because their mail could not go on: a destination that has taken nothing for 15 minutes, or that
 * 1,000 entries wait for, pauses the visits that feed it. Mail is safest at the provider (spec 5.11). Pure.
 *
 * A personal account feeds its owner's destination. A unified account feeds many: it rests only for one that serves
 * several mailboxes (a server behind us), or that 1,000 entries wait for; one person's full Maildir must not stop
 * everybody else's mail.
 */
import { type Failure, failure } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import { MINUTE } from "../core/time.ts";
import type { DestinationTrouble } from "../store/records.ts";

const pauseAfterMs = 15 * MINUTE;
const pauseAtDeferred = 1000;

/** Destinations whose trouble is old or big enough to pause visits. */
export function pausedDestinations(
  troubles: readonly DestinationTrouble[],
  now: number,
): DestinationTrouble[] {
  return troubles.filter(
    ({ failingSince, deferred }) =>
      deferred >= pauseAtDeferred || (deferred > 0 && now - failingSince >= pauseAfterMs),
  );
}

/** Asks for one account why it rests; null: it does not. */
export type HoldUp = (account: {
  readonly id: RemoteAccountId;
  readonly ownerId: LocalAccountId | null;
}) => Failure | null;

/** What the decision has to know of the configuration. */
export interface FedDestinations {
  /** Of a local account; null: there is none of that id. */
  destinationOf(owner: LocalAccountId): string | null;
  /** How many local accounts have this destination; the relay counts as many. */
  mailboxesAt(destination: string): number;
}

/** Accounts that have mail waiting for a paused destination, as the store tells. */
export type WaitingAccounts = readonly {
  readonly accountId: RemoteAccountId;
  readonly destination: string;
}[];

/** The failure that it answers is ours (`local`): nothing remote is blamed. */
export function holdUpBy(
  paused: readonly DestinationTrouble[],
  waiting: WaitingAccounts,
  fed: FedDestinations,
): HoldUp {
  if (paused.length === 0) return () => null;
  const byDestination = new Map(paused.map((trouble) => [trouble.destination, trouble]));
  const byUnified = new Map<RemoteAccountId, DestinationTrouble>();
  for (const { accountId, destination } of waiting) {
    const trouble = byDestination.get(destination);
    if (trouble === undefined) continue;
    if (trouble.deferred >= pauseAtDeferred || fed.mailboxesAt(destination) > 1) {
      byUnified.set(accountId, trouble);
    }
  }
  return ({ id, ownerId }) => {
    const trouble =
      ownerId === null ? byUnified.get(id) : byDestination.get(fed.destinationOf(ownerId) ?? "");
    return trouble === undefined ? null : heldUp(trouble);
  };
}

function heldUp({ destination, deferred, failure: why }: DestinationTrouble): Failure {
  return failure("destination-down", "local", {
    params: { destination, deferred, code: why.code },
    remoteText: why.remoteText,
  });
}
