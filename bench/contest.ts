/**
 * One workload, run by all contestants in turns: each gets the same maildrops and empty Maildirs; what it delivered and
 * deleted is checked after each run, outside the measured time.
 *
 * A contestant that fails is out of the rest of the workload, with the reason in its place; the others go on.
 */
import { execFileSync } from "node:child_process";
import { chmod, mkdir, rm } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { temporaryDirectory } from "../test/support/temporary-directory.ts";
import type {
  BenchAccount,
  BenchPrograms,
  Contestant,
  ContestantName,
  Prepared,
} from "./contestants/contestant.ts";
import { atDistance } from "./servers/distance.ts";
import { startDovecotServer } from "./servers/dovecot.ts";
import type { MailServer } from "./servers/mail-server.ts";
import { readUids } from "./servers/read-uids.ts";
import { startSynthetic } from "./servers/synthetic.ts";
import { compareDelivered } from "./support/delivered.ts";
import { type Fingerprint, fingerprints, type MailSeries, mailSeries } from "./support/mail-series.ts";
import { makeMaildirs } from "./support/maildirs.ts";
import { type Command, measure, type Run } from "./support/measure.ts";
import type { Workload } from "./workloads.ts";

/** A run of one contestant, checked. Times are of what it ran; `part` says how much of the workload that was. */
export interface CheckedRun extends Run {
  /** From the first connection to the end of the last one; null: the server cannot tell. */
  readonly spanMs: number | null;
}

export interface Result {
  readonly name: ContestantName;
  readonly part: number;
  readonly runs: readonly CheckedRun[];
  /** Why it is out; null: every run was right. */
  readonly trouble: string | null;
  /** A run with a single visit; null: not taken. */
  readonly oneVisit: Run | null;
}

export interface ContestResult {
  readonly workload: Workload;
  readonly results: readonly Result[];
  /** Load average of the last minute before each round. */
  readonly loads: readonly number[];
}

interface Arena {
  readonly workload: Workload;
  readonly series: MailSeries;
  readonly server: MailServer;
  readonly port: number;
  readonly caFile: string | null;
  readonly expected: ReadonlyMap<number, Fingerprint>;
  readonly directory: string;
  readonly programs: BenchPrograms;
  /** Where nothing is deleted: the unique-ids of each login's known messages. */
  readonly uids: ReadonlyMap<string, readonly string[]>;
}

/** A contestant with its state from the runs before. */
interface Entrant {
  readonly contestant: Contestant;
  readonly part: number;
  readonly runs: CheckedRun[];
  prepared: Prepared | null;
  trouble: string | null;
  oneVisit: Run | null;
}

/** Longest a contestant may take for a run. */
const longestRunMs = 120_000;

/** @param say told a line about each run, as it ends */
export async function contest(
  workload: Workload,
  contestants: readonly Contestant[],
  programs: BenchPrograms,
  rounds: number,
  say: (line: string) => void,
): Promise<ContestResult> {
  const entrants = contestants
    .filter(({ name }) => !(workload.without ?? []).includes(name))
    .map((contestant): Entrant => {
      const part = workload.part?.[contestant.name] ?? 1;
      return { contestant, part, runs: [], prepared: null, trouble: null, oneVisit: null };
    });
  const knownSizes = new Array<number>(workload.known).fill(workload.knownBytes);
  const series = mailSeries([...knownSizes, ...workload.fresh]);
  await using directory = await temporaryDirectory("bench");
  await chmod(directory.path, 0o755);
  const runs = entrants.flatMap(({ contestant }) =>
    Array.from({ length: rounds }, (_, round) => runName(contestant.name, round)),
  );
  await using server =
    workload.server === "synthetic"
      ? await startSynthetic(programs.native["pop3-server"], series)
      : await startDovecotServer(series, workload.accounts, workload.deletes ? runs : []);
  const direct = workload.tls ? server.tlsPort : server.plainPort;
  await using distance = await atDistance(programs.native["delay-proxy"], direct, workload.roundTripMs);
  const arena: Arena = {
    workload,
    series,
    server,
    port: distance.port,
    caFile: workload.tls ? server.caFile : null,
    expected: fingerprints(series, workload.known),
    directory: directory.path,
    programs,
    uids: await knownUids(workload, server),
  };
  const loads: number[] = [];
  for (let round = 0; round < rounds; round++) {
    loads.push(loadavg()[0] ?? 0);
    // Who goes first changes: the disk is warmer for the second.
    for (const entrant of round % 2 === 0 ? entrants : entrants.toReversed()) {
      const { name } = entrant.contestant;
      if (entrant.trouble !== null || (round > 0 && workload.once?.includes(name))) continue;
      try {
        const run = await oneRun(arena, entrant, round);
        entrant.runs.push(run);
        say(`${workload.id}, round ${round + 1}: ${name} ${(run.wallMs / 1000).toFixed(2)} s`);
      } catch (error) {
        entrant.trouble = error instanceof Error ? error.message : String(error);
        say(`${workload.id}, round ${round + 1}: ${name} is out: ${entrant.trouble}`);
      }
    }
  }
  for (const entrant of entrants) await singleVisit(arena, entrant);
  const results = entrants.map(({ contestant, part, runs, trouble, oneVisit }) => {
    return { name: contestant.name, part, runs, trouble, oneVisit };
  });
  return { workload, results, loads };
}

function runName(name: ContestantName, round: number): string {
  return `${name}-${round}`;
}

async function knownUids(workload: Workload, server: MailServer): Promise<Map<string, readonly string[]>> {
  const uids = new Map<string, readonly string[]>();
  if (workload.known === 0) return uids;
  for (const login of await server.begin("look", workload.accounts, workload.known))
    uids.set(login, await readUids(server.plainPort, login, server.password));
  for (const [login, found] of uids) {
    if (found.length !== workload.known)
      throw new Error(`${login} has ${found.length} messages, not ${workload.known}`);
  }
  return uids;
}

/** What a contestant gets of the workload: with one account a part of its new messages, else a part of the accounts. */
function shareOf(workload: Workload, part: number): { readonly accounts: number; readonly fresh: number } {
  const { accounts, fresh } = workload;
  if (accounts === 1) return { accounts, fresh: Math.round(fresh.length * part) };
  return { accounts: Math.round(accounts * part), fresh: fresh.length };
}

async function oneRun(arena: Arena, entrant: Entrant, round: number): Promise<CheckedRun> {
  const { workload, server, programs } = arena;
  const share = shareOf(workload, entrant.part);
  const begin = () =>
    server.begin(runName(entrant.contestant.name, round), share.accounts, workload.known + share.fresh);
  const logins = await begin();
  const accounts = logins.slice(0, share.accounts).map((login): BenchAccount => {
    const maildir = join(placeOf(arena, entrant, "mail"), login);
    return { login, maildir, knownUids: arena.uids.get(login) ?? [] };
  });
  await rm(placeOf(arena, entrant, "mail"), { recursive: true, force: true });
  await makeMaildirs(
    accounts.map(({ maildir }) => maildir),
    entrant.contestant.refusesRoot ?? false,
  );
  const prepared = await freshState(arena, entrant, accounts, share.fresh);
  // Preparing may have visited; where something will be deleted it has not, and the maildrops are filled once.
  if (!workload.deletes) await begin();
  // What was written to prepare must not be flushed on the contestant's time.
  execFileSync("sync");
  const measured = await run(programs, prepared.commands, prepared);
  const { retrieved, deleted, spanMs } = await server.counts();
  const wanted = share.accounts * share.fresh;
  expectCount("retrieved", retrieved, wanted);
  expectCount("deleted", deleted, workload.deletes ? wanted : 0);
  const end = workload.known + share.fresh;
  const expected = new Map([...arena.expected].filter(([index]) => index < end));
  const changesLoneCr = entrant.contestant.changesLoneCr ?? false;
  for (const { maildir } of accounts) await compareDelivered(maildir, expected, changesLoneCr);
  return { ...measured, spanMs };
}

function run(programs: BenchPrograms, commands: readonly Command[], prepared: Prepared): Promise<Run> {
  const { atOnce, exits } = prepared;
  return measure(programs.native.measure, commands, { atOnce, exits, timeoutMs: longestRunMs });
}

function expectCount(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${found} messages were ${what}, not ${wanted}`);
}

/** Configurations name these places, so they are the same in each round. */
function placeOf(arena: Arena, entrant: Entrant, place: "mail" | "state" | "template"): string {
  return join(arena.directory, entrant.contestant.name, place);
}

/**
 * Configuration and state as before the first run. Where the maildrops are the same in each round, both are made once
 * and copied.
 */
async function freshState(
  arena: Arena,
  entrant: Entrant,
  accounts: readonly BenchAccount[],
  fresh: number,
): Promise<Prepared> {
  const { workload, server, programs, port, caFile } = arena;
  const state = placeOf(arena, entrant, "state");
  const template = placeOf(arena, entrant, "template");
  await rm(state, { recursive: true, force: true });
  if (entrant.prepared !== null && !workload.deletes) {
    execFileSync("cp", ["-a", template, state]);
    return entrant.prepared;
  }
  await mkdir(state, { recursive: true });
  const { password } = server;
  const { deletes } = workload;
  const job = { directory: state, accounts, password, port, caFile, deletes, fresh, programs };
  const prepared = await entrant.contestant.prepare(job);
  if (prepared.settles) {
    await server.begin("settle", accounts.length, workload.known);
    await run(programs, prepared.commands, prepared);
    expectCount("retrieved though known", (await server.counts()).retrieved, 0);
  }
  if (!deletes) execFileSync("cp", ["-a", state, template]);
  entrant.prepared = prepared;
  return prepared;
}

/** What one visit costs, process and all: the difference to a sweep is what the visits cost. */
async function singleVisit(arena: Arena, entrant: Entrant): Promise<void> {
  const { prepared, trouble, part } = entrant;
  const { workload, server, programs } = arena;
  if (prepared?.oneVisit === undefined || trouble !== null || workload.known === 0) return;
  const share = shareOf(workload, part);
  const taken: Run[] = [];
  for (let time = 0; time < 3; time++) {
    await server.begin("one", share.accounts, workload.known + share.fresh);
    taken.push(await run(programs, [prepared.oneVisit], prepared));
  }
  entrant.oneVisit = taken.sort((a, b) => a.cpuMs - b.cpuMs)[1] ?? null;
}
