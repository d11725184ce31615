/**
 * All verbs of the store over one kind of database, and how each of them is to be run.
 */
import { acceptVerbs } from "./accept.ts";
import { configurationVerbs } from "./configuration.ts";
import { entryVerbs } from "./entries.ts";
import { ledgerVerbs } from "./ledger.ts";
import { nodeVerbs } from "./nodes.ts";
import { queueVerbs } from "./queue.ts";
import { rememberedVerbs } from "./remembered.ts";
import { settleListingVerb } from "./settle-listing.ts";
import type { StatementBuilder, Steps } from "./steps.ts";
import type { Store } from "./store.ts";
import { visitVerbs } from "./visits.ts";

export type VerbName = Exclude<keyof Store, "close" | "flush" | "installationId">;

/** The store's verbs before anybody drives them: complete by its type. */
export type VerbSteps = {
  readonly [Name in VerbName]: (...args: Parameters<Store[Name]>) => Steps<Awaited<ReturnType<Store[Name]>>>;
};

/** @param now wall clock, milliseconds since 1970 UTC */
export function verbsFor(db: StatementBuilder, now: () => number): VerbSteps {
  const nodes = nodeVerbs(db);
  return {
    ...nodes,
    ...configurationVerbs(db),
    ...visitVerbs(db, nodes.alive),
    ...rememberedVerbs(db),
    ...settleListingVerb(db),
    ...acceptVerbs(db, nodes.alive),
    ...queueVerbs(db, nodes.alive, now),
    ...entryVerbs(db),
    ...ledgerVerbs(db),
  };
}

/**
 * `write`: durable, answers after its commit. `batched`: answers at once, rides on the next commit or one of its own
 * within a second. `read`: needs nothing that a batched verb writes. `readBatched`: first what was batched before.
 */
export type VerbKind = "write" | "batched" | "read" | "readBatched";

export const verbKinds: { readonly [Name in VerbName]: VerbKind } = {
  registerNode: "write",
  nodes: "readBatched",
  heartbeat: "batched",
  fenceNode: "write",
  forgetNode: "write",
  ownedRefs: "read",
  readConfiguration: "readBatched",
  configurationVersion: "read",
  applyChanges: "write",
  remoteAccount: "readBatched",
  host: "readBatched",
  markedHosts: "readBatched",
  beginVisit: "write",
  renewVisit: "write",
  visitUnderWay: "readBatched",
  endVisit: "batched",
  noteHost: "batched",
  listingSnapshot: "read",
  openRemembered: "read",
  rememberedByUid: "read",
  rememberedByDigest: "read",
  rememberedByHeaderDigest: "read",
  noteMessages: "write",
  settleListing: "write",
  accept: "write",
  claimDue: "write",
  claimed: "read",
  nextEntryDue: "read",
  markReady: "write",
  settleEntries: "write",
  queueEntries: "read",
  queueCounts: "read",
  changeEntry: "write",
  message: "read",
  appendLedger: "batched",
  trace: "readBatched",
};
