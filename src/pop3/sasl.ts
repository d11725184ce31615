/**
 * SASL for POP3 (RFC 5034): the simple mechanisms, and the exchange that carries any.
 *
 * A mechanism is pure but for hashing; the exchange sends what it answers and keeps both out of transcripts.
 */
import { createHmac } from "node:crypto";
import { failure } from "../core/failure.ts";
import { COMMAND_BYTES, SASL_CHALLENGE_BYTES } from "./limits.ts";
import type { StatusLine } from "./reply.ts";
import { HIDDEN } from "./transcript.ts";
import type { Wire } from "./wire.ts";

/** One exchange of one mechanism. */
export interface SaslMechanism {
  readonly name: string;
  /** The initial response; null where the server speaks first. */
  readonly initial: Buffer | null;
  /** The initial response is never put on the command line, however short (F27). */
  readonly waitsForGo: boolean;
  /**
   * What a challenge is. `strict`: base64 and no other. `prompts`: not read, whatever they say. `remarks`: why
   * the server will refuse; base64, or else the text as it came.
   */
  readonly challenges: "strict" | "prompts" | "remarks";
  /** Nothing is left to send or to check, so that +OK means success. */
  isDone(): boolean;
  /** @throws SaslFault on a challenge that no honest server sends */
  respond(challenge: Buffer): Promise<Buffer>;
  /** What the server said about its refusal within the exchange; latin1, for the remote words. null: nothing. */
  remark?(): string | null;
}

/** How an AUTH command ended. */
export interface SaslOutcome {
  /** +OK (checked: the mechanism is done) or -ERR. */
  readonly reply: StatusLine;
  /** See `SaslMechanism.remark`. */
  readonly remark: string | null;
  /** The server took the command and heard a response: a refusal is about who asks, not about the command. */
  readonly responded: boolean;
}

/** A challenge breaks its mechanism's rules. `reason` names the rule. */
export class SaslFault extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = "SaslFault";
    this.reason = reason;
  }
}

/** Strict base64 (RFC 4648, section 4; R-39). */
export function decodeBase64(text: string): Buffer {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new SaslFault("base64");
  const bytes = Buffer.from(text, "base64");
  // Bits behind the last byte must be zero, too.
  if (bytes.toString("base64") !== text) throw new SaslFault("base64");
  return bytes;
}

/** RFC 4616. */
export function plain(user: Uint8Array, password: Uint8Array): SaslMechanism {
  return answers("PLAIN", Buffer.concat([Buffer.of(0), user, Buffer.of(0), password]), []);
}

/** draft-murchison-sasl-login: user, then password, to two prompts. */
export function login(user: Uint8Array, password: Uint8Array): SaslMechanism {
  return answers("LOGIN", null, [Buffer.from(user), Buffer.from(password)]);
}

/** RFC 2195: the password proven by a keyed digest over the challenge. */
export function cramMd5(user: Uint8Array, password: Uint8Array): SaslMechanism {
  let done = false;
  return {
    name: "CRAM-MD5",
    initial: null,
    waitsForGo: false,
    challenges: "strict",
    isDone: () => done,
    respond: async (challenge) => {
      if (done) throw new SaslFault("extra-challenge");
      done = true;
      const digest = createHmac("md5", password).update(challenge).digest("hex");
      return Buffer.concat([user, Buffer.from(` ${digest}`)]);
    },
  };
}

function answers(name: string, initial: Buffer | null, later: readonly Buffer[]): SaslMechanism {
  let next = 0;
  return {
    name,
    initial,
    waitsForGo: false,
    challenges: "prompts",
    isDone: () => next >= later.length,
    respond: async () => {
      const answer = later[next++];
      if (answer === undefined) throw new SaslFault("extra-challenge");
      return answer;
    },
  };
}

/**
 * Runs one AUTH command to its end.
 *
 * A response on a line of its own may have any length: the 255 octets of RFC 2449 are for commands.
 *
 * @throws Pop3ProtocolError when the server breaks the mechanism's rules; the connection is closed
 */
export async function authenticate(
  wire: Wire,
  mechanism: SaslMechanism,
  replyMs: number,
): Promise<SaslOutcome> {
  const { name, initial } = mechanism;
  const command = `AUTH ${name}`;
  let unsent = initial;
  let line = command;
  if (initial !== null && !mechanism.waitsForGo) {
    const encoded = encode(wire, initial);
    // An empty one is written as "=" (RFC 5034, section 4); a long one waits for "+".
    const together = `${command} ${encoded === "" ? "=" : encoded}`;
    if (together.length + 2 <= COMMAND_BYTES) {
      line = together;
      unsent = null;
    }
  }
  let responded = false;
  const outcome = (reply: StatusLine) => ({ reply, remark: mechanism.remark?.() ?? null, responded });
  wire.send(`${line}\r\n`, [line === command ? command : `${command} ${HIDDEN}`]);
  for (;;) {
    const reply = await wire.status(wire.patience(replyMs, "reply", command), SASL_CHALLENGE_BYTES, true);
    if (reply.kind === "refused") return outcome(reply);
    const nothingLeft = unsent === null && mechanism.isDone();
    if (reply.kind === "ok" && nothingLeft) return outcome(reply);
    let response: Buffer;
    try {
      // +OK before the end is taken as "go on" (F31), or it carries the last thing to check.
      if (nothingLeft && mechanism.challenges !== "remarks") throw new SaslFault("extra-challenge");
      response = unsent ?? (await wire.settle(mechanism.respond(challengeOf(reply, mechanism))));
    } catch (error) {
      if (!(error instanceof SaslFault)) throw error;
      throw wire.fail(
        failure("protocol", wire.scope, { params: wire.params({ command, detail: `sasl-${error.reason}` }) }),
      );
    }
    unsent = null;
    if (reply.kind === "ok" && mechanism.isDone() && response.length === 0) return outcome(reply);
    wire.send(`${encode(wire, response)}\r\n`, [HIDDEN]);
    responded = true;
  }
}

function challengeOf(reply: StatusLine, mechanism: SaslMechanism): Buffer {
  switch (mechanism.challenges) {
    case "strict":
      return decodeBase64(reply.text);
    case "prompts":
      return Buffer.alloc(0);
    case "remarks":
      return decodeRemark(reply.text);
  }
}

function decodeRemark(text: string): Buffer {
  try {
    return decodeBase64(text);
  } catch {
    return Buffer.from(text, "latin1");
  }
}

/** Base64 for the wire, known to the mask from now on, raw and encoded. */
function encode(wire: Wire, response: Buffer): string {
  wire.secrets.add(response.toString("latin1"));
  return response.toString("base64");
}
