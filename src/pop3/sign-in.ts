/**
 * Logs in over a wire by one method after the other (the order is `login.ts`'s).
 *
 * Secrets are known to the wire's mask before they are sent, so that no transcript and no remote words hold them (R-63).
 */
import { randomBytes } from "node:crypto";
import { failure } from "../core/failure.ts";
import { apopDigest } from "./apop.ts";
import type { Capabilities } from "./capabilities.ts";
import type { ChannelBinding } from "./channel-binding.ts";
import { Pop3CommandError } from "./errors.ts";
import { COMMAND_BYTES } from "./limits.ts";
import { chooseLogin, type LoginMethod, type LoginPolicy, refusesCommand } from "./login.ts";
import { ntlm, ntlmIdentity, ntlmText } from "./ntlm.ts";
import { oauthBearer, oauthPossible, xoauth2 } from "./oauth.ts";
import { loginRefusal } from "./refusal.ts";
import type { StatusLine } from "./reply.ts";
import { authenticate, cramMd5, login, plain, type SaslMechanism } from "./sasl.ts";
import { type ScramBinding, scram, scramText } from "./scram.ts";
import { HIDDEN } from "./transcript.ts";
import type { Wire } from "./wire.ts";

/** Bytes as the server wants them; a string is sent as UTF-8. None may hold CR, LF or NUL. */
export type Credentials = PasswordCredentials | TokenCredentials;

export interface PasswordCredentials {
  readonly user: Uint8Array | string;
  readonly password: Uint8Array | string;
}

export interface TokenCredentials {
  readonly user: Uint8Array | string;
  /** An OAuth access token (RFC 6750), valid now. */
  readonly token: Uint8Array | string;
}

export interface SignInContext {
  readonly wire: Wire;
  readonly secure: boolean;
  readonly apopTimestamp: string | null;
  readonly capabilities: Capabilities | null;
  readonly replyMs: number;
  readonly random: ((sizeBytes: number) => Uint8Array) | undefined;
  /** Of the connection, as it is now; none without TLS. */
  readonly channelBindings: () => readonly ChannelBinding[];
}

/** What a session in preparation knows. */
export interface SignIn {
  readonly methods: readonly LoginMethod[];
  readonly user: Buffer;
  /** Password or token, as the methods want it. */
  readonly secret: Buffer;
}

/** How one method ended. */
interface Attempt {
  readonly reply: StatusLine;
  /** What the server said of its refusal before it refused; latin1. */
  readonly remark: string | null;
  /** A refusal is about the credentials, and not about the command. */
  readonly credentialsSent: boolean;
}

const NONCE_BYTES = 18;

/**
 * Checks the credentials and chooses the methods; sends nothing.
 *
 * @throws Pop3CommandError `bad-credentials-text`, `apop-not-offered`, `auth-unavailable`, `auth-needs-tls`
 */
export function prepareSignIn(context: SignInContext, credentials: Credentials, policy: LoginPolicy): SignIn {
  const { wire, secure, apopTimestamp, capabilities } = context;
  const token = "token" in credentials;
  const user = Buffer.from(credentials.user);
  const secret = Buffer.from(token ? credentials.token : credentials.password);
  if ([user, secret].some(breaksLine)) {
    throw new Pop3CommandError(
      failure("bad-credentials-text", "account", {
        params: { ...wire.peer, method: "any" },
        permanent: true,
      }),
    );
  }
  wire.secrets.add(secret.toString("latin1"));
  wire.secrets.spare(user.toString("latin1"));
  const chosen = chooseLogin({
    peer: wire.peer,
    policy,
    secure,
    apopTimestamp,
    capabilities,
    token,
    sayable: {
      scram: !token && scramText(user) !== null && scramText(secret) !== null,
      ntlm: ntlmText(user) !== null && ntlmText(secret) !== null,
      oauth: oauthPossible(user, secret),
      // "USER " and CRLF are seven octets, and so for PASS.
      commands: Math.max(user.length, secret.length) + 7 <= COMMAND_BYTES,
    },
  });
  if ("code" in chosen) throw new Pop3CommandError(chosen);
  return { methods: chosen, user, secret };
}

/**
 * @returns the method that succeeded
 * @throws Pop3CommandError when the server refuses us
 */
export async function signIn(context: SignInContext, prepared: SignIn): Promise<LoginMethod> {
  const authRespCode = context.capabilities?.authRespCode ?? false;
  let refusal: Pop3CommandError | null = null;
  for (const method of prepared.methods) {
    const { reply, remark, credentialsSent } = await attempt(context, prepared, method);
    if (reply.kind === "ok") return method;
    const text = [reply.text, remark ?? ""].filter((words) => words !== "").join(" ");
    refusal = loginRefusal(context.wire, method, text, authRespCode);
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
  const { user, secret } = prepared;
  const shownUser = user.toString("latin1");
  if (method === "user") {
    const bytes = Buffer.concat([
      Buffer.from("USER "),
      user,
      Buffer.from("\r\nPASS "),
      secret,
      Buffer.from("\r\n"),
    ]);
    return { bytes, shown: [`USER ${shownUser}`, `PASS ${HIDDEN}`] };
  }
  if (method === "apop" && context.apopTimestamp !== null) {
    const digest = apopDigest(context.apopTimestamp, secret);
    context.wire.secrets.add(digest);
    const bytes = Buffer.concat([Buffer.from("APOP "), user, Buffer.from(` ${digest}\r\n`)]);
    return { bytes, shown: [`APOP ${shownUser} ${HIDDEN}`] };
  }
  return null;
}

async function attempt(context: SignInContext, prepared: SignIn, method: LoginMethod): Promise<Attempt> {
  const { wire, replyMs } = context;
  const { user, secret } = prepared;
  if (method === "user") {
    wire.send(Buffer.concat([Buffer.from("USER "), user, Buffer.from("\r\n")]), [
      `USER ${user.toString("latin1")}`,
    ]);
    const named = await wire.answer(wire.patience(replyMs, "reply", "USER"));
    if (named.kind === "refused") return { reply: named, remark: null, credentialsSent: false };
    wire.send(Buffer.concat([Buffer.from("PASS "), secret, Buffer.from("\r\n")]), [`PASS ${HIDDEN}`]);
    const reply = await wire.answer(wire.patience(replyMs, "reply", "PASS"));
    return { reply, remark: null, credentialsSent: true };
  }
  if (method === "apop") {
    const lines = linesOf(context, { ...prepared, methods: ["apop"] });
    if (lines) wire.send(lines.bytes, lines.shown);
    const reply = await wire.answer(wire.patience(replyMs, "reply", "APOP"));
    return { reply, remark: null, credentialsSent: true };
  }
  if (method === "scram-sha-1-plus" || method === "scram-sha-256-plus") {
    return attemptBound(context, prepared, method);
  }
  return run(context, mechanismOf(context, prepared, method));
}

/** A server tells which kinds of channel binding it knows by refusing the others, before the proof is looked at. */
async function attemptBound(
  context: SignInContext,
  prepared: SignIn,
  method: "scram-sha-1-plus" | "scram-sha-256-plus",
): Promise<Attempt> {
  let last: Attempt | null = null;
  for (const binding of context.channelBindings()) {
    last = await run(context, scramOf(context, prepared, method, binding));
    if (last.reply.kind === "ok" || !refusesBinding(last)) return last;
  }
  if (last !== null) return last;
  // A connection that stands has at least one: it is gone.
  const { wire } = context;
  throw wire.fail(failure("connection-lost", wire.scope, { params: wire.params({ command: "AUTH" }) }));
}

/** `e=unsupported-channel-binding-type` (RFC 5802, section 7), or the same in words. */
function refusesBinding({ reply, remark }: Attempt): boolean {
  return (
    remark === "unsupported-channel-binding-type" ||
    /\bchannel[- ]binding type\b.*\b(not supported|unsupported|unknown)|\b(unsupported|unknown) channel[- ]binding type\b/i.test(
      reply.text,
    )
  );
}

async function run(context: SignInContext, mechanism: SaslMechanism): Promise<Attempt> {
  const { reply, remark, responded } = await authenticate(context.wire, mechanism, context.replyMs);
  // PLAIN in one line may be refused as a command, and LOGIN tried.
  return { reply, remark, credentialsSent: responded };
}

function mechanismOf(
  context: SignInContext,
  prepared: SignIn,
  method: Exclude<LoginMethod, "user" | "apop" | "scram-sha-1-plus" | "scram-sha-256-plus">,
): SaslMechanism {
  const { user, secret } = prepared;
  switch (method) {
    case "plain":
      return plain(user, secret);
    case "login":
      return login(user, secret);
    case "cram-md5":
      return cramMd5(user, secret);
    case "scram-sha-1":
    case "scram-sha-256": {
      const plus = `${method}-PLUS`.toUpperCase();
      const listed = context.capabilities?.sasl.includes(plus) ?? false;
      return scramOf(context, prepared, method, context.secure && !listed ? "notOffered" : "none");
    }
    case "ntlm":
    case "msn": {
      const identity = ntlmIdentity(user) ?? { user: "", domain: "" };
      const chance = { clientChallenge: randomOf(context, 8), now: context.wire.clock.now() };
      return ntlm(method === "msn" ? "MSN" : "NTLM", identity, ntlmText(secret) ?? "", chance);
    }
    case "xoauth2":
      return xoauth2(user, secret);
    case "oauthbearer":
      return oauthBearer(user, secret, context.wire.peer);
  }
}

function scramOf(
  context: SignInContext,
  prepared: SignIn,
  method: LoginMethod,
  binding: ScramBinding,
): SaslMechanism {
  const nonce = Buffer.from(randomOf(context, NONCE_BYTES)).toString("base64");
  const hash = method.startsWith("scram-sha-1") ? "sha1" : "sha256";
  return scram(hash, scramText(prepared.user) ?? "", scramText(prepared.secret) ?? "", nonce, binding);
}

function randomOf(context: SignInContext, sizeBytes: number): Uint8Array {
  return (context.random ?? randomBytes)(sizeBytes);
}

function breaksLine(bytes: Buffer): boolean {
  return bytes.includes(13) || bytes.includes(10) || bytes.includes(0);
}
