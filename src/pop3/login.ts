/**
 * Which way to log in (spec 5, login order). Pure.
 *
 * Nothing weaker follows a refusal of the credentials: the list holds more than one method only where
 * the first may be refused as a *command*. A password is never sent as a token, nor a token as a password.
 */
import { type Failure, type FailureCode, failure } from "../core/failure.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Peer } from "./network-failure.ts";

/** Every method, by the names of the setting `auth` (spec 4). */
export const loginMethods = [
  "apop",
  "user",
  "plain",
  "login",
  "cram-md5",
  "scram-sha-1",
  "scram-sha-1-plus",
  "scram-sha-256",
  "scram-sha-256-plus",
  "ntlm",
  "msn",
  "xoauth2",
  "oauthbearer",
] as const;

export type LoginMethod = (typeof loginMethods)[number];

export interface LoginPolicy {
  /** One method and no other, or the order of the specification. */
  readonly auth: "auto" | LoginMethod;
  /** APOP is ticked for the account and allowed by the server's setting. */
  readonly apop: boolean;
  /** Without TLS: clear text although APOP was asked for and is not offered; NTLM; a token. */
  readonly allowPlain: boolean;
}

/** What is known when the choice is made. */
export interface LoginFacts {
  readonly peer: Peer;
  readonly policy: LoginPolicy;
  /** The connection is encrypted. */
  readonly secure: boolean;
  readonly apopTimestamp: string | null;
  /** null: the server has no CAPA, or was not asked. */
  readonly capabilities: Capabilities | null;
  /** The secret is an OAuth access token, and no password. */
  readonly token: boolean;
  /** The credentials can be said by each of these, which put their own demands on bytes and length. */
  readonly sayable: {
    /** SCRAM: both can be prepared by SASLprep. */
    readonly scram: boolean;
    /** NTLM, MSN: both are UTF-8. */
    readonly ntlm: boolean;
    /** XOAUTH2, OAUTHBEARER: no control characters. */
    readonly oauth: boolean;
    /** USER and PASS fit into a command line each. */
    readonly commands: boolean;
  };
}

/** The hosts whose own method goes first: `msn.com` and `*.msn.com`, in any case, with or without trailing dot (spec 5). */
export function isMsnHost(host: string): boolean {
  return /(^|\.)msn\.com\.?$/i.test(host);
}

/** Methods to try in turn (the next only after "no such command"), or why there is none. */
export function chooseLogin(facts: LoginFacts): readonly LoginMethod[] | Failure {
  const { auth } = facts.policy;
  if (auth !== "auto") return fixed(facts, auth);
  return facts.token ? byToken(facts) : byOrder(facts);
}

function byOrder(facts: LoginFacts): readonly LoginMethod[] | Failure {
  const { policy, peer, apopTimestamp, capabilities, secure, sayable } = facts;
  const mayShow = secure || policy.allowPlain;
  const msn = isMsnHost(peer.host) && offers(facts, "msn") && sayable.ntlm;
  if (msn && mayShow) return ["msn"];
  if (policy.apop && apopTimestamp !== null) return ["apop"];
  for (const method of ["scram-sha-256", "scram-sha-1"] as const) {
    if (!sayable.scram) break;
    const plus = `${method}-plus` as const;
    if (secure && offers(facts, plus)) return [plus];
    if (offers(facts, method)) return [method];
  }
  if (!secure && offers(facts, "cram-md5")) return ["cram-md5"];
  // From here on the password itself is sent: not where something better stood there, and was not allowed.
  if (msn) return account(facts, "auth-needs-tls", "msn");
  if (policy.apop && !mayShow) return account(facts, "apop-not-offered", "apop");
  const byAuth = (["plain", "login"] as const).filter((method) => offers(facts, method));
  if (!sayable.commands) return byAuth.length > 0 ? byAuth : account(facts, "bad-credentials-text", "user");
  // RFC 2449, section 6.2: without the USER capability USER and PASS are not there; old servers forget to say it.
  return capabilities !== null && !capabilities.user ? [...byAuth, "user"] : ["user", ...byAuth];
}

function byToken(facts: LoginFacts): readonly LoginMethod[] | Failure {
  const methods = (["xoauth2", "oauthbearer"] as const).filter((method) => offers(facts, method));
  const [first] = methods;
  if (first === undefined) return account(facts, "auth-unavailable", "xoauth2");
  const refusal = obstacle(facts, first);
  return refusal === null ? methods : account(facts, refusal, first);
}

function fixed(facts: LoginFacts, auth: LoginMethod): readonly LoginMethod[] | Failure {
  // A record may name a method that this version does not have.
  if (!loginMethods.includes(auth)) return account(facts, "auth-unavailable", auth);
  if (auth === "apop" && facts.apopTimestamp === null) return account(facts, "apop-not-offered", auth);
  const askable = auth !== "apop" && auth !== "user" && facts.capabilities !== null;
  const isToken = auth === "xoauth2" || auth === "oauthbearer";
  if (isToken !== facts.token || (askable && !offers(facts, auth)))
    return account(facts, "auth-unavailable", auth);
  const refusal = obstacle(facts, auth);
  return refusal === null ? [auth] : account(facts, refusal, auth);
}

/** Why a method that the server has may not be used, or cannot carry these credentials. */
function obstacle(facts: LoginFacts, method: LoginMethod): FailureCode | null {
  const { secure, sayable } = facts;
  const mayShow = secure || facts.policy.allowPlain;
  const unless = (fits: boolean) => (fits ? null : "bad-credentials-text");
  switch (method) {
    case "xoauth2":
    case "oauthbearer":
      return mayShow ? unless(sayable.oauth) : "auth-needs-tls";
    case "ntlm":
    case "msn":
      return mayShow ? unless(sayable.ntlm) : "auth-needs-tls";
    case "scram-sha-1-plus":
    case "scram-sha-256-plus":
      // There is no channel to bind the login to.
      return secure ? unless(sayable.scram) : "auth-needs-tls";
    case "scram-sha-1":
    case "scram-sha-256":
      return unless(sayable.scram);
    case "user":
      return unless(sayable.commands);
    case "apop":
    case "plain":
    case "login":
    case "cram-md5":
      return null;
  }
}

/** The server dislikes the command itself, not who asks; `text` follows -ERR. */
export function refusesCommand(text: string): boolean {
  return (
    !/^\[AUTH\]/i.test(text) &&
    /(unknown|unrecogni[sz]ed|unsupported|invalid|bad|illegal|disabled) (command|auth|authentication|mechanism|method)|(command|mechanism|method|user)( is)? (unknown|unrecogni[sz]ed|unsupported|invalid|disabled|disallowed)|not (supported|implemented|recogni[sz]ed|enabled|permitted|allowed)|unimplemented|syntax error|command not|use auth/i.test(
      text,
    )
  );
}

function offers(facts: LoginFacts, method: LoginMethod): boolean {
  return facts.capabilities?.sasl.includes(method.toUpperCase()) ?? false;
}

function account(facts: LoginFacts, code: FailureCode, method: string): Failure {
  return failure(code, "account", { params: { ...facts.peer, method }, permanent: true });
}
