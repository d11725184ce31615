/**
 * A POP3 server over TLS that knows SCRAM with channel binding (RFC 5802), written from the server's side alone: it
 * checks the client's binding against its own end of the connection. One login, one password, no mail.
 */
import { createHash, createHmac, pbkdf2Sync, X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, type SecureVersion, type TLSSocket } from "node:tls";

export interface ScramServerOptions {
  readonly key: string;
  readonly cert: string;
  readonly password: string;
  readonly maxVersion?: SecureVersion;
  /** The mechanisms that CAPA lists; what is not listed is known all the same. */
  readonly listed: string;
  /** Kinds of channel binding that this server knows. */
  readonly bindings: readonly string[];
  /** How it refuses the others: by an error within SCRAM, or with -ERR at once. */
  readonly refuses?: "within" | "at once";
  /** Its end of the connection is another's, as with somebody in the middle. */
  readonly inTheMiddle?: boolean;
}

export interface ScramServer extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** What the client said before its proof, one a try: mechanism and GS2 header. */
  readonly tries: readonly string[];
}

/** Listens on 127.0.0.1. */
export async function startScramServer(options: ScramServerOptions): Promise<ScramServer> {
  const tries: string[] = [];
  const { key, cert, maxVersion } = options;
  const sockets = new Set<TLSSocket>();
  const server = createServer({ key, cert, ...(maxVersion ? { maxVersion } : {}) }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).setEncoding("latin1");
    const dialogue = converse(options, socket, tries);
    dialogue.next();
    let heard = "";
    socket.on("data", (text: string) => {
      const lines = `${heard}${text}`.split("\r\n");
      heard = lines.pop() ?? "";
      for (const line of lines) dialogue.next(line);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    tries,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Takes one line of the client at a time. */
function* converse(
  options: ScramServerOptions,
  socket: TLSSocket,
  tries: string[],
): Generator<void, void, string> {
  const say = (line: string) => socket.write(`${line}\r\n`);
  say("+OK ready");
  for (;;) {
    const line = yield;
    const auth = /^AUTH (SCRAM-SHA-(1|256)(?:-PLUS)?) (\S+)$/.exec(line);
    if (line === "CAPA") say(`+OK\r\nUSER\r\nSASL ${options.listed}\r\n.`);
    else if (line === "STAT") say("+OK 0 0");
    else if (line === "UIDL") say("+OK\r\n.");
    else if (line === "QUIT") {
      say("+OK");
      socket.end();
    } else if (auth) yield* exchange(options, socket, auth, tries, say);
    else say("-ERR what?");
  }
}

function* exchange(
  options: ScramServerOptions,
  socket: TLSSocket,
  [, mechanism = "", size = "", initial = ""]: RegExpExecArray,
  tries: string[],
  say: (line: string) => void,
): Generator<void, void, string> {
  const hash = `sha${size}`;
  const clientFirst = Buffer.from(initial, "base64").toString();
  const [, header = "", flag = "", bare = "", clientNonce = ""] =
    /^((n|y|p=[a-z-]+),,)(n=[^,]*,r=([^,]+))$/.exec(clientFirst) ?? [];
  tries.push(`${mechanism} ${header}`);
  const type = flag.startsWith("p=") ? flag.slice(2) : null;
  const refuse = function* (reason: string): Generator<void, void, string> {
    say(`+ ${base64(`e=${reason}`)}`);
    yield;
    say("-ERR [AUTH] no");
  };
  // RFC 5802, section 6: who could and was told that we could not has been lied to.
  if (flag === "y" && options.bindings.length > 0) {
    say("-ERR [AUTH] server does support channel binding");
    return;
  }
  if (type !== null && !options.bindings.includes(type) && options.refuses === "at once") {
    say("-ERR Unsupported channel binding type");
    return;
  }
  const nonce = `${clientNonce}server`;
  const serverFirst = `r=${nonce},s=${base64("salt")},i=4096`;
  say(`+ ${base64(serverFirst)}`);
  const clientFinal = Buffer.from(yield, "base64").toString();
  if (type !== null && !options.bindings.includes(type)) {
    yield* refuse("unsupported-channel-binding-type");
    return;
  }
  const [, withoutProof = "", channel = "", proof = ""] =
    /^(c=([^,]+),r=[^,]+),p=([^,]+)$/.exec(clientFinal) ?? [];
  const binding = type === null ? Buffer.alloc(0) : ownBinding(options, socket, type);
  if (channel !== Buffer.concat([Buffer.from(header), binding]).toString("base64")) {
    yield* refuse("channel-bindings-dont-match");
    return;
  }
  const hmac = (by: Buffer, text: string) => createHmac(hash, by).update(text).digest();
  const salted = pbkdf2Sync(options.password, "salt", 4096, hash === "sha1" ? 20 : 32, hash);
  const clientKey = hmac(salted, "Client Key");
  const signed = `${bare},${serverFirst},${withoutProof}`;
  const signature = hmac(createHash(hash).update(clientKey).digest(), signed);
  const wanted = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
  if (proof !== wanted.toString("base64")) {
    yield* refuse("invalid-proof");
    return;
  }
  say(`+ ${base64(`v=${hmac(hmac(salted, "Server Key"), signed).toString("base64")}`)}`);
  yield;
  say("+OK");
}

function ownBinding(options: ScramServerOptions, socket: TLSSocket, type: string): Buffer {
  if (options.inTheMiddle) return Buffer.alloc(32, 1);
  if (type === "tls-exporter")
    return socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
  // Of a full handshake the client's Finished message, of a resumed one the server's (RFC 5929, 3.1).
  if (type === "tls-unique")
    return (socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished()) ?? Buffer.alloc(0);
  // The test's certificates are signed with SHA-256.
  return createHash("sha256").update(new X509Certificate(options.cert).raw).digest();
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
