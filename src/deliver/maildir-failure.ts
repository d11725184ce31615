/**
 * The system's refusals at a Maildir, as failures.
 *
 * All of them are temporary: a disk gets room, a mount comes back, an administrator mends rights. What is
 * wrong with one person's Maildir or quota has the scope `recipient` and stops nobody else; a full or broken disk
 * is ours, `local`.
 */
import { type Failure, failure, failureOf } from "../core/failure.ts";
import { errorCode } from "../spool/file-system.ts";

/** The failure for an error met while working in the Maildir at `path`. */
export function maildirFailure(caught: unknown, path: string): Failure {
  const code = errorCode(caught);
  switch (code) {
    case "EDQUOT":
      return failure("mailbox-full", "recipient", { params: { path }, status: "4.2.2" });
    case "EACCES":
    case "EPERM":
    case "ENOTDIR":
    case "EISDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
      return maildirUnusable(path, code);
    // It was there when the batch began.
    case "ENOENT":
      return maildirVanished(path);
    default:
      return failureOf(caught);
  }
}

/**
 * Not a Maildir, or one that we may not use; `detail` is an error's name, or what is wrong: `file` (an mbox),
 * `dangling-link`, `link-to-file`, `foreign-link`, `new-is-link`, `relative-path`, `restless` …
 */
export function maildirUnusable(path: string, detail: string): Failure {
  return failure("maildir-unusable", "recipient", { params: { path, detail }, status: "4.2.0" });
}

/** It was used before and is gone now: most likely a disk that is not mounted (spec 8). */
export function maildirVanished(path: string): Failure {
  return failure("maildir-vanished", "recipient", { params: { path }, status: "4.2.0" });
}
