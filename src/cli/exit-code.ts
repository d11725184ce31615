/**
 * Exit codes of commands that could not do their work (spec 9; names of sysexits.h).
 */
import type { Failure } from "../core/failure.ts";

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 64,
  badFile: 65,
  unknownName: 67,
  temporary: 75,
} as const;

export function exitCodeOf(failure: Failure): number {
  switch (failure.code) {
    case "usage":
    case "bad-value":
    case "number-differs":
    case "not-unified":
      return exitCodes.usage;
    case "bad-file":
      return exitCodes.badFile;
    case "unknown-name":
    case "ambiguous-name":
    case "unknown-user":
      return exitCodes.unknownName;
    default:
      // A database written by a newer program stays so; a full disk or a missing key can be mended.
      return failure.permanent ? exitCodes.failed : exitCodes.temporary;
  }
}
