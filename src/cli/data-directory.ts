/**
 * Which data directory a command works on (spec 9).
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * `--data`, else `RPOP_DATA`, else `/var/lib/rpop` for root and `$XDG_DATA_HOME/rpop` for others.
 *
 * @returns an absolute path
 */
export function dataDirectory(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): string {
  const named = option ?? env.RPOP_DATA;
  if (named) return resolve(named);
  if (isRoot) return "/var/lib/rpop";
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), ".local", "share"), "rpop");
}
