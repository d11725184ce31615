/**
 * `rpop log`: what happened, for people and scripts (spec 3, 9).
 *
 * Reads files alone: it answers also when the database does not.
 */
import { join } from "node:path";
import { foldName } from "../../core/address.ts";
import { FailureError } from "../../core/failure.ts";
import { type LogLevel, logLevels } from "../../core/log.ts";
import { parseDuration, pause } from "../../core/time.ts";
import { type Cli, type Session, usageError } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { namedAccounts } from "../names.ts";
import { logLine } from "../render/log.ts";

/** Between two looks at the files while following. */
const lookMs = 250;
const defaultSince = "1d";

export function logCommand(cli: Cli) {
  const { log } = cli.words.help;
  return cli
    .command("log", log)
    .option("--follow", log.follow)
    .option("--level <LEVEL>", log.level)
    .option("--account <NAME>", log.account)
    .option("--since <TIME>", log.since, defaultSince)
    .action((options) =>
      cli.run(async (session) => {
        const { words, output, json, signal } = session;
        const loudest = levelNamed(session, options.level);
        const sinceMs = parseDuration(options.since);
        if (sinceMs === undefined) throw usageError(words.log.since(options.since), "log");
        const { nodeLogDirectory } = await import("../../observe/log-directory.ts");
        const { readLog } = await import("../../observe/read-log.ts");
        const { systemClock } = await import("../../system/clock.ts");
        const isOf = options.account === undefined ? () => true : await ofAccount(session, options.account);
        const lines = readLog({
          directory: nodeLogDirectory(join(session.dataDir, "log")),
          since: systemClock.now() - sinceMs,
          async more() {
            if (!options.follow || signal.aborted) return false;
            await pause(systemClock, lookMs, signal);
            return !signal.aborted && !output.readerGone;
          },
        });
        for await (const { line, record } of lines) {
          if (signal.aborted || output.readerGone) break;
          if (logLevels.indexOf(record.level) > loudest || !isOf(record.fields)) continue;
          output.line(json ? line : output.style(styleOf(record.level), logLine(words, record)));
          await output.drained();
        }
        return exitCodes.ok;
      }),
    );
}

function levelNamed({ words }: Session, name: string | undefined): number {
  if (name === undefined) return logLevels.length;
  const rank = (logLevels as readonly string[]).indexOf(name);
  if (rank < 0) throw usageError(words.log.level(name, logLevels.join(", ")), "log");
  return rank;
}

/**
 * Whether a record is about an account: by its id, as far as the database answers, else by the names in the record.
 *
 * @throws FailureError `unknown-name`, `ambiguous-name`.
 */
async function ofAccount(
  session: Session,
  name: string,
): Promise<(fields: Readonly<Record<string, unknown>>) => boolean> {
  try {
    const ids = new Set<unknown>((await namedAccounts(session, [name])).map(({ id }) => id));
    return (fields) => ids.has(fields.accountId);
  } catch (error) {
    if (error instanceof FailureError && /-name$/.test(error.failure.code)) throw error;
    const wanted = foldName(name);
    return ({ accountId, account, host, owner }) => {
      const login = String(account ?? "");
      const place = String(host ?? "").replace(/:\d+$/, "");
      const names = [String(accountId ?? ""), login, `${login}@${String(host ?? "")}`, `${login}@${place}`];
      return [...names, `${String(owner ?? "")}/${login}@${place}`].some((one) => foldName(one) === wanted);
    };
  }
}

function styleOf(level: LogLevel): "red" | "yellow" | "dim" | "plain" {
  if (level === "crashesOnly" || level === "failures") return "red";
  if (level === "problems") return "yellow";
  return level === "major" ? "plain" : "dim";
}
