/**
 * How a crash run is asked for, by environment variables that `npm run test:crash` sets from its options.
 *
 * | option | variable | without it |
 * | --- | --- | --- |
 * | `--seed N` | `RPOP_CRASH_SEED` | the time; printed, so that a run can be repeated |
 * | `--hits N` | `RPOP_CRASH_HITS` | 10 for each row; 1 in the short form |
 * | `--kills N` | `RPOP_CRASH_KILLS` | 600 for each configuration; 40 in the short form |
 * | `--mode random, syscall, wire, all` | `RPOP_CRASH_MODE` | all |
 * | `--config NAME` | `RPOP_CRASH_CONFIG` | all; in the short form those that differ most |
 */
import { lacks } from "../support/tools.ts";
import { type Configuration, configurations } from "./configurations.ts";
import type { StrikeMode } from "./strikes.ts";

export interface CrashRun {
  readonly long: boolean;
  readonly seed: number;
  readonly hits: number;
  readonly kills: number;
  readonly modes: readonly StrikeMode[];
  readonly configurations: readonly Configuration[];
}

const shortForm: readonly string[] = ["personal", "unified-one-left", "unified-three"];
const allModes = ["random", "syscall", "wire"] as const satisfies readonly StrikeMode[];

/** @throws when an option says something that does not exist. */
export function crashRun(env: Readonly<Record<string, string | undefined>>): CrashRun {
  const long = env.RPOP_CRASH_RUN === "long";
  const number = (name: string, otherwise: number) => {
    const text = env[name];
    if (text === undefined) return otherwise;
    if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} is not a number: ${text}`);
    return Number(text);
  };
  return {
    long,
    seed: number("RPOP_CRASH_SEED", Date.now() % 1_000_000),
    hits: number("RPOP_CRASH_HITS", long ? 10 : 1),
    kills: number("RPOP_CRASH_KILLS", long ? 600 : 40),
    modes: modesOf(env.RPOP_CRASH_MODE ?? "all"),
    configurations: configurationsOf(env.RPOP_CRASH_CONFIG, long),
  };
}

function modesOf(name: string): StrikeMode[] {
  const modes = allModes.filter((mode) => name === "all" || mode === name);
  if (modes.length === 0) throw new Error(`no such mode: ${name}`);
  return modes.filter((mode) => mode !== "syscall" || !lacks("strace"));
}

function configurationsOf(name: string | undefined, long: boolean): Configuration[] {
  const asked = (one: Configuration) =>
    name === undefined ? long || shortForm.includes(one.name) : one.name === name;
  const found = configurations.filter(asked);
  if (found.length === 0) throw new Error(`no such configuration: ${name}`);
  return found.filter((one) => one.server !== "dovecot" || !lacks("dovecot", "openssl"));
}
