/**
 * Logging in by an access token: OAUTHBEARER (RFC 7628) and XOAUTH2, its forerunner at Google and Microsoft.
 *
 * Both in two steps, whatever the length: Microsoft closes the connection on a token in the command line (F27). A
 * server that refuses tells why in a challenge; it is kept for whoever reads the failure, and answered as the server
 * wants it, so that -ERR follows and the session goes on.
 */
import { SaslFault, type SaslMechanism } from "./sasl.ts";

/** The server that the token is for, as OAUTHBEARER names it. */
export interface OauthPeer {
  readonly host: string;
  readonly port: number;
}

/** https://developers.google.com/workspace/gmail/imap/xoauth2-protocol */
export function xoauth2(user: Uint8Array, token: Uint8Array): SaslMechanism {
  const initial = Buffer.concat([
    Buffer.from("user="),
    user,
    Buffer.from("\x01auth=Bearer "),
    token,
    Buffer.from("\x01\x01"),
  ]);
  return bearer("XOAUTH2", initial, Buffer.alloc(0));
}

/** RFC 7628, section 3.1; `,` and `=` of a name are escaped (RFC 5801, section 4). */
export function oauthBearer(user: Uint8Array, token: Uint8Array, peer: OauthPeer): SaslMechanism {
  const name = Buffer.from(user).toString("latin1").replaceAll("=", "=3D").replaceAll(",", "=2C");
  const initial = Buffer.concat([
    Buffer.from(`n,a=${name},`, "latin1"),
    Buffer.from(`\x01host=${peer.host}\x01port=${peer.port}\x01auth=Bearer `),
    token,
    Buffer.from("\x01\x01"),
  ]);
  // RFC 7628, section 3.2.3: %x01 is the answer to an error.
  return bearer("OAUTHBEARER", initial, Buffer.of(1));
}

/** No control character: %x01 ends a part of the message, and no token holds one (RFC 6750, section 2.1). */
export function oauthPossible(user: Uint8Array, token: Uint8Array): boolean {
  return [user, token].every((bytes) => bytes.every((byte) => byte >= 0x20 && byte !== 0x7f));
}

function bearer(name: string, initial: Buffer, toError: Buffer): SaslMechanism {
  let error: string | null = null;
  return {
    name,
    initial,
    waitsForGo: true,
    challenges: "remarks",
    isDone: () => error === null,
    remark: () => error,
    respond: async (challenge) => {
      // +OK or a second challenge behind an error: no honest server.
      if (error !== null) throw new SaslFault("extra-challenge");
      error = challenge.toString("latin1").trim();
      return toError;
    },
  };
}
