/**
 * `rpop audit`: who did what, when (spec 10).
 */
import { parseDuration } from "../../core/time.ts";
import type { Cli } from "../cli.ts";
import { usageError } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { auditJson, auditLines } from "../render/audit.ts";

const mostRows = 10_000;

export function auditCommand(cli: Cli) {
  const { help } = cli.words.audit;
  return cli
    .command("audit", help)
    .option("--since <TIME>", help.since, "30d")
    .action((options) =>
      cli.run(async ({ words, output, json, app }) => {
        const sinceMs = parseDuration(options.since);
        if (sinceMs === undefined) throw usageError(words.log.since(options.since), "audit");
        const { listAudit } = await import("../../manage/audit.ts");
        const { manage, settings } = await app();
        const now = manage.clock.now();
        const rows = await listAudit(manage, { since: now - sinceMs, limit: mostRows });
        if (json) output.json(rows.map(auditJson));
        else if (rows.length === 0) output.line(words.audit.empty());
        else output.line(auditLines(words, rows, { now, timeZone: settings.timeZone }).join("\n"));
        return exitCodes.ok;
      }),
    );
}
