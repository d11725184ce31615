/**
 * `rpop poll`: visit now, deliver, report (spec 9).
 */

import type { App } from "../../app.ts";
import { FailureError } from "../../core/failure.ts";
import { manageAs } from "../acting.ts";
import type { Cli } from "../cli.ts";
import { namedAccounts, namesOrAll, ownersOf } from "../names.ts";
import { failureText } from "../render/failure.ts";
import { showProgress } from "../render/poll-progress.ts";
import { pollJson, pollSummary } from "../render/poll-report.ts";
import { timeText } from "../render/quantities.ts";

export function pollCommand(cli: Cli) {
  const { poll } = cli.words.help;
  return cli
    .command("poll", poll)
    .argument("[NAME...]", poll.names)
    .option("--all", poll.all)
    .option("--as <NAME>", cli.words.records.help.as)
    .action((names, options) =>
      cli.run(async (session) => {
        const { words, output, json, quiet } = session;
        const chosen = namesOrAll(session, names, options.all, "poll");
        const { actor } = await manageAs(session, options.as);
        const accounts = await namedAccounts(session, chosen, actor);
        const { poll: pollAccounts } = await import("../../manage/poll.ts");
        const app = await session.app();
        if (options.as === undefined && app.settings.activitySchedule !== "always")
          output.error(words.cli.poll.outsideSchedule());
        if (accounts.length === 0) output.error(words.cli.poll.nothingToVisit());
        const progress = await showProgress({ ...session, nextTime: await nextTimeOf(app) });
        const result = await pollAccounts(
          { ...(await app.work()), actor },
          accounts,
          progress,
          session.signal,
        ).finally(() => progress.stop());
        if (!result.ok) throw new FailureError(result.failure);
        const report = result.value;
        if (report.trouble !== null) output.error(`rpop: ${failureText(words, report.trouble)}`);
        if (json) output.json(pollJson(words, report, await ownersOf(session)));
        else if (!quiet) output.line(pollSummary(words, report));
        return report.exitCode;
      }),
    );
}

/** The hour of a next visit, as long as a server runs that makes it. */
async function nextTimeOf({ manage, settings }: App): Promise<(at: number) => string | undefined> {
  const serves = (await manage.store.nodes()).some((node) => !node.fenced && node.serving !== null);
  return (at) => (serves ? timeText(at, manage.clock.now(), settings.timeZone) : undefined);
}
