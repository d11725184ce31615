/**
 * One command for each of many messages, several on their way at once where the server takes it (RFC 2449, 6.8).
 *
 * The window is bounded by expected bytes first and by commands second, and refilled at half, so that the pipe
 * never runs dry. Answers are read in the order of the commands.
 */
import { failure } from "../core/failure.ts";
import type { Wire } from "./wire.ts";

export interface Window {
  /** Most commands unanswered. 1: one at a time. */
  readonly messages: number;
  /** Most bytes of answers expected. One message may be larger. */
  readonly bytes: number;
}

export const fullWindow: Window = { messages: 256, bytes: 4 * 1024 * 1024 };

export interface PipelinePlan {
  readonly wire: Pick<Wire, "send" | "close" | "params" | "pipelined">;
  readonly numbers: readonly number[];
  readonly window: Window;
  /** The command line without CRLF. */
  command(number: number): string;
  /** How many bytes the answer may have. */
  expectedBytes(number: number): number;
  /** Asked before each command is sent; once false, none follows. */
  proceed(): boolean;
  /** Reads the whole answer of the command for `number`. */
  answer(number: number): Promise<void>;
}

/**
 * Resolves when every command sent was answered. Whatever ends it early, also what `answer` throws, leaves answers
 * unread: the wire is closed.
 */
export async function runPipeline(plan: PipelinePlan): Promise<void> {
  try {
    await play(plan);
  } catch (error) {
    plan.wire.close(failure("cancelled", "local", { params: plan.wire.params() }));
    throw error;
  }
}

async function play(plan: PipelinePlan): Promise<void> {
  const { wire, numbers, window } = plan;
  let sent = 0;
  let answered = 0;
  let bytesAhead = 0;
  let open = true;
  const refill = () => {
    const ahead = sent - answered;
    if (ahead > window.messages / 2 || (ahead > 0 && bytesAhead > window.bytes / 2)) return;
    const lines: string[] = [];
    while (open && sent < numbers.length) {
      const number = numbers[sent] ?? 0;
      const inFlight = sent - answered;
      const expected = plan.expectedBytes(number);
      if (inFlight > 0 && (inFlight >= window.messages || bytesAhead + expected > window.bytes)) break;
      open = plan.proceed();
      if (!open) break;
      if (inFlight > 0) wire.pipelined = true;
      lines.push(plan.command(number));
      bytesAhead += expected;
      sent++;
    }
    if (lines.length > 0) wire.send(`${lines.join("\r\n")}\r\n`, lines, ahead > 0);
  };
  wire.pipelined = false;
  refill();
  while (answered < sent) {
    const number = numbers[answered] ?? 0;
    await plan.answer(number);
    answered++;
    bytesAhead -= plan.expectedBytes(number);
    refill();
  }
  wire.pipelined = false;
}
