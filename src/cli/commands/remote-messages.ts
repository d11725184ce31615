/**
 * `rpop remote messages NAME` and a person's wishes about them: `retry`, `take-header`, `delete-there`, `leave-there`
 * (spec 5.3, F20).
 */
import { FailureError } from "../../core/failure.ts";
import type { RemoteMessages } from "../../manage/remote-messages.ts";
import type { RememberedWish } from "../../store/records.ts";
import { manageAs } from "../acting.ts";
import type { Cli, Session } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { namesOrAll, ownersOf } from "../names.ts";
import { accountJson } from "../render/poll-report.ts";
import { remoteMessageJson, remoteMessageTable } from "../render/remote-messages.ts";

export function remoteMessagesCommand(cli: Cli) {
  const { records, help } = cli.words;
  const { remoteMessages, poll } = help;
  return cli
    .command("messages", remoteMessages)
    .argument("<NAME>", poll.names)
    .option("--as <NAME>", records.help.as)
    .action((name, options) =>
      cli.run(async (session) => {
        const { listRemoteMessages } = await import("../../manage/remote-messages.ts");
        const { settings } = await session.app();
        const manage = await manageAs(session, options.as);
        const listed = await listRemoteMessages(manage, name);
        if (!listed.ok) throw new FailureError(listed.failure);
        const { words, output } = session;
        if (session.json) await showJson(session, listed.value);
        else if (listed.value.messages.length === 0) output.line(words.cli.remote.noMessages());
        else {
          const time = { now: manage.clock.now(), timeZone: settings.timeZone };
          output.line(remoteMessageTable(words, listed.value, output, time));
        }
        return exitCodes.ok;
      }),
    );
}

export function remoteRetryCommand(cli: Cli) {
  const { remoteRetry, remoteUids, poll } = cli.words.help;
  return cli
    .command("retry", remoteRetry)
    .argument("<NAME>", poll.names)
    .argument("[UID...]", remoteUids)
    .option("--all", remoteRetry.all)
    .option("--as <NAME>", cli.words.records.help.as)
    .action((name, uids, options) =>
      cli.run((session) => {
        const chosen = namesOrAll(session, uids, options.all, "remote retry");
        return wish(session, name, chosen === "all" ? "failed" : chosen, "take", options.as);
      }),
    );
}

export function remoteTakeHeaderCommand(cli: Cli) {
  return wishCommand(cli, "take-header", cli.words.help.remoteTakeHeader, "header");
}

export function remoteDeleteThereCommand(cli: Cli) {
  return wishCommand(cli, "delete-there", cli.words.help.remoteDeleteThere, "delete");
}

export function remoteLeaveThereCommand(cli: Cli) {
  return wishCommand(cli, "leave-there", cli.words.help.remoteLeaveThere, null);
}

function wishCommand(
  cli: Cli,
  name: string,
  help: { readonly summary: string; readonly description: string },
  what: RememberedWish | null,
) {
  return cli
    .command(name, help)
    .argument("<NAME>", cli.words.help.poll.names)
    .argument("<UID...>", cli.words.help.remoteUids)
    .option("--as <NAME>", cli.words.records.help.as)
    .action((account, uids, options) => cli.run((session) => wish(session, account, uids, what, options.as)));
}

async function wish(
  session: Session,
  name: string,
  uids: readonly string[] | "failed",
  what: RememberedWish | null,
  as: string | undefined,
): Promise<number> {
  const { wishForMessages } = await import("../../manage/remote-messages.ts");
  const manage = await manageAs(session, as);
  const noted = await wishForMessages(manage, name, uids, what);
  if (!noted.ok) throw new FailureError(noted.failure);
  const { words, output, json, quiet } = session;
  if (json) await showJson(session, noted.value);
  else if (!quiet) output.line(words.cli.remote.noted[what ?? "none"](noted.value.messages.length));
  return exitCodes.ok;
}

async function showJson(session: Session, { account, messages }: RemoteMessages): Promise<void> {
  session.output.json({
    account: accountJson(account, await ownersOf(session)),
    messages: messages.map((message) => remoteMessageJson(session.words, message, account.dueAt)),
  });
}
