/**
 * A claimed entry on its way through the runner, and what an attempt at it came to.
 */
import type { Failure } from "../core/failure.ts";
import type { Delivery, DeliveryItem } from "../deliver/delivery.ts";
import type { ClaimedEntry, EntryKey } from "../store/queue-contract.ts";

/** An entry that this process has claimed. */
export interface Job {
  readonly claimed: ClaimedEntry;
  /** Tells whoever handed it in; counts once, later calls are nothing. */
  settle(delivered: boolean): void;
}

/** A job with everything its delivery needs. */
export interface Work<Kind extends Delivery = Delivery> {
  readonly job: Job;
  readonly item: DeliveryItem;
  readonly delivery: Kind;
}

/** Resolves after the first attempt of all the entries that were handed in together. */
export type Attempts = Promise<{ readonly delivered: boolean }>;

/** What one attempt came to. */
export type Attempt =
  /** `where`: a file's name, or the other side's words. */
  | {
      readonly kind: "delivered";
      readonly destination: string;
      readonly where: string;
      /** It was there already, as the file of this name: delivered before a restore. */
      readonly found?: string;
    }
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      /** Whose trouble it is; null: nobody's but this recipient's, or our own. */
      readonly destination: string | null;
      /** Sent, and never answered: it may have arrived. */
      readonly doubtful: boolean;
    }
  /** To be tried anew without blame; `why` tells people what it waits for. */
  | { readonly kind: "again"; readonly dueAt: number; readonly why: Failure | null };

export interface Attempted {
  readonly job: Job;
  readonly attempt: Attempt;
}

export function keyOf({ entry }: ClaimedEntry): EntryKey {
  return { messageId: entry.messageId, ordinal: entry.ordinal, leaseToken: entry.leaseToken };
}

/** Message id and ordinal, as in logs. */
export function nameOf({ messageId, ordinal }: Omit<EntryKey, "leaseToken">): string {
  return `${messageId}-${ordinal}`;
}
