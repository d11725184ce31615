/**
 * mpop (manual, 1.4): a process for each account, pipelining as its manual recommends for speed.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "../support/measure.ts";
import {
  type BenchAccount,
  type Contestant,
  type Job,
  type Prepared,
  processesAtOnce,
} from "./contestant.ts";

export const mpop: Contestant = {
  name: "mpop",
  needs: "mpop",
  async prepare(job): Promise<Prepared> {
    const commands: Command[] = [];
    for (const account of job.accounts) commands.push(await commandFor(job, account));
    return { commands, atOnce: processesAtOnce, exits: [0] };
  },
};

async function commandFor(job: Job, account: BenchAccount): Promise<Command> {
  const file = join(job.directory, `${account.login}.rc`);
  const uids = join(job.directory, `${account.login}.uids`);
  const lines = [
    "account default",
    "host 127.0.0.1",
    `port ${job.port}`,
    `user ${account.login}`,
    `password ${job.password}`,
    "auth user",
    ...(job.caFile === null ? ["tls off"] : ["tls on", "tls_starttls off", `tls_trust_file ${job.caFile}`]),
    `keep ${job.deletes ? "off" : "on"}`,
    "pipelining on",
    "received_header off",
    `delivery maildir ${account.maildir}`,
    `uidls_file ${uids}`,
    "",
  ];
  await writeFile(file, lines.join("\n"), { mode: 0o600 });
  if (account.knownUids.length > 0) {
    // As it writes it itself: their number, and then the unique-ids in ascending order (uidls.c).
    const head = ` ${account.knownUids.length} 127.0.0.1 ${account.login}`;
    const known = [head, ...[...account.knownUids].sort(), ""];
    await writeFile(uids, known.join("\n"), { mode: 0o600 });
  }
  return ["mpop", "--quiet", `--file=${file}`];
}
