/**
 * `rpop queue list`: every entry, one message for one recipient (spec 9).
 */
import type { EntryState } from "../../store/records.ts";
import { type Cli, type Session, usageError } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { queueJson, queueTable } from "../render/queue.ts";

const states: readonly EntryState[] = ["queued", "ready", "sending", "held", "undeliverable"];

export function queueListCommand(cli: Cli) {
  const { queueList } = cli.words.help;
  return cli
    .command("list", queueList)
    .option("--state <STATE>", queueList.state)
    .action((options) =>
      cli.run(async (session) => {
        const { words, output, json } = session;
        const state = readState(session, options.state);
        const { listQueue } = await import("../../manage/queue.ts");
        const { manage, settings } = await session.app();
        const listings = await listQueue(manage, state);
        const time = { now: manage.clock.now(), timeZone: settings.timeZone };
        if (json) output.json(listings.map((listing) => queueJson(words, listing)));
        else if (listings.length > 0) output.line(queueTable(words, listings, output, time));
        else output.line(state === undefined ? words.cli.queue.empty() : words.cli.queue.none());
        return exitCodes.ok;
      }),
    );
}

function readState({ words }: Session, text: string | undefined): EntryState | undefined {
  const state = states.find((one) => one === text);
  if (text !== undefined && state === undefined) {
    throw usageError(words.cli.usage.state(text, states.join(", ")), "queue list");
  }
  return state;
}
