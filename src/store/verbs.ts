/**
 * All verbs of the store over one kind of database, and how each of them is to be run.
 */
import { acceptorOver, acceptVerbs } from "./accept.ts";
import { auditVerbs } from "./audit.ts";
import { backupVerbs } from "./backup.ts";
import { configurationVerbs } from "./configuration.ts";
import { destinationVerbs } from "./destinations.ts";
import { entryVerbs } from "./entries.ts";
import { ledgerVerbs } from "./ledger.ts";
import { leftThereVerbs } from "./left-there.ts";
import { nodeVerbs } from "./nodes.ts";
import { queueVerbs } from "./queue.ts";
import { rememberedVerbs } from "./remembered.ts";
import { reportVerbs } from "./reports.ts";
import { scheduleChangedOver, scheduleVerbs } from "./schedule.ts";
import { settleListingVerb } from "./settle-listing.ts";
import type { StatementBuilder, Steps } from "./steps.ts";
import type { Store } from "./store.ts";
import { undeliverableVerbs } from "./undeliverable.ts";
import { verifyVerbs } from "./verify.ts";
import { visitVerbs } from "./visits.ts";

export type VerbName = Exclude<keyof Store, "close" | "flush" | "installationId">;

/** The store's verbs before anybody drives them: complete by its type. */
export type VerbSteps = {
  readonly [Name in VerbName]: (...args: Parameters<Store[Name]>) => Steps<Awaited<ReturnType<Store[Name]>>>;
};

/** @param now wall clock, milliseconds since 1970 UTC */
export function verbsFor(db: StatementBuilder, now: () => number): VerbSteps {
  const nodes = nodeVerbs(db);
  const scheduleChanged = scheduleChangedOver(db);
  const accept = acceptorOver(db);
  return {
    ...nodes,
    ...configurationVerbs(db, scheduleChanged),
    ...visitVerbs(db, nodes.alive, scheduleChanged),
    ...scheduleVerbs(db, nodes.alive, scheduleChanged),
    ...rememberedVerbs(db),
    ...settleListingVerb(db),
    ...leftThereVerbs(db),
    ...acceptVerbs(db, nodes.alive, accept),
    ...queueVerbs(db, nodes.alive, now),
    ...reportVerbs(db, nodes.alive, accept),
    ...destinationVerbs(db),
    ...undeliverableVerbs(db),
    ...entryVerbs(db),
    ...ledgerVerbs(db),
    ...auditVerbs(db),
    ...backupVerbs(db),
    ...verifyVerbs(db),
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
  leaveNode: "write",
  beginServing: "write",
  noteServing: "batched",
  ownedRefs: "read",
  readConfiguration: "readBatched",
  readDirectory: "read",
  configurationVersion: "read",
  applyChanges: "write",
  remoteAccount: "readBatched",
  host: "readBatched",
  markedHosts: "readBatched",
  beginVisit: "write",
  beginDueVisit: "write",
  renewVisit: "write",
  visitUnderWay: "readBatched",
  endVisit: "batched",
  noteHost: "batched",
  pulse: "read",
  dueLanes: "readBatched",
  dueAccounts: "readBatched",
  scheduleChanges: "read",
  postponeVisits: "batched",
  mendDueTimes: "write",
  clearMarks: "write",
  openVisits: "read",
  remembered: "read",
  rememberedByUid: "read",
  rememberedByDigest: "read",
  rememberedByHeaderDigest: "read",
  noteMessages: "write",
  settleListing: "write",
  decideFirstVisit: "write",
  leftBefore: "read",
  leftCounts: "read",
  skippedMessages: "read",
  skippedCounts: "read",
  wishSkipped: "write",
  accept: "write",
  claimDue: "write",
  nextEntryDue: "read",
  markReady: "write",
  markSending: "write",
  renewClaims: "write",
  settleEntries: "write",
  settleReported: "write",
  hastenEntries: "write",
  reportCounts: "read",
  destinationTroubles: "read",
  accountsDeferredTo: "read",
  doubtCount: "read",
  undeliverableEndingBy: "read",
  expireUndeliverable: "write",
  queueEntries: "read",
  queueCounts: "read",
  changeEntry: "write",
  message: "read",
  appendLedger: "batched",
  trace: "readBatched",
  auditRows: "read",
  purgeLedger: "write",
  ledgerSpan: "read",
  holdSpool: "write",
  renewSpoolHold: "write",
  endSpoolHold: "write",
  freedRefs: "write",
  forgetFreedRefs: "write",
  beginRestored: "write",
  restoration: "read",
  foundFiles: "read",
  knownMessages: "readBatched",
  spoolMessages: "read",
  databaseFaults: "read",
  takenMail: "read",
  deliveredSince: "read",
};
