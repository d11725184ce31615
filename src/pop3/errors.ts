/**
 * The two ways a POP3 session goes wrong, told apart by one question: can the session go on?
 *
 * Refused (`Pop3CommandError`): yes. Out of step, cut, late, cancelled (`Pop3ProtocolError`): no, and the client
 * has closed the connection itself. Both carry the failure, with the server's own words, secrets taken out.
 */
import { type Failure, FailureError } from "../core/failure.ts";

/**
 * The server said -ERR, or we refuse to send a command at all (credentials that no command can carry, a login
 * method nobody offers). The session stays usable.
 */
export class Pop3CommandError extends FailureError {
  /** The response code in upper case, without brackets: `IN-USE`, `SYS/TEMP` (RFC 2449, section 8); null without one. */
  readonly responseCode: string | null;

  constructor(value: Failure, responseCode: string | null = null) {
    super(value);
    this.name = "Pop3CommandError";
    this.responseCode = responseCode;
  }
}

/** The session is over and the connection closed: no DELE, no QUIT may follow. */
export class Pop3ProtocolError extends FailureError {
  constructor(value: Failure, options?: ErrorOptions) {
    super(value, options);
    this.name = "Pop3ProtocolError";
  }
}
