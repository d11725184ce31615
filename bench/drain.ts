/**
 * Drain: one mailbox of mixed messages at Dovecot, fetched and deleted, into a Maildir, by rpop and by mpop.
 *
 *   npm run bench -- drain [--messages 1000] [--rounds 5]
 *
 * The two take turns, each time with a mailbox of its own and an empty Maildir; what was delivered is compared byte for
 * byte and the deletions are checked, outside the measured time. rpop runs as its user starts it, process start
 * included, with every fsync on; mpop as its manual recommends for speed: pipelining on, one process.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Dovecot, startDovecot } from "../test/support/dovecot.ts";
import { mixedMessages } from "../test/support/sample-messages.ts";
import { temporaryDirectory } from "../test/support/temporary-directory.ts";
import { findProgram } from "../test/support/tools.ts";
import { type MeasuredRun, measuredRun, median } from "./support/measured-run.ts";

interface Contestant {
  readonly name: string;
  /** Prepares everything that is not to be measured; answers the command and the Maildir it fills. */
  prepare(directory: string, port: number, login: string): Promise<Prepared>;
}

interface Prepared {
  readonly command: string;
  readonly args: readonly string[];
  readonly maildir: string;
}

const password = "bench";
const program = join(process.cwd(), "bin/rpop.js");

const rpop: Contestant = {
  name: "rpop",
  async prepare(directory, port, login) {
    const maildir = join(directory, "Maildir");
    const remote = { account: login, server: `127.0.0.1:${port}`, password, tls: "off" };
    const owner = { name: "bench", destination: `maildir:${maildir}`, remoteAccounts: [remote] };
    const file = {
      settings: {
        channels: 100,
        channelsPerHost: 100,
        mergeCopies: false,
        allowSelfPoll: true,
        allowPrivateHosts: true,
      },
      domains: [{ name: "example.com", main: true, accounts: [owner] }],
    };
    await writeFile(join(directory, "rpop.yaml"), JSON.stringify(file));
    const onData = ["--data", join(directory, "data")];
    execFileSync(program, [...onData, "apply", join(directory, "rpop.yaml")]);
    return { command: program, args: [...onData, "poll", "--all"], maildir };
  },
};

const mpop: Contestant = {
  name: "mpop",
  async prepare(directory, port, login) {
    const maildir = join(directory, "Maildir");
    for (const folder of ["cur", "new", "tmp"]) await mkdir(join(maildir, folder), { recursive: true });
    const lines = [
      "account default",
      "host 127.0.0.1",
      `port ${port}`,
      `user ${login}`,
      `password ${password}`,
      "auth user",
    ];
    const more = [
      "tls off",
      "keep off",
      "pipelining on",
      "received_header off",
      `delivery maildir ${maildir}`,
    ];
    const file = join(directory, "mpoprc");
    const text = [...lines, ...more, `uidls_file ${join(directory, "uidls")}`, ""].join("\n");
    await writeFile(file, text, { mode: 0o600 });
    return { command: "mpop", args: ["--quiet", `--file=${file}`], maildir };
  },
};

const contestants = [rpop, mpop];

const { values } = parseArgs({ options: { messages: { type: "string" }, rounds: { type: "string" } } });
const messageCount = Number(values.messages ?? 1000);
const rounds = Number(values.rounds ?? 5);
if (findProgram("mpop") === undefined) throw new Error("mpop is not installed (apt-get install mpop)");

const logins = contestants.map(({ name }) =>
  Array.from({ length: rounds }, (_, round) => `${name}-${round}`),
);
await using dovecot = await startDovecot({ users: logins.flat().map((login) => ({ login, password })) });
const runs = new Map<string, MeasuredRun[]>(contestants.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++) {
  // Who goes first changes: the disk is warmer for the second.
  const order = round % 2 === 0 ? contestants : contestants.toReversed();
  for (const contestant of order) {
    const run = await oneRun(contestant, dovecot, `${contestant.name}-${round}`);
    runs.get(contestant.name)?.push(run);
    console.error(`round ${round + 1}: ${contestant.name} ${(run.wallMs / 1000).toFixed(2)} s`);
  }
}
print(runs);

async function oneRun(contestant: Contestant, server: Dovecot, login: string): Promise<MeasuredRun> {
  await using directory = await temporaryDirectory("bench");
  await server.addMail(login, mixedMessages(messageCount));
  const { command, args, maildir } = await contestant.prepare(directory.path, server.pop3Port, login);
  // What was written to prepare must not be flushed on the contestant's time.
  execFileSync("sync");
  const run = await measuredRun(command, args);
  await compare(contestant.name, maildir);
  const left = await server.mailbox(login);
  if (left.length > 0) throw new Error(`${contestant.name} left ${left.length} messages on the server`);
  await rm(maildir, { recursive: true });
  return run;
}

/** Each message once and byte for byte; what stands before it is the delivery's own header. */
async function compare(name: string, maildir: string): Promise<void> {
  const folder = join(maildir, "new");
  const delivered = new Map<string, Buffer>();
  for (const file of await readdir(folder)) {
    const bytes = await readFile(join(folder, file));
    const [, index = ""] =
      /^Message-ID: <(\d+)\.sample@/m.exec(bytes.subarray(0, 4096).toString("latin1")) ?? [];
    if (delivered.has(index)) throw new Error(`${name} delivered message ${index} twice`);
    delivered.set(index, bytes);
  }
  let index = 0;
  for (const message of mixedMessages(messageCount)) {
    const bytes = delivered.get(String(index));
    if (bytes === undefined) throw new Error(`${name} did not deliver message ${index}`);
    if (digest(bytes.subarray(-message.length)) !== digest(message))
      throw new Error(`${name} changed message ${index}`);
    index += 1;
  }
  if (delivered.size !== index) throw new Error(`${name} delivered ${delivered.size} messages, not ${index}`);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function print(all: ReadonlyMap<string, readonly MeasuredRun[]>): void {
  let bytes = 0;
  for (const message of mixedMessages(messageCount)) bytes += message.length;
  const best = median((all.get("mpop") ?? []).map(({ wallMs }) => wallMs));
  console.log(
    `\nDrain from Dovecot, ${messageCount} messages, ${(bytes / 1e6).toFixed(0)} MB, deleted; medians of ${rounds} rounds.`,
  );
  console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}:`);
  console.log(`\`npm run bench -- drain --messages ${messageCount} --rounds ${rounds}\`\n`);
  console.log("| program | wall s | speed (mpop = 1) | CPU s | peak RSS MB |");
  console.log("| --- | --- | --- | --- | --- |");
  for (const [name, own] of all) {
    const wallMs = median(own.map((run) => run.wallMs));
    const cells = [
      (wallMs / 1000).toFixed(2),
      (best / wallMs).toFixed(2),
      (median(own.map((run) => run.cpuMs)) / 1000).toFixed(2),
    ];
    console.log(
      `| ${name} | ${cells.join(" | ")} | ${(Math.max(...own.map((run) => run.peakRssBytes)) / 1e6).toFixed(0)} |`,
    );
  }
}
