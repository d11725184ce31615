/**
 * One command line, from its arguments to its exit code. Never throws.
 */
import { CommanderError } from "@commander-js/extra-typings";
import { failure } from "../core/failure.ts";
import { type Language, languageOf, wordsIn } from "../words/words.ts";
import { Cli } from "./cli.ts";
import { exitCodes } from "./exit-code.ts";
import { Output, type Streams } from "./output.ts";
import { buildProgram } from "./program.ts";
import { failureText } from "./render/failure.ts";
import { usageFailure } from "./usage.ts";

export interface CommandLine {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly version: string;
}

export async function runCommandLine(line: CommandLine): Promise<number> {
  const output = new Output(line.streams, line.env);
  const asked = languageOption(line.args);
  const words = wordsIn(asked === "en" || asked === "ja" ? asked : languageOf(line.env));
  const complain = (detail: string): number => {
    const shown = failure("usage", "local", { permanent: true, params: { detail } });
    output.error(`rpop: ${failureText(words, shown)}`);
    return exitCodes.usage;
  };
  if (asked !== undefined && !isLanguage(asked)) return complain(words.cli.usage.language(asked));
  const cli = new Cli(words, output, line.env, line.signal);
  const program = buildProgram(cli, line.version);
  try {
    await program.parseAsync([...line.args], { from: "user" });
    return cli.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const shown = usageFailure(error, words);
    if (!shown) return exitCodes.ok;
    output.error(`rpop: ${failureText(words, shown)}`);
    return exitCodes.usage;
  }
}

function isLanguage(text: string): text is Language {
  return text === "en" || text === "ja";
}

/** The words are needed before the command line is parsed: its own errors are said in them. */
function languageOption(args: readonly string[]): string | undefined {
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return undefined;
    if (arg === "--lang") return args[index + 1];
    if (arg.startsWith("--lang=")) return arg.slice("--lang=".length);
  }
  return undefined;
}
