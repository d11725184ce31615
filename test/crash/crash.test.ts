/**
 * kill -9 of the real program, everywhere: nothing lost, nothing doubled, nothing torn.
 *
 * Each configuration is struck until every row of the states table was hit; `places.ts` says how a row is recognised.
 * The short form, a part of `npm test`, hits each row once; `npm run test:crash` ten times (`options.ts`).
 */
import { afterAll, describe, expect, test } from "vitest";
import { type CampaignReport, runCampaign } from "./campaign.ts";
import { hitsTable } from "./hits-table.ts";
import { crashRun } from "./options.ts";
import { rowsOf } from "./places.ts";

const run = crashRun(process.env);
const reports: CampaignReport[] = [];

describe(`kill -9, seed ${run.seed}`, () => {
  test.each(run.configurations)(
    "$name: nothing lost, doubled or torn",
    { timeout: 3_600_000 },
    async (configuration) => {
      const report = await runCampaign(configuration, run);
      reports.push(report);

      expect(report.complaints).toEqual([]);
      // A single mode cannot reach every row; neither can few kills that were asked for.
      if (run.modes.length < 3 || process.env.RPOP_CRASH_KILLS !== undefined) return;
      const missed = rowsOf(configuration).filter((row) => (report.rowHits.get(row) ?? 0) < run.hits);
      expect(missed, "rows that were struck too seldom").toEqual([]);
    },
  );
});

afterAll(() => {
  console.log(`seed ${run.seed}, hits wanted ${run.hits}\n${hitsTable(reports)}`);
});
