/**
 * Error reports under kill -9: each failed message is reported once, and nothing of it is left over. A report's
 * file precedes its entry, and the entry comes with the end of the failed one, so whatever is cut is made anew.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { applyFile } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { namesIn } from "./folder.ts";
import { crashRun } from "./options.ts";
import { leftovers } from "./reader.ts";
import { seededRandom } from "./seeded-random.ts";
import { startStrikingProxy } from "./striking-proxy.ts";
import { poll } from "./struck-process.ts";

const run = crashRun(process.env);
const rounds = run.long ? 8 : 1;
const killsInRound = run.long ? 12 : 5;
/** Below the hundred reports an hour that the brake lets out; each from a sender of its own. */
const messages = 60;

describe.skipIf(!run.modes.includes("random"))(`reports, seed ${run.seed}`, () => {
  test("each failure is reported once", { timeout: 3_600_000 }, async () => {
    const random = seededRandom(run.seed);
    let kills = 0;
    let interrupted = 0;
    for (let round = 0; round < rounds; round++) {
      const maildrop = new MemoryMaildrop();
      await using data = await temporaryDirectory("crash-reports");
      const provider = await startProvider({
        accounts: (login) => (login === "all" ? { password: "s3cret", maildrop } : undefined),
      });
      await using proxy = await startStrikingProxy(provider.port);
      try {
        await applyFile(data.path, {
          settings: { allowSelfPoll: true, allowPrivateHosts: true },
          domains: [{ name: "example.com", main: true, accounts: [{ name: "carol" }] }],
          unifiedAccounts: [
            {
              account: "all",
              server: `127.0.0.1:${proxy.port}`,
              password: "s3cret",
              tls: "off",
              specialHeader: "X-Real-To",
            },
          ],
        });
        maildrop.add(
          ...Array.from({ length: messages }, (_, index) =>
            storedMessage(
              `u${index}`,
              Buffer.from(
                `Return-Path: <carol+${index}@example.com>\nX-Real-To: <nobody-${index}@example.com>\nSubject: ${index}\n\nx\n`,
              ),
            ),
          ),
        );
        for (let strike = 0; strike < killsInRound; strike++) {
          const delayMs = random.fraction() * 600;
          const { code } = await poll(data.path, proxy, { mode: "random", after: "connection", delayMs });
          if (code === null) kills++;
          const made = await namesIn(join(data.path, "mail/carol@example.com/new"));
          if (made.length > 0 && made.length < messages) interrupted++;
        }
        const last = await poll(data.path, proxy, null);
        expect(last.code, last.said).not.toBe(75);
        expect(await about(data.path)).toEqual(
          Array.from({ length: messages }, (_, index) => `nobody-${index}@example.com`).sort(),
        );
        expect(await leftovers(data.path, ["carol"])).toEqual([]);
      } finally {
        await provider.stop();
      }
    }
    console.log(`reports: ${kills} kills, ${interrupted} of them between the first and the last report`);
    expect(kills).toBeGreaterThan(0);
  });
});

/** Whom the reports in carol's Maildir are about, sorted. */
async function about(dataDir: string): Promise<string[]> {
  const folder = join(dataDir, "mail/carol@example.com/new");
  const reports = await Promise.all(
    (await namesIn(folder)).map((name) => readFile(join(folder, name), "latin1")),
  );
  return reports.map((text) => /^Final-Recipient: rfc822; (.*)$/m.exec(text)?.[1] ?? "none").sort();
}
