/**
 * `rpop verify`: do database, spool, history, Maildirs and remote maildrops agree? (spec 8)
 */
import { isForGood } from "../../core/failure.ts";
import { parseDuration } from "../../core/time.ts";
import type { VerifyReport } from "../../manage/verify.ts";
import { peopleText } from "../../manage/wire-text.ts";
import type { Cli } from "../cli.ts";
import { usageError } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { namedAccounts, namesOrAll, ownersOf } from "../names.ts";
import { escapeText } from "../render/escape.ts";
import { failureText } from "../render/failure.ts";
import { faultLine, verifyJson, verifyLines } from "../render/verify.ts";

export function verifyCommand(cli: Cli) {
  const { words } = cli;
  return cli
    .command("verify", words.verify.help)
    .argument("[NAME...]", words.help.poll.names)
    .option("--all", words.verify.help.all)
    .option("--since <TIME>", words.verify.help.since, "7d")
    .action((names, options) =>
      cli.run(async (session) => {
        const sinceMs = parseDuration(options.since);
        if (sinceMs === undefined) throw usageError(session.words.log.since(options.since), "verify");
        const remote = options.all || names.length > 0;
        const accounts = remote
          ? await namedAccounts(session, namesOrAll(session, names, options.all, "verify"))
          : [];
        const { verify } = await import("../../manage/verify.ts");
        const { connect, manage, settings } = await session.app();
        const now = manage.clock.now();
        const report = await verify(
          manage,
          { ...connect, store: manage.store },
          { accounts, deliveredSince: now - sinceMs },
          session.signal,
        );
        const { output, json, quiet } = session;
        if (json) output.json(verifyJson(session.words, report, await ownersOf(session)));
        else {
          const time = { now, timeZone: settings.timeZone };
          if (!quiet) for (const line of verifyLines(session.words, report, time)) output.line(line);
          for (const fault of report.faults) output.error(faultLine(session.words, fault, time));
          for (const { account, result } of report.remote) {
            if (result.ok) continue;
            const name = escapeText(`${peopleText(account.login)}@${account.server}`);
            output.error(`${name}: ${failureText(session.words, result.failure)}`);
          }
          const { length } = report.faults;
          if (length > 0) output.error(session.words.verify.differs(length));
          else if (!quiet)
            output.line(session.words.verify.agrees(report.remote.every(({ result }) => result.ok)));
        }
        return verifyExitCode(report);
      }),
    );
}

function verifyExitCode({ faults, remote }: VerifyReport): number {
  if (faults.length > 0) return exitCodes.failed;
  const failures = remote.flatMap(({ result }) => (result.ok ? [] : [result.failure]));
  if (failures.some((failure) => !isForGood(failure))) return exitCodes.temporary;
  return failures.length > 0 ? exitCodes.failed : exitCodes.ok;
}
