/**
 * The tree of commands: help, documentation and parsing are made from it.
 */
import { Option } from "@commander-js/extra-typings";
import type { Cli } from "./cli.ts";
import { analyseCommand } from "./commands/analyse.ts";
import { applyCommand } from "./commands/apply.ts";
import { auditCommand } from "./commands/audit.ts";
import { backupCommand } from "./commands/backup.ts";
import { checkCommand } from "./commands/check.ts";
import { envelopeCommand } from "./commands/envelope.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { logCommand } from "./commands/log.ts";
import { marksCommand } from "./commands/marks.ts";
import { pollCommand } from "./commands/poll.ts";
import { queueCommand } from "./commands/queue.ts";
import { remoteCommand } from "./commands/remote.ts";
import { restoreCommand } from "./commands/restore.ts";
import { serveCommand } from "./commands/serve.ts";
import { statusCommand } from "./commands/status.ts";
import { traceCommand } from "./commands/trace.ts";
import { verifyCommand } from "./commands/verify.ts";

/** @param version of the program, as in its package. */
export function buildProgram(cli: Cli, version: string) {
  const { help } = cli.words;
  const { options, groups } = help;
  const program = cli
    .command("rpop", { summary: "", description: help.program.description })
    .helpCommand("help [COMMAND]", options.helpCommand)
    .version(version, "-V, --version", options.version)
    .option("--data <DIR>", options.data)
    .option("--json", options.json)
    .option("--quiet", options.quiet)
    .addOption(new Option("--lang <LANGUAGE>", options.lang))
    .showSuggestionAfterError();
  program.addHelpText("after", help.program.after.trimEnd());

  program.commandsGroup(groups.configuration);
  program.addCommand(applyCommand(cli));
  program.addCommand(exportCommand(cli));
  program.addCommand(importCommand(cli));
  program.commandsGroup(groups.mail);
  program.addCommand(serveCommand(cli, version));
  program.addCommand(pollCommand(cli));
  program.addCommand(checkCommand(cli));
  program.addCommand(queueCommand(cli));
  program.commandsGroup(groups.safety);
  program.addCommand(backupCommand(cli));
  program.addCommand(restoreCommand(cli));
  program.addCommand(verifyCommand(cli));
  program.commandsGroup(groups.look);
  program.addCommand(statusCommand(cli));
  program.addCommand(remoteCommand(cli));
  program.addCommand(logCommand(cli));
  program.addCommand(marksCommand(cli));
  program.addCommand(traceCommand(cli));
  program.addCommand(envelopeCommand(cli));
  program.addCommand(analyseCommand(cli));
  program.addCommand(auditCommand(cli));
  cli.readGlobalsFrom(() => program.opts());
  return program;
}
