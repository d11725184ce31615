/**
 * The one door into the queue: distribute → route → stage → accept. Visits, and later reports, vacation and
 * redirects, bring their mail through here.
 *
 * **The promise: when `accept` resolves with `accepted`, the message is on disk and in the queue, durably: spool
 * file fsynced, spool directory fsynced, accept transaction committed. Only then may a visit send DELE.**
 *
 * A message streams through a Submission: its header is held (2 MiB at most, R-20) until it is known whose the
 * mail is, since our own fields and the removal of Return-Path come first in the file; the body passes in pieces.
 * No header, however broken, stops it. What fails here has the scope `local`: our disk, our database.
 */
import { type Address, formatAddress } from "../core/address.ts";
import { type Failure, failure } from "../core/failure.ts";
import type { MessageId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { distribute } from "../distribute/distribute.ts";
import type { Distribution, DistributionInput, Target, UnifiedInput } from "../distribute/distribution.ts";
import { MessageDigester, type MessageDigests } from "../message/digest.ts";
import { findHeaderEnd, Header, maxHeaderBytes } from "../message/header.ts";
import { carriesOurMark, countReceived, writeReceived } from "../message/received.ts";
import type { CompiledRouter } from "../route/routing-table.ts";
import type { Spool, StagedMessage } from "../spool/spool.ts";
import type { AcceptItem, NewEntry } from "../store/queue-contract.ts";
import type { EntryTarget, LedgerRow, VisitLease } from "../store/records.ts";
import type { Backlog } from "./backlog.ts";
import type { Accepted, GroupCommit } from "./group-commit.ts";

/** More Received fields than this stop a message (spec 8, loops). */
const maxReceived = 100;
/** A message holds no more than this: the rest is on its way to the disk already (spool). */
const mostHeldBytes = 512 * 1024;

/** What the door needs to know of where mail comes from. */
export interface VisitOrigin {
  readonly kind: "visit";
  readonly rule: DistributionInput;
  /** The POP3 server as configured. */
  readonly remoteHost: string;
  readonly withProtocol: "POP3" | "POP3S";
  readonly mergeCopies: boolean;
  /** The maildrop's first visit is not over: what comes may be old mail (spec 8, no vacation). */
  readonly firstVisit: boolean;
}

/** Mail of our own making: reports. */
export interface OwnOrigin {
  readonly kind: "own";
  readonly recipients: readonly Address[];
}

type Origin = VisitOrigin | OwnOrigin;

/** How a taken message is to be remembered. */
export interface Remember {
  readonly lease: VisitLease;
  readonly uid: string | null;
  readonly sizeBytes: number | null;
  readonly state: "left" | "deletePending";
  /** Row of the same UID that this message takes the place of. */
  readonly replaces: number | null;
  /** Row of the message whose header alone this is: nothing is remembered, its wish is fulfilled. */
  readonly headerOf?: number;
}

export interface SubmitContext {
  readonly clock: Clock;
  readonly spool: Spool;
  readonly group: GroupCommit;
  readonly backlog: Backlog;
  readonly installationId: string;
  /** Our name in Received fields. */
  serverName(): string;
  timeZone(): string;
  queueLifetimeMs(): number;
  /** Copies are looked for this far back (spec 6: 7 days). */
  readonly mergeWindowMs: number;
  /** The routing table as it is now. */
  router(): CompiledRouter;
  newMessageId(): MessageId;
}

/** Opens the door for one message. */
export function submit(context: SubmitContext, origin: Origin): Submission {
  return new Submission(context, origin);
}

/**
 * One message on its way in: `write` its bytes (LF form), `close`, then `accept` or `discard`.
 *
 * Fields live from `close` on: `digests` to tell whether the message is known, `distribution` for whom it is.
 */
export class Submission {
  readonly id: MessageId;
  readonly #context: SubmitContext;
  readonly #origin: Origin;
  readonly #rule: DistributionInput;
  readonly #staged: StagedMessage;
  readonly #digester: MessageDigester;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #started: Started | null = null;
  #digests: MessageDigests | null = null;
  #finished: Promise<void> | null = null;
  /** As entered into the backlog; 0 outside of it. */
  #countedBytes = 0;

  constructor(context: SubmitContext, origin: Origin) {
    this.#context = context;
    this.#origin = origin;
    this.#rule = origin.kind === "own" ? { kind: "own", recipients: origin.recipients } : origin.rule;
    this.id = context.newMessageId();
    this.#staged = context.spool.stage(this.id);
    this.#digester = new MessageDigester(this.#mergesCopies(this.#rule) ? this.#rule : null);
  }

  /** Bytes of the message so far. */
  get sizeBytes(): number {
    return this.#started === null ? this.#heldBytes : this.#staged.sizeBytes - this.#started.prefixBytes;
  }

  get digests(): MessageDigests {
    if (this.#digests === null) throw new Error("digests are known after close");
    return this.#digests;
  }

  /** Known after `close`; null: the message has none. */
  get messageIdField(): string | null {
    return this.#started?.messageIdField ?? null;
  }

  get distribution(): Distribution {
    if (this.#started === null) throw new Error("the distribution is known after close");
    return this.#started.distribution;
  }

  /**
   * Takes the next bytes; they belong to the submission from here on.
   *
   * @returns a promise while the disk is behind: the caller waits for it before it brings more.
   * @throws the file system's error, also by the promise; the submission must then be discarded.
   */
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#started !== null) {
      this.#digester.body(chunk);
      return this.#staged.write(chunk);
    }
    const seen = this.#heldBytes;
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    // Only the last piece can close the header; two bytes before it may belong to the blank line.
    const bytes = this.#join();
    const end = findHeaderEnd(bytes, seen);
    if (end === -1 && this.#heldBytes < maxHeaderBytes) return;
    return this.#start(bytes, end === -1 ? bytes.length : end);
  }

  /** All bytes came. The file is on its way to the disk from here on; `accept` waits for it. */
  close(): MessageDigests {
    if (this.#started === null) {
      const bytes = this.#join();
      // A message without a body, or without a header: what there is counts as the header.
      // What goes wrong with this write goes wrong with `finish` too, and is told there.
      Promise.resolve(this.#start(bytes, bytes.length)).catch(() => {});
    }
    this.#digests = this.#digester.finish();
    this.#countedBytes = Math.min(this.#staged.sizeBytes, mostHeldBytes);
    this.#context.backlog.enter(this.#countedBytes);
    this.#finished = this.#staged.finish();
    this.#finished.catch(() => {});
    return this.#digests;
  }

  /**
   * Makes the message ours, together with others that come at the same time.
   *
   * @returns what the store made of it, once that is durable, and a promise for its first delivery attempt.
   * @throws the disk's or the database's trouble, as FailureError or system error: then nothing was promised,
   *   and the remote copy must stay. The staged file is left to the sweep, since a row may own it.
   */
  async accept(remember: Remember): Promise<Accepted> {
    if (this.#started === null || this.#finished === null) throw new Error("accept follows close");
    try {
      await this.#finished;
      // The bytes are on disk: what the group still holds is a few hundred bytes a message.
      this.#leaveBacklog();
      return await this.#context.group.add(this.#item(this.#started, this.digests, remember));
    } finally {
      this.#leaveBacklog();
    }
  }

  /**
   * A message of our own, written and durable, for a transaction that accepts it together with something else.
   *
   * @throws as `accept` does; the submission must then be discarded.
   */
  async staged(): Promise<AcceptItem> {
    if (this.#started === null || this.#finished === null) throw new Error("staged follows close");
    try {
      await this.#finished;
      await this.#context.spool.syncDirectory();
      return this.#item(this.#started, this.digests, null);
    } finally {
      this.#leaveBacklog();
    }
  }

  /** The message is not to be taken after all. Never rejects. */
  async discard(): Promise<void> {
    if (this.#finished !== null) await this.#finished.catch(() => {});
    await this.#staged.discard();
    this.#leaveBacklog();
  }

  #leaveBacklog(): void {
    if (this.#countedBytes === 0) return;
    this.#context.backlog.leave(this.#countedBytes);
    this.#countedBytes = 0;
  }

  #join(): Uint8Array {
    if (this.#held.length === 1) return this.#held[0] ?? new Uint8Array();
    const bytes = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [bytes];
    return bytes;
  }

  #start(bytes: Uint8Array, bodyOffset: number): void | Promise<void> {
    const { clock, installationId } = this.#context;
    // A copy: what was read holds much more than this header, and the header is kept until the message is accepted.
    const section = Buffer.from(bytes.subarray(0, bodyOffset));
    const parsed = Header.parse(section);
    const distribution = distribute(this.#rule, parsed.header, this.#context.router());
    const origin = this.#origin;
    const at = clock.now();
    const looping =
      countReceived(parsed.header) > maxReceived || carriesOurMark(parsed.header, installationId)
        ? failure("mail-loop", "recipient", { permanent: true, status: "5.4.6" })
        : null;
    const [only] = distribution.recipients;
    const received = writeReceived({
      installationId,
      messageId: this.id,
      serverName: this.#context.serverName(),
      remoteHost: origin.kind === "own" ? null : origin.remoteHost,
      at,
      timeZone: this.#context.timeZone(),
      withProtocol: origin.kind === "own" ? null : origin.withProtocol,
      ...(only !== undefined && distribution.recipients.length === 1
        ? { forRecipient: only.forwardPath }
        : {}),
    });
    // A message that begins with its text gets the blank line that keeps the text out of our header.
    const headless = parsed.headerEnd === 0 && bytes.length > 0 && !startsWithBlankLine(bytes);
    const prefix = Buffer.from(
      `Return-Path: <${pathText(distribution.reversePath)}>\n${received}${headless ? "\n" : ""}`,
      "utf8",
    );
    this.#started = {
      distribution,
      prefixBytes: prefix.length,
      at,
      looping,
      messageIdField: shown(parsed.header.first("Message-ID")),
      subject: shown(parsed.header.first("Subject")),
      from: shown(parsed.header.first("From")),
    };
    this.#held = [];
    this.#digester.header(section);
    if (bytes.length > bodyOffset) this.#digester.body(bytes.subarray(bodyOffset));
    return this.#staged.write(prefix, distribution.header.toBytes(), bytes.subarray(parsed.headerEnd));
  }

  #item(started: Started, digests: MessageDigests, remember: Remember | null): AcceptItem {
    const { distribution, at, looping } = started;
    const { installationId } = this.#context;
    const queueLifetimeMs = this.#context.queueLifetimeMs();
    const seconds = Math.floor(at / 1000);
    const entries: NewEntry[] = distribution.recipients.map((recipient, ordinal) => ({
      ordinal,
      recipient: recipient.forwardPath,
      target: entryTarget(recipient.target),
      // A looping message is kept, never bounced (spec 8).
      notify: looping === null ? recipient.notify : "never",
      fileName: `${seconds}.R${this.id}-${ordinal}.${installationId}`,
      expiresAt: at + queueLifetimeMs,
      failure: looping ?? (recipient.target.kind === "refused" ? recipient.target.failure : null),
    }));
    return {
      message: {
        id: this.id,
        spoolRef: this.#staged.ref,
        sizeBytes: this.#staged.sizeBytes,
        prefixBytes: started.prefixBytes,
        reversePath: distribution.reversePath,
        remoteAccountId: remember?.lease.accountId ?? null,
        receivedAt: at,
        digest: digests.message,
        messageIdField: started.messageIdField,
        subject: started.subject,
        from: started.from,
        firstVisit: this.#origin.kind === "visit" && this.#origin.firstVisit,
      },
      headerDigest: digests.header,
      copyDigest: digests.copy,
      entries,
      visit: remember,
      mergeSince: this.#mergesCopies(this.#rule) ? at - this.#context.mergeWindowMs : null,
      ledger: this.#ledger(started, remember, entries),
    };
  }

  #mergesCopies(rule: DistributionInput): rule is UnifiedInput {
    return this.#origin.kind === "visit" && this.#origin.mergeCopies && rule.kind === "unified";
  }

  #ledger(started: Started, remember: Remember | null, entries: readonly NewEntry[]): LedgerRow[] {
    const common = {
      at: started.at,
      messageId: this.id,
      remoteAccountId: remember?.lease.accountId ?? null,
      uid: remember?.uid ?? null,
      messageIdField: started.messageIdField,
    };
    const { distribution } = started;
    const rows: LedgerRow[] = [
      {
        ...common,
        kind: "accepted",
        recipient: null,
        detail: {
          ...(remember === null
            ? {}
            : { host: remember.lease.host, port: remember.lease.port, onServer: remember.state }),
          ...(remember?.headerOf === undefined ? {} : { headerOnly: true }),
          sizeBytes: this.#staged.sizeBytes - started.prefixBytes,
          reversePath: pathText(distribution.reversePath),
          kind: this.#rule.kind,
          guessed: distribution.guessed,
        },
      },
    ];
    for (const [ordinal, recipient] of distribution.recipients.entries()) {
      const entry = entries[ordinal];
      rows.push({
        ...common,
        kind: "distributed",
        recipient: formatAddress(recipient.forwardPath),
        detail: {
          ordinal,
          target:
            recipient.target.kind === "local" ? recipient.target.account.address : recipient.target.kind,
          notify: recipient.notify,
          ...(entry?.failure ? { code: entry.failure.code } : {}),
          ...(this.#rule.kind === "unified" ? { why: whyOf(distribution, recipient.forwardPath) } : {}),
        },
      });
    }
    return rows;
  }
}

interface Started {
  readonly distribution: Distribution;
  readonly prefixBytes: number;
  readonly at: number;
  readonly looping: Failure | null;
  readonly messageIdField: string | null;
  readonly subject: string | null;
  readonly from: string | null;
}

/** A refused recipient has nowhere to go; its entry carries the failure, and a person's retry routes it anew. */
function entryTarget(target: Target): EntryTarget {
  switch (target.kind) {
    case "local":
      return { kind: "local", accountId: target.account.id };
    case "postmaster":
      return { kind: "postmaster" };
    case "remote":
    case "refused":
      return { kind: "remote" };
  }
}

/** The field in which a recipient was found, for the trace. */
function whyOf(distribution: Distribution, forwardPath: Address): string {
  const text = formatAddress(forwardPath);
  const found = distribution.decisions.find(
    (one) => one.address !== null && formatAddress(one.address) === text,
  );
  return found?.source ?? "none";
}

function pathText(path: Address | null): string {
  return path === null ? "" : formatAddress(path);
}

function startsWithBlankLine(bytes: Uint8Array): boolean {
  return bytes[0] === 0x0a || (bytes[0] === 0x0d && bytes[1] === 0x0a);
}

/** Kept for lists on a screen: bounded, and without the NUL that a database text cannot hold. */
function shown(value: string | null): string | null {
  return value === null ? null : value.slice(0, 1000).replaceAll("\u0000", "");
}
