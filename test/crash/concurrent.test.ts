/**
 * Two polls of one data directory at once, killed at random times, one or both: a dead one's visit and
 * claims are taken over by the living one, a living one's are left alone.
 */
import { describe, expect, test } from "vitest";
import { applyFile } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { configurations, installationFile } from "./configurations.ts";
import { mailOfRound } from "./mail.ts";
import { crashRun } from "./options.ts";
import { type Complaint, leftovers, Readers } from "./reader.ts";
import { startRemote } from "./remote.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";
import { type StrikingProxy, startStrikingProxy } from "./striking-proxy.ts";
import { poll, startPoll } from "./struck-process.ts";

const run = crashRun(process.env);
const rounds = run.long ? 12 : 2;
const pairsInRound = 3;
const messagesPerRound = 40;
const paired = configurations.filter(({ name }) =>
  ["personal", "unified-three", "unified-one-left"].includes(name),
);

describe.skipIf(!run.modes.includes("random"))(`a poll beside a poll, seed ${run.seed}`, () => {
  test.each(run.long ? paired : paired.slice(0, 1))(
    "$name",
    { timeout: 3_600_000 },
    async (configuration) => {
      const random = seededRandom(run.seed);
      const { recipients, leaveOnServer } = configuration;
      await using remote = await startRemote(configuration);
      await using proxy = await startStrikingProxy(remote.port);
      await using data = await temporaryDirectory("crash-pair");
      await applyFile(data.path, installationFile(configuration, proxy.port));
      const readers = new Readers(data.path, recipients);
      const complaints: Complaint[] = [];
      let kills = 0;
      let pollMs = 400;

      for (let round = 0; round < rounds; round++) {
        const mails = mailOfRound(configuration, round * messagesPerRound, messagesPerRound, random);
        await remote.add(mails);
        for (let pair = 0; pair < pairsInRound; pair++) {
          kills += await strikePair(data.path, proxy, random, pollMs);
        }
        // In peace both at once: one of them visits, the other one takes over its result.
        const codes = await Promise.all([startPoll(data.path, null).ended, startPoll(data.path, null).ended]);
        expect(
          codes.map(({ code }) => code),
          codes.map(({ said }) => said).join("\n"),
        ).toEqual([0, 0]);
        const last = await poll(data.path, proxy, null);
        expect(last.code, last.said).toBe(0);
        pollMs = Math.max(200, last.connectedMs ?? 0);
        await readers.takeAll();
        complaints.push(
          ...readers.reckon({ digests: new Set(mails.map((mail) => mail.digest)), recipients }),
          ...(await leftovers(data.path, recipients)),
        );
        expect(complaints, `round ${round}`).toEqual([]);
      }

      console.log(
        `${configuration.name}: two polls at once, ${kills} kills in ${rounds} rounds, seed ${run.seed}`,
      );
      expect(remote.standing()).toHaveLength(leaveOnServer ? rounds * messagesPerRound : 0);
      expect(kills).toBeGreaterThan(0);
    },
  );
});

/** @returns how many of the two were killed before their end. */
async function strikePair(
  dataDir: string,
  proxy: StrikingProxy,
  random: SeededRandom,
  pollMs: number,
): Promise<number> {
  proxy.arm(null, () => {});
  const pair = [startPoll(dataDir, null), startPoll(dataDir, null)];
  const timers: NodeJS.Timeout[] = [];
  // One dies early, the other one while it takes over, or not at all.
  const delays = [random.fraction() * pollMs, random.fraction() * 4 * pollMs];
  void proxy.connected().then(() => {
    for (const [at, running] of pair.entries()) timers.push(setTimeout(running.kill, delays[at]));
  });
  const ends = await Promise.all(pair.map(({ ended }) => ended));
  for (const timer of timers) clearTimeout(timer);
  await proxy.quiet();
  return ends.filter(({ code }) => code === null).length;
}
