/**
 * One run of a program as its user sees it: from start to exit, with its processor time and the most memory it held.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export interface MeasuredRun {
  readonly wallMs: number;
  /** User and system time of the process; in steps of the kernel's clock tick, 10 ms. */
  readonly cpuMs: number;
  /** VmHWM as last seen, at most 10 ms before the exit. */
  readonly peakRssBytes: number;
}

/**
 * Runs `command`, its output thrown away but for the end of what it says when it fails.
 *
 * @throws when it exits with anything but 0.
 */
export async function measuredRun(command: string, args: readonly string[]): Promise<MeasuredRun> {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
  }
  let peakRssBytes = 0;
  let cpuMs = 0;
  const look = setInterval(() => {
    const seen = usageOf(child.pid);
    if (seen === undefined) return;
    peakRssBytes = Math.max(peakRssBytes, seen.peakRssBytes);
    cpuMs = seen.cpuMs;
  }, 10);
  const [code] = await once(child, "exit");
  const wallMs = performance.now() - start;
  clearInterval(look);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${said}`);
  return { wallMs, cpuMs, peakRssBytes };
}

function usageOf(
  pid: number | undefined,
): { readonly peakRssBytes: number; readonly cpuMs: number } | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields after the name in parentheses: utime is the 12th, stime the 13th of them (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (kilobytes === undefined) return undefined;
    return { peakRssBytes: Number(kilobytes) * 1024, cpuMs: (Number(fields[11]) + Number(fields[12])) * 10 };
  } catch {
    return undefined;
  }
}

/** The middle of an odd number of values, the upper middle of an even one; 0 for none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
