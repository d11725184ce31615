/**
 * What figures belong to: the day, the machine, the versions.
 */
import { execFileSync } from "node:child_process";
import { cpus, release } from "node:os";

/** One line of text for a table's foot. */
export function circumstances(root: string): string {
  const day = new Date().toISOString().slice(0, 10);
  const [first] = cpus();
  const machine = `${cpus().length} × ${first?.model.trim() ?? "unknown processor"}, Linux ${release()}`;
  return `${day}, commit ${commit(root)}, Node ${process.versions.node}, ${machine}`;
}

/** Versions of the others, as they name them. */
export function peerVersions(programs: ReadonlySet<string>): string {
  const known: readonly (readonly [string, string, RegExp])[] = [
    ["mpop", "--version", /version (\S+)/],
    ["fetchmail", "--version", /release (\d[\d.]*)/],
    ["getmail", "--version", /(\d[\d.]+)/],
    ["dovecot", "--version", /^(\S+)/],
  ];
  return known
    .filter(([name]) => programs.has(name))
    .map(([name, option, pattern]) => `${name} ${pattern.exec(said(name, [option]))?.[1] ?? "?"}`)
    .join(", ");
}

function commit(root: string): string {
  return said("git", ["-C", root, "describe", "--always", "--dirty=, changed since"]).trim() || "unknown";
}

function said(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    // fetchmail tells its version with the exit code of a failure.
    return String((error as { readonly stdout?: unknown }).stdout ?? "");
  }
}
