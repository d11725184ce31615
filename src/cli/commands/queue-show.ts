/**
 * `rpop queue show`: one message, its recipients and its header.
 */
import { FailureError } from "../../core/failure.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { escapeText } from "../render/escape.ts";
import { queueJson, queueMessageText } from "../render/queue.ts";

export function queueShowCommand(cli: Cli) {
  const { queueShow, entry } = cli.words.help;
  return cli
    .command("show", queueShow)
    .argument("<ENTRY>", entry)
    .action((name) =>
      cli.run(async ({ words, output, json, app }) => {
        const { showQueueMessage } = await import("../../manage/queue.ts");
        const { manage, settings } = await app();
        const shown = await showQueueMessage(manage, name);
        if (!shown.ok) throw new FailureError(shown.failure);
        const { listings, header } = shown.value;
        if (json) {
          output.json({ entries: listings.map((listing) => queueJson(words, listing)), header });
          return exitCodes.ok;
        }
        const time = { now: manage.clock.now(), timeZone: settings.timeZone };
        output.line(queueMessageText(words, listings, time));
        for (const line of (header ?? "").split("\n")) output.line(escapeText(line.replaceAll("\t", " ")));
        return exitCodes.ok;
      }),
    );
}
