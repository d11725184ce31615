/**
 * `rpop backup`: a folder that brings this installation back.
 */
import { FailureError } from "../../core/failure.ts";
import type { BackupReport } from "../../manage/backup/backup.ts";
import type { Cli, Session } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { copyProgress } from "../render/copy-progress.ts";
import { bytesText, isoTime } from "../render/quantities.ts";

export function backupCommand(cli: Cli) {
  const { backup: help } = cli.words.help;
  return cli
    .command("backup", help)
    .argument("<DIR>", help.dir)
    .option("--with-key", help.withKey)
    .option("--without-mail", help.withoutMail)
    .action((dir, options) =>
      cli.run(async (session) => {
        const { backup } = await import("../../manage/backup/backup.ts");
        const { snapshotInThread } = await import("../../store/snapshot.ts");
        const app = await session.app();
        const { visits } = await app.work();
        const progress = copyProgress(session);
        const made = await backup(
          { ...app.manage, nodeId: visits.nodeId, snapshot: snapshotInThread },
          { target: dir, withKey: options.withKey ?? false, withMail: !(options.withoutMail ?? false) },
          progress,
          session.signal,
        ).finally(() => progress.stop());
        if (!made.ok) throw new FailureError(made.failure);
        tell(session, made.value);
        return exitCodes.ok;
      }),
    );
}

function tell({ output, words, json, quiet }: Session, report: BackupReport): void {
  const { path, madeAt, messages, mailFiles, bytes, key, keyPath, maildirsElsewhere } = report;
  if (json) {
    output.json({ path, madeAt: isoTime(madeAt), messages, mailFiles, bytes, key, maildirsElsewhere });
    return;
  }
  const { backup } = words.cli;
  if (!quiet) output.line(backup.made(path, messages, mailFiles, bytesText(bytes)));
  if (mailFiles === null) output.line(backup.withoutMail());
  if (maildirsElsewhere > 0) output.line(backup.elsewhere(maildirsElsewhere));
  output.line(key ? backup.withKey() : backup.withoutKey(keyPath));
}
