/**
 * The compiled program as people start it (`bin/rpop.js`, with the flags of its first line), for tests that meet it
 * from outside.
 * `npm test` compiles first; whoever runs such a test alone runs `npm run build` before.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What people start: `rpop`, as installed. */
export const program = join(import.meta.dirname, "../../bin/rpop.js");
/** The command before its arguments; `RPOP_DIST` names another build than `dist/`. */
export const command =
  process.env.RPOP_DIST === undefined
    ? [program]
    : [process.execPath, join(process.env.RPOP_DIST, "main.js")];
const reportUsage = pathToFileURL(join(import.meta.dirname, "report-usage.mjs")).href;

export interface RpopOptions {
  /** Added to the environment; LC_ALL is C unless given here. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the program reads on its standard input; nothing unless given. */
  readonly input?: string | Uint8Array;
}

export interface RpopOutcome {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory it held (VmHWM); 0 when it was killed. */
  readonly peakRssBytes: number;
}

export interface RunningRpop {
  readonly child: ChildProcess;
  /** What it said so far. */
  readonly said: { readonly stdout: string; readonly stderr: string };
  /** Resolves when it has ended and all it said was read. */
  readonly outcome: Promise<RpopOutcome>;
}

/** Runs `rpop --data DIR ARGS…` to its end. Never rejects on a bad exit: look at `code`. */
export function rpop(
  dataDir: string,
  args: readonly string[],
  options: RpopOptions = {},
): Promise<RpopOutcome> {
  return startRpop(dataDir, args, options).outcome;
}

/** Starts `rpop --data DIR ARGS…`; the caller may kill it. */
export function startRpop(dataDir: string, args: readonly string[], options: RpopOptions = {}): RunningRpop {
  const usageFile = join(tmpdir(), `rpop-usage-${randomUUID()}`);
  const said = { stdout: "", stderr: "" };
  const { RPOP_DATA: _data, NODE_OPTIONS: _options, ...inherited } = process.env;
  const [file = program, ...before] = command;
  const child = spawn(file, [...before, "--data", dataDir, ...args], {
    env: {
      ...inherited,
      LC_ALL: "C",
      NO_COLOR: "1",
      NODE_OPTIONS: `--import ${reportUsage}`,
      RPOP_TEST_USAGE_FILE: usageFile,
      ...options.env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  child.stdin.on("error", () => {
    // It ended without reading: its exit status tells the rest.
  });
  child.stdin.end(options.input ?? "");
  const outcome = once(child, "close").then(async ([code]) => ({
    code: typeof code === "number" ? code : null,
    ...said,
    peakRssBytes: await takePeakRss(usageFile),
  }));
  return { child, said, outcome };
}

/**
 * Makes the data directory hold exactly what the file says, given as the value that its YAML stands for.
 *
 * @throws with the program's words when it does not take the file.
 */
export async function applyFile(dataDir: string, file: object): Promise<void> {
  const path = join(tmpdir(), `rpop-file-${randomUUID()}.yaml`);
  // Every JSON text is YAML 1.2.
  await writeFile(path, JSON.stringify(file), { mode: 0o600 });
  const { code, stdout, stderr } = await rpop(dataDir, ["apply", path]);
  await rm(path);
  if (code !== 0) throw new Error(`rpop apply ended with ${code}:\n${stdout}${stderr}`);
}

async function takePeakRss(usageFile: string): Promise<number> {
  const bytes = await readFile(usageFile, "utf8").catch(() => undefined);
  if (bytes === undefined) return 0;
  await rm(usageFile);
  return Number(bytes);
}
