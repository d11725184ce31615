/**
 * The folder of a restore that has not come to its end: while it is there, a data directory is not opened.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FailureError, failure } from "../../core/failure.ts";

export const unfinishedRestore = "restore.unfinished";

/** @throws FailureError `restore-unfinished` */
export function refuseUnfinished(dataDir: string): void {
  const path = join(dataDir, unfinishedRestore);
  if (!existsSync(path)) return;
  throw new FailureError(failure("restore-unfinished", "local", { permanent: true, params: { path } }));
}
