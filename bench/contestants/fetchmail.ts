/**
 * fetchmail (manual, 6.4): one process for all accounts, one after the other; each message goes through a delivery agent
 * of the bench that writes it into a Maildir with one fsync.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchAccount, Contestant, Job, Prepared } from "./contestant.ts";

export const fetchmail: Contestant = {
  name: "fetchmail",
  needs: "fetchmail",
  changesLoneCr: true,
  async prepare(job): Promise<Prepared> {
    const file = join(job.directory, "fetchmailrc");
    const ids = join(job.directory, "fetchids");
    const users = job.accounts.map((account) => userLine(job, account));
    const poll = `poll 127.0.0.1 service ${job.port} protocol pop3 uidl timeout 120`;
    await writeFile(file, ["set invisible", poll, ...users, ""].join("\n"), { mode: 0o600 });
    const known = job.accounts.flatMap(({ login, knownUids }) =>
      knownUids.map((uid) => `${login}@127.0.0.1 ${uid}\n`),
    );
    await writeFile(ids, known.join(""), { mode: 0o600 });
    const own = ["--silent", "--nodetach", "--nosyslog", "--fetchmailrc", file, "--idfile", ids];
    const lock = ["--pidfile", join(job.directory, "pid")];
    // 1: there was no mail to retrieve.
    return { commands: [["fetchmail", ...own, ...lock]], atOnce: 1, exits: [0, 1] };
  },
};

function userLine(job: Job, account: BenchAccount): string {
  const agent = `${job.programs.native["deliver-maildir"]} ${account.maildir}`;
  const tls =
    job.caFile === null
      ? "sslproto ''"
      : `ssl sslproto 'TLS1.2+' sslcertck sslcertfile "${job.caFile}" sslcommonname localhost`;
  // Without its own changes to the header, so that the message can be compared byte for byte.
  const plain = "no rewrite";
  const keep = job.deletes ? "no keep" : "keep";
  return `  user "${account.login}" password "${job.password}" is root here ${keep} ${plain} ${tls} mda "${agent}"`;
}
