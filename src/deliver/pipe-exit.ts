/**
 * What a command's end means for the mail (sysexits.h). Pure.
 *
 * For good are the codes that speak about this message or this recipient, with the status that Postfix gives them.
 * Those that speak about this machine or the settings (usage, missing files, an operating system in trouble) are
 * temporary here, also where Postfix bounces: a mistake in the settings must not bounce mail. So is every code that
 * has no meaning, and an end by a signal.
 */
import { type Failure, failure } from "../core/failure.ts";

/** Exit codes after which trying again cannot help, with their RFC 3463 status. */
const permanentExits: ReadonlyMap<number, string> = new Map([
  [65, "5.6.0"], // EX_DATAERR: the message is not acceptable
  [67, "5.1.1"], // EX_NOUSER
  [68, "5.1.2"], // EX_NOHOST
  [69, "5.3.0"], // EX_UNAVAILABLE: how procmail's and maildrop's recipes refuse
  [76, "5.5.0"], // EX_PROTOCOL
  [77, "5.7.0"], // EX_NOPERM: how maildrop says that the mailbox is over quota
]);

/**
 * @param exitCode null: ended by a signal
 * @param output its own words, at most 500 bytes; null: none
 * @returns null: delivered
 */
export function exitFailure(
  destination: string,
  exitCode: number | null,
  signal: string | null,
  output: string | null,
): Failure | null {
  if (exitCode === 0) return null;
  const status = exitCode === null ? undefined : permanentExits.get(exitCode);
  const detail = exitCode === null ? (signal ?? "signal") : `exit ${exitCode}`;
  return failure(status === undefined ? "delivery-deferred" : "delivery-refused", "recipient", {
    params: { destination, detail },
    permanent: status !== undefined,
    status: status ?? "4.3.0",
    remoteText: output,
  });
}
