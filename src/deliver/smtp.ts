/**
 * Delivery over LMTP and SMTP (spec 2; R-52).
 *
 * One call, one connection, kept for the next one; its items one transaction after the other. A recipient that is
 * refused harms no other. Trouble that is the server's (it cannot be reached, says 421, is silent) is the answer to
 * every item that was not begun; a connection that breaks within a transaction is that item's answer, and the next
 * item gets a new connection, so that one message which a server cannot stand does not hold up the rest: three such
 * breaks in a row are the server's trouble.
 */
import { connect } from "node:net";
import { type Failure, failure, type Result } from "../core/failure.ts";
import { type Clock, SECOND } from "../core/time.ts";
import type { FileSystem } from "../spool/file-system.ts";
import type { DeliveryItem, SendReport, Sent, WireDelivery } from "./delivery.ts";
import { unusableDestination } from "./destination-mistake.ts";
import { KeptSessions } from "./kept-sessions.ts";
import { type Batch, nextTransaction } from "./next-transaction.ts";
import { outgoingMessage } from "./outgoing-message.ts";
import { boundedText, type Hop, hopOf, refusal, tooLarge } from "./smtp-failure.ts";
import { type SessionOptions, SmtpSession, type SmtpTimeouts, smtpTimeouts } from "./smtp-session.ts";
import type { Answer } from "./smtp-transaction.ts";
import { type PasswordSource, parseWireDestination, type WireDestination } from "./wire-destination.ts";

const BREAKS_IN_A_ROW = 3;
/** Node gives each address of a name a quarter of a second: too little for a server across an ocean. */
const NEXT_ADDRESS_MS = 5 * SECOND;

export interface SmtpOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** What we call ourselves in EHLO and LHLO. */
  readonly serverName: () => string;
  /** The password of a destination's user; a failure is the answer to its mail. */
  readonly readPassword: (source: PasswordSource) => Promise<Result<Uint8Array>>;
  /** PEM text of a `caFile`; rejects with the system's error. */
  readonly readCaFile: (path: string) => Promise<string>;
  /** Default: `smtpTimeouts`. */
  readonly timeouts?: SmtpTimeouts;
  /** How connections are begun; default node:net. */
  readonly openSocket?: SessionOptions["openSocket"];
}

/** The delivery for `lmtp:`, `lmtp+unix:`, `smtp:` and `smtps:` together. */
export function smtpDelivery(options: SmtpOptions): WireDelivery {
  const kept = new KeptSessions<SmtpSession>(options.clock);
  return {
    kind: "wire",
    send: (items, report, signal) => new SendCall(options, kept, items, report, signal).run(),
    close: () => kept.close(),
  };
}

const openTcpOrUnix: SessionOptions["openSocket"] = (place) =>
  place.kind === "unix"
    ? connect({ path: place.path })
    : connect({
        host: place.host,
        port: place.port,
        noDelay: true,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      });

/** One call of `send`. */
class SendCall {
  readonly #options: SmtpOptions;
  readonly #kept: KeptSessions<SmtpSession>;
  readonly #report: SendReport;
  readonly #signal: AbortSignal;
  readonly #text: string;
  /** Not begun yet, in order. */
  #waiting: readonly DeliveryItem[];
  #session: SmtpSession | null = null;
  #breaks = 0;

  constructor(
    options: SmtpOptions,
    kept: KeptSessions<SmtpSession>,
    items: readonly DeliveryItem[],
    report: SendReport,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#kept = kept;
    this.#waiting = items;
    this.#report = report;
    this.#signal = signal;
    this.#text = items[0]?.destination ?? "";
  }

  async run(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const parsed = parseWireDestination(this.#text);
    if (!parsed.ok) return this.#giveUp(unusableDestination(this.#text, parsed.mistake.code));
    const destination = parsed.value;
    this.#session = this.#kept.take(this.#text);
    try {
      while (this.#waiting.length > 0) await this.#next(destination, hopOf(this.#text, destination));
    } catch (caught) {
      this.#session?.drop();
      throw caught;
    }
    if (this.#session !== null) this.#kept.keep(this.#text, this.#session);
  }

  async #next(destination: WireDestination, hop: Hop): Promise<void> {
    if (this.#signal.aborted) return this.#giveUp(failure("cancelled", "local"));
    if (!this.#session?.usable) {
      const opened = await SmtpSession.open(this.#sessionOptions(destination, hop), this.#signal);
      if (!opened.ok) return this.#giveUp(opened.failure);
      this.#session = opened.value;
    }
    const session = this.#session;
    const manners = {
      protocol: destination.protocol,
      dsn: session.offers("DSN"),
      smtpUtf8: session.offers("SMTPUTF8"),
    };
    const next = nextTransaction(this.#waiting, manners, hop);
    if (next.kind === "unsaid") {
      this.#begin([next.item]);
      return this.#report.answered(next.item, itemsOwn(next.failure));
    }
    await this.#transact(session, next, hop);
  }

  async #transact(session: SmtpSession, batch: Batch, hop: Hop): Promise<void> {
    const { recipients, from, dsn } = batch;
    const items = [...recipients.values()];
    const [first] = items;
    if (first === undefined) return;
    const wasUsed = session.used;
    const open = new Map(recipients);
    const answer = async (address: string, sent: Sent): Promise<void> => {
      const item = open.get(address);
      open.delete(address);
      if (item) await this.#report.answered(item, sent);
    };
    const { answers, begun } = await session.send(
      {
        from,
        to: [...recipients.keys()],
        sizeBytes: first.sizeBytes + Buffer.byteLength(first.extraFields),
        dsn,
        body: outgoingMessage(this.#options.fs, first, "omit"),
        dataAccepted: async (refused) => {
          for (const [address, reply] of refused) {
            await answer(address, sentOf({ kind: "refused", step: "RCPT TO", reply }, hop));
          }
        },
        beforeDot: () => this.#report.sending([...open.values()]),
      },
      this.#signal,
    );
    const given = [...answers.values()];
    // The server gave the connection up while nobody looked: nothing was begun there, so it is begun anew, once.
    if (wasUsed && !begun && given.every(isGone)) {
      session.drop();
      return;
    }
    this.#begin(items);
    let trouble: Failure | null = null;
    for (const [address, said] of answers) {
      if (said.kind === "withdrawn") continue;
      const sent = sentOf(said, hop);
      if (sent.kind === "failed" && sent.unreachable) trouble = sent.failure;
      await answer(address, sent);
    }
    if (given.some(({ kind }) => kind === "accepted")) this.#breaks = 0;
    else if (given.some((said) => said.kind === "broken" && said.cause === "closed")) this.#breaks++;
    if (this.#breaks >= BREAKS_IN_A_ROW) {
      const last = given.find((said) => said.kind === "broken");
      if (last?.kind === "broken") trouble = last.failure;
    }
    if (trouble !== null) await this.#giveUp(trouble);
  }

  #begin(items: readonly DeliveryItem[]): void {
    this.#waiting = this.#waiting.filter((item) => !items.includes(item));
  }

  /** The same answer for everything that was not begun. */
  async #giveUp(trouble: Failure): Promise<void> {
    const items = this.#waiting;
    this.#waiting = [];
    const unreachable = trouble.scope !== "local";
    for (const item of items) {
      await this.#report.answered(item, { kind: "failed", failure: trouble, doubtful: false, unreachable });
    }
  }

  #sessionOptions(destination: WireDestination, hop: Hop): SessionOptions {
    const { clock, serverName, readPassword, readCaFile, timeouts, openSocket } = this.#options;
    return {
      destination,
      hop,
      clock,
      serverName: serverName(),
      readPassword,
      readCaFile,
      timeouts: timeouts ?? smtpTimeouts,
      openSocket: openSocket ?? openTcpOrUnix,
    };
  }
}

/** No reply, or one that says that the connection is over. */
function isGone(answer: Answer): boolean {
  return (
    (answer.kind === "broken" && answer.cause === "closed") ||
    (answer.kind === "refused" && /^421[ -]/.test(answer.reply))
  );
}

function sentOf(answer: Exclude<Answer, { kind: "withdrawn" }>, hop: Hop): Sent {
  switch (answer.kind) {
    case "accepted":
      return { kind: "delivered", where: boundedText(answer.reply) ?? "" };
    case "refused":
      return { kind: "failed", doubtful: false, ...refusal(hop, answer.reply, answer.step) };
    case "too-large":
      return itemsOwn(tooLarge(hop));
    case "broken":
      return {
        kind: "failed",
        failure: answer.failure,
        doubtful: answer.afterDot,
        unreachable: answer.cause === "timeout",
      };
  }
}

/** A failure that is this item's alone, with nothing sent. */
function itemsOwn(trouble: Failure): Sent {
  return { kind: "failed", failure: trouble, doubtful: false, unreachable: false };
}
