/**
 * The text of a destination (spec 2): a scheme, a colon, and what that scheme makes of the rest.
 */
import { normalize } from "node:path";
import { type Failure, failed, failure, ok, type Result } from "../core/failure.ts";
import { maildirUnusable } from "./maildir-failure.ts";

/** `maildir:/srv/mail/alice` has the scheme `maildir`; lower case; empty where the text has none. */
export function destinationScheme(destination: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(destination)?.[1]?.toLowerCase() ?? "";
}

/**
 * The folder of `maildir:PATH`: absolute, without `.` and doubled or trailing slashes, so that one folder has one name.
 *
 * @returns `maildir-unusable` for a path that is relative, the root itself, or holds NUL or `..`.
 */
export function maildirPath(destination: string): Result<string> {
  if (destinationScheme(destination) !== "maildir") return failed(unsupportedDestination(destination));
  const path = destination.slice("maildir:".length);
  const wrong = (detail: string): Result<string> => failed(maildirUnusable(path, detail));
  if (!path.startsWith("/")) return wrong("relative-path");
  if (path.includes("\0")) return wrong("nul-in-path");
  if (path.split("/").includes("..")) return wrong("dots-in-path");
  const plain = normalize(path).replace(/\/+$/, "");
  return plain === "" ? wrong("root-directory") : ok(plain);
}

/** No delivery for this scheme. Temporary: a mistake in the settings must not bounce mail. */
export function unsupportedDestination(destination: string): Failure {
  return failure("destination-unsupported", "recipient", { params: { destination }, status: "4.3.5" });
}
