/**
 * Logins as dialogues, word for word: a case is a script, what is set, and how it ends.
 */
import { Pop3Client } from "../../src/pop3/client.ts";
import type { LoginPolicy } from "../../src/pop3/login.ts";
import type { HostLookup } from "../../src/pop3/lookup.ts";
import type { Credentials } from "../../src/pop3/sign-in.ts";
import { playDialogue, type Step } from "./pop3-dialogue.ts";

/** The order of the specification, nothing ticked. */
export const auto: LoginPolicy = { auth: "auto", apop: false, allowPlain: false };
export const ann = { user: "ann", password: "tanstaaf" };
export const hello: Step = "S: +OK ready";
/** A greeting that offers APOP (RFC 1939, section 7). */
export const stamped: Step = "S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
/** CAPA and its answer. */
export const capa = (...lines: string[]): Step[] => [
  "C: CAPA",
  "S: +OK",
  ...lines.map((line): Step => `S: ${line}`),
  "S: .",
];
/** Of latin1 text. */
export const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");

/** One login; the greeting is `hello` and the credentials are those of `ann` unless said. */
export interface LoginCase {
  name: string;
  greeting?: Step;
  dialogue: Step[];
  policy?: Partial<LoginPolicy>;
  credentials?: Credentials;
  /** The host that is asked; 127.0.0.1 unless said. */
  host?: string;
  /** The method that must succeed. */
  method?: string;
  /** What the failure must match. */
  failure?: Record<string, unknown>;
}

/**
 * Plays a login. Random bytes are all 7, every host is 127.0.0.1.
 *
 * @param extra steps behind the login, for a client that then says NOOP: the session goes on
 * @returns what `login` gave, or the error it threw
 */
export async function playLogin(one: LoginCase, extra: Step[] = []) {
  const { dialogue, policy, credentials = ann } = one;
  const script: Step[] = [one.greeting ?? hello, ...dialogue, ...extra];
  await using server = await playDialogue(script, one.host === undefined ? {} : { host: one.host });
  const random = (sizeBytes: number) => Buffer.alloc(sizeBytes, 7);
  const lookup: HostLookup = async () => [{ address: "127.0.0.1", family: 4 }];
  await using client = await Pop3Client.connect({ ...server, random, lookup });
  const outcome = await client.login(credentials, { ...auto, ...policy }).catch((error: unknown) => error);
  if (extra.length > 0) await client.noop();
  await server.done;
  return outcome;
}
