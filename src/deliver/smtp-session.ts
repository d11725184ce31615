/**
 * One connection to an SMTP or LMTP server: a thin adapter over nodemailer's connection, which speaks the protocol.
 *
 * Order of calls: `open`, then `send` one after the other while `usable`, then `end` or `drop`. Ours are: dialling and
 * every time limit (on the clock handed in), the moment before the final dot, and what each recipient is told when the
 * connection breaks. The library's own time limits are set out of the way.
 *
 * The library writes the dot when the message's stream ends; so the stream waits for `beforeDot` before it ends, and a
 * stream that is destroyed leaves no dot behind.
 */
import { isIP, type Socket } from "node:net";
import { Readable } from "node:stream";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import { type Failure, failed, failureOf, ok, type Result } from "../core/failure.ts";
import { type Clock, DAY, MINUTE, SECOND } from "../core/time.ts";
import { errorCode } from "../spool/file-system.ts";
import { Deadline } from "./deadline.ts";
import { unusableDestination } from "./destination-mistake.ts";
import { Conversation } from "./smtp-conversation.ts";
import { dial } from "./smtp-dial.ts";
import { type Hop, unreachable } from "./smtp-failure.ts";
import {
  type Answer,
  answered,
  answerTo,
  cancelled,
  detailOf,
  type Ending,
  type Sending,
  type SmtpError,
  type Transaction,
  TransactionState,
} from "./smtp-transaction.ts";
import type { PasswordSource, WireDestination, WirePlace } from "./wire-destination.ts";

/** Time limits, milliseconds (RFC 5321, 4.5.3.2; R-52). */
export interface SmtpTimeouts {
  readonly connectMs: number;
  /** From the connection to the end of the greeting, EHLO, STARTTLS and AUTH together; then for each reply. */
  readonly replyMs: number;
  /** Without any progress while the message's bytes go out. */
  readonly blockMs: number;
  /** From the final dot to its answer. */
  readonly finalReplyMs: number;
}

export const smtpTimeouts: SmtpTimeouts = {
  connectMs: 30 * SECOND,
  replyMs: 5 * MINUTE,
  blockMs: 5 * MINUTE,
  finalReplyMs: 10 * MINUTE,
};

/** How long a transaction under way may go on when the process stops, and a QUIT wait for its answer. */
const LAST_MS = 2 * SECOND;
const REPLY_BYTES = 64 * 1024;

export interface SessionOptions {
  readonly destination: WireDestination;
  readonly hop: Hop;
  readonly clock: Clock;
  /** What we call ourselves in EHLO. */
  readonly serverName: string;
  readonly timeouts: SmtpTimeouts;
  /** Begins a connection; `error` and `connect` events tell how it went. */
  openSocket(place: WirePlace): Socket;
  readPassword(source: PasswordSource): Promise<Result<Uint8Array>>;
  readCaFile(path: string): Promise<string>;
}

export class SmtpSession {
  readonly #options: SessionOptions;
  readonly #connection: SMTPConnection;
  readonly #conversation: Conversation;
  /** How many transactions this connection has seen. */
  #transactions = 0;
  #needsReset = false;
  #dropped = false;

  private constructor(options: SessionOptions, connection: SMTPConnection, conversation: Conversation) {
    this.#options = options;
    this.#connection = connection;
    this.#conversation = conversation;
  }

  /**
   * Connects, greets, secures and logs in.
   *
   * @returns `destination-unreachable`, `destination-unusable`, `secret-unreadable`, `out-of-descriptors` or
   *   `cancelled`; nothing stays open then
   */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Result<SmtpSession>> {
    const { tls } = options.destination;
    const first = await SmtpSession.#attempt(options, tls, signal);
    // Opportunistic: a server whose TLS is broken gets the mail all the same (RFC 7435, 3).
    if (first === "no-tls") {
      const second = await SmtpSession.#attempt(options, "off", signal);
      return second === "no-tls" ? failed(unreachable(options.hop, "tls")) : second;
    }
    return first;
  }

  static async #attempt(
    options: SessionOptions,
    tls: WireDestination["tls"],
    signal: AbortSignal,
  ): Promise<Result<SmtpSession> | "no-tls"> {
    const { destination, hop, clock, timeouts } = options;
    let ca: string | null = null;
    try {
      if (destination.caFile !== null && tls !== "off") ca = await options.readCaFile(destination.caFile);
    } catch (caught) {
      return failed(unusableDestination(hop.destination, `caFile ${errorCode(caught)}`));
    }
    const dialled = await dial(
      { ...options, place: destination.place, connectMs: timeouts.connectMs },
      signal,
    );
    if (!dialled.ok) return dialled;
    const { default: Connection } = await import("nodemailer/lib/smtp-connection");
    const conversation = new Conversation();
    const connection = new Connection({
      ...libraryLimits,
      connection: dialled.value,
      host: destination.place.kind === "tcp" ? destination.place.host : "localhost",
      name: options.serverName,
      lmtp: destination.protocol === "lmtp",
      secure: tls === "implicit",
      ignoreTLS: tls === "off",
      requireTLS: tls === "required",
      opportunisticTLS: tls === "opportunistic",
      tls: tlsOptions(destination, tls, ca),
      logger: conversation,
      transactionLog: true,
    });
    const session = new SmtpSession(options, connection, conversation);
    // The library reports twice, here and to whoever waits: without a listener the first would be thrown.
    connection.on("error", () => {});
    const trouble =
      (await session.#setUp(signal, timeouts.replyMs, clock)) ?? (await session.#logIn(signal, clock));
    if (trouble === null) return ok(session);
    const upgrading = connection.upgrading === true;
    session.drop();
    return upgrading && tls === "opportunistic" && trouble.code !== "cancelled" ? "no-tls" : failed(trouble);
  }

  /** Whether the server announced this extension (RFC 5321, 4.1.1.1), by its keyword. */
  offers(keyword: string): boolean {
    return this.#conversation.extensions.has(keyword);
  }

  /** false: the connection is gone or out of step. */
  get usable(): boolean {
    return !this.#dropped && !this.#connection.destroyed;
  }

  /** It has seen a transaction before: the server may have given it up meanwhile. */
  get used(): boolean {
    return this.#transactions > 0;
  }

  /**
   * One mail transaction. Never rejects for trouble of the connection or of the message.
   *
   * @param signal when it aborts, the transaction has 2 more seconds
   * @throws what `dataAccepted` and `beforeDot` throw; the connection is dropped then
   */
  async send(transaction: Transaction, signal: AbortSignal): Promise<Sending> {
    const { hop } = this.#options;
    this.#transactions++;
    if (this.#needsReset && !(await this.#reset(signal))) {
      const broken: Answer = {
        kind: "broken",
        failure: unreachable(hop, "closed"),
        afterDot: false,
        cause: "closed",
      };
      return { answers: new Map(transaction.to.map((address) => [address, broken])), begun: false };
    }
    const state = new TransactionState(transaction);
    const ending = await this.#run(state, signal);
    // What the caller is still writing down comes before its next word about these items.
    await state.pending.catch(() => {});
    if (state.thrown !== null) {
      this.drop();
      throw state.thrown.error;
    }
    // What was refused half-way leaves the server inside a transaction, or in the middle of our data.
    if (ending.cause !== "answer" || (state.begun && !state.dotSent)) this.drop();
    else this.#needsReset = !state.dotSent;
    return {
      answers: new Map(transaction.to.map((address) => [address, answerTo(address, state, ending, hop)])),
      begun: state.begun,
    };
  }

  /** Says QUIT and waits for its answer, at most 2 s. Never rejects. */
  end(): Promise<void> {
    if (!this.usable) return Promise.resolve();
    return new Promise((resolve) => {
      const limit = new Deadline(this.#options.clock, () => this.drop());
      this.#connection.once("end", () => {
        limit.stop();
        resolve();
      });
      limit.within(LAST_MS);
      this.#connection.quit();
    });
  }

  /** Breaks the connection off. */
  drop(): void {
    this.#dropped = true;
    this.#connection.close();
  }

  /** @returns the failure; null: the server waits for us */
  #setUp(signal: AbortSignal, replyMs: number, clock: Clock): Promise<Failure | null> {
    return this.#step(signal, replyMs, clock, (done) => {
      this.#connection.once("error", done);
      this.#connection.connect((error) => done(error ?? null));
    });
  }

  async #logIn(signal: AbortSignal, clock: Clock): Promise<Failure | null> {
    const { destination, hop, timeouts } = this.#options;
    if (destination.login === null) return null;
    const password = await this.#options.readPassword(destination.login.password);
    if (!password.ok) return { ...password.failure, scope: "recipient" };
    if (!this.offers("AUTH")) return unreachable(hop, "no-auth");
    const { user } = destination.login;
    const pass = Buffer.from(password.value).toString("utf8");
    return this.#step(signal, timeouts.replyMs, clock, (done) =>
      this.#connection.login({ user, pass }, (error) => done(error)),
    );
  }

  /** One wait before there is a transaction: its own end, the limit or the signal. */
  #step(
    signal: AbortSignal,
    limitMs: number,
    clock: Clock,
    begin: (done: (error: SmtpError | null) => void) => void,
  ): Promise<Failure | null> {
    const { hop } = this.#options;
    return new Promise((resolve) => {
      const settle = (trouble: Failure | null): void => {
        limit.stop();
        signal.removeEventListener("abort", abort);
        resolve(trouble);
      };
      const abort = (): void => settle(cancelled());
      const limit = new Deadline(clock, () => settle(unreachable(hop, "timeout")));
      if (signal.aborted) return settle(cancelled());
      signal.addEventListener("abort", abort, { once: true });
      limit.within(limitMs);
      begin((error) =>
        settle(error === null ? null : unreachable(hop, detailOf(error), error.response ?? null)),
      );
    });
  }

  async #reset(signal: AbortSignal): Promise<boolean> {
    const { clock, timeouts } = this.#options;
    let closed = (): void => {};
    const trouble = await this.#step(signal, timeouts.replyMs, clock, (done) => {
      closed = () => done(new Error("closed"));
      this.#connection.once("end", closed);
      this.#connection.reset((error) => done(error));
    });
    // A kept connection sees many resets: listeners must not gather on it.
    this.#connection.off("end", closed);
    if (trouble !== null) this.drop();
    this.#needsReset = false;
    return trouble === null;
  }

  #run(state: TransactionState, signal: AbortSignal): Promise<Ending> {
    const { clock, timeouts } = this.#options;
    return new Promise((resolve) => {
      const settle = (ending: Ending): void => {
        if (state.over) return;
        state.over = true;
        limit.stop();
        signal.removeEventListener("abort", hurry);
        this.#connection.off("end", closed);
        this.#conversation.heard = () => {};
        source.destroy();
        resolve(ending);
      };
      let hurried = false;
      const limit = new Deadline(clock, () =>
        settle({ error: null, reply: "", cause: hurried ? "cancelled" : "timeout" }),
      );
      const within = (ms: number): void => {
        if (!hurried && !state.over) limit.within(ms);
      };
      const hurry = (): void => {
        limit.within(LAST_MS);
        hurried = true;
      };
      // The library calls back after this event where it calls back at all.
      const closed = (): void => {
        setImmediate(() => settle({ error: null, reply: "", cause: "closed" }));
      };
      const source = Readable.from(
        this.#message(state, within, () => limit.stop()),
        { objectMode: false },
      );
      source.on("error", () => {});

      this.#connection.once("end", closed);
      signal.addEventListener("abort", hurry, { once: true });
      within(timeouts.replyMs);
      if (signal.aborted) hurry();
      // Each reply to MAIL and to a RCPT puts the limit off; later ones end the transaction.
      this.#conversation.heard = () => {
        if (!state.begun) within(timeouts.replyMs);
      };
      this.#connection.send(state.envelope, source, (error, info) => {
        settle({ error, reply: info?.response ?? "", cause: answered(error) ? "answer" : "closed" });
      });
    });
  }

  /** The message's bytes for the library, which asks for the first one once DATA is accepted. */
  async *#message(
    state: TransactionState,
    within: (ms: number) => void,
    pauseLimit: () => void,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { blockMs, finalReplyMs } = this.#options.timeouts;
    const { transaction } = state;
    state.begun = true;
    within(blockMs);
    await state.ours(() => transaction.dataAccepted(state.refusedAddresses()));
    try {
      for await (const piece of transaction.body) {
        within(blockMs);
        yield piece;
      }
    } catch (caught) {
      state.bodyTrouble = failureOf(caught);
      throw caught;
    }
    // Answered meanwhile: nothing of this transaction is on its way any more.
    if (state.over) return;
    // Our own bookkeeping is not the server's silence.
    pauseLimit();
    state.withdrawn = !(await state.ours(() => transaction.beforeDot()));
    if (state.withdrawn) throw new Error("withdrawn");
    // Whoever settled meanwhile has destroyed the stream: then its end reaches nobody.
    if (state.over) return;
    state.dotSent = true;
    within(finalReplyMs);
  }
}

/** Ours are on the clock handed in; the library's end up beyond them. */
const libraryLimits = {
  connectionTimeout: DAY,
  greetingTimeout: DAY,
  socketTimeout: DAY,
  // `close` destroys: half a message must not be followed by an orderly end.
  socketCloseTimeout: 0,
  maxResponseSize: REPLY_BYTES,
};

function tlsOptions(destination: WireDestination, tls: WireDestination["tls"], ca: string | null) {
  const host = destination.place.kind === "tcp" ? destination.place.host : "localhost";
  const name = destination.tlsServerName ?? host;
  return {
    minVersion: "TLSv1.2" as const,
    servername: isIP(name) === 0 ? name : "",
    rejectUnauthorized: tls !== "opportunistic",
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(name, certificate),
    ...(ca === null ? {} : { ca }),
  };
}
