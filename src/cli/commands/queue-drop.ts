/**
 * `rpop queue drop ENTRY…`: for good; so by name only, never all at once.
 */
import type { Cli } from "../cli.ts";
import { changeEntries } from "./queue-change.ts";

export function queueDropCommand(cli: Cli) {
  const { help, cli: sentences } = cli.words;
  return cli
    .command("drop", help.queueDrop)
    .argument("<ENTRY...>", help.entry)
    .action((names) =>
      cli.run((session) => changeEntries(session, names, { kind: "drop" }, sentences.queue.dropped)),
    );
}
