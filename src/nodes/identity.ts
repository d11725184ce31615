/**
 * Who this process is, and whether another one is proven dead.
 *
 * Every process that opens the store is a node (spec 9). A pid alone proves nothing: pids are used again, and
 * mean something only on their machine, in their boot and name space. Pid, start time, boot and name space
 * together do. What cannot be proven is taken for alive.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { NodeRecord } from "../store/records.ts";

export type ProcessIdentity = Pick<
  NodeRecord,
  "machineId" | "bootId" | "pidNamespace" | "pid" | "processStart"
>;

/** This process, as the system knows it now. */
export function ownIdentity(): ProcessIdentity {
  return {
    machineId: readText("/etc/machine-id") ?? hostname(),
    bootId: readText("/proc/sys/kernel/random/boot_id") ?? "unknown",
    pidNamespace: readLink("/proc/self/ns/pid") ?? "unknown",
    pid: process.pid,
    processStart: processStart(process.pid) ?? "unknown",
  };
}

/**
 * Whether the process that a node row names cannot be running any more, as seen from here.
 *
 * @returns false also where nothing can be known: another machine, another pid name space, no /proc.
 */
export function provenDead(node: ProcessIdentity, own: ProcessIdentity): boolean {
  if (node.machineId !== own.machineId) return false;
  if (node.bootId !== own.bootId) return node.bootId !== "unknown" && own.bootId !== "unknown";
  if (node.pidNamespace !== own.pidNamespace) return false;
  const start = processStart(node.pid);
  if (start === null) return !exists(node.pid);
  return start !== node.processStart;
}

/** Start time of a process in ticks since boot (proc(5), field 22); null when it cannot be read. */
function processStart(pid: number): string | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command's name stands in parentheses and may hold anything, so count from the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended: it writes nothing any more.
  if (fields[0] === "Z" || fields[0] === "X") return "ended";
  return fields[19] ?? null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
