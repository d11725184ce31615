/**
 * From options to a session that has greeted us: dial, guard, TLS, greeting, STLS.
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { failure } from "../core/failure.ts";
import { apopTimestampOf } from "./apop.ts";
import { type ConnectOptions, cancelled, dial, peerOf } from "./dial.ts";
import { Pop3ProtocolError } from "./errors.ts";
import { defaultTimeouts } from "./limits.ts";
import { commandRefusal } from "./refusal.ts";
import { parseStatus, remoteWords, responseCodeOf } from "./reply.ts";
import { secure } from "./tls.ts";
import { Wire } from "./wire.ts";

export interface OpenSession {
  readonly wire: Wire;
  /** Latin1; empty after STLS: what was said in the clear is forgotten. */
  readonly greeting: string;
  readonly apopTimestamp: string | null;
  /** The connection under TLS; null: it is not encrypted. */
  readonly tlsSocket: TLSSocket | null;
  readonly remoteAddress: string;
}

/** @throws as `Pop3Client.connect` does; nothing stays open then */
export async function openSession(options: ConnectOptions): Promise<OpenSession> {
  const { clock, endpoint, signal, transcript } = options;
  const timeouts = options.timeouts ?? defaultTimeouts;
  const peer = peerOf(endpoint);
  const raw = await dial(options, timeouts.connectMs);
  const remoteAddress = raw.remoteAddress ?? "";
  let tlsSocket: TLSSocket | null = null;
  const encrypt = async (plain: Socket) => {
    const socket = await secure(plain, {
      peer,
      trust: options.trust ?? { verify: true },
      clock,
      timeoutMs: timeouts.tlsHandshakeMs,
      signal,
      cancelled: () => cancelled(peer),
      sessions: options.tlsSessions,
      contexts: options.secureContexts,
    });
    const cipher = socket.getCipher().name;
    transcript?.link?.({
      kind: "secured",
      protocol: socket.getProtocol() ?? "",
      cipher,
      resumed: socket.isSessionReused(),
    });
    tlsSocket = socket;
    return socket;
  };
  const wire = new Wire(endpoint.tls === "implicit" ? await encrypt(raw) : raw, {
    clock,
    peer,
    signal,
    transcript,
  });
  let greeting = await readGreeting(wire, timeouts.greetingMs);
  wire.scope = "account";
  if (endpoint.tls === "starttls") {
    await startTls(wire, encrypt, timeouts.replyMs);
    greeting = "";
  }
  const apopTimestamp = apopTimestampOf(greeting);
  return { wire, greeting, apopTimestamp, tlsSocket, remoteAddress };
}

async function readGreeting(wire: Wire, greetingMs: number): Promise<string> {
  const line = await wire.line(wire.patience(greetingMs, "greeting", "greeting"));
  wire.heard(line);
  const greeting = parseStatus(line);
  if (greeting?.kind === "ok") return greeting.text;
  const spoken = greeting?.kind === "refused";
  const responseCode = spoken ? responseCodeOf(greeting.text) : null;
  const refusal = failure(spoken ? "greeting-refused" : "protocol", "host", {
    params: wire.params(
      responseCode === null ? { command: "greeting" } : { command: "greeting", responseCode },
    ),
    remoteText: remoteWords(spoken ? greeting.text : line),
  });
  sayGoodbye(wire);
  throw new Pop3ProtocolError(refusal);
}

/** STLS without CAPA before: what is said in the clear may be forged, and a refusal says the same (RFC 2595). */
async function startTls(
  wire: Wire,
  encrypt: (plain: Socket) => Promise<Socket>,
  replyMs: number,
): Promise<void> {
  wire.command("STLS");
  const answer = await wire.answer(wire.patience(replyMs, "reply", "STLS"));
  if (answer.kind === "refused") {
    const refusal = commandRefusal(wire, "STLS", "no-starttls", answer.text);
    sayGoodbye(wire);
    throw new Pop3ProtocolError(refusal.failure, { cause: refusal });
  }
  // Clear text behind the +OK would be taken for an answer given under TLS.
  if (wire.bufferedBytes > 0) {
    throw wire.fail(failure("tls-injection", "account", { params: wire.params(), permanent: true }));
  }
  await wire.replace(encrypt);
}

/** Whom we will not talk to gets QUIT and no more; the answer is not awaited. */
function sayGoodbye(wire: Wire): void {
  wire.send("QUIT\r\n", ["QUIT"], true);
  wire.finish();
}
