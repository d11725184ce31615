/**
 * getmail6 (documentation, 6.18): a process for each account, with its own Maildir delivery.
 *
 * Each process is kept on one core. It forks for each message and only then looks out for the child's end
 * (getmailcore/baseclasses.py, forkchild): a child that is done sooner, on another core, is waited for until a time-out
 * of three minutes.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runsAsRoot } from "../support/maildirs.ts";
import type { Command } from "../support/measure.ts";
import {
  type BenchAccount,
  type Contestant,
  type Job,
  type Prepared,
  processesAtOnce,
} from "./contestant.ts";

export const getmail: Contestant = {
  name: "getmail",
  needs: "getmail",
  changesLoneCr: true,
  refusesRoot: true,
  async prepare(job): Promise<Prepared> {
    const commands: Command[] = [];
    for (const [index, account] of job.accounts.entries()) {
      const core = String(index % availableParallelism());
      commands.push(["taskset", "-c", core, ...(await commandFor(job, account))]);
    }
    return { commands, atOnce: processesAtOnce, exits: [0] };
  },
};

async function commandFor(job: Job, account: BenchAccount): Promise<Command> {
  const folder = join(job.directory, account.login);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const retriever = job.caFile === null ? "SimplePOP3Retriever" : "SimplePOP3SSLRetriever";
  const lines = [
    "[retriever]",
    `type = ${retriever}`,
    "server = 127.0.0.1",
    `port = ${job.port}`,
    `username = ${account.login}`,
    `password = ${job.password}`,
    ...(job.caFile === null ? [] : [`ca_certs = ${job.caFile}`]),
    "[destination]",
    "type = Maildir",
    `path = ${account.maildir}/`,
    ...(runsAsRoot() ? ["user = nobody"] : []),
    "[options]",
    "verbose = 0",
    "read_all = false",
    `delete = ${job.deletes}`,
    "delivered_to = false",
    "received = false",
    "",
  ];
  await writeFile(join(folder, "getmailrc"), lines.join("\n"), { mode: 0o600 });
  if (account.knownUids.length > 0) {
    // One line for each: unique-id, NUL, the time it was fetched (_retrieverbases.py).
    const known = account.knownUids.map((uid) => `${uid}\0${1_790_000_000}\n`).join("");
    await writeFile(join(folder, `oldmail-127.0.0.1-${job.port}-${account.login}`), known, {
      mode: 0o600,
    });
  }
  return ["getmail", `--getmaildir=${folder}`, `--rcfile=${join(folder, "getmailrc")}`];
}
