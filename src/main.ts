/**
 * The process: signals, standard streams, exit code. Everything else is the command line's.
 */
import { setMaxListeners } from "node:events";
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// A listener keeps the signal from opening an inspector port to whoever may send it. First of all: the rest
// is imported after it.
process.on("SIGUSR1", () => {});

// Memory counts for more than the last few per cent of speed: without this V8 lets its heap grow to three times what is
// in use before it looks (measured on a drain of 4,000 messages: 230 against 150 MB, 15 % more CPU).
setFlagsFromString("--optimize-for-size");
// Optimises a function after eight times as many runs as usual: most drains are over before it pays, and compiling took
// a tenth to a fifth of all CPU time, and 8 MB (2,000 messages).
setFlagsFromString("--interrupt-budget=1081344");

const stop = new AbortController();
// One listener a visit, and as many visits as there are channels.
setMaxListeners(0, stop.signal);
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // The first one ends in good order, as safe as kill -9 and cleaner; who asks twice is not kept waiting.
    if (stop.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    stop.abort();
  });
}

void run();

async function run(): Promise<void> {
  const { runCommandLine } = await import("./cli/run.ts");
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
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
