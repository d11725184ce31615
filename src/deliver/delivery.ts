/**
 * Deliver in two steps: prepare everything that nobody can see, then commit.
 *
 * Between the two the queue writes down that the entry is ready, so that after a crash it is known which of the
 * two had happened (reliability 7). Results belong to a recipient: one refused recipient harms no other.
 * A destination never throws for an entry's trouble; it returns it. What it throws is `unexpected` and temporary.
 */
import type { Address } from "../core/address.ts";
import type { Notify } from "../core/envelope.ts";
import type { Failure } from "../core/failure.ts";

/** One queue entry on its way out. */
export interface DeliveryItem {
  /** Name of the entry in logs: message id and ordinal. */
  readonly key: string;
  /** `maildir:/path`, resolved and absolute. */
  readonly destination: string;
  /** File name in a Maildir, the same at each attempt. */
  readonly fileName: string;
  /** The claim's token, L. */
  readonly leaseToken: number;
  /** W and the moment of its link when an earlier claim got to `ready`; null otherwise. */
  readonly ready: { readonly token: number; readonly at: number } | null;
  /** Spool file: `[Return-Path …][our Received][message]`, LF line ends. */
  readonly spoolPath: string;
  /** When that file was written: a fresh one need not be touched to look fresh. */
  readonly stagedAt: number;
  readonly sizeBytes: number;
  readonly prefixBytes: number;
  /** The spool file serves this entry alone: it may be linked. */
  readonly sole: boolean;
  /** Fields to put above all others for this recipient alone (`X-Real-To: …\n`, seed 46); empty: none. */
  readonly extraFields: string;
  readonly reversePath: Address | null;
  readonly recipient: Address;
  readonly notify: Notify;
}

export type Prepared =
  /** Durable and invisible: may be written down as ready. */
  | { readonly kind: "prepared" }
  /** Nothing was left behind that matters. */
  | { readonly kind: "failed"; readonly failure: Failure };

/** @see core glossary: delivered, deferred, failed follow from the failure's permanence. */
export type Committed =
  | { readonly kind: "delivered"; readonly where: string }
  | { readonly kind: "failed"; readonly failure: Failure }
  /** Somebody else cleared what was prepared, and it was not delivered: prepare again (counted). */
  | { readonly kind: "witness-lost" };

/** A destination: one implementation per scheme. Answers have the order and length of what was asked. */
export interface Delivery {
  /** Steps 2 and 3 of reliability 7 for a batch. Skips nothing: every item gets an answer. */
  prepare(items: readonly DeliveryItem[]): Promise<Prepared[]>;
  /** Steps 5 and 6 for items that are ready, under `ready.token`, whoever made them so. */
  commit(items: readonly DeliveryItem[]): Promise<Committed[]>;
  /** Removes what `prepare` made under these items' own tokens: the claim is no longer ours. Best effort. */
  abandon(items: readonly DeliveryItem[]): Promise<void>;
  /** Removes what lower tokens of these items left behind, best effort. */
  sweep(items: readonly DeliveryItem[]): Promise<void>;
}
