/**
 * The two ways in which a destination takes mail.
 *
 * A *two-step* destination (Maildir) prepares everything that nobody can see, then commits. Between the two the queue
 * writes down that the entry is ready, so that after a crash it is known which of the two had happened (reliability 7).
 *
 * A *wire* destination (LMTP, SMTP, a pipe) takes the message in one act whose answer can be lost. The queue writes
 * down `sending` right before the act that makes the other side responsible (the final dot), and each answer as it
 * comes, so that a double can only arise between the other side's OK and our commit; those are counted.
 *
 * Results belong to a recipient: one refused recipient harms no other. A destination never throws for an entry's
 * trouble; it answers with it. What it throws is `unexpected` and temporary.
 */
import type { Address } from "../core/address.ts";
import type { Notify } from "../core/envelope.ts";
import type { Failure, Result } from "../core/failure.ts";

/** One queue entry on its way out. */
export interface DeliveryItem {
  /** Name of the entry in logs: message id and ordinal. */
  readonly key: string;
  /** Resolved: `maildir:/path` (absolute), `lmtp://host:port` … */
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
  /** After a restore: it may have been delivered since the backup. */
  readonly verify: boolean;
}

/** A file that an item turned out to be. */
export interface Found {
  readonly path: string;
  /** Without what readers append. */
  readonly fileName: string;
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

/** One implementation per scheme. */
export type Delivery = TwoStepDelivery | WireDelivery;

/** A destination with a preparation that nobody sees. Answers have the order and length of what was asked. */
export interface TwoStepDelivery {
  readonly kind: "two-step";
  /**
   * Looks for items that may have been delivered before a restore: null where one is not there. A file that was found
   * for one item is found for no other.
   */
  find(items: readonly DeliveryItem[]): Promise<Result<Found | null>[]>;
  /** Steps 2 and 3 of reliability 7 for a batch. Skips nothing: every item gets an answer. */
  prepare(items: readonly DeliveryItem[]): Promise<Prepared[]>;
  /** Steps 5 and 6 for items that are ready, under `ready.token`, whoever made them so. */
  commit(items: readonly DeliveryItem[]): Promise<Committed[]>;
  /** Removes what `prepare` made under these items' own tokens: the claim is no longer ours. Best effort. */
  abandon(items: readonly DeliveryItem[]): Promise<void>;
  /** Removes what lower tokens of these items left behind, best effort. */
  sweep(items: readonly DeliveryItem[]): Promise<void>;
}

/** What a wire destination said of one item. */
export type Sent =
  /** `where`: the other side's own words of acceptance, for the trace. */
  | { readonly kind: "delivered"; readonly where: string }
  /**
   * `doubtful`: the final dot was sent and its answer never came, so the mail may have arrived.
   * `unreachable`: the trouble is the destination's, not this item's: others for it need not be tried now.
   */
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      readonly doubtful: boolean;
      readonly unreachable: boolean;
    };

/** What the queue wants to hear while a wire destination works. */
export interface SendReport {
  /**
   * Everything but the final dot of these items' transaction has gone out. Resolves when `sending` is durable.
   *
   * @returns whether the claims still hold. If not, the connection is dropped without the dot, and no item of this
   *   transaction is answered.
   */
  sending(items: readonly DeliveryItem[]): Promise<boolean>;
  /** The answer to one item, as soon as it is there; the promise is durable bookkeeping, and is awaited. */
  answered(item: DeliveryItem, sent: Sent): Promise<void>;
}

/** A destination that takes mail over a protocol whose last answer can be lost. */
export interface WireDelivery {
  readonly kind: "wire";
  /**
   * Sends items that all have the same `destination`, over one connection, kept for the next call where the protocol
   * can. Every item is answered exactly once through `report`, save those whose claims were lost.
   *
   * @param signal aborted when the process stops: what has not been begun is answered `cancelled` (local, temporary),
   *   a transaction under way is brought to its end within 2 s or broken off.
   */
  send(items: readonly DeliveryItem[], report: SendReport, signal: AbortSignal): Promise<void>;
  /** Ends kept connections. Never rejects. */
  close(): Promise<void>;
}
