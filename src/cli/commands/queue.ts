/**
 * `rpop queue …`: the queue and a person's verbs on it.
 */
import type { Cli } from "../cli.ts";
import { queueHoldCommand, queueReleaseCommand, queueRetryCommand } from "./queue-change.ts";
import { queueDropCommand } from "./queue-drop.ts";
import { queueListCommand } from "./queue-list.ts";
import { queueRedirectCommand } from "./queue-redirect.ts";
import { queueShowCommand } from "./queue-show.ts";

export function queueCommand(cli: Cli) {
  const queue = cli.command("queue", cli.words.help.queue);
  queue.addCommand(queueListCommand(cli));
  queue.addCommand(queueShowCommand(cli));
  queue.addCommand(queueRetryCommand(cli));
  queue.addCommand(queueHoldCommand(cli));
  queue.addCommand(queueReleaseCommand(cli));
  queue.addCommand(queueRedirectCommand(cli));
  queue.addCommand(queueDropCommand(cli));
  return queue;
}
