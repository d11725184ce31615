/**
 * Messages from the wire into sinks: RETR for many, TOP into memory.
 *
 * A message is never held whole; while its sink is busy, nothing more is read.
 */
import { type Failure, failure } from "../core/failure.ts";
import { BodyDecoder } from "./body.ts";
import { type Pop3CommandError, Pop3ProtocolError } from "./errors.ts";
import { type MinimumRate, type Pop3Timeouts, TOP_BYTES } from "./limits.ts";
import { runPipeline, type Window } from "./pipeline.ts";
import { messageRefusal } from "./refusal.ts";
import type { Wire } from "./wire.ts";

export interface RetrieveHandler {
  /** +OK was seen: where do the bytes go? */
  begin(number: number): MessageSink | Promise<MessageSink>;
  /** -ERR: this message only. */
  refused(number: number, error: Pop3CommandError): void;
}

/** Takes one message. What `begin`, `write` or `end` throws ends the session: the connection is dropped without QUIT (F1). */
export interface MessageSink {
  /** Lines end in LF, stuffing is off. The bytes are the sink's; the next ones wait for the promise. Never empty. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** The message is complete. */
  end(info: MessageInfo): void | Promise<void>;
  /** The connection ended inside the message, whatever `write` is doing. Not called after the sink's own error, nor after `end`. */
  abort(why: Failure): void;
}

export interface MessageInfo {
  /** Size as RFC 1939 counts it: a CRLF is two, no stuffing, no final line. To be compared with LIST's. */
  readonly octets: number;
  /** The first bytes look like a status line: to be believed only if a new connection repeats it. */
  readonly startsLikeReply: boolean;
}

/** What a sink may be fed by: the wire and its patience. */
export interface RetrieveContext {
  readonly wire: Wire;
  readonly timeouts: Pop3Timeouts;
  readonly minimumRate: MinimumRate;
  readonly window: Window;
}

export interface RetrieveWishes {
  /** Size in octets by message number, for the window; undefined where unknown. */
  readonly sizes?: ((number: number) => number | undefined) | undefined;
  /** Asked before each RETR is sent; false: no more, those under way are finished. */
  readonly proceed?: (() => boolean) | undefined;
}

/** A message of unknown size counts as this much in the window. */
const USUAL_BYTES = 32 * 1024;

export function retrieveInto(
  context: RetrieveContext,
  numbers: readonly number[],
  handler: RetrieveHandler,
  wishes: RetrieveWishes,
): Promise<void> {
  return runPipeline({
    ...context,
    numbers,
    command: (number) => `RETR ${number}`,
    expectedBytes: (number) => wishes.sizes?.(number) ?? USUAL_BYTES,
    proceed: wishes.proceed ?? (() => true),
    answer: (number) => retrieveOne(context, number, handler),
  });
}

/** TOP for each, answers collected; LF line ends. More than 2 MiB ends the session. */
export function topInto(
  context: RetrieveContext,
  numbers: readonly number[],
  lines: number,
  each: (number: number, answer: Uint8Array | Pop3CommandError) => void,
): Promise<void> {
  return runPipeline({
    ...context,
    numbers,
    command: (number) => `TOP ${number} ${lines}`,
    expectedBytes: () => USUAL_BYTES,
    proceed: () => true,
    answer: async (number) => {
      const { wire, timeouts } = context;
      const reply = await wire.answer(wire.patience(timeouts.replyMs, "reply", "TOP"));
      if (reply.kind === "refused") {
        each(number, messageRefusal(wire, "TOP", number, reply.text));
        return;
      }
      const parts: Buffer[] = [];
      let bytes = 0;
      await readBody(context, "TOP", (chunk) => {
        bytes += chunk.length;
        if (bytes > TOP_BYTES) throw wire.exceeded("TOP", "top-bytes", TOP_BYTES);
        parts.push(chunk);
      });
      each(number, Buffer.concat(parts));
    },
  });
}

async function retrieveOne(
  context: RetrieveContext,
  number: number,
  handler: RetrieveHandler,
): Promise<void> {
  const { wire, timeouts } = context;
  const reply = await wire.answer(wire.patience(timeouts.replyMs, "reply", "RETR"));
  if (reply.kind === "refused") {
    handler.refused(number, messageRefusal(wire, "RETR", number, reply.text));
    return;
  }
  const sink = await beginSink(wire, number, handler);
  let ownError = false;
  let info: MessageInfo;
  try {
    info = await readBody(context, "RETR", (chunk) => {
      try {
        const work = sink.write(chunk);
        return work === undefined ? undefined : own(work);
      } catch (error) {
        ownError = true;
        throw error;
      }
    });
  } catch (error) {
    if (!ownError && wire.closed) sink.abort(wire.closed);
    throw error;
  }
  const work = sink.end(info);
  if (work !== undefined) await wire.settle(work);

  function own(promise: PromiseLike<void>): PromiseLike<void> {
    return promise.then(undefined, (error: unknown) => {
      ownError = true;
      throw error;
    });
  }
}

/** A sink that comes only after the connection went still learns of it. */
async function beginSink(wire: Wire, number: number, handler: RetrieveHandler): Promise<MessageSink> {
  const begun = handler.begin(number);
  if (!("then" in begun)) return begun;
  try {
    return await wire.settle(begun);
  } catch (error) {
    if (error instanceof Pop3ProtocolError)
      begun.then(
        (sink) => sink.abort(error.failure),
        () => {},
      );
    throw error;
  }
}

async function readBody(
  context: RetrieveContext,
  command: string,
  take: (chunk: Buffer) => void | PromiseLike<void>,
): Promise<MessageInfo> {
  const { wire, timeouts, minimumRate } = context;
  const decoder = new BodyDecoder(wire.bareLf);
  // The rate counts only the time we waited for the server: a busy disk is not its fault.
  let waitedMs = 0;
  let waitedBytes = 0;
  while (!decoder.done) {
    const begunAt = wire.clock.monotonic();
    const chunk = await wire.next(wire.patience(timeouts.idleMs, "idle", command));
    waitedMs += wire.clock.monotonic() - begunAt;
    waitedBytes += chunk.length;
    if (waitedMs >= minimumRate.overMs) {
      if (waitedBytes < (minimumRate.bytesPerSecond * waitedMs) / 1000) {
        const params = wire.params({ phase: "rate", command, timeoutMs: minimumRate.overMs });
        throw wire.fail(failure("timeout", wire.scope, { params }));
      }
      waitedMs = 0;
      waitedBytes = 0;
    }
    const { bytes, used } = decoder.decode(chunk);
    if (decoder.done) wire.putBack(chunk.subarray(used));
    if (bytes.length > 0) {
      const work = take(bytes);
      if (work !== undefined) await wire.settle(work);
    }
  }
  const { octets, startsLikeReply } = decoder;
  wire.transcript?.line("S", `[${octets} octets]`);
  return { octets, startsLikeReply };
}
