/**
 * Which way to log in (spec 5, login order). Pure.
 *
 * Nothing weaker follows a refusal of the credentials: the list holds more than one method only where
 * the first may be refused as a *command*. Room is left for MSN, XOAUTH2, OAUTHBEARER in front, and for NTLM by name.
 */
import { type Failure, type FailureCode, failure } from "../core/failure.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Peer } from "./network-failure.ts";

const loginMethods = ["apop", "scram-sha-256", "scram-sha-1", "cram-md5", "user", "plain", "login"] as const;

export type LoginMethod = (typeof loginMethods)[number];

export interface LoginPolicy {
  /** One method and no other, or the order of the specification. */
  readonly auth: "auto" | LoginMethod;
  /** APOP is ticked for the account and allowed by the server's setting. */
  readonly apop: boolean;
  /** Clear text without TLS, although APOP was asked for and is not offered. */
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
  /** User and password can be prepared for SCRAM. */
  readonly scramPossible: boolean;
  /** USER and PASS fit into a command line each. */
  readonly fitsCommands: boolean;
}

/** Methods to try in turn (the next only after "no such command"), or why there is none. */
export function chooseLogin(facts: LoginFacts): readonly LoginMethod[] | Failure {
  const { policy, peer, apopTimestamp, capabilities, secure } = facts;
  const account = (code: FailureCode, method: string) =>
    failure(code, "account", { params: { ...peer, method }, permanent: true });
  const apopMissing = () => account("apop-not-offered", "apop");
  const unavailable = (method: string) => account("auth-unavailable", method);
  const unfit = (method: string) => account("bad-credentials-text", method);
  const { auth } = policy;
  if (auth === "apop") return apopTimestamp === null ? apopMissing() : ["apop"];
  if (auth !== "auto") {
    // A record may name a method that this client does not have.
    if (!loginMethods.includes(auth)) return unavailable(auth);
    const possible = auth === "user" ? facts.fitsCommands : capabilities === null || offers(facts, auth);
    const usable = !auth.startsWith("scram") || facts.scramPossible;
    if (possible && usable) return [auth];
    return auth === "user" || !usable ? unfit(auth) : unavailable(auth);
  }
  if (policy.apop && apopTimestamp !== null) return ["apop"];
  for (const method of ["scram-sha-256", "scram-sha-1"] as const) {
    if (facts.scramPossible && offers(facts, method)) return [method];
  }
  if (!secure && offers(facts, "cram-md5")) return ["cram-md5"];
  // From here on the password itself is sent.
  if (policy.apop && !secure && !policy.allowPlain) return apopMissing();
  const byAuth = (["plain", "login"] as const).filter((method) => offers(facts, method));
  if (!facts.fitsCommands) return byAuth.length > 0 ? byAuth : unfit("user");
  // RFC 2449, section 6.2: without the USER capability USER and PASS are not there; old servers forget to say it.
  return capabilities !== null && !capabilities.user ? [...byAuth, "user"] : ["user", ...byAuth];
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
