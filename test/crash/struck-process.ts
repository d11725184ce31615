/**
 * The real program under a strike: `node dist/main.js --data DIR poll --all` in a process group of its own, alone or
 * under strace. Killed with SIGKILL, the whole group at once: nothing of it is left running.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { findProgram } from "../support/tools.ts";
import type { Strike } from "./strikes.ts";
import type { StrikingProxy } from "./striking-proxy.ts";

/** The compiled program. */
export const program = join(import.meta.dirname, "../../dist/main.js");
/** A poll that takes longer hangs. Far beyond what a loaded machine needs. */
const longestMs = 180_000;

export interface EndOfPoll {
  /** null: killed by the strike. */
  readonly code: number | null;
  /** What it said, both streams. */
  readonly said: string;
  /** From its first connection to its end; null: it did not connect. */
  readonly connectedMs: number | null;
}

/**
 * Polls once, under a strike or in peace.
 *
 * @param proxy what the program connects to; it is armed anew
 * @throws when the program hangs.
 */
export async function poll(dataDir: string, proxy: StrikingProxy, strike: Strike | null): Promise<EndOfPoll> {
  const running = startPoll(dataDir, strike);
  proxy.arm(strike?.mode === "wire" ? strike.point : null, () => running.kill());
  const timers: NodeJS.Timeout[] = [];
  const killLater = (ms: number) => timers.push(setTimeout(() => running.kill(), ms));
  let connectedAt: number | null = null;
  void proxy.connected().then(() => {
    connectedAt = performance.now();
    if (strike?.mode === "random" && strike.after === "connection") killLater(strike.delayMs);
  });
  if (strike?.mode === "random" && strike.after === "start") killLater(strike.delayMs);
  try {
    const { code, said } = await running.ended;
    return { code, said, connectedMs: connectedAt === null ? null : performance.now() - connectedAt };
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

export interface RunningPoll {
  /** SIGKILL for the whole group. */
  kill(): void;
  /** @throws when it hangs. */
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
}

const groups = new Set<number>();
process.once("exit", () => {
  for (const group of groups) killGroup(group);
});

export function startPoll(dataDir: string, strike: Strike | null): RunningPoll {
  const command = [process.execPath, program, "--data", dataDir, "poll", "--all"];
  return runGroup(strike?.mode === "syscall" ? [...straceFor(strike), ...command] : command);
}

/** Runs a command in a process group of its own. */
export function runGroup(command: readonly string[]): RunningPoll {
  const [file = "", ...args] = command;
  const { RPOP_DATA: _data, NODE_OPTIONS: _options, ...inherited } = process.env;
  const child = spawn(file, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...inherited, LC_ALL: "C", NO_COLOR: "1" },
  });
  if (child.pid !== undefined) groups.add(child.pid);
  const kill = () => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  return { kill, ended: endOf(child, kill) };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

async function endOf(child: Child, kill: () => void): Promise<{ code: number | null; said: string }> {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  let hung = false;
  const limit = setTimeout(() => {
    hung = true;
    kill();
  }, longestMs);
  const [code, signal] = await once(child, "close");
  clearTimeout(limit);
  // A strace that was killed alone would leave its child behind.
  kill();
  if (child.pid !== undefined) groups.delete(child.pid);
  if (hung) throw new Error(`a poll did not end within ${longestMs / 1000} s:\n${said}`);
  if (code === null && signal !== "SIGKILL") throw new Error(`a poll ended by ${String(signal)}:\n${said}`);
  return { code: typeof code === "number" ? code : null, said };
}

/** strace kills the process as it is about to make the call: the call is not made. */
function straceFor({ call, when, path }: Extract<Strike, { mode: "syscall" }>): string[] {
  const strace = findProgram("strace");
  if (strace === undefined) throw new Error("strace is not installed");
  return [
    strace,
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    ...(path === undefined ? [] : ["-P", path]),
    "-e",
    `trace=${call}`,
    "-e",
    `inject=${call}:signal=SIGKILL:when=${when}`,
  ];
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
