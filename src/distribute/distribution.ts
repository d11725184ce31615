/**
 * The answer to "whose mail is this?": the words that distributing shares with the queue, the ledger and
 * `rpop envelope`. Codes only; sentences are made where people read them.
 */
import type { Address } from "../core/address.ts";
import type { Notify } from "../core/envelope.ts";
import type { Failure } from "../core/failure.ts";
import type { LocalAccountId } from "../core/ids.ts";
import type { Header } from "../message/header.ts";
import type { RouteStep } from "../route/router.ts";
import type { RoutedAccount } from "../route/routing-table.ts";

/** The remote account's part in the matter. */
export type DistributionInput = UnifiedInput | PersonalInput | OwnInput;

/** A mailbox whose mail is for many local people (spec 6). */
export interface UnifiedInput {
  readonly kind: "unified";
  /** Name of the field with the envelope recipients; null: none is set. */
  readonly specialHeader: string | null;
  /** Taken off the local parts in it, compared without case; null: none. */
  readonly specialHeaderPrefix: string | null;
  /** Relay also what names domains that are not ours: the literal reading of the seed. */
  readonly relaySpecialHeader: boolean;
}

/** A mailbox that belongs to one local account, which gets all its mail (spec 7). */
export interface PersonalInput {
  readonly kind: "personal";
  readonly owner: LocalAccountId;
}

/** Mail of our own making (reports): its recipients are known, its sender is nobody. */
export interface OwnInput {
  readonly kind: "own";
  readonly recipients: readonly Address[];
}

/** Where a recipient's copy goes. */
export type Target =
  | {
      readonly kind: "local";
      readonly account: RoutedAccount;
      /** Delivery writes the forward-path into X-Real-To (seed 46). */
      readonly domainWide: boolean;
    }
  /** The built-in mailbox: no account or alias of that name exists. */
  | { readonly kind: "postmaster" }
  /** Through the relay. */
  | { readonly kind: "remote"; readonly address: Address }
  /** Nowhere: an entry that has failed already and is reported or kept (spec 6). */
  | { readonly kind: "refused"; readonly failure: Failure };

export interface DistributionRecipient {
  readonly target: Target;
  /** As the message named it (alias, detail and all), the prefix taken off; of a personal account the owner's address. */
  readonly forwardPath: Address;
  readonly notify: Notify;
}

/** What happened to an address or to a piece that should have been one. */
export type Verdict =
  /** It became a recipient. */
  | "recipient"
  /** It reaches a recipient that there is already. */
  | "repeated"
  /** Special header, domain of ours, nobody's name: an entry that fails and is reported. */
  | "unknown-user"
  /** Special header, not our domain: neither relayed nor reported. */
  | "foreign"
  /** To, Cc, Bcc: it does not reach a local account. */
  | "ignored"
  | "no-domain"
  | "unreadable";

/** One address or piece; field by field, what could not be read behind the rest of its field. */
export interface Decision {
  /** The field's name: as configured, or `To`, `Cc`, `Bcc`; `owner` for a personal account. */
  readonly source: string;
  /** As read, before the prefix was taken off. */
  readonly text: string;
  /** null where it could not be read. */
  readonly address: Address | null;
  readonly verdict: Verdict;
  /** Of the router; empty where it was not asked. */
  readonly steps: readonly RouteStep[];
}

/** Why nobody but the postmaster gets the message; the reason to show (F17). */
export type PostmasterReason =
  | "nobody-left"
  | "no-readable-address"
  | "header-oversized"
  | "too-many-addresses"
  | "too-deep"
  /** A personal account whose owner is not in the table. */
  | "owner-missing";

/** The rebuilt envelope, and what is left of the header. */
export interface Distribution {
  /** null is `<>`. */
  readonly reversePath: Address | null;
  /** Never empty; each target once. */
  readonly recipients: readonly DistributionRecipient[];
  /** Without Return-Path and, where it is set, without the special header: every occurrence of both. */
  readonly header: Header;
  /** The recipients come from To, Cc and Bcc. */
  readonly guessed: boolean;
  /** Set for the account, and not in this message (spec 6: a warning after 20 running). */
  readonly specialHeaderAbsent: boolean;
  readonly postmasterReason: PostmasterReason | null;
  readonly decisions: readonly Decision[];
}
