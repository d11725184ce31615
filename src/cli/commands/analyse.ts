/**
 * `rpop analyse NAME`: which header field names the recipients? (spec 6)
 */
import { FailureError } from "../../core/failure.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { ownersOf } from "../names.ts";
import { analysisJson, analysisText } from "../render/analysis.ts";
import { accountJson } from "../render/poll-report.ts";

export function analyseCommand(cli: Cli) {
  const { analyse, poll } = cli.words.help;
  return cli
    .command("analyse", analyse)
    .argument("<NAME>", poll.names)
    .action((name) =>
      cli.run(async (session) => {
        const { words, output, json, signal } = session;
        const { analyseAccount } = await import("../../manage/analyse.ts");
        const { connect, manage, directory } = await session.app();
        const context = { ...connect, store: manage.store };
        const report = await analyseAccount(manage, context, directory.router, name, signal);
        if (!report.ok) throw new FailureError(report.failure);
        if (json) {
          const account = accountJson(report.value.account, await ownersOf(session));
          output.json({ account, ...analysisJson(words, report.value) });
        } else output.line(analysisText(words, report.value, output));
        return exitCodes.ok;
      }),
    );
}
