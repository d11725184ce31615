/**
 * This program, as its user starts it: `rpop poll --all`, process start included, every fsync on.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "../support/measure.ts";
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
    const poll: Command = [...program(job), "--data", data, "--quiet", "poll"];
    return {
      commands: [[...poll, "--all"]],
      atOnce: 1,
      exits: [0],
      settles: known,
      oneVisit: [...poll, `${job.accounts[0]?.login}@127.0.0.1:${job.port}`],
    };
  },
};

/** As its user starts it; for a profile with the same options of Node.js and one more. */
function program({ programs }: Job): Command {
  if (programs.profiles === null) return [programs.rpop];
  const [first = ""] = readFileSync(programs.rpop, "utf8").split("\n");
  const options = first.split(" ").filter((word) => word.startsWith("--"));
  return ["node", ...options, "--cpu-prof", `--cpu-prof-dir=${programs.profiles}`, programs.rpop];
}

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
