/**
 * Delivery to a program's standard input (spec 2, R-54): set by administrators, run as the user of this process.
 *
 * One process for each mail, without a shell, in a group of its own, in `/`, with an environment that holds nothing of
 * ours. It reads the message with its Return-Path and this recipient's fields, LF line ends, and tells by its exit
 * code what became of it. After ten minutes its whole group is killed.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { type Failure, failure, failureOf, localFailureOf } from "../core/failure.ts";
import { type Clock, MINUTE, SECOND } from "../core/time.ts";
import { errorCode, type FileSystem } from "../spool/file-system.ts";
import { Deadline } from "./deadline.ts";
import type { DeliveryItem, SendReport, Sent, WireDelivery } from "./delivery.ts";
import { unusableDestination } from "./destination-mistake.ts";
import { outgoingMessage } from "./outgoing-message.ts";
import {
  type PipeCommand,
  type PipeValues,
  parsePipeCommand,
  pipeArguments,
  pipeValues,
} from "./pipe-command.ts";
import { exitFailure } from "./pipe-exit.ts";

const LIMIT_MS = 10 * MINUTE;
/** When the process stops; and for output that a command's children still hold open after it ended. */
const LAST_MS = 2 * SECOND;
const OUTPUT_BYTES = 500;

export interface PipeOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** HOME of the command. */
  readonly home: string;
}

/** The delivery for `pipe:COMMAND`. */
export function pipeDelivery(options: PipeOptions): WireDelivery {
  return {
    kind: "wire",
    async send(items, report, signal) {
      let trouble: Failure | null = null;
      for (const item of items) {
        if (trouble === null && signal.aborted) trouble = failure("cancelled", "local");
        const sent = trouble === null ? await deliver(options, item, report, signal) : notBegun(trouble);
        if (sent === null) continue;
        await report.answered(item, sent);
        if (sent.kind === "failed" && sent.unreachable) trouble = sent.failure;
      }
    },
    close: async () => {},
  };
}

/** The same trouble for those behind: a program that is not there is not there for any of them. */
function notBegun(trouble: Failure): Sent {
  return { kind: "failed", failure: trouble, doubtful: false, unreachable: trouble.scope !== "local" };
}

/** @returns null: the claim was lost, and the command killed before it had the whole message */
async function deliver(
  options: PipeOptions,
  item: DeliveryItem,
  report: SendReport,
  signal: AbortSignal,
): Promise<Sent | null> {
  const { destination } = item;
  const parsed = parsePipeCommand(destination);
  if (!parsed.ok) return notBegun(unusableDestination(destination, parsed.mistake.code));
  const values = pipeValues(item.reversePath, item.recipient);
  const args = values === null ? null : pipeArguments(parsed.value.args, values);
  if (values === null || args === null) {
    const params = { destination, detail: "address" };
    return failed(failure("delivery-refused", "recipient", { params, permanent: true, status: "5.1.3" }));
  }
  const started = await start(options, { program: parsed.value.program, args }, values, destination);
  if ("code" in started) return notBegun(started);
  return new Run(options, item, report, signal, started).finish();
}

async function start(
  { home }: PipeOptions,
  { program, args }: PipeCommand,
  values: PipeValues,
  destination: string,
): Promise<ChildProcessWithoutNullStreams | Failure> {
  try {
    const child = spawn(program, args, {
      cwd: "/",
      detached: true,
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        HOME: home,
        SHELL: "/bin/sh",
        SENDER: values.sender,
        RECIPIENT: values.recipient,
        USER: values.user,
        EXTENSION: values.extension,
        DOMAIN: values.domain,
      },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve).once("error", reject);
    });
    // From here on only a signal that could not be sent.
    child.on("error", () => {});
    return child;
  } catch (caught) {
    const local = localFailureOf(caught);
    if (local?.code === "out-of-descriptors" || errorCode(caught) === "EAGAIN") {
      return local ?? failureOf(caught);
    }
    return unusableDestination(destination, errorCode(caught) || String(caught));
  }
}

/** How a command ended. */
interface End {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** We killed it. */
  readonly killed: "limit" | "cancelled" | "withdrawn" | "ours" | null;
}

/** One command under way. */
class Run {
  readonly #options: PipeOptions;
  readonly #item: DeliveryItem;
  readonly #report: SendReport;
  readonly #signal: AbortSignal;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #output: Buffer[] = [];
  #outputBytes = 0;
  #killed: End["killed"] = null;
  /** Standard input was closed: the command has the whole message. */
  #whole = false;
  #ended = false;

  constructor(
    options: PipeOptions,
    item: DeliveryItem,
    report: SendReport,
    signal: AbortSignal,
    child: ChildProcessWithoutNullStreams,
  ) {
    this.#options = options;
    this.#item = item;
    this.#report = report;
    this.#signal = signal;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => this.#hear(chunk)).on("error", () => {});
    }
    // A command may end without reading everything; its exit code counts.
    child.stdin.on("error", () => {});
  }

  /** @returns null: the claim was lost */
  async finish(): Promise<Sent | null> {
    const { clock } = this.#options;
    const limit = new Deadline(clock, () => this.#kill("limit"));
    const last = new Deadline(clock, () => this.#kill("cancelled"));
    const hurry = (): void => last.within(LAST_MS);
    this.#signal.addEventListener("abort", hurry, { once: true });
    if (this.#signal.aborted) hurry();
    limit.within(LIMIT_MS);
    const ending = this.#ending();
    try {
      const feeding = this.#feed();
      const [end, trouble] = await Promise.all([ending, feeding]);
      return await this.#answer(end, trouble);
    } catch (caught) {
      this.#kill("ours");
      await ending;
      throw caught;
    } finally {
      limit.stop();
      last.stop();
      this.#signal.removeEventListener("abort", hurry);
    }
  }

  async #answer(end: End, trouble: Failure | null): Promise<Sent | null> {
    if (end.killed === "withdrawn") return null;
    if (trouble !== null) return failed(trouble);
    const { destination } = this.#item;
    const doubtful = this.#whole && end.exitCode === null;
    if (end.killed === "cancelled") return { ...failed(failure("cancelled", "local")), doubtful };
    const trace = this.#text();
    const signal = end.killed === "limit" ? "timeout" : end.signal;
    const refused = exitFailure(destination, end.exitCode, signal, trace === "" ? null : trace);
    if (refused !== null) return { ...failed(refused), doubtful };
    // It was content with less than the whole message: the queue must hear of `sending` all the same.
    if (!this.#whole && !(await this.#report.sending([this.#item]))) return null;
    return { kind: "delivered", where: trace === "" ? "exit 0" : trace };
  }

  /** Writes the message. @returns our own trouble with it; null: none, or the command wanted no more */
  async #feed(): Promise<Failure | null> {
    const { stdin } = this.#child;
    const message = outgoingMessage(this.#options.fs, this.#item, "keep");
    for (;;) {
      let piece: IteratorResult<Buffer, void>;
      try {
        piece = await message.next();
      } catch (caught) {
        this.#kill("ours");
        return failureOf(caught);
      }
      if (piece.done) break;
      if (!stdin.write(piece.value)) await this.#drained();
      if (stdin.destroyed || this.#ended) {
        await message.return();
        return null;
      }
    }
    if (this.#ended || !(await this.#report.sending([this.#item]))) {
      if (!this.#ended) this.#kill("withdrawn");
      return null;
    }
    this.#whole = true;
    stdin.end();
    return null;
  }

  #drained(): Promise<void> {
    const { stdin } = this.#child;
    return new Promise((resolve) => {
      const done = (): void => {
        stdin.off("drain", done).off("close", done);
        resolve();
      };
      if (stdin.destroyed) resolve();
      else stdin.on("drain", done).on("close", done);
    });
  }

  #ending(): Promise<End> {
    const child = this.#child;
    return new Promise((resolve) => {
      child.once("exit", (exitCode, signal) => {
        this.#ended = true;
        child.stdin.destroy();
        const settle = (): void => {
          leftOpen.stop();
          resolve({ exitCode, signal, killed: this.#killed });
        };
        const leftOpen = new Deadline(this.#options.clock, () => {
          child.stdout.destroy();
          child.stderr.destroy();
          settle();
        });
        leftOpen.within(LAST_MS);
        child.once("close", settle);
      });
    });
  }

  /** The whole group, so that nothing it started goes on with the mail. */
  #kill(reason: NonNullable<End["killed"]>): void {
    if (this.#ended || this.#child.pid === undefined) return;
    this.#killed ??= reason;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }

  #hear(chunk: Buffer): void {
    const kept = chunk.subarray(0, OUTPUT_BYTES - this.#outputBytes);
    this.#outputBytes += kept.length;
    if (kept.length > 0) this.#output.push(kept);
  }

  #text(): string {
    return Buffer.concat(this.#output).toString("utf8").trim();
  }
}

function failed(trouble: Failure): Extract<Sent, { kind: "failed" }> {
  return { kind: "failed", failure: trouble, doubtful: false, unreachable: false };
}
