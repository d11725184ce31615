/**
 * What one visit knows while it lasts, over all the sessions it takes.
 */
import type { Log, LogFields } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import type { ReportLanguage } from "../queue/report.ts";
import type { SubmitContext } from "../queue/submit.ts";
import type { Spool } from "../spool/spool.ts";
import type { FirstVisit, SkipReason } from "../store/records.ts";
import type { Store, VisitStart } from "../store/store.ts";
import type { ConnectContext } from "./connect.ts";

/** What a visit takes from outside. */
export interface VisitContext extends ConnectContext {
  readonly clock: Clock;
  readonly store: Store;
  readonly spool: Spool;
  readonly submit: SubmitContext;
  readonly nodeId: number;
  readonly log: Log;
  /** From 0 to 1, for the jitter of next visits. */
  random(): number;
  /** What stands below a header that was taken alone: which message it was, and why it is not here. */
  headerOnlyText(language: ReportLanguage, facts: HeaderOnlyFacts): string;
  /** Resolves when another message may begin: mail is not taken faster than it can be written and delivered. */
  room(): Promise<void>;
}

/** What a person should know of a message of which only the header came. */
export interface HeaderOnlyFacts {
  /** `login` at `host` of the remote account. */
  readonly login: string;
  readonly host: string;
  readonly sizeBytes: number | null;
  readonly reason: SkipReason;
}

/** How far a visit is, for whoever watches (spec 5.8). Sizes are the server's. */
export interface VisitProgress {
  readonly messagesDone: number;
  readonly messagesTotal: number;
  readonly bytesDone: number;
  /** null: the server's sizes are not known. */
  readonly bytesTotal: number | null;
}

/** What a visit did so far. */
export interface VisitTally {
  /** Accepted now. */
  taken: number;
  takenBytes: number;
  /** Fetched, and found to be a message that we had. */
  known: number;
  /** Not taken, and not to be: too large, stuck, marked as seen. */
  skipped: number;
  /** Refused, empty, or cut: tried again at a later visit. */
  troubled: number;
  deleted: number;
  /** Messages of ours that stay there. */
  left: number;
}

export class VisitState {
  readonly tally: VisitTally = {
    taken: 0,
    takenBytes: 0,
    known: 0,
    skipped: 0,
    troubled: 0,
    deleted: 0,
    left: 0,
  };
  /** Settled listing before this visit; null once a session has changed what it stands for. */
  listingDigest: Uint8Array | null;
  /** Something was remembered of this account when the session began to look: messages may be recognised by digest. */
  remembers = false;
  /** One of this record's messages was delivered: DELE may follow (spec 5.5). */
  delivered: boolean;
  /** Its last session settled everything that the maildrop listed. */
  whole = false;
  /** Messages running without the configured special header (spec 6). */
  withoutSpecialHeader: number;
  firstVisit: FirstVisit;
  /** Messages that this visit tried in vain, by `messageKey`: the next session passes them over. */
  readonly setAside = new Set<string>();
  /** Messages whose first bytes look like a status line, seen once. */
  readonly likeReply = new Set<string>();

  /** Which account this is about, for the log. */
  readonly about: LogFields;

  constructor(start: VisitStart, about: LogFields) {
    this.about = about;
    this.listingDigest = start.listingDigest;
    this.delivered = start.account.firstDeliveredAt !== null;
    this.withoutSpecialHeader = start.account.withoutSpecialHeader;
    this.firstVisit = start.account.firstVisit;
  }
}

/** Names a message within one visit, over its sessions: by UID and size, as numbers change. */
export function messageKey(message: {
  readonly uid: string | null;
  readonly sizeBytes: number | null;
}): string {
  return `${message.sizeBytes ?? "?"} ${message.uid ?? ""}`;
}
