/**
 * What each contestant makes durable for a message, counted by strace: figures without this compare unequal promises.
 */
import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "../test/support/temporary-directory.ts";
import type { BenchPrograms, Contestant } from "./contestants/contestant.ts";
import { startSynthetic } from "./servers/synthetic.ts";
import { equal, mailSeries } from "./support/mail-series.ts";
import { makeMaildirs } from "./support/maildirs.ts";

const messages = 200;
const sizeBytes = 3000;
const longestMs = 60_000;

interface Syncs {
  readonly file: number;
  readonly directory: number;
  readonly database: number;
}

/**
 * Drains a maildrop by each contestant under strace. Needs strace.
 *
 * @param measured when, where and with what: a line of text
 */
export async function durabilityTable(
  contestants: readonly Contestant[],
  programs: BenchPrograms,
  measured: string,
): Promise<string> {
  const lines: string[] = [];
  for (const contestant of contestants) {
    const syncs = await syncsOf(contestant, programs).catch((error: unknown) => {
      console.error(`${contestant.name} under strace: ${error instanceof Error ? error.message : error}`);
      return null;
    });
    if (syncs === null) continue;
    const each = (count: number) => (count / messages).toFixed(2);
    lines.push(
      `| ${contestant.name} | ${each(syncs.file)} | ${each(syncs.directory)} | ${each(syncs.database)} |`,
    );
  }
  const head = [
    `fsync and fdatasync calls for a message, counted by strace while ${messages} messages of 3 KB are drained.`,
    "",
    "| program | files | directories | database |",
    "| --- | ---: | ---: | ---: |",
  ];
  return `${[...head, ...lines, "", measured].join("\n")}\n`;
}

async function syncsOf(contestant: Contestant, programs: BenchPrograms): Promise<Syncs> {
  await using directory = await temporaryDirectory("bench-strace");
  await using server = await startSynthetic(
    programs.native["pop3-server"],
    mailSeries(equal(messages, sizeBytes)),
  );
  const state = join(directory.path, "state");
  const maildir = join(directory.path, "mail", "u0");
  await mkdir(state);
  await chmod(directory.path, 0o755);
  await makeMaildirs([maildir], contestant.refusesRoot ?? false);
  await server.begin("strace", 1);
  const { commands, exits } = await contestant.prepare({
    directory: state,
    accounts: [{ login: "u0", maildir, knownUids: [] }],
    password: server.password,
    port: server.plainPort,
    caFile: null,
    deletes: true,
    fresh: messages,
    programs,
  });
  const trace = join(directory.path, "trace");
  for (const command of commands) {
    try {
      execFileSync(
        "strace",
        ["-f", "--seccomp-bpf", "-y", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace, ...command],
        {
          stdio: "ignore",
          timeout: longestMs,
        },
      );
    } catch (error) {
      const { status } = error as { readonly status?: number };
      if (!exits.includes(status ?? -1)) throw error;
    }
  }
  const { deleted } = await server.counts();
  if (deleted !== messages) throw new Error(`${contestant.name} deleted ${deleted} under strace`);
  // Awaited here: the directories must be there to be told from files.
  return await countSyncs(await readFile(trace, "utf8"));
}

async function countSyncs(trace: string): Promise<Syncs> {
  const counts = { file: 0, directory: 0, database: 0 };
  const kinds = new Map<string, keyof Syncs>();
  for (const [, path = ""] of trace.matchAll(/f(?:data)?sync\(\d+<([^>]*)>/g)) {
    const kind = kinds.get(path) ?? (await kindOf(path));
    kinds.set(path, kind);
    counts[kind]++;
  }
  return counts;
}

/** Files of messages were renamed meanwhile; directories are still there. */
async function kindOf(path: string): Promise<keyof Syncs> {
  if (/\.db(-wal|-journal|-shm)?$/.test(path)) return "database";
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ? "directory" : "file";
}
