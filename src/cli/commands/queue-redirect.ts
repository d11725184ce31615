/**
 * `rpop queue redirect ENTRY ADDRESS`: send it to somebody else.
 */
import type { Cli } from "../cli.ts";
import { escapeText } from "../render/escape.ts";
import { changeEntries } from "./queue-change.ts";

export function queueRedirectCommand(cli: Cli) {
  const { help, cli: sentences } = cli.words;
  return cli
    .command("redirect", help.queueRedirect)
    .argument("<ENTRY>", help.entry)
    .argument("<ADDRESS>", help.queueRedirect.to)
    .action((name, to) =>
      cli.run((session) =>
        changeEntries(session, [name], { kind: "redirect", to }, (n) =>
          sentences.queue.redirected(n, escapeText(to)),
        ),
      ),
    );
}
