/**
 * Runs of programs as their users see them: from start to exit, with the processor time and the memory that the
 * kernel booked for them (bench/native/measure.c).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export type Command = readonly [program: string, ...args: string[]];

export interface Run {
  /** From the first start to the last end. */
  readonly wallMs: number;
  /** User and system time of all processes together. */
  readonly cpuMs: number;
  /** Of the largest process. */
  readonly peakRssBytes: number;
}

export interface RunOptions {
  /** Commands at the same time. */
  readonly atOnce: number;
  /** Exit codes that count as success. */
  readonly exits: readonly number[];
  /** Longest for all of them together. */
  readonly timeoutMs: number;
}

/**
 * Runs commands. No argument may hold a tab or a line end.
 *
 * @param measure path of the compiled measure.c
 * @throws when one exits otherwise than allowed or time is up, with the end of what the commands said.
 */
export async function measure(
  measurer: string,
  commands: readonly Command[],
  options: RunOptions,
): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), "rpop-bench-log-"));
  const log = join(directory, "log");
  try {
    const limits = [String(options.atOnce), String(Math.ceil(options.timeoutMs / 1000)), log];
    const child = spawn(measurer, limits, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(commands.map((command) => `${command.join("\t")}\n`).join(""));
    const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
    const told = JSON.parse(said) as {
      readonly wallMs: number;
      readonly userMs: number;
      readonly systemMs: number;
      readonly peakRssBytes: number;
      readonly timedOut: boolean;
      readonly exits: Readonly<Record<string, number>>;
    };
    const { wallMs, userMs, systemMs, peakRssBytes } = told;
    if (told.timedOut) throw new Error(`not done after ${options.timeoutMs / 1000} s`);
    const wrong = Object.keys(told.exits).filter((code) => !options.exits.includes(Number(code)));
    if (wrong.length > 0) {
      const words = (await readFile(log, "utf8")).slice(-1500);
      throw new Error(`exit codes ${JSON.stringify(told.exits)} of ${commands[0]?.[0]}:\n${words}`);
    }
    return { wallMs, cpuMs: userMs + systemMs, peakRssBytes };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The middle of an odd number of values, the upper middle of an even one; 0 for none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
