/**
 * SQLite's errors as failures: our own trouble always (scope local), so that nothing remote is marked.
 */
import { type Failure, FailureError, failure, localFailureOf } from "../../core/failure.ts";

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const primary = { busy: 5, locked: 6, ioError: 10, corrupt: 11, full: 13, notADatabase: 26 } as const;
const ioErrorFsync = 1034;
const ioErrorDirectoryFsync = 1290;

/**
 * The failure for whatever was caught around a statement; a FailureError's own failure where it is one. `params.fatal`
 * 1: this process must not write that database any more.
 */
export function databaseFailure(caught: unknown): Failure {
  if (caught instanceof FailureError) return caught.failure;
  const detail = caught instanceof Error ? caught.message.slice(0, 500) : String(caught).slice(0, 500);
  const code = resultCode(caught);
  if (code === undefined) {
    const local = localFailureOf(caught);
    return local?.code === "disk-full"
      ? local
      : failure("database", "local", { params: { detail }, status: "4.3.0" });
  }
  if ((code & 0xff) === primary.full) {
    return failure("disk-full", "local", { params: { detail }, status: "4.3.1" });
  }
  const params = { detail, sqlite: code, ...(endsWriting(caught) ? { fatal: 1 } : {}) };
  return failure("database", "local", { params, status: "4.3.0" });
}

/** Another connection holds the lock: waiting helps. */
export function isBusy(caught: unknown): boolean {
  const code = resultCode(caught);
  return code !== undefined && ((code & 0xff) === primary.busy || (code & 0xff) === primary.locked);
}

/**
 * After these a database is not to be written any more: a failed fsync says nothing about what reached the disk,
 * and a second one that succeeds proves nothing; a damaged file only gets worse.
 */
export function endsWriting(caught: unknown): boolean {
  const code = resultCode(caught);
  if (code === undefined) return false;
  return (
    code === ioErrorFsync ||
    code === ioErrorDirectoryFsync ||
    (code & 0xff) === primary.corrupt ||
    (code & 0xff) === primary.notADatabase
  );
}

/** Extended result code; undefined when it is no error of SQLite. */
function resultCode(caught: unknown): number | undefined {
  if (typeof caught !== "object" || caught === null || !("errcode" in caught)) return undefined;
  return typeof caught.errcode === "number" ? caught.errcode : undefined;
}
