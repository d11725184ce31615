/**
 * This program, as its user starts it: `rpop poll --all`, process start included, every fsync on.
 */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contestant, connectionsAtOnce, type Job, type Prepared } from "./contestant.ts";
import { rememberAsLeft } from "./rpop-known.ts";

export const rpop: Contestant = {
  name: "rpop",
  needs: "node",
  async prepare(job): Promise<Prepared> {
    const file = join(job.directory, "rpop.yaml");
    const data = join(job.directory, "data");
    await writeFile(file, JSON.stringify(configuration(job)));
    execFileSync(job.programs.rpop, ["--data", data, "--quiet", "apply", file]);
    const known = job.accounts.some(({ knownUids }) => knownUids.length > 0);
    if (known) rememberAsLeft(join(data, "rpop.db"), job.accounts);
    const poll = [job.programs.rpop, "--data", data, "--quiet", "poll"] as const;
    return {
      commands: [[...poll, "--all"]],
      atOnce: 1,
      exits: [0],
      settles: known,
      oneVisit: [...poll, `${job.accounts[0]?.login}@127.0.0.1:${job.port}`],
    };
  },
};

function configuration(job: Job) {
  const tls = job.caFile === null ? { tls: "off" } : { tls: "implicit", caFile: job.caFile };
  const accounts = job.accounts.map(({ login, maildir }) => ({
    name: login,
    destination: `maildir:${maildir}`,
    remoteAccounts: [
      {
        account: login,
        server: `127.0.0.1:${job.port}`,
        password: job.password,
        leaveOnServer: !job.deletes,
        ...tls,
      },
    ],
  }));
  return {
    settings: {
      channels: connectionsAtOnce,
      channelsPerHost: connectionsAtOnce,
      mergeCopies: false,
      allowSelfPoll: true,
      allowPrivateHosts: true,
    },
    domains: [{ name: "example.com", main: true, accounts }],
  };
}
