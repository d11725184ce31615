/**
 * What the bench needs from Debian: installed where it may be, else reported, one line each.
 */
import { spawnSync } from "node:child_process";
import { findProgram } from "../../test/support/tools.ts";

export interface Need {
  /** Program that tells whether the packages are there. */
  readonly program: string;
  readonly packages: readonly string[];
  /** What does not take place without it. */
  readonly without: string;
}

/** Installs what is missing, as root with apt-get. @returns the programs that are there. */
export function installedPrograms(needs: readonly Need[]): ReadonlySet<string> {
  const missing = needs.filter(({ program }) => findProgram(program) === undefined);
  if (missing.length > 0 && process.getuid?.() === 0 && findProgram("apt-get") !== undefined) {
    aptGet("update", "-qq");
    for (const { packages } of missing)
      aptGet("install", "-y", "-qq", "--no-install-recommends", ...packages);
  }
  const there = new Set<string>();
  for (const { program, packages, without } of needs) {
    if (findProgram(program) !== undefined) there.add(program);
    else console.error(`skipped: ${without} (${program} is missing; apt-get install ${packages.join(" ")})`);
  }
  return there;
}

/** Quiet when it works; its own words when it does not. */
function aptGet(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stdout, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8" });
  if (status !== 0) console.error(`apt-get ${args[0]} failed:\n${stdout}${stderr}`);
}
