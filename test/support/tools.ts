/**
 * Programs of the system that some tests need. A test whose program is missing is skipped, except under CI=true,
 * where it runs and fails: nothing is skipped there. `scripts/test.mjs` installs them where it can.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Absolute path of a program, also where an ordinary user's PATH lacks the sbin folders; undefined: not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** For `describe.skipIf`: true where one of the programs is missing and this is no CI run. */
export function lacks(...programs: readonly string[]): boolean {
  return process.env.CI !== "true" && programs.some((name) => findProgram(name) === undefined);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
