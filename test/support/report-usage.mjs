// Loaded before the program by `rpop.ts`: writes the most memory the process held, in bytes, to a file when it exits by
// itself. Not getrusage: its figure outlives exec, so it would tell the memory of whoever started the program.
import { readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.RPOP_TEST_USAGE_FILE;
if (file !== undefined && isMainThread) {
  process.on("exit", () => {
    const [, kilobytes = "0"] = /^VmHWM:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    writeFileSync(file, String(Number(kilobytes) * 1024));
  });
}
