/**
 * One POP3 session of a visit: log in, list, decide, retrieve, delete, quit (spec 5).
 *
 * The order that keeps the promise: a message is accepted durably before its DELE is sent, all DELEs follow all
 * RETRs in descending order, and QUIT makes them real. Where a message was answered +OK and is not ours,
 * there is no QUIT: the connection is dropped (F1). DELEs need not follow each message at once: a deletion is real
 * only at QUIT's +OK anyway, and a session ends after 2,000 messages or 15 minutes so that they stick.
 */
import { type Failure, FailureError, failure, failureOf } from "../core/failure.ts";
import { MINUTE } from "../core/time.ts";
import type { Pop3Client } from "../pop3/client.ts";
import type { VisitOrigin } from "../queue/submit.ts";
import type { HostRecord, RememberedUid, RemoteAccountRecord, VisitLease } from "../store/records.ts";
import { openMaildrop } from "./connect.ts";
import { noteDeletions, sendDeletions } from "./deletion.ts";
import {
  decideFirstVisit,
  endFirstVisit,
  type FirstVisitRule,
  firstVisitImpossible,
  firstVisitRule,
} from "./first-visit.ts";
import { Intake, type Retrieval } from "./intake.ts";
import { equalBytes, ListedMaildrop, withSizes } from "./maildrop-listing.ts";
import type { Action, Candidate, Listing } from "./new-messages.ts";
import { recogniseMoved, verifyKnown } from "./recognise.ts";
import { findExpired, planSession } from "./session-plan.ts";
import { settleEmpty, settleListing } from "./settle-session.ts";
import { takeHeaders } from "./take-header.ts";
import { messageKey, type VisitContext, type VisitProgress, type VisitState } from "./visit-state.ts";

const mostMessages = 2000;
const longestMs = 15 * MINUTE;
/** Free space is looked at again after so many messages. */
const spaceEveryMessages = 64;

export interface SessionInput {
  readonly account: RemoteAccountRecord;
  readonly host: HostRecord;
  readonly lease: VisitLease;
  readonly origin: VisitOrigin;
  readonly state: VisitState;
  readonly signal: AbortSignal;
  /** End of the visit on the monotonic clock: no RETR starts later. */
  readonly noRetrAfter: number;
  /** Logged in and listed: the host is well. */
  reached(): void;
  progress(progress: VisitProgress): void;
  /** A message is ours. */
  accepted(): void;
}

export interface SessionEnd {
  readonly failure: Failure | null;
  /** There is more to do, on a new connection. */
  readonly more: boolean;
  /** What the host said it can do, nothing without CAPA; undefined: the session did not get that far. */
  readonly capabilities?: readonly string[];
  /** The host promised pipelining and did not keep up with it. */
  readonly pipeliningFailed: boolean;
}

/** Runs one session. Never throws: how it ended is the answer. */
export async function runSession(context: VisitContext, input: SessionInput): Promise<SessionEnd> {
  const session = new Session(context, input);
  try {
    return await session.run();
  } catch (error) {
    session.drop();
    await session.afterFailure();
    return session.ended(failureOf(error), error);
  }
}

class Session {
  readonly #context: VisitContext;
  readonly #input: SessionInput;
  readonly #intake: Intake;
  #uids: readonly (string | null)[] = [];
  #listedUids: Set<string | null> | null = null;
  #expired: ReadonlyMap<number, RememberedUid> = new Map();
  readonly #startedAt: number;
  #client: Pop3Client | null = null;
  #capabilities: readonly string[] | undefined;
  #broken: Failure | null = null;
  /** RETRs sent, and messages begun to arrive. */
  #started = 0;
  #begun = 0;
  #cut = false;
  #lowDisk: Failure | null = null;
  #progressDone = 0;
  #bytesDone = 0;
  #total: { messages: number; bytes: number | null } = { messages: 0, bytes: null };

  constructor(context: VisitContext, input: SessionInput) {
    this.#context = context;
    this.#input = input;
    this.#startedAt = context.clock.monotonic();
    const { account, lease, origin, state } = input;
    const settings = context.settings();
    this.#intake = new Intake(context, state, {
      lease,
      origin,
      leaveOnServer: account.leaveOnServer,
      maxMessageSizeBytes: account.extras.maxMessageSizeBytes ?? settings.maxMessageSizeBytes,
      listed: (uid) => this.#isListed(uid),
      expired: (rowId) => this.#expired.has(rowId),
      broken: (why) => {
        this.#broken ??= why;
        this.drop();
      },
      progress: () => this.#progress(),
      accepted: () => input.accepted(),
    });
  }

  drop(): void {
    this.#client?.destroy();
  }

  /** After a session that broke: what was being accepted is waited for, and what was learnt is written down. */
  async afterFailure(): Promise<void> {
    try {
      await this.#intake.settled();
    } catch (error) {
      this.#broken ??= failureOf(error);
    }
  }

  ended(seen: Failure, error: unknown): SessionEnd {
    const pipeliningFailed = seen.params.pipelining === 1;
    const ofMessage = error instanceof FailureError && seen.scope === "message";
    const why =
      this.#broken ?? this.#lowDisk ?? (this.#input.signal.aborted ? failure("cancelled", "local") : seen);
    // A message that cannot be taken ends its session, not the visit: the others come on a new connection.
    // So does a host that promised pipelining and got out of step with it: it is asked one at a time now.
    const goesOn = ofMessage || (pipeliningFailed && !this.#input.signal.aborted);
    if (goesOn && this.#broken === null) return this.#end(null, true, pipeliningFailed);
    return this.#end(why, false, pipeliningFailed);
  }

  #end(why: Failure | null, more: boolean, pipeliningFailed = false): SessionEnd {
    return {
      failure: why,
      more,
      pipeliningFailed,
      ...(this.#capabilities === undefined ? {} : { capabilities: this.#capabilities }),
    };
  }

  async run(): Promise<SessionEnd> {
    const { account, host, signal, state } = this.#input;
    const { client, capabilities, stat, uidl } = await openMaildrop(this.#context, account, host, signal);
    this.#client = client;
    this.#input.reached();
    this.#capabilities = capabilities ?? [];
    const listed = new ListedMaildrop(stat, uidl);
    if (uidl === null && account.leaveOnServer && listed.count > 0) {
      await client.quit();
      return this.#end(
        failure("no-uidl", "account", { params: { host: account.host }, permanent: true }),
        false,
      );
    }
    const rule = this.#firstVisitRule();
    if (rule !== null && !listed.complete) {
      await client.quit();
      return this.#end(firstVisitImpossible(account, "UIDL"), false);
    }
    this.#expired = await findExpired(this.#context, this.#input);
    const { digest } = listed;
    if (
      this.#expired.size === 0 &&
      digest !== null &&
      state.listingDigest !== null &&
      equalBytes(digest, state.listingDigest)
    ) {
      await client.quit();
      state.tally.left = listed.count;
      state.whole = true;
      return this.#end(null, false);
    }
    return listed.count === 0 ? this.#emptyMaildrop(client, listed) : this.#work(client, listed, rule);
  }

  /** null: this maildrop was decided about, or all of it is to be taken. */
  #firstVisitRule(): FirstVisitRule | null {
    const { account, state } = this.#input;
    if (state.firstVisit !== "pending") return null;
    return firstVisitRule(account, this.#context.submit.timeZone());
  }

  /** STAT 0 is a complete listing without any of the remembered messages (spec 5.3). */
  async #emptyMaildrop(client: Pop3Client, listed: ListedMaildrop): Promise<SessionEnd> {
    const { lease, state } = this.#input;
    await client.quit();
    await endFirstVisit(this.#context, lease, state);
    state.whole = true;
    await settleEmpty(this.#context, this.#input, listed.digest);
    return this.#end(null, false);
  }

  async #work(client: Pop3Client, listed: ListedMaildrop, rule: FirstVisitRule | null): Promise<SessionEnd> {
    const { account, lease, origin, signal, state } = this.#input;
    const listing = await withSizes(client, listed);
    this.#uids = listing.uids;
    if (rule !== null) {
      const { plan: undecided } = await planSession(this.#context, this.#input, listing, this.#expired);
      await decideFirstVisit(this.#context, client, { account, lease, state }, undecided, rule);
    }
    const { comparison, plan } = await planSession(this.#context, this.#input, listing, this.#expired);
    const actions = plan.actions.filter((action) => !state.setAside.has(messageKey(action.candidate)));
    for (const action of actions.filter(isKind("skip")))
      this.#intake.skip(action.candidate, action.row, action.reason);
    for (const { candidate, row } of actions.filter(isKind("known"))) this.#intake.seen(candidate, row);

    for (const { candidate, row } of actions.filter(isKind("delete-skipped")))
      this.#intake.deleteSkipped(candidate, row);
    const headers = actions.filter(isKind("take-header"));
    await takeHeaders(this.#context, client, { account, lease, origin, intake: this.#intake }, headers);

    const verified = await verifyKnown(client, actions.filter(isKind("delete-known")));
    for (const { candidate, row } of verified.same) this.#intake.known(candidate, row);
    const moved = await recogniseMoved(
      client,
      actions.filter(isKind("compare-header")),
      (digests) => this.#context.store.rememberedByHeaderDigest(lease.accountId, digests),
      (uid) => this.#isListed(uid),
    );
    for (const { candidate, row } of moved.same) this.#intake.renamed(candidate, row);
    const retrievals = [...actions.filter(isKind("retrieve")), ...verified.doubtful, ...moved.doubtful];
    retrievals.sort(byIndex(account.extras.newestFirst ?? false));
    await this.#retrieve(client, retrievals, listing);
    await this.#intake.settled();
    this.#throwIfBroken();

    const deletable = this.#intake.standings.filter((one) => one.deletable);
    const marked = await sendDeletions(this.#context, client, lease, state, deletable, signal);
    if (this.#intake.unaccepted === 0) {
      await client.quit();
      await noteDeletions(this.#context, lease, state, marked);
    } else {
      // Answered +OK and not ours: no QUIT, or the server may count it as fetched (F1).
      client.destroy();
    }

    const done = !this.#cut && this.#intake.unaccepted === 0 && this.#lowDisk === null;
    if (done) await endFirstVisit(this.#context, lease, state);
    state.whole = done;
    const { standings, spent } = this.#intake;
    const kept = keptOf(actions, standings);
    state.tally.left = comparison.settled.filter(Boolean).length + kept.length;
    if (listed.complete || listed.digest === null) {
      // What was deleted there makes this listing one of the past.
      const digest = done && marked.length === 0 ? listed.digest : null;
      const fetched = new Set(standings.map((one) => one.candidate));
      const work = { listing, comparison, plan, kept, fetched, spent, digest };
      await settleListing(this.#context, this.#input, work);
    }
    if (this.#lowDisk !== null) return this.#end(this.#lowDisk, false);
    return this.#end(null, !done && this.#context.clock.monotonic() < this.#input.noRetrAfter);
  }

  async #retrieve(client: Pop3Client, retrievals: readonly Retrieval[], listing: Listing): Promise<void> {
    if (retrievals.length === 0) return;
    this.#intake.expect(retrievals);
    const size = (number: number) => {
      const octets = listing.sizes?.[number - 1];
      return octets === undefined || Number.isNaN(octets) ? undefined : octets;
    };
    const sizes = retrievals.map((one) => size(one.candidate.number));
    const bytes = sizes.some((one) => one === undefined)
      ? null
      : sizes.reduce<number>((sum, one) => sum + (one ?? 0), 0);
    this.#total = { messages: retrievals.length, bytes };
    await this.#checkSpace();
    await client.retrieve(
      retrievals.map((one) => one.candidate.number),
      {
        begin: async (number) => {
          this.#begun++;
          if (this.#begun % spaceEveryMessages === 0) await this.#checkSpace();
          this.#bytesDone += size(number) ?? 0;
          return this.#intake.begin(number);
        },
        refused: (number, error) => this.#intake.refused(number, error),
      },
      { sizes: size, proceed: () => this.#proceed() },
    );
  }

  /** Asked before each RETR. */
  #proceed(): boolean {
    const { account, signal, noRetrAfter } = this.#input;
    const now = this.#context.clock.monotonic();
    const sticks =
      !account.leaveOnServer && (this.#started >= mostMessages || now - this.#startedAt >= longestMs);
    if (signal.aborted || this.#broken !== null || this.#lowDisk !== null || sticks || now >= noRetrAfter) {
      this.#cut = true;
      return false;
    }
    this.#started++;
    return true;
  }

  /** Spec 5.11: below the mark no RETR starts; what is under way is taken. */
  async #checkSpace(): Promise<void> {
    const free = await this.#context.spool.freeBytes();
    const { minFreeSpaceBytes } = this.#context.settings();
    if (free < minFreeSpaceBytes) {
      this.#lowDisk = failure("disk-low", "local", {
        params: { free, limit: minFreeSpaceBytes },
        status: "4.3.1",
      });
    }
  }

  /** Seldom asked, and of a large maildrop the set is large: it is made when it is needed. */
  #isListed(uid: string): boolean {
    this.#listedUids ??= new Set(this.#uids);
    return this.#listedUids.has(uid);
  }

  #throwIfBroken(): void {
    if (this.#broken !== null) throw new FailureError(this.#broken);
  }

  #progress(): void {
    this.#progressDone++;
    const { messages, bytes } = this.#total;
    this.#input.progress({
      messagesDone: this.#progressDone,
      messagesTotal: messages,
      bytesDone: this.#bytesDone,
      bytesTotal: bytes,
    });
  }
}

function isKind<K extends Action["kind"]>(kind: K) {
  return (action: Action): action is Extract<Action, { kind: K }> => action.kind === kind;
}

/** Candidates that stay on the server and need nothing more from us. */
function keptOf(actions: readonly Action[], standings: Intake["standings"]): Candidate[] {
  const known = actions.filter(isKind("known"));
  const skipped = actions.filter(isKind("skip")).filter((action) => action.reason !== "stuck");
  const taken = standings.filter((one) => !one.deletable);
  return [...known, ...skipped, ...taken].map((one) => one.candidate);
}

function byIndex(newestFirst: boolean) {
  const order = newestFirst ? -1 : 1;
  return (a: Retrieval, b: Retrieval) => order * (a.candidate.index - b.candidate.index);
}
