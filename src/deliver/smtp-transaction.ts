/**
 * One mail transaction: what is wanted, how it goes, and what each recipient is told when it ended. No I/O.
 */
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import { type Failure, failure, failureOf } from "../core/failure.ts";
import { type Hop, type ReplyStep, unreachable } from "./smtp-failure.ts";

/** RFC 3461 parameters, the same for all recipients of a transaction. */
export interface Dsn {
  readonly notify: "NEVER" | "FAILURE";
  /** RET=HDRS: a report needs no body. */
  readonly ret?: "HDRS";
  /** Address of the only recipient, for ORCPT. */
  readonly orcpt?: string;
}

export interface Transaction {
  /** Empty: `<>`. */
  readonly from: string;
  /** Without repetition. */
  readonly to: readonly string[];
  /** For SIZE, where it is offered (RFC 1870): an estimate is enough. */
  readonly sizeBytes: number;
  readonly dsn: Dsn | null;
  readonly body: AsyncIterable<Uint8Array>;
  /** DATA was accepted; some recipients may have been refused, each by the reply under its address. */
  dataAccepted(refused: ReadonlyMap<string, string>): Promise<void>;
  /** Everything but the final dot has been handed over. false: no dot, and the connection goes. */
  beforeDot(): Promise<boolean>;
}

export type Answer =
  | { readonly kind: "accepted"; readonly reply: string }
  | { readonly kind: "refused"; readonly step: ReplyStep; readonly reply: string }
  /** Larger than the server takes; nothing was said. */
  | { readonly kind: "too-large" }
  /** No answer. `timeout`: the server still stands there, silent. `ours`: nothing remote is to blame. */
  | {
      readonly kind: "broken";
      readonly failure: Failure;
      readonly afterDot: boolean;
      readonly cause: "closed" | "timeout" | "ours";
    }
  /** `beforeDot` said no. */
  | { readonly kind: "withdrawn" };

export interface Sending {
  /** One for each address of `to`. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** The server took DATA: it was alive when this transaction began. */
  readonly begun: boolean;
}

/** What ended a transaction, as the library or one of our limits saw it. */
export interface Ending {
  readonly error: SmtpError | null;
  readonly reply: string;
  readonly cause: "answer" | "closed" | "timeout" | "cancelled";
}

/** The parts of the library's errors that we read. */
export interface SmtpError extends Error {
  readonly code?: string | undefined;
  readonly originalCode?: string | undefined;
  readonly response?: string | undefined;
  readonly command?: string | undefined;
  readonly recipient?: string | undefined;
}

/** One transaction as it goes. */
export class TransactionState {
  readonly transaction: Transaction;
  /** The library writes into it what became of each recipient. */
  readonly envelope: SMTPConnection.Envelope & { rejectedErrors?: SmtpError[] };
  /** The first byte was asked for: DATA is accepted. */
  begun = false;
  /** The dot has been handed over, or is about to be. */
  dotSent = false;
  withdrawn = false;
  /** Its ending is known: what still runs changes nothing. */
  over = false;
  bodyTrouble: Failure | null = null;
  /** What the caller's own functions threw. */
  thrown: { readonly error: unknown } | null = null;
  /** The caller's function that runs, or ran last. */
  pending: Promise<unknown> = Promise.resolve();

  constructor(transaction: Transaction) {
    const { from, to, sizeBytes, dsn } = transaction;
    this.transaction = transaction;
    this.envelope = {
      from,
      to: [...to],
      size: sizeBytes,
      use8BitMime: true,
      ...(dsn === null ? {} : { dsn: { ...dsn } }),
    };
  }

  refusals(): readonly SmtpError[] {
    return (this.envelope.rejectedErrors ?? []).filter(({ response }) => response !== undefined);
  }

  refusedAddresses(): ReadonlyMap<string, string> {
    return new Map(this.refusals().map(({ recipient = "", response = "" }) => [recipient, response]));
  }

  /** Runs what the caller handed in; its trouble is the caller's, not the connection's. */
  ours<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#noting(work);
    this.pending = running;
    return running;
  }

  async #noting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.thrown = { error };
      throw error;
    }
  }
}

/** The answer to the recipient at `address`. */
export function answerTo(address: string, state: TransactionState, ending: Ending, hop: Hop): Answer {
  // After a refused sender the server says 503 to all that follows in the batch: those words are not about them.
  const refused =
    ending.error?.command === "MAIL FROM"
      ? undefined
      : state.refusals().find(({ recipient }) => recipient === address);
  if (refused) return { kind: "refused", step: stepOf(refused), reply: refused.response ?? "" };
  const broken = (trouble: Failure, cause: "closed" | "timeout" | "ours"): Answer => ({
    kind: "broken",
    failure: trouble,
    afterDot: state.dotSent,
    cause,
  });
  if (state.withdrawn) return { kind: "withdrawn" };
  if (state.bodyTrouble !== null) return broken(state.bodyTrouble, "ours");
  switch (ending.cause) {
    case "timeout":
      return broken(unreachable(hop, "timeout"), "timeout");
    case "cancelled":
      return broken(cancelled(), "ours");
    case "closed":
      // 421 in the middle of a batch of commands: the server said why it left.
      if (/^421[ -]/.test(ending.error?.response ?? "")) {
        return { kind: "refused", step: "DATA", reply: ending.error?.response ?? "" };
      }
      return broken(unreachable(hop, ending.error ? detailOf(ending.error) : "closed"), "closed");
    case "answer":
      break;
  }
  if (ending.error !== null) {
    const { response } = ending.error;
    if (response === undefined) {
      // The library refused by itself: the size that the server named, or a word that we should not have said.
      if (ending.error.code === "EMESSAGE") return { kind: "too-large" };
      return broken(failureOf(ending.error), "ours");
    }
    return { kind: "refused", step: stepOf(ending.error), reply: response };
  }
  // A yes before the message was whole is no yes.
  if (!state.dotSent) return broken(unreachable(hop, "protocol", ending.reply), "closed");
  return { kind: "accepted", reply: ending.reply };
}

/** We were told to stop. */
export function cancelled(): Failure {
  return failure("cancelled", "local");
}

/** Whether the server's words ended the transaction, rather than its silence. */
export function answered(error: SmtpError | null): boolean {
  return error === null || error.code === "EENVELOPE" || error.code === "EMESSAGE";
}

/** What stood in the way, in one word for `unreachable`. */
export function detailOf(error: SmtpError): string {
  if (error.code === "EAUTH") return "auth";
  if (error.code === "EPROTOCOL" && error.command === "CONN" && error.response !== undefined)
    return "greeting";
  if (error.code === "ETLS") return "tls";
  if (error.code === "ECONNECTION") return "closed";
  return error.originalCode ?? error.code ?? error.message;
}

function stepOf({ command }: SmtpError): ReplyStep {
  return command === "MAIL FROM" || command === "RCPT TO" ? command : "DATA";
}
