/**
 * `rpop queue retry`, `hold`, `release`: the verbs that take entries or `--all`.
 */
import { FailureError } from "../../core/failure.ts";
import type { QueueVerb, QueueVerbReport } from "../../manage/queue.ts";
import type { Cli, Session } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { namesOrAll } from "../names.ts";
import { queueJson } from "../render/queue.ts";

export function queueRetryCommand(cli: Cli) {
  return changeCommand(cli, "retry", cli.words.help.queueRetry, cli.words.cli.queue.retried);
}

export function queueHoldCommand(cli: Cli) {
  return changeCommand(cli, "hold", cli.words.help.queueHold, cli.words.cli.queue.held);
}

export function queueReleaseCommand(cli: Cli) {
  return changeCommand(cli, "release", cli.words.help.queueRelease, cli.words.cli.queue.released);
}

function changeCommand(
  cli: Cli,
  kind: "retry" | "hold" | "release",
  help: { readonly summary: string; readonly description: string; readonly all: string },
  done: (n: number) => string,
) {
  return cli
    .command(kind, help)
    .argument("[ENTRY...]", cli.words.help.entry)
    .option("--all", help.all)
    .action((names, options) =>
      cli.run((session) => {
        const chosen = namesOrAll(session, names, options.all, `queue ${kind}`);
        return changeEntries(session, chosen, { kind }, done);
      }),
    );
}

/** Does a verb and tells what came of it; entries that are being delivered right now make it exit 75. */
export async function changeEntries(
  session: Session,
  names: readonly string[] | "all",
  verb: QueueVerb,
  done: (n: number) => string,
): Promise<number> {
  const { changeQueue } = await import("../../manage/queue.ts");
  const { manage } = await session.app();
  const result = await changeQueue(manage, names, verb);
  if (!result.ok) throw new FailureError(result.failure);
  tell(session, result.value, done);
  return result.value.busy.length > 0 ? exitCodes.temporary : exitCodes.ok;
}

function tell({ words, output, json }: Session, report: QueueVerbReport, done: (n: number) => string): void {
  if (json) {
    output.json({
      changed: report.changed.map((one) => queueJson(words, one)),
      busy: report.busy.map((one) => queueJson(words, one)),
    });
    return;
  }
  if (report.changed.length > 0) output.line(done(report.changed.length));
  if (report.busy.length > 0) output.error(words.cli.queue.busy(report.busy.length));
  if (report.changed.length + report.busy.length === 0) output.line(words.cli.queue.none());
}
