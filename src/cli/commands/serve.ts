/**
 * `rpop serve`: the server, in the foreground until it is stopped (spec 9, R-31, R-67).
 */
import { logLevels } from "../../core/log.ts";
import type { OpenLog } from "../../observe/log.ts";
import { type Cli, type Session, usageError } from "../cli.ts";
import { exitCodeOf, exitCodes } from "../exit-code.ts";
import { readListenAddress } from "../listen-address.ts";
import { escapeText } from "../render/escape.ts";
import { failureText } from "../render/failure.ts";
import { logSentence } from "../render/log.ts";

const defaultAddress = "127.0.0.1:8825";

export function serveCommand(cli: Cli, version: string) {
  const { serve } = cli.words.help;
  return cli
    .command("serve", serve)
    .option("--http <HOST:PORT>", serve.http, defaultAddress)
    .option("--log-stderr", serve.logStderr)
    .action((options) =>
      cli.run(async (session) => {
        const listen = readListenAddress(options.http);
        if (listen === undefined) {
          throw usageError(session.words.cli.usage.listenAddress(options.http), "serve");
        }
        const app = await session.app();
        if (options.logStderr) showRecords(session, app.log);
        const { serve: startServing } = await import("../../serve.ts");
        let reload = () => {};
        const hangUp = () => reload();
        // From the start: without a listener the signal would end the process.
        process.on("SIGHUP", hangUp);
        const serving = await startServing(app, { listen, version });
        reload = () => serving.reload();
        try {
          await tellReady(session, app.manage.dataDir, serving);
          const why = await Promise.race([serving.broken, stopped(session.signal)]);
          if (why === null) return exitCodes.ok;
          session.output.error(`rpop: ${failureText(session.words, why)}`);
          return exitCodeOf(why);
        } finally {
          await session.tellServiceManager("--stopping");
          await serving.stop();
          process.off("SIGHUP", hangUp);
        }
      }),
    );
}

/** For a journal: what the log takes down, up to level major, as sentences. */
function showRecords({ words, output }: Session, log: OpenLog): void {
  log.onRecord((record) => {
    if (logLevels.indexOf(record.level) > logLevels.indexOf("major")) return;
    output.error(`${record.level}: ${logSentence(words, record)}`);
  });
}

async function tellReady(
  { words, output, json, tellServiceManager }: Session,
  dataDir: string,
  serving: { readonly accounts: number; readonly address: string | null },
): Promise<void> {
  const { accounts, address } = serving;
  if (json) output.line(JSON.stringify({ ready: true, dataDir, accounts, http: address }));
  else output.line(words.cli.serve.ready(accounts, escapeText(dataDir), address ?? ""));
  await tellServiceManager("--ready");
}

function stopped(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}
