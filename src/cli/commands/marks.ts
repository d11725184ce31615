/**
 * `rpop marks`: hosts and accounts that rest after failures, seen and sent on (spec 9).
 */
import { FailureError } from "../../core/failure.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { namesOrAll } from "../names.ts";
import { markLines, marksJson } from "../render/marks.ts";

export function marksCommand(cli: Cli) {
  const { help } = cli.words;
  return cli
    .command("marks", help.marks)
    .addCommand(listCommand(cli), { isDefault: true })
    .addCommand(clearCommand(cli));
}

function listCommand(cli: Cli) {
  return cli.command("list", cli.words.help.marksList).action(() =>
    cli.run(async ({ words, output, json, app }) => {
      const { listMarks } = await import("../../manage/marks.ts");
      const { manage, settings } = await app();
      const marks = await listMarks(manage);
      const lines = markLines(words, marks, { now: manage.clock.now(), timeZone: settings.timeZone });
      if (json) output.json(marksJson(words, marks));
      else output.line(lines.length === 0 ? words.cli.marks.none() : lines.join("\n"));
      return exitCodes.ok;
    }),
  );
}

function clearCommand(cli: Cli) {
  const { marksClear } = cli.words.help;
  return cli
    .command("clear", marksClear)
    .argument("[NAME...]", marksClear.names)
    .option("--all", marksClear.all)
    .action((names, options) =>
      cli.run(async (session) => {
        const { words, output, json, quiet } = session;
        const chosen = namesOrAll(session, names, options.all, "marks clear");
        const { clearMarks } = await import("../../manage/marks.ts");
        const { manage } = await session.app();
        const cleared = await clearMarks(manage, chosen);
        if (!cleared.ok) throw new FailureError(cleared.failure);
        const { hosts, accounts } = cleared.value;
        if (json) output.json({ hosts, accounts });
        else if (!quiet) output.line(words.cli.marks.cleared(hosts, accounts));
        return exitCodes.ok;
      }),
    );
}
