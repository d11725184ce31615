/**
 * What every command is handed: words, output, and a door to the program that opens the data directory when asked.
 */
import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import type { App } from "../app.ts";
import { FailureError, failure, failureOf } from "../core/failure.ts";
import { tellServiceManager } from "../system/service-manager.ts";
import type { Words } from "../words/words.ts";
import { dataDirectory } from "./data-directory.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { Output } from "./output.ts";
import { failureJson, failureText } from "./render/failure.ts";
import { textWidth } from "./render/width.ts";
import { wrapped } from "./render/wrap.ts";

export interface GlobalOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface Session {
  readonly words: Words;
  readonly output: Output;
  /** Answer in JSON on standard output. */
  readonly json: boolean;
  /** No progress and no lines about what went well. */
  readonly quiet: boolean;
  /** Aborted by SIGINT and SIGTERM: finish what is under way, then stop. */
  readonly signal: AbortSignal;
  /** Absolute; opened by `app` alone. */
  readonly dataDir: string;
  /** Tells the service manager that started us, where one did. */
  tellServiceManager(state: Parameters<typeof tellServiceManager>[1]): Promise<void>;
  /** Opens the data directory; the same object at each call, closed when the command is done. */
  app(): Promise<App>;
}

export class Cli {
  readonly words: Words;
  readonly #output: Output;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal;
  #globals: () => GlobalOptions = () => ({});
  /** Of the command that ran. */
  exitCode = 0;

  constructor(
    words: Words,
    output: Output,
    env: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ) {
    this.words = words;
    this.#output = output;
    this.#env = env;
    this.#signal = signal;
  }

  readGlobalsFrom(globals: () => GlobalOptions): void {
    this.#globals = globals;
  }

  /** A command with its words; help in the language of the process. */
  command(name: string, described: { readonly summary: string; readonly description: string }): Command {
    const { titles, options } = this.words.help;
    return new Command(name)
      .summary(described.summary)
      .description(described.description)
      .helpOption("-h, --help", options.help)
      .helpCommand(false)
      .configureHelp({
        showGlobalOptions: true,
        styleTitle: (title) => titles[title] ?? title,
        commandUsage: usageOf,
        subcommandTerm: termOf,
        displayWidth: textWidth,
        boxWrap: wrapped,
      })
      .configureOutput({
        writeOut: (text) => this.#output.line(text.trimEnd()),
        writeErr: () => {},
        getOutHelpWidth: () => Math.min(this.#output.streams.stdout.columns ?? 80, 100),
      })
      .exitOverride();
  }

  /** Runs a command's work; what it throws is shown, and decides the exit code. */
  async run(work: (session: Session) => Promise<number>): Promise<void> {
    const globals = this.#globals();
    let opened: Promise<App> | undefined;
    const session: Session = {
      words: this.words,
      output: this.#output,
      json: globals.json ?? false,
      quiet: globals.quiet ?? false,
      signal: this.#signal,
      dataDir: this.#dataDir(globals),
      tellServiceManager: (state) => tellServiceManager(this.#env, state),
      app: () => {
        opened ??= this.#open(globals);
        return opened;
      },
    };
    try {
      this.exitCode = await work(session);
    } catch (error) {
      this.exitCode = this.#show(error, session.json);
    } finally {
      await this.#close(opened, session.json);
    }
  }

  async #open(globals: GlobalOptions): Promise<App> {
    const { openApp } = await import("../app.ts");
    return openApp({ dataDir: this.#dataDir(globals), env: this.#env });
  }

  #dataDir(globals: GlobalOptions): string {
    return dataDirectory(globals.data, this.#env, process.geteuid?.() === 0);
  }

  async #close(opened: Promise<App> | undefined, json: boolean): Promise<void> {
    // When opening failed, the command's own handler has said so already.
    const app = await opened?.catch(() => undefined);
    try {
      await app?.close();
    } catch (error) {
      const code = this.#show(error, json);
      if (this.exitCode === 0) this.exitCode = code;
    }
  }

  #show(error: unknown, json: boolean): number {
    const shown = failureOf(error);
    if (json) this.#output.json({ failure: failureJson(this.words, shown) });
    this.#output.error(`rpop: ${failureText(this.words, shown)}`);
    return exitCodeOf(shown);
  }
}

/** `rpop queue list [OPTION]…`: without words that would need a translation. */
function usageOf(command: CommandUnknownOpts): string {
  const path: string[] = [];
  for (let at: CommandUnknownOpts | null = command; at; at = at.parent) path.unshift(at.name());
  const rest = command.commands.length > 0 ? ["COMMAND"] : command.registeredArguments.map(argumentTerm);
  return [...path, "[OPTION]…", ...rest].join(" ");
}

function termOf(command: CommandUnknownOpts): string {
  return [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" ");
}

function argumentTerm(argument: {
  name(): string;
  readonly required: boolean;
  readonly variadic: boolean;
}): string {
  const name = `${argument.name()}${argument.variadic ? "…" : ""}`;
  return argument.required ? name : `[${name}]`;
}

/** A wrong command line, seen by a command itself. */
export function usageError(detail: string, command: string): FailureError {
  return new FailureError(
    failure("usage", "local", { permanent: true, params: { detail, help: `rpop ${command} --help` } }),
  );
}
