/**
 * `rpop remote …`: remote accounts, one at a time, and what stays at their providers.
 */
import type { Cli } from "../cli.ts";
import { remoteAddCommand, remoteChangeCommand, remoteRemoveCommand } from "./remote-change.ts";
import { remoteListCommand } from "./remote-list.ts";
import {
  remoteDeleteThereCommand,
  remoteLeaveThereCommand,
  remoteMessagesCommand,
  remoteRetryCommand,
  remoteTakeHeaderCommand,
} from "./remote-messages.ts";

export function remoteCommand(cli: Cli) {
  const remote = cli.command("remote", cli.words.help.remote);
  remote.addCommand(remoteListCommand(cli));
  remote.addCommand(remoteAddCommand(cli));
  remote.addCommand(remoteChangeCommand(cli));
  remote.addCommand(remoteRemoveCommand(cli));
  remote.addCommand(remoteMessagesCommand(cli));
  remote.addCommand(remoteRetryCommand(cli));
  remote.addCommand(remoteTakeHeaderCommand(cli));
  remote.addCommand(remoteDeleteThereCommand(cli));
  remote.addCommand(remoteLeaveThereCommand(cli));
  return remote;
}
