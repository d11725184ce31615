/**
 * The process: signals, standard streams, exit code. Everything else is the command line's.
 */
import { readFileSync } from "node:fs";

// A listener keeps the signal from opening an inspector port to whoever may send it. First of all: the rest
// is imported after it.
process.on("SIGUSR1", () => {});

const { runCommandLine } = await import("./cli/run.ts");

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // The first one ends in good order, as safe as kill -9 and cleaner; who asks twice is not kept waiting.
    if (stop.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    stop.abort();
  });
}

const code = await runCommandLine({
  args: process.argv.slice(2),
  env: process.env,
  streams: process,
  signal: stop.signal,
  version: packageVersion(),
});
process.exitCode = code;
// Answers are written in full before the process ends, also into a slow pipe.
process.stdout.write("", () => process.exit(code));

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
