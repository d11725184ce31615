/**
 * Logs in over a wire by one method after the other (the order is `login.ts`'s).
 *
 * Secrets are known to the wire's mask before they are sent, so that no transcript and no remote words hold them (R-63).
 */
import { randomBytes } from "node:crypto";
import { failure } from "../core/failure.ts";
import { apopDigest } from "./apop.ts";
import type { Capabilities } from "./capabilities.ts";
import { Pop3CommandError } from "./errors.ts";
import { COMMAND_BYTES } from "./limits.ts";
import { chooseLogin, type LoginMethod, type LoginPolicy, refusesCommand } from "./login.ts";
import { loginRefusal } from "./refusal.ts";
import type { StatusLine } from "./reply.ts";
import { authenticate, cramMd5, login, plain, type SaslMechanism } from "./sasl.ts";
import { scram, scramText } from "./scram.ts";
import { HIDDEN } from "./transcript.ts";
import type { Wire } from "./wire.ts";

/** Bytes as the server wants them; a string is sent as UTF-8. Neither may hold CR, LF or NUL. */
export interface Credentials {
  readonly user: Uint8Array | string;
  readonly password: Uint8Array | string;
}

export interface SignInContext {
  readonly wire: Wire;
  readonly secure: boolean;
  readonly apopTimestamp: string | null;
  readonly capabilities: Capabilities | null;
  readonly replyMs: number;
  readonly random: ((sizeBytes: number) => Uint8Array) | undefined;
}

/** What a session in preparation knows. */
export interface SignIn {
  readonly methods: readonly LoginMethod[];
  readonly user: Buffer;
  readonly password: Buffer;
  readonly scramUser: string | null;
  readonly scramPassword: string | null;
}

const NONCE_BYTES = 18;

/**
 * Checks the credentials and chooses the methods; sends nothing.
 *
 * @throws Pop3CommandError `bad-credentials-text`, `apop-not-offered`, `auth-unavailable`
 */
export function prepareSignIn(context: SignInContext, credentials: Credentials, policy: LoginPolicy): SignIn {
  const { wire, secure, apopTimestamp, capabilities } = context;
  const user = Buffer.from(credentials.user);
  const password = Buffer.from(credentials.password);
  if ([user, password].some(breaksLine)) {
    throw new Pop3CommandError(
      failure("bad-credentials-text", "account", {
        params: { ...wire.peer, method: "any" },
        permanent: true,
      }),
    );
  }
  wire.secrets.add(password.toString("latin1"));
  wire.secrets.spare(user.toString("latin1"));
  const scramUser = scramText(user);
  const scramPassword = scramText(password);
  const chosen = chooseLogin({
    peer: wire.peer,
    policy,
    secure,
    apopTimestamp,
    capabilities,
    scramPossible: scramUser !== null && scramPassword !== null,
    // "USER " and CRLF are seven octets, and so for PASS.
    fitsCommands: Math.max(user.length, password.length) + 7 <= COMMAND_BYTES,
  });
  if ("code" in chosen) throw new Pop3CommandError(chosen);
  return { methods: chosen, user, password, scramUser, scramPassword };
}

/**
 * @returns the method that succeeded
 * @throws Pop3CommandError when the server refuses us
 */
export async function signIn(context: SignInContext, prepared: SignIn): Promise<LoginMethod> {
  const authRespCode = context.capabilities?.authRespCode ?? false;
  let refusal: Pop3CommandError | null = null;
  for (const method of prepared.methods) {
    const { reply, credentialsSent } = await attempt(context, prepared, method);
    if (reply.kind === "ok") return method;
    refusal = loginRefusal(context.wire, method, reply.text, authRespCode);
    if (credentialsSent || !refusesCommand(reply.text)) throw refusal;
  }
  throw (
    refusal ??
    new Pop3CommandError(failure("auth-unavailable", "account", { params: { ...context.wire.peer } }))
  );
}

/** The command lines of a login that needs no answer in between: USER and PASS, or APOP; null for any other. */
export function linesOf(context: SignInContext, prepared: SignIn): { bytes: Buffer; shown: string[] } | null {
  const [method] = prepared.methods;
  const { user, password } = prepared;
  const shownUser = user.toString("latin1");
  if (method === "user") {
    const bytes = Buffer.concat([
      Buffer.from("USER "),
      user,
      Buffer.from("\r\nPASS "),
      password,
      Buffer.from("\r\n"),
    ]);
    return { bytes, shown: [`USER ${shownUser}`, `PASS ${HIDDEN}`] };
  }
  if (method === "apop" && context.apopTimestamp !== null) {
    const digest = apopDigest(context.apopTimestamp, password);
    context.wire.secrets.add(digest);
    const bytes = Buffer.concat([Buffer.from("APOP "), user, Buffer.from(` ${digest}\r\n`)]);
    return { bytes, shown: [`APOP ${shownUser} ${HIDDEN}`] };
  }
  return null;
}

/** One method; `credentialsSent`: a refusal is about them, and not about the command. */
async function attempt(
  context: SignInContext,
  prepared: SignIn,
  method: LoginMethod,
): Promise<{ reply: StatusLine; credentialsSent: boolean }> {
  const { wire, replyMs } = context;
  const { user, password } = prepared;
  if (method === "user") {
    wire.send(Buffer.concat([Buffer.from("USER "), user, Buffer.from("\r\n")]), [
      `USER ${user.toString("latin1")}`,
    ]);
    const named = await wire.answer(wire.patience(replyMs, "reply", "USER"));
    if (named.kind === "refused") return { reply: named, credentialsSent: false };
    wire.send(Buffer.concat([Buffer.from("PASS "), password, Buffer.from("\r\n")]), [`PASS ${HIDDEN}`]);
    return { reply: await wire.answer(wire.patience(replyMs, "reply", "PASS")), credentialsSent: true };
  }
  if (method === "apop") {
    const lines = linesOf(context, { ...prepared, methods: ["apop"] });
    if (lines) wire.send(lines.bytes, lines.shown);
    return { reply: await wire.answer(wire.patience(replyMs, "reply", "APOP")), credentialsSent: true };
  }
  const mechanism = mechanismOf(context, prepared, method);
  // AUTH PLAIN may be refused as a command, and LOGIN tried; nothing weaker follows the others anyway.
  return { reply: await authenticate(wire, mechanism, replyMs), credentialsSent: false };

  function mechanismOf(
    from: SignInContext,
    signIn: SignIn,
    name: Exclude<LoginMethod, "user" | "apop">,
  ): SaslMechanism {
    switch (name) {
      case "plain":
        return plain(user, password);
      case "login":
        return login(user, password);
      case "cram-md5":
        return cramMd5(user, password);
      case "scram-sha-1":
      case "scram-sha-256": {
        const random = from.random ?? randomBytes;
        const nonce = Buffer.from(random(NONCE_BYTES)).toString("base64");
        const hash = name === "scram-sha-1" ? "sha1" : "sha256";
        return scram(hash, signIn.scramUser ?? "", signIn.scramPassword ?? "", nonce);
      }
    }
  }
}

function breaksLine(bytes: Buffer): boolean {
  return bytes.includes(13) || bytes.includes(10) || bytes.includes(0);
}
