/**
 * Takes the messages of one session in: each through the queue's door, told apart by its digest, accepted, noted.
 *
 * Bytes of the next message arrive while former ones are still being accepted, as far as the queue's backlog has
 * room; `settled` waits for all. A message that was answered +OK and not accepted leaves `unaccepted` above zero: the
 * session must then be dropped without QUIT (spec 5.2, F1).
 */
import { formatAddress } from "../core/address.ts";
import { type Failure, FailureError, failure, failureOf } from "../core/failure.ts";
import type { MessageId } from "../core/ids.ts";
import { failureFields, wireField } from "../core/log.ts";
import { DAY, HOUR } from "../core/time.ts";
import type { Pop3CommandError } from "../pop3/errors.ts";
import type { MessageInfo, MessageSink, RetrieveHandler } from "../pop3/retrieve.ts";
import { type Submission, submit, type VisitOrigin } from "../queue/submit.ts";
import type { LedgerRow, RememberedUid, VisitLease } from "../store/records.ts";
import type { RememberedVerbs } from "../store/store.ts";
import { type Action, type Candidate, identify } from "./new-messages.ts";
import { messageKey, type VisitContext, type VisitState } from "./visit-state.ts";

type Note = Parameters<RememberedVerbs["noteMessages"]>[1][number];
/** What is to be retrieved; `rows` are remembered under its UID. */
export type Retrieval = Extract<Action, { kind: "retrieve" }>;

/** Refused, empty or cut this often by its content, a message is stuck and no longer tried at each visit. */
const failuresUntilStuck = 3;
/** So many messages running without the special header are worth a warning (spec 6). */
const withoutSpecialHeaderWarning = 20;

/** How a taken message stands at the end, for the listing's snapshot and for DELE. */
export interface Standing {
  readonly candidate: Candidate;
  /** To be deleted at this session's end, as far as the account wants it. */
  readonly deletable: boolean;
  /** Remembered row, where one is known: displaced ones of the same UID are absent (F3). */
  readonly rowId: number | null;
  readonly messageId: MessageId | null;
  /** Who wants it gone, though we never took it; null: it is ours. */
  readonly askedBy: string | null;
  readonly firstAttempt: Promise<{ readonly delivered: boolean }> | null;
}

export interface IntakeWishes {
  readonly lease: VisitLease;
  readonly origin: VisitOrigin;
  readonly leaveOnServer: boolean;
  readonly maxMessageSizeBytes: number;
  /** Whether a UID stands in this session's listing. */
  listed(uid: string): boolean;
  /** Whether the time on the server of this row's message is over. */
  expired(rowId: number): boolean;
  /** Our own trouble or a lost lease: nothing more can be taken in this session. */
  broken(failure: Failure): void;
  /** A message is through, however it ended. */
  progress(): void;
  /** A message is ours. */
  accepted(): void;
}

export class Intake implements RetrieveHandler {
  readonly standings: Standing[] = [];
  readonly #context: VisitContext;
  readonly #state: VisitState;
  readonly #wishes: IntakeWishes;
  readonly #retrievals = new Map<number, Retrieval>();
  readonly #spent = new Set<number>();
  readonly #notes: Note[] = [];
  readonly #ledger: LedgerRow[] = [];
  /** Messages whose fate is open: being accepted or thrown away. */
  #accepting = 0;
  #waiting: (() => void)[] = [];
  #unaccepted = 0;

  constructor(context: VisitContext, state: VisitState, wishes: IntakeWishes) {
    this.#context = context;
    this.#state = state;
    this.#wishes = wishes;
  }

  /** Messages answered +OK that did not become ours. */
  get unaccepted(): number {
    return this.#unaccepted;
  }

  /** Ids of rows that messages of this session turned out to be. */
  get spent(): ReadonlySet<number> {
    return this.#spent;
  }

  expect(retrievals: readonly Retrieval[]): void {
    for (const one of retrievals) this.#retrievals.set(one.candidate.number, one);
  }

  async begin(number: number): Promise<MessageSink> {
    const retrieval = this.#retrievals.get(number);
    if (retrieval === undefined) throw new Error(`message ${number} was not asked for`);
    await this.#context.room();
    this.#retrievals.delete(number);
    const { candidate } = retrieval;
    const submission = submit(this.#context.submit, this.#wishes.origin);
    this.#unaccepted++;
    // A person who asks for a message takes it whatever its size.
    const asked = retrieval.rows.some((row) => row.wish === "take");
    const limit = asked ? Number.POSITIVE_INFINITY : this.#wishes.maxMessageSizeBytes;
    const tooLarge = () =>
      failure("message-too-large", "message", {
        permanent: true,
        params: { limit, uid: candidate.uid ?? "" },
      });
    return {
      write: (chunk) => {
        if (submission.sizeBytes + chunk.length > limit) {
          // LIST said less than came. The rest cannot be stopped but by hanging up; it goes on without it.
          this.#skipTooLarge(retrieval);
          this.#keepWork(submission.discard());
          throw new FailureError(tooLarge());
        }
        return this.#guarded(submission, submission.write(chunk));
      },
      end: (info) => this.#end(retrieval, submission, info),
      abort: (why) => {
        if (why.code !== "cancelled") this.#trouble(retrieval, why);
        this.#keepWork(submission.discard());
      },
    };
  }

  refused(number: number, error: Pop3CommandError): void {
    const retrieval = this.#retrievals.get(number);
    if (retrieval !== undefined) this.#trouble(retrieval, error.failure);
  }

  /** Waits until nothing is being accepted any more, and writes down what was learnt. */
  async settled(): Promise<void> {
    while (this.#accepting > 0) await this.#oneLess();
    await this.writeNotes();
  }

  /** @throws FailureError when the database refuses. */
  async writeNotes(): Promise<void> {
    if (this.#notes.length === 0 && this.#ledger.length === 0) return;
    const notes = this.#notes.splice(0);
    const ledger = this.#ledger.splice(0);
    await this.#context.store.noteMessages(this.#wishes.lease, notes, ledger);
  }

  /** Notes a message that is not to be taken, once; a row that says so already stays as it is. */
  skip(candidate: Candidate, row: RememberedUid | null, reason: "tooLarge" | "stuck" | "markedSeen"): void {
    this.#state.tally.skipped++;
    if (row !== null && row.reason === reason) return;
    this.#notes.push({
      kind: "skip",
      id: row?.id ?? null,
      uid: candidate.uid,
      sizeBytes: candidate.sizeBytes,
      reason,
      failures: 0,
      failure: null,
      retryAt: null,
    });
    this.#ledger.push(this.#row("skipped", candidate, { reason, sizeBytes: candidate.sizeBytes }));
    this.#context.log.write("message-skipped", () => ({
      ...uidField(candidate),
      reason,
      ...(candidate.sizeBytes === null ? {} : { bytes: candidate.sizeBytes }),
      ...this.#state.about,
    }));
  }

  /**
   * A message that stands as it stood. Its size is noted where none is remembered, as after an import: from now on
   * the same UID with another size is another message.
   */
  seen({ uid, sizeBytes }: Candidate, { id, sizeBytes: remembered }: RememberedUid): void {
    if (remembered === null && Number.isSafeInteger(sizeBytes))
      this.#notes.push({ kind: "rename", id, uid, sizeBytes });
  }

  /** A message under its own UID that needed no fetching: its header is this row's. */
  known(candidate: Candidate, row: RememberedUid): void {
    this.#state.tally.known++;
    this.#same(candidate, row, false);
  }

  /** A message that was never taken and that a person wants gone (spec 5.3). */
  deleteSkipped(candidate: Candidate, row: RememberedUid): void {
    this.standings.push({
      candidate,
      deletable: true,
      rowId: row.id,
      messageId: null,
      askedBy: row.wishBy ?? "",
      firstAttempt: null,
    });
  }

  /** TOP was refused where a person wants the header: shown, and asked for again at the next visit. */
  headerRefused(candidate: Candidate, row: RememberedUid, why: Failure): void {
    this.#state.tally.troubled++;
    const { reason, failures, retryAt } = row;
    this.#notes.push({
      kind: "skip",
      id: row.id,
      uid: candidate.uid,
      sizeBytes: candidate.sizeBytes,
      reason: reason ?? "failing",
      failures,
      failure: why,
      retryAt,
    });
    this.#ledger.push(
      this.#row("refused", candidate, { code: why.code, remoteText: why.remoteText, failures, stuck: false }),
    );
  }

  /** A message under another UID that needed no fetching: it has this row's header and size. */
  renamed(candidate: Candidate, row: RememberedUid): void {
    this.#state.tally.known++;
    this.#same(candidate, row, true);
  }

  #end(retrieval: Retrieval, submission: Submission, info: MessageInfo): void {
    const { candidate } = retrieval;
    if (submission.sizeBytes === 0) {
      // Neither accepted nor deleted, but shown.
      this.#trouble(retrieval, failure("message-empty", "message", { params: { uid: candidate.uid ?? "" } }));
      this.#keepWork(submission.discard());
      return;
    }
    const key = messageKey(candidate);
    if (info.startsLikeReply && !this.#state.likeReply.has(key)) {
      // Either a strange message or answers out of step: a new connection tells.
      this.#state.likeReply.add(key);
      this.#keepWork(submission.discard());
      throw new FailureError(failure("protocol", "message", { params: { reason: "starts-like-reply" } }));
    }
    const work = this.#finish(retrieval, submission)
      .catch((error: unknown) => this.#wishes.broken(failureOf(error)))
      .finally(() => this.#wishes.progress());
    this.#keepWork(work);
  }

  async #finish(retrieval: Retrieval, submission: Submission): Promise<void> {
    const { candidate, rows } = retrieval;
    const { lease, leaveOnServer } = this.#wishes;
    const digests = submission.close();
    const sameBytes = !this.#state.remembers
      ? []
      : await this.#context.store.rememberedByDigest(lease.accountId, [digests.message]);
    const identity = identify(candidate.uid, rows, sameBytes, (uid) => this.#wishes.listed(uid), this.#spent);
    if (identity.kind === "same") {
      this.#spent.add(identity.row.id);
      this.#state.tally.known++;
      await submission.discard();
      this.#unaccepted--;
      // What was remembered under its UID as never taken turned out to be a message that we have.
      for (const row of rows) {
        if (row.state === "skipped" && row.id !== identity.row.id)
          this.#notes.push({ kind: "forget", id: row.id });
      }
      this.#same(candidate, identity.row, !rows.some((row) => row.id === identity.row.id));
      return;
    }
    if (identity.replaces !== null) this.#spent.add(identity.replaces);
    const accepted = await submission.accept({
      lease,
      uid: candidate.uid,
      sizeBytes: candidate.sizeBytes,
      state: leaveOnServer ? "left" : "deletePending",
      replaces: identity.replaces,
    });
    if (accepted.kind === "lost-lease") throw new FailureError(failure("cancelled", "local"));
    this.#unaccepted--;
    const { tally } = this.#state;
    tally.taken++;
    this.#wishes.accepted();
    tally.takenBytes += submission.sizeBytes;
    this.#noteSpecialHeader(submission.distribution.specialHeaderAbsent);
    this.#logTaken(candidate, submission);
    this.standings.push({
      candidate,
      deletable: !leaveOnServer,
      rowId: accepted.rememberedId,
      messageId: submission.id,
      askedBy: null,
      firstAttempt: accepted.firstAttempt,
    });
  }

  /** Told once when it has been absent often enough for a warning (spec 6); the account shows it from then on. */
  #noteSpecialHeader(absent: boolean): void {
    const state = this.#state;
    state.withoutSpecialHeader = absent ? state.withoutSpecialHeader + 1 : 0;
    if (!absent || state.withoutSpecialHeader !== withoutSpecialHeaderWarning) return;
    const { rule } = this.#wishes.origin;
    const field = rule.kind === "unified" ? (rule.specialHeader ?? "") : "";
    this.#context.log.write("special-header-absent", () => ({
      field,
      messages: state.withoutSpecialHeader,
      ...state.about,
    }));
  }

  #logTaken(candidate: Candidate, submission: Submission): void {
    this.#context.log.write("message-taken", () => {
      const { recipients, reversePath } = submission.distribution;
      return {
        ...uidField(candidate),
        bytes: submission.sizeBytes,
        messageId: submission.id,
        ...(submission.messageIdField === null ? {} : { messageIdField: submission.messageIdField }),
        sender: reversePath === null ? null : formatAddress(reversePath),
        recipients: recipients.map((one) => formatAddress(one.forwardPath)),
        ...this.#state.about,
      };
    });
  }

  /** @param elsewhere the row was found by its digest: under another UID, or from before an edit of host or login */
  #same(candidate: Candidate, row: RememberedUid, elsewhere: boolean): void {
    this.#spent.add(row.id);
    if (
      elsewhere ||
      row.uid !== candidate.uid ||
      row.sizeBytes !== candidate.sizeBytes ||
      row.absentSince !== null
    ) {
      this.#notes.push({ kind: "rename", id: row.id, uid: candidate.uid, sizeBytes: candidate.sizeBytes });
    }
    const detail = row.uid === candidate.uid ? {} : { formerUid: row.uid };
    this.#ledger.push({ ...this.#row("known", candidate, detail), messageId: row.messageId });
    this.#context.log.write("message-known", () => ({
      ...uidField(candidate),
      ...(row.messageId === null ? {} : { messageId: row.messageId }),
      ...this.#state.about,
    }));
    this.standings.push({
      candidate,
      deletable: this.#wishes.leaveOnServer
        ? row.state === "left" && this.#wishes.expired(row.id)
        : row.state === "deletePending",
      rowId: row.id,
      messageId: row.messageId,
      askedBy: null,
      firstAttempt: null,
    });
  }

  #skipTooLarge({ candidate, rows }: Retrieval): void {
    this.#state.setAside.add(messageKey(candidate));
    this.skip(candidate, rows.find((row) => row.state === "skipped") ?? null, "tooLarge");
  }

  /** One message's own trouble: counted, and from the third time on it rests (R-10, F20). */
  #trouble({ candidate, rows }: Retrieval, why: Failure): void {
    this.#state.setAside.add(messageKey(candidate));
    this.#state.tally.troubled++;
    const row = rows.find((one) => one.state === "skipped") ?? null;
    const failures = (row?.failures ?? 0) + 1;
    const stuck = failures >= failuresUntilStuck;
    const restMs = Math.min(DAY, HOUR * 2 ** (failures - failuresUntilStuck));
    this.#notes.push({
      kind: "skip",
      id: row?.id ?? null,
      uid: candidate.uid,
      sizeBytes: candidate.sizeBytes,
      reason: stuck ? "stuck" : "failing",
      failures,
      failure: why,
      retryAt: stuck ? this.#context.clock.now() + restMs : null,
    });
    this.#ledger.push(
      this.#row("refused", candidate, { code: why.code, remoteText: why.remoteText, failures, stuck }),
    );
    this.#context.log.write(stuck ? "message-stuck" : "message-refused", () => ({
      ...uidField(candidate),
      failures,
      ...(stuck ? { retryAt: this.#context.clock.now() + restMs } : {}),
      ...failureFields(why),
      ...this.#state.about,
    }));
    this.#wishes.progress();
  }

  #row(kind: LedgerRow["kind"], candidate: Candidate, detail: Record<string, unknown>): LedgerRow {
    return {
      at: this.#context.clock.now(),
      kind,
      messageId: null,
      remoteAccountId: this.#wishes.lease.accountId,
      uid: candidate.uid,
      messageIdField: null,
      recipient: null,
      detail,
    };
  }

  /** A write that fails is our own disk's trouble: the session ends, the message was not taken. */
  #guarded(submission: Submission, written: void | Promise<void>): void | Promise<void> {
    if (written === undefined) return;
    return written.catch((error: unknown) => {
      this.#keepWork(submission.discard());
      throw error;
    });
  }

  #keepWork(work: Promise<void>): void {
    this.#accepting++;
    void work.finally(() => {
      this.#accepting--;
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  #oneLess(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A message without a UID has none in the log either. */
function uidField({ uid }: Candidate): { readonly uid?: string } {
  return uid === null ? {} : { uid: wireField(uid) };
}
