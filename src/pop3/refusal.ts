/**
 * What -ERR means, by the command it answers (RFC 1939) and its response code (RFC 2449, RFC 3206; R-41). Pure.
 */
import { type Failure, type FailureCode, failure } from "../core/failure.ts";
import { Pop3CommandError } from "./errors.ts";
import { remoteWords, responseCodeOf } from "./reply.ts";
import type { Wire } from "./wire.ts";

/** A message was refused: RETR, TOP or DELE. It concerns that message alone. */
export function messageRefusal(wire: Wire, command: string, number: number, text: string): Pop3CommandError {
  return refused(wire, text, (params, remoteText) =>
    failure("message-refused", "message", { params: { ...params, command, number }, remoteText }),
  );
}

/** Any other command after login was refused; a response code about the maildrop goes before `code`. */
export function commandRefusal(
  wire: Wire,
  command: string,
  code: FailureCode,
  text: string,
): Pop3CommandError {
  return refused(wire, text, (params, remoteText, responseCode) => {
    const meant = byResponseCode(responseCode) ?? code;
    const permanent = meant === "remote-permanent" || meant === "no-uidl" || meant === "no-starttls";
    return failure(meant, "account", { params: { ...params, command }, permanent, remoteText });
  });
}

/**
 * A login was refused.
 *
 * @param authRespCode the server tells [AUTH] where the credentials are to blame, so that -ERR without it means
 *   something else (RFC 3206, section 4)
 */
export function loginRefusal(
  wire: Wire,
  method: string,
  text: string,
  authRespCode: boolean,
): Pop3CommandError {
  return refused(wire, text, (params, remoteText, responseCode) => {
    const coded = byResponseCode(responseCode);
    const locked = responseCode === null && maildropIsLocked.test(text);
    const code =
      coded ??
      (locked ? "in-use" : authRespCode && responseCode === null ? "remote-temporary" : "auth-refused");
    const permanent = code === "auth-refused" || code === "remote-permanent";
    return failure(code, "account", { params: { ...params, method }, permanent, remoteText });
  });
}

/** Servers older than RFC 2449 say it in words (F25); an *account* that is locked is no such case. */
const maildropIsLocked =
  /\block busy\b|\b(mail ?(drop|box|file)|pop3? session)\b.*\b(locked|lock|busy|in use)\b|\balready (locked|in use)\b|\block(ed)? by another\b/i;

function byResponseCode(responseCode: string | null): FailureCode | undefined {
  switch (responseCode) {
    case "IN-USE":
      return "in-use";
    case "LOGIN-DELAY":
      return "login-delay";
    case "SYS/TEMP":
      return "remote-temporary";
    case "SYS/PERM":
      return "remote-permanent";
    default:
      return undefined;
  }
}

function refused(
  wire: Wire,
  text: string,
  make: (params: Failure["params"], remoteText: string | null, responseCode: string | null) => Failure,
): Pop3CommandError {
  const responseCode = responseCodeOf(text);
  const params = { ...wire.peer, ...(responseCode === null ? {} : { responseCode }) };
  return new Pop3CommandError(make(params, remoteWords(wire.secrets.hide(text)), responseCode), responseCode);
}
