/**
 * rpop beside other programs that do the same, in one run.
 *
 *   npm run bench [-- P1 P3 …] [--rounds N] [--quick] [--write] [--only rpop,mpop] [--profile DIRECTORY]
 *
 * Without names: all workloads. `--write` puts what was measured into docs/performance.md. `--only` leaves contestants
 * out, to look at one; its ratios are worth less. `--profile` has rpop leave a CPU profile of each poll, a file for each
 * thread. Exit code 1: a contestant was out, because it failed or delivered something else than it was sent.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { temporaryDirectory } from "../test/support/temporary-directory.ts";
import { contest } from "./contest.ts";
import type { Contestant } from "./contestants/contestant.ts";
import { fetchmail } from "./contestants/fetchmail.ts";
import { getmail } from "./contestants/getmail.ts";
import { limit } from "./contestants/limit.ts";
import { mpop } from "./contestants/mpop.ts";
import { rpop } from "./contestants/rpop.ts";
import { differenceLine } from "./difference.ts";
import { durabilityTable } from "./durability.ts";
import { circumstances, peerVersions } from "./support/machine.ts";
import { compileNative } from "./support/native.ts";
import { installedPrograms } from "./support/programs.ts";
import { rewriteSections } from "./support/sections.ts";
import { contestTable } from "./tables.ts";
import { workloads } from "./workloads.ts";

const contestants: readonly Contestant[] = [rpop, mpop, fetchmail, getmail, limit];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    only: { type: "string" },
    program: { type: "string" },
    profile: { type: "string" },
  },
});
// Asked to stop it ends in good order: its servers with it.
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => process.exit(130));
const root = process.cwd();
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const chosen = workloads(values.quick).filter(
  ({ id }) =>
    positionals.length === 0 || positionals.some((name) => id === name || id.startsWith(`${name} `)),
);
const withDurability = positionals.length === 0 || positionals.includes("durability");
if (chosen.length === 0 && !withDurability) throw new Error(`no such workload: ${positionals.join(", ")}`);

const there = installedPrograms([
  {
    program: "gcc",
    packages: ["gcc", "libc6-dev", "libssl-dev"],
    without: "everything: the bench's server is C",
  },
  { program: "openssl", packages: ["openssl"], without: "everything: certificates" },
  { program: "mpop", packages: ["mpop"], without: "mpop" },
  { program: "fetchmail", packages: ["fetchmail"], without: "fetchmail" },
  { program: "getmail", packages: ["getmail6"], without: "getmail" },
  { program: "dovecot", packages: ["dovecot-core", "dovecot-pop3d"], without: "workloads from Dovecot" },
  { program: "strace", packages: ["strace"], without: "the table of fsyncs" },
]);
if (!there.has("gcc") || !there.has("openssl")) process.exit(69);

await using built = await temporaryDirectory("bench-native");
const programs = {
  native: compileNative(root, built.path),
  rpop: values.program ?? join(root, "bin/rpop.js"),
  profiles: values.profile ?? null,
};
const only = values.only?.split(",");
const entrants = contestants.filter(({ name, needs }) => {
  return (needs === "node" || there.has(needs)) && (only === undefined || only.includes(name));
});

const sections = new Map<string, string>();
const say = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
let out = false;
const write = async (name: string, text: string) => {
  sections.set(name, text);
  console.log(`\n${text}`);
  if (values.write) await rewriteSections(join(root, "docs/performance.md"), sections);
};

const measured = `Measured ${circumstances(root)}; ${peerVersions(there)}.`;
if (withDurability && there.has("strace")) {
  await write("durability", await durabilityTable(entrants, programs, measured));
}
for (const workload of chosen) {
  if (workload.server === "dovecot" && !there.has("dovecot")) continue;
  const result = await contest(workload, entrants, programs, rounds, say);
  out ||= result.results.some(({ trouble }) => trouble !== null);
  const more = workload.id === "P7" ? [differenceLine(workload.known)] : [];
  await write(workload.id, contestTable(result, [...more, measured]));
}
process.exitCode = out ? 1 : 0;
