/**
 * SCRAM as a client (RFC 5802, RFC 7677), with and without channel binding.
 *
 * The server is checked as strictly as it checks us: its nonce must continue ours, its rounds lie within bounds,
 * its signature must be right before we believe +OK. Where we could bind the login to the TLS channel and the
 * server did not offer it, it is told so (`y`): a server that did offer it then knows that somebody took the offer out
 * of its list, and refuses (RFC 5802, section 6).
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import type saslprep from "@mongodb-js/saslprep";
import type { ChannelBinding } from "./channel-binding.ts";
import type { SaslMechanism } from "./sasl.ts";
import { decodeBase64, SaslFault } from "./sasl.ts";

const require = createRequire(import.meta.url);
const derive = promisify(pbkdf2);
/** Fewer are no protection (RFC 7677, section 4), more are an attack on our processor (RFC 5802, section 9). */
const LEAST_ROUNDS = 4096;
const MOST_ROUNDS = 1_000_000;

/** What SCRAM wants of credentials: prepared text. null where the bytes are no UTF-8 or hold what SASLprep forbids. */
export function scramText(bytes: Uint8Array): string | null {
  // SASLprep leaves these as they are (RFC 4013, section 2): its tables take 2 MB once loaded.
  if (bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)) return Buffer.from(bytes).toString("latin1");
  try {
    const prepare = require("@mongodb-js/saslprep") as typeof saslprep;
    return prepare(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}

/**
 * What is said about channel binding: the data of a -PLUS mechanism; `notOffered`, we could and the server could not;
 * `none`, we cannot or will not.
 */
export type ScramBinding = ChannelBinding | "notOffered" | "none";

/**
 * @param user prepared by `scramText`, and so the password
 * @param nonce printable ASCII without commas, from good random bytes
 */
export function scram(
  hash: "sha1" | "sha256",
  user: string,
  password: string,
  nonce: string,
  binding: ScramBinding = "none",
): SaslMechanism {
  const header = gs2Header(binding);
  const bound = typeof binding === "object";
  const channel = Buffer.concat([Buffer.from(header), bound ? binding.data : Buffer.alloc(0)]);
  let serverError: string | null = null;
  const clientFirst = `n=${user.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  let step: "first" | "final" | "done" = "first";
  let signature: Buffer | null = null;
  const hmac = (key: Uint8Array, text: string) => createHmac(hash, key).update(text).digest();

  async function final(challenge: Buffer): Promise<Buffer> {
    const serverFirst = challenge.toString("utf8");
    const match = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9]\d{0,9})(?:,|$)/.exec(serverFirst);
    const [, serverNonce = "", salt = "", rounds = ""] = match ?? [];
    if (match === null) throw new SaslFault("server-first");
    if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) throw new SaslFault("nonce");
    const count = Number(rounds);
    if (count < LEAST_ROUNDS || count > MOST_ROUNDS) throw new SaslFault("rounds");
    const bytes = hash === "sha1" ? 20 : 32;
    const salted = await derive(Buffer.from(password, "utf8"), decodeBase64(salt), count, bytes, hash);
    const clientKey = hmac(salted, "Client Key");
    const storedKey = createHash(hash).update(clientKey).digest();
    const withoutProof = `c=${channel.toString("base64")},r=${serverNonce}`;
    const signed = `${clientFirst},${serverFirst},${withoutProof}`;
    const proof = hmac(storedKey, signed);
    for (let at = 0; at < proof.length; at++) proof[at] = (proof[at] ?? 0) ^ (clientKey[at] ?? 0);
    signature = hmac(hmac(salted, "Server Key"), signed);
    step = "final";
    return Buffer.from(`${withoutProof},p=${proof.toString("base64")}`);
  }

  function verify(challenge: Buffer): Buffer {
    const text = challenge.toString("utf8");
    if (serverError !== null) throw new SaslFault("extra-challenge");
    const told = /^e=([^,]{1,200})/.exec(text)?.[1];
    if (told !== undefined) {
      // The server names its reason and refuses behind our empty answer; should it say +OK, that is not believed.
      serverError = told;
      return Buffer.alloc(0);
    }
    const given = /^v=([A-Za-z0-9+/=]+)(?:,|$)/.exec(text)?.[1];
    const received = decodeBase64(given ?? "");
    if (signature === null || received.length !== signature.length || !timingSafeEqual(received, signature)) {
      throw new SaslFault("server-signature");
    }
    step = "done";
    return Buffer.alloc(0);
  }

  return {
    name: `${hash === "sha1" ? "SCRAM-SHA-1" : "SCRAM-SHA-256"}${bound ? "-PLUS" : ""}`,
    initial: Buffer.from(`${header}${clientFirst}`),
    waitsForGo: false,
    challenges: "strict",
    isDone: () => step === "done",
    remark: () => serverError,
    respond: async (challenge) => (step === "first" ? final(challenge) : verify(challenge)),
  };
}

/** RFC 5802, section 7: `gs2-header`, without authorization identity. */
function gs2Header(binding: ScramBinding): string {
  if (typeof binding === "object") return `p=${binding.type},,`;
  return binding === "notOffered" ? "y,," : "n,,";
}
