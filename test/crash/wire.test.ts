/**
 * Kill -9 around the final dot of a wire destination: nothing is lost; what arrived twice was counted, and
 * before the dot nothing doubles. The count is the one that `rpop status` shows.
 */
import { describe, expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type SinkPlace, startLmtpSink } from "./lmtp-sink.ts";
import { crashRun } from "./options.ts";
import { leftovers } from "./reader.ts";
import { seededRandom } from "./seeded-random.ts";
import { startPoll } from "./struck-process.ts";

const run = crashRun(process.env);
const strikesAtPlace = run.long ? 20 : 2;
const places: SinkPlace[] = ["in-data", "after-dot", "after-answer"];

describe.skipIf(!run.modes.includes("wire"))(`LMTP, seed ${run.seed}`, () => {
  test.each(places)("killed %s", { timeout: 3_600_000 }, async (place) => {
    const random = seededRandom(run.seed);
    // Alone, so that no other message is beyond its dot at that moment; and larger than what can be on its way.
    const [messagesPerStrike, mostBytes] = place === "in-data" ? [1, 30_000_000] : [8, 5000];
    const maildrop = new MemoryMaildrop();
    const provider = await startProvider({
      accounts: (login) => (login === "crash" ? { password: "s3cret", maildrop } : undefined),
    });
    await using sink = await startLmtpSink();
    await using data = await temporaryDirectory("crash-wire");
    const remoteAccount = {
      account: "crash",
      server: `127.0.0.1:${provider.port}`,
      password: "s3cret",
      tls: "off",
    };
    try {
      await applyFile(data.path, {
        settings: { allowSelfPoll: true, allowPrivateHosts: true },
        domains: [
          {
            name: "example.com",
            main: true,
            accounts: [
              {
                name: "ann",
                destination: `lmtp://127.0.0.1:${sink.port}`,
                remoteAccounts: [remoteAccount],
              },
            ],
          },
        ],
      });
      let sent = 0;
      let kills = 0;
      for (let strike = 0; strike < strikesAtPlace; strike++) {
        for (let index = 0; index < messagesPerStrike; index++, sent++) {
          const body = `${"x".repeat(70)}\n`.repeat(
            Math.ceil(((0.5 + random.fraction() / 2) * mostBytes) / 71),
          );
          maildrop.add(storedMessage(`u${sent}`, Buffer.from(`Subject: s${sent}\n\n${body}\n`)));
        }
        const running = startPoll(data.path, null);
        const nth = 1 + Math.floor(random.fraction() * messagesPerStrike);
        sink.arm(place, nth, () => running.kill());
        if ((await running.ended).code === null) kills++;
        sink.arm(null, 0, () => {});
        const last = await startPoll(data.path, null).ended;
        expect(last.code, last.said).toBe(0);
      }
      const doubled = [...sink.taken.values()].reduce((sum, times) => sum + times - 1, 0);
      const { stdout } = await rpop(data.path, ["status", "--json"]);
      const { doubtfulDeliveries } = JSON.parse(stdout) as { doubtfulDeliveries: number };
      console.log(
        `${place}: ${kills} kills, ${sent} messages, ${doubled} arrived twice, ${doubtfulDeliveries} counted`,
      );
      expect(kills).toBe(strikesAtPlace);
      expect(sink.taken.size).toBe(sent);
      expect(doubled).toBeLessThanOrEqual(doubtfulDeliveries);
      if (place === "in-data") expect(doubtfulDeliveries).toBe(0);
      if (place === "after-dot") expect(doubled).toBeGreaterThanOrEqual(strikesAtPlace);
      expect(await leftovers(data.path, [])).toEqual([]);
    } finally {
      await provider.stop();
    }
  });
});
