/**
 * What one attempt means for an entry. Pure.
 *
 * Delivered ends it. Trouble that waiting may heal defers it, until its lifetime is over; trouble for good, or a
 * lifetime that is over, makes it undeliverable: kept for a person, never dropped in silence (spec 8, R-49).
 */
import { type Failure, isForGood, failure as makeFailure } from "../core/failure.ts";
import { retryDelayMs } from "./retry.ts";

export type Outcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "deferred"; readonly dueAt: number; readonly failure: Failure }
  | { readonly kind: "undeliverable"; readonly failure: Failure };

/**
 * @param trouble the attempt's failure; null: delivered
 * @param attempts attempts made, this one included
 * @param expiresAt end of the entry's lifetime
 * @param share random number from 0 to 1 for the jitter
 */
export function outcomeOf(
  trouble: Failure | null,
  attempts: number,
  expiresAt: number,
  now: number,
  share: number,
): Outcome {
  if (trouble === null) return { kind: "delivered" };
  // Our own trouble is never permanent, whatever it calls itself: mail waits for us.
  if (isForGood(trouble)) return { kind: "undeliverable", failure: trouble };
  if (now >= expiresAt) {
    const last = makeFailure("expired", "recipient", {
      permanent: true,
      status: "4.4.7",
      params: { code: trouble.code, ...trouble.params },
      remoteText: trouble.remoteText,
    });
    return { kind: "undeliverable", failure: last };
  }
  return { kind: "deferred", dueAt: now + retryDelayMs(attempts, share), failure: trouble };
}
