/**
 * `rpop restore`: a data directory from a backup.
 */
import { join } from "node:path";
import { FailureError } from "../../core/failure.ts";
import { openLog } from "../../observe/log.ts";
import { nodeLogDirectory } from "../../observe/log-directory.ts";
import { chosenLogLevel } from "../../settings/log-level.ts";
import { systemClock } from "../../system/clock.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { copyProgress } from "../render/copy-progress.ts";
import { isoTime, timeText } from "../render/quantities.ts";

export function restoreCommand(cli: Cli) {
  const { restore: help } = cli.words.help;
  return cli
    .command("restore", help)
    .argument("<BACKUP>", help.backup)
    .action((from) =>
      cli.run(async (session) => {
        const { restore } = await import("../../manage/backup/restore.ts");
        const { output, words, json, quiet, dataDir, signal } = session;
        const progress = copyProgress(session);
        const log = openLog({
          directory: nodeLogDirectory(join(dataDir, "log")),
          clock: systemClock,
          pid: process.pid,
          level: () => chosenLogLevel({}),
          timeZone: () => null,
        });
        const restored = await restore(
          { dataDir, clock: systemClock, thread: "worker", log },
          from,
          progress,
          signal,
        ).finally(() => progress.stop());
        await log.close();
        if (!restored.ok) throw new FailureError(restored.failure);
        const { madeAt, ...report } = restored.value;
        if (json) {
          output.json({ ...report, madeAt: isoTime(madeAt) });
          return exitCodes.ok;
        }
        const { restore: said } = words.cli;
        if (!quiet) {
          output.line(said.done(dataDir, timeText(madeAt, systemClock.now(), null), report.messages));
          output.line(said.next());
        }
        if (!report.mail) output.line(said.withoutMail());
        if (!report.key) output.line(said.withoutKey(dataDir));
        output.line(said.alone());
        return exitCodes.ok;
      }),
    );
}
