/**
 * One connection as a session sees it: bytes in the order they came, lines, deadlines, one end.
 *
 * Owns the socket from the first byte on. Reads are pulled, and the socket pauses when nobody pulls.
 * Whatever ends the connection first, error, end, deadline, bound or signal, is what every later call reports
 * bytes that came before the end are still given out.
 */
import type { Socket } from "node:net";
import { type Failure, type FailureParams, type FailureScope, failure } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import { cancelled } from "./dial.ts";
import { Pop3ProtocolError } from "./errors.ts";
import { STATUS_LINE_BYTES } from "./limits.ts";
import { brokenFailure, type Peer } from "./network-failure.ts";
import { parseStatus, remoteWords, type StatusLine } from "./reply.ts";
import { HIDDEN, SecretMask, type Transcript } from "./transcript.ts";

const PAUSE_BYTES = 256 * 1024;
const RESUME_BYTES = 64 * 1024;

/** Until when we wait, and for what, as the failure will name it. */
export interface Patience {
  /** On the monotonic clock. */
  readonly until: number;
  readonly timeoutMs: number;
  readonly phase: string;
  readonly command: string;
}

interface Reader {
  wake(): void;
  fail(error: Pop3ProtocolError): void;
}

export class Wire {
  readonly clock: Clock;
  readonly peer: Peer;
  readonly secrets = new SecretMask();
  readonly transcript: Transcript | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.close(cancelled(this.peer).failure);
  #socket: Socket;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #ended: Failure | null = null;
  #closed: Failure | null = null;
  /** Who waits for bytes, and who waits for work of our own: never both. */
  #reader: Reader | null = null;
  #stopWork: ((error: Pop3ProtocolError) => void) | null = null;
  #crSeen = false;
  #lineEnds = 0;
  /** How far trouble reaches: the host until it greets, the account from then on. */
  scope: FailureScope = "host";
  /** Commands went out while others were unanswered: trouble now may be the server's dislike of it. */
  pipelined = false;

  constructor(
    socket: Socket,
    context: {
      clock: Clock;
      peer: Peer;
      signal?: AbortSignal | undefined;
      transcript?: Transcript | undefined;
    },
  ) {
    this.clock = context.clock;
    this.peer = context.peer;
    this.transcript = context.transcript;
    this.#signal = context.signal;
    this.#socket = socket;
    this.#attach();
    if (context.signal?.aborted) this.#onAbort();
    else context.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Why the connection is gone; null while it stands. */
  get closed(): Failure | null {
    return this.#closed;
  }

  /** Bytes that came and nobody has asked for. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** All status lines so far ended in bare LF. */
  get bareLf(): boolean {
    return this.#lineEnds > 0 && !this.#crSeen;
  }

  /** The deadline of something that may take `timeoutMs` from now. */
  patience(timeoutMs: number, phase: string, command: string): Patience {
    return { until: this.clock.monotonic() + timeoutMs, timeoutMs, phase, command };
  }

  /**
   * Sends commands, CRLF included.
   *
   * @param shown what the transcript may know of them, one entry a line
   * @throws Pop3ProtocolError when the connection is gone, or bytes are there that no command asked for
   */
  send(bytes: string | Uint8Array, shown: readonly string[], mayBeAhead = false): void {
    if (this.#closed) throw new Pop3ProtocolError(this.#closed);
    if (!mayBeAhead && this.#bufferedBytes > 0) throw this.#unasked();
    if (this.transcript) for (const line of shown) this.transcript.line("C", this.secrets.hide(line));
    if (typeof bytes === "string") this.#socket.write(bytes, "latin1");
    else this.#socket.write(bytes);
  }

  /** Sends one command that holds no secret; without CRLF here. */
  command(line: string): void {
    this.send(`${line}\r\n`, [line]);
  }

  /** The next piece, as it came; an empty one never. */
  next(patience: Patience): Buffer | Promise<Buffer> {
    const chunk = this.#take();
    if (chunk) return chunk;
    if (this.#closed) return Promise.reject(new Pop3ProtocolError(this.#closed));
    if (this.#ended) return Promise.reject(this.fail(this.#ended));
    return new Promise((resolve, reject) => {
      const cancelTimer = this.clock.setTimer(Math.max(0, patience.until - this.clock.monotonic()), () => {
        const { phase, command, timeoutMs } = patience;
        this.close(failure("timeout", this.scope, { params: this.params({ phase, command, timeoutMs }) }));
      });
      this.#reader = {
        wake: () => {
          cancelTimer();
          const taken = this.#take();
          if (taken) resolve(taken);
          else
            reject(
              this.fail(this.#ended ?? failure("connection-lost", this.scope, { params: this.params() })),
            );
        },
        fail: (error) => {
          cancelTimer();
          reject(error);
        },
      };
    });
  }

  /** Gives back what `next` gave too much; it comes first again. */
  putBack(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#chunks.unshift(rest);
    this.#bufferedBytes += rest.length;
  }

  /** The next line without its line end, latin1; not for the transcript yet. Its line end counts for `bareLf`. */
  async line(patience: Patience, maxBytes = STATUS_LINE_BYTES): Promise<string> {
    let text = "";
    for (;;) {
      const chunk = await this.next(patience);
      const lf = chunk.indexOf(10);
      const stop = lf < 0 ? chunk.length : lf;
      if (text.length + stop > maxBytes) throw this.exceeded(patience.command, "status-line-bytes", maxBytes);
      text += chunk.toString("latin1", 0, stop);
      if (lf < 0) continue;
      this.putBack(chunk.subarray(lf + 1));
      this.#lineEnds++;
      if (!text.endsWith("\r")) return text;
      this.#crSeen = true;
      return text.slice(0, -1);
    }
  }

  /**
   * The next status line.
   *
   * @param maxBytes the bound on its length
   * @param secret a SASL challenge is not for the transcript
   * @throws Pop3ProtocolError when it is none: we are out of step
   */
  async status(patience: Patience, maxBytes = STATUS_LINE_BYTES, secret = false): Promise<StatusLine> {
    const line = await this.line(patience, maxBytes);
    const reply = parseStatus(line);
    this.heard(secret && reply?.kind === "continue" ? `+ ${HIDDEN}` : line);
    if (reply === null) throw this.#outOfStep(patience.command, line);
    return reply;
  }

  /** The answer to a command that is no AUTH: +OK or -ERR. */
  async answer(patience: Patience): Promise<StatusLine & { readonly kind: "ok" | "refused" }> {
    const { kind, text } = await this.status(patience);
    if (kind === "continue") throw this.#outOfStep(patience.command, text);
    return { kind, text };
  }

  /** A line for the transcript, secrets taken out. */
  heard(line: string): void {
    this.transcript?.line("S", this.secrets.hide(line));
  }

  /** Waits for work of our own side, at most until the connection is closed by abort; no deadline. */
  settle<T>(work: PromiseLike<T>): Promise<T> {
    if (this.#closed) {
      work.then(undefined, () => {});
      return Promise.reject(new Pop3ProtocolError(this.#closed));
    }
    return new Promise((resolve, reject) => {
      // Bytes, and even the connection's end, may come meanwhile: they wait in line.
      this.#stopWork = reject;
      work.then(
        (value) => {
          this.#stopWork = null;
          resolve(value);
        },
        (error) => {
          this.#stopWork = null;
          reject(error);
        },
      );
    });
  }

  /** Host, port and more, for a failure; says so where pipelining may be to blame. */
  params(more: FailureParams = {}): FailureParams {
    return { ...this.peer, ...more, ...(this.pipelined ? { pipelining: 1 } : {}) };
  }

  /** A bound was passed: the error to throw, the connection closed. */
  exceeded(command: string, limit: string, bound: number): Pop3ProtocolError {
    return this.fail(
      failure("limit-exceeded", this.scope, { params: this.params({ command, limit, bound }) }),
    );
  }

  /** Closes, and makes the error to throw: of the first reason for closing, should this be a later one. */
  fail(value: Failure): Pop3ProtocolError {
    this.close(value);
    return new Pop3ProtocolError(this.#closed ?? value);
  }

  /** Drops the connection at once. The first reason counts. */
  close(why: Failure): void {
    if (this.#closed) return;
    this.#detach(why);
    this.#socket.destroy();
  }

  /** Ends in peace: what was written still goes out. */
  finish(): void {
    if (this.#closed) return;
    this.#detach(failure("connection-lost", this.scope, { params: this.params({ detail: "quit" }) }));
    this.#socket.destroySoon();
  }

  /**
   * Puts another socket in place of ours, as STLS does; what was learned about line ends is forgotten.
   *
   * @param change gets the bare socket, with no listener but one for errors
   */
  async replace(change: (socket: Socket) => Promise<Socket>): Promise<void> {
    this.#release();
    try {
      this.#socket = await change(this.#socket);
    } catch (error) {
      if (error instanceof Pop3ProtocolError) throw this.fail(error.failure);
      this.close(failure("tls", this.scope, { params: this.params() }));
      throw error;
    }
    if (this.#closed) {
      this.#socket.destroy();
      throw new Pop3ProtocolError(this.#closed);
    }
    this.#crSeen = false;
    this.#lineEnds = 0;
    this.#attach();
  }

  #outOfStep(command: string, line: string): Pop3ProtocolError {
    const params = this.params({ command, detail: "no-status" });
    const remoteText = remoteWords(this.secrets.hide(line));
    return this.fail(failure("protocol", this.scope, { params, remoteText }));
  }

  #unasked(): Pop3ProtocolError {
    const start = this.#chunks[0]?.toString("latin1", 0, 500).split(/[\r\n]/)[0] ?? "";
    return this.fail(
      failure("protocol", this.scope, {
        params: this.params({ detail: "unasked" }),
        remoteText: remoteWords(this.secrets.hide(start)),
      }),
    );
  }

  #take(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    if (!chunk) return undefined;
    this.#bufferedBytes -= chunk.length;
    if (this.#bufferedBytes < RESUME_BYTES && this.#socket.isPaused()) this.#socket.resume();
    return chunk;
  }

  readonly #onData = (chunk: Buffer) => {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes >= PAUSE_BYTES) this.#socket.pause();
    this.#wake();
  };

  readonly #onEnd = () => this.#lost(undefined);
  readonly #onError = (error: Error) => this.#lost(error);

  #lost(error: Error | undefined): void {
    this.#ended ??= brokenFailure(error, this.peer, this.scope);
    this.#wake();
  }

  #wake(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.wake();
  }

  #attach(): void {
    const socket = this.#socket;
    socket
      .on("data", this.#onData)
      .on("end", this.#onEnd)
      .on("close", this.#onEnd)
      .on("error", this.#onError);
    if (socket.destroyed) this.#lost(undefined);
  }

  #release(): void {
    const socket = this.#socket;
    socket
      .off("data", this.#onData)
      .off("end", this.#onEnd)
      .off("close", this.#onEnd)
      .off("error", this.#onError);
    // A late error must never reach the process.
    socket.on("error", () => {});
    socket.pause();
  }

  #detach(why: Failure): void {
    this.#closed = why;
    this.#release();
    this.#chunks = [];
    this.#bufferedBytes = 0;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    const { bytesRead, bytesWritten } = this.#socket;
    this.transcript?.link?.({ kind: "closed", why: why.code, bytesRead, bytesWritten });
    const reader = this.#reader;
    const stopWork = this.#stopWork;
    this.#reader = null;
    this.#stopWork = null;
    reader?.fail(new Pop3ProtocolError(why));
    stopWork?.(new Pop3ProtocolError(why));
  }
}
