/**
 * `rpop remote list`: every remote account with its last and next visit (spec 9).
 */
import { manageAs } from "../acting.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { accountWarningLines } from "../render/account-warnings.ts";
import { remoteAccountJson, remoteAccountTable } from "../render/remote-accounts.ts";

export function remoteListCommand(cli: Cli) {
  const command = cli.command("list", cli.words.help.remoteList);
  return command.option("--as <NAME>", cli.words.records.help.as).action((options) =>
    cli.run(async (session) => {
      const { words, output, json } = session;
      const { listRemoteAccounts } = await import("../../manage/remote-accounts.ts");
      const { settings } = await session.app();
      const manage = await manageAs(session, options.as);
      const accounts = await listRemoteAccounts(manage);
      const time = { now: manage.clock.now(), timeZone: settings.timeZone };
      if (json) output.json(accounts.map((account) => remoteAccountJson(words, account)));
      else if (accounts.length === 0) output.line(words.cli.remote.empty());
      else {
        output.line(remoteAccountTable(words, accounts, output, time));
        const notes = accountWarningLines(words, accounts);
        if (notes.length > 0) output.line("");
        for (const note of notes) output.line(`${words.terms.warning}: ${note}`);
      }
      return exitCodes.ok;
    }),
  );
}
