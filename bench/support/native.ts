/**
 * The C programs of the bench, compiled by gcc into a folder of their own.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const sources = {
  "pop3-server": ["pop3-server.c", "maildrop.c", "channel.c"],
  "limit-client": ["limit-client.c", "delivery.c", "channel.c"],
  "delay-proxy": ["delay-proxy.c", "channel.c"],
  "deliver-maildir": ["deliver-maildir.c"],
  measure: ["measure.c", "channel.c"],
} as const;

export type NativeProgram = keyof typeof sources;

/** Paths of the compiled programs. */
export type NativePrograms = Readonly<Record<NativeProgram, string>>;

/**
 * Compiles all of them into `directory`.
 *
 * @param root the repository, whose bench/native/ holds the sources
 * @throws when gcc, or OpenSSL's headers, are missing, with gcc's own words.
 */
export function compileNative(root: string, directory: string): NativePrograms {
  const compiled: Partial<Record<NativeProgram, string>> = {};
  for (const [name, files] of Object.entries(sources)) {
    const path = join(directory, name);
    const inputs = files.map((file) => join(root, "bench/native", file));
    execFileSync("gcc", ["-O2", "-Wall", "-Wextra", "-o", path, ...inputs, "-lssl", "-lcrypto", "-lpthread"]);
    compiled[name as NativeProgram] = path;
  }
  return compiled as NativePrograms;
}
