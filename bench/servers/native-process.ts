/**
 * A C program of the bench that serves: it says on its first line where, answers a line with a line, and ends when its
 * standard input ends.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export interface NativeProcess extends AsyncDisposable {
  readonly firstLine: string;
  ask(question: string): Promise<string>;
}

/** @throws when it ends before it says anything. */
export async function startNative(program: string, args: readonly string[]): Promise<NativeProcess> {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(program, args, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const line = await lines.next();
    if (line.done) throw new Error(`${program} ended`);
    return line.value;
  };
  return {
    firstLine: await next(),
    ask: (question) => {
      child.stdin.write(`${question}\n`);
      return next();
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
