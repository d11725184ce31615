/**
 * A wrong command line in our own words: the parser's messages are English only.
 */
import type { CommanderError } from "@commander-js/extra-typings";
import { type Failure, failure } from "../core/failure.ts";
import type { Words } from "../words/words.ts";

/** @returns undefined when help or the version was asked for: no error. */
export function usageFailure(error: CommanderError, words: Words): Failure | undefined {
  const detail = detailOf(error, words);
  return detail === undefined
    ? undefined
    : failure("usage", "local", { permanent: true, params: { detail } });
}

function detailOf(error: CommanderError, words: Words): string | undefined {
  const { usage } = words.cli;
  const [, name = ""] = /'([^']*)'/.exec(error.message) ?? [];
  const [, near] = /Did you mean (?:one of )?([^?,]+)/.exec(error.message) ?? [];
  const suggestion = near?.trim() ?? "";
  switch (error.code) {
    case "commander.helpDisplayed":
    case "commander.version":
      return undefined;
    case "commander.help":
      return error.exitCode === 0 ? undefined : usage.command();
    case "commander.unknownOption":
      return usage.unknownOption(name, suggestion);
    case "commander.unknownCommand":
      return usage.unknownCommand(name, suggestion);
    case "commander.missingArgument":
      return usage.missingArgument(name.toUpperCase());
    case "commander.optionMissingArgument":
      return usage.missingValue(name);
    case "commander.excessArguments":
      return usage.tooMany();
    default:
      return error.message;
  }
}
