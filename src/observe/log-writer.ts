/**
 * Lines on their way to the log's files.
 *
 * Promises: `add` returns at once and never throws; lines stand whole and in their order, also beside other processes
 * that write to the same file (O_APPEND, whole lines in each call); what a full or slow disk makes us drop is counted,
 * and a line says so when writing works again. A file is left after its day or 100 MB; the newest 14 stay.
 */
import { type Clock, SECOND } from "../core/time.ts";
import { inOrder, type LogDirectory, type LogFile, logFileName } from "./log-directory.ts";
import type { MadeLine } from "./log-line.ts";

export interface LogBounds {
  /** A file that is this large is followed by the next number. */
  readonly fileBytes: number;
  /** So many files stay. */
  readonly files: number;
}

const usualBounds: LogBounds = { fileBytes: 100_000_000, files: 14 };

/** Lines that wait for a disk slower than we are. */
const mostWaitingChars = 2 * 1024 * 1024;
const batchChars = 64 * 1024;
/** How long nothing is tried after a write that failed. */
const restMs = SECOND;
/** Others write to the file as well, or remove it: it is looked at again after so much. */
const lookAfterBytes = 1_000_000;
const lookAfterMs = SECOND;

interface OpenFile {
  readonly day: string;
  readonly name: string;
  readonly file: LogFile;
  lookedAt: number;
  writtenSince: number;
}

export class LogWriter {
  readonly #directory: LogDirectory;
  readonly #clock: Clock;
  readonly #lostLine: (count: number) => MadeLine;
  readonly #bounds: LogBounds;
  #waiting: MadeLine[] = [];
  #waitingChars = 0;
  #open: OpenFile | null = null;
  #running: Promise<void> | null = null;
  #lost = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  /** A write stopped within a line: the next one begins on a line of its own. */
  #torn = false;

  constructor(context: {
    readonly directory: LogDirectory;
    readonly clock: Clock;
    /** The line that says how many were lost. */
    lostLine(count: number): MadeLine;
    readonly bounds?: LogBounds;
  }) {
    this.#directory = context.directory;
    this.#clock = context.clock;
    this.#lostLine = (count) => context.lostLine(count);
    this.#bounds = context.bounds ?? usualBounds;
  }

  add(line: MadeLine): void {
    const resting = this.#clock.monotonic() < this.#restUntil;
    if (resting || this.#waitingChars + line.text.length > mostWaitingChars) {
      this.#lost++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingChars += line.text.length;
    this.#running ??= this.#run();
  }

  /** Writes what waits and this line before it returns: for the last words of a process. Never throws. */
  writeNow(line: MadeLine): void {
    const lines = [...this.#waiting.splice(0), line];
    this.#waitingChars = 0;
    const name = this.#open?.name ?? logFileName({ day: line.day, number: 1 });
    try {
      this.#directory.appendNow(name, bytesOf(lines));
    } catch {
      this.#lost += lines.length;
    }
  }

  /** Resolves when all lines added before were written or lost. */
  async flush(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Writes what waits, and how much was lost. */
  async close(): Promise<void> {
    await this.flush();
    if (this.#lost > 0) {
      this.#running = this.#run();
      await this.flush();
    }
    await this.#leave();
  }

  async #run(): Promise<void> {
    // Lines of one turn share a write.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0 || (this.#lost > 0 && this.#clock.monotonic() >= this.#restUntil)) {
        await this.#writeBatch();
      }
    } finally {
      this.#running = null;
    }
  }

  async #writeBatch(): Promise<void> {
    const told = this.#lost;
    const batch = told === 0 ? [] : [this.#lostLine(told)];
    this.#lost = 0;
    const day = batch[0]?.day ?? this.#waiting[0]?.day ?? "";
    let taken = 0;
    let size = batch[0]?.text.length ?? 0;
    for (const line of this.#waiting) {
      if (line.day !== day || size + line.text.length > batchChars) break;
      batch.push(line);
      size += line.text.length;
      taken++;
    }
    for (const line of this.#waiting.splice(0, taken)) this.#waitingChars -= line.text.length;
    try {
      const open = await this.#fileOf(day);
      await this.#append(open, bytesOf(batch));
    } catch {
      this.#lost += told + taken;
      this.#restUntil = this.#clock.monotonic() + restMs;
      this.#lost += this.#waiting.length;
      this.#waiting = [];
      this.#waitingChars = 0;
      await this.#leave();
    }
  }

  async #append(open: OpenFile, lines: Buffer): Promise<void> {
    let rest = this.#torn ? Buffer.concat([Buffer.from("\n"), lines]) : lines;
    while (rest.length > 0) {
      const written = await open.file.append(rest);
      if (written === 0) throw new Error("nothing was written");
      rest = rest.subarray(written);
      this.#torn = rest.length > 0;
      open.writtenSince += written;
    }
  }

  async #fileOf(day: string): Promise<OpenFile> {
    const now = this.#clock.monotonic();
    const open = this.#open;
    if (open !== null && open.day === day) {
      if (open.writtenSince < lookAfterBytes && now - open.lookedAt < lookAfterMs) return open;
      const { sizeBytes, named } = await open.file.facts();
      if (named && sizeBytes < this.#bounds.fileBytes) {
        open.lookedAt = now;
        open.writtenSince = 0;
        return open;
      }
    }
    await this.#leave();
    const files = inOrder(await this.#directory.list());
    const last = files.filter((one) => one.day === day).at(-1)?.number ?? 1;
    const full = files.some((one) => one.day === day) && (await this.#isFull({ day, number: last }));
    const name = logFileName({ day, number: full ? last + 1 : last });
    const file = await this.#directory.open(name);
    const opened = { day, name, file, lookedAt: now, writtenSince: 0 };
    this.#open = opened;
    await this.#removeOld(name);
    return opened;
  }

  async #isFull(name: Parameters<typeof logFileName>[0]): Promise<boolean> {
    return (await this.#directory.sizeOf(logFileName(name)).catch(() => 0)) >= this.#bounds.fileBytes;
  }

  /** What cannot be removed stays until the next time: that is no reason to stop writing. */
  async #removeOld(own: string): Promise<void> {
    const names = inOrder(await this.#directory.list().catch(() => [])).map(logFileName);
    const old = names.slice(0, Math.max(0, names.length - this.#bounds.files));
    for (const name of old) if (name !== own) await this.#directory.remove(name).catch(() => {});
  }

  async #leave(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.file.close().catch(() => {});
  }
}

function bytesOf(lines: readonly MadeLine[]): Buffer {
  return Buffer.from(lines.map((line) => line.text).join(""));
}
