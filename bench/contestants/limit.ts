/**
 * limit-c: what can be had at all on this machine (bench/native/limit-client.c).
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contestant, connectionsAtOnce, type Prepared } from "./contestant.ts";

export const limit: Contestant = {
  name: "limit-c",
  needs: "gcc",
  async prepare(job): Promise<Prepared> {
    const file = join(job.directory, "accounts");
    const lines = job.accounts.map(({ login, maildir }) => `${login} ${job.password} ${maildir}\n`);
    await writeFile(file, lines.join(""));
    const known = job.accounts[0]?.knownUids.length ?? 0;
    const numbers = [job.port, connectionsAtOnce, known, job.fresh].map(String);
    const trust = job.caFile === null ? [] : [job.caFile];
    const client = job.programs.native["limit-client"];
    return {
      commands: [[client, file, ...numbers, job.deletes ? "delete" : "keep", ...trust]],
      atOnce: 1,
      exits: [0],
    };
  },
};
