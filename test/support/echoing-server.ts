/**
 * A POP3 server of the worst kind for logs: it takes any login method, and at the end of the exchange says back all that
 * it was told, as it came, in hex, and what base64 holds decoded; then refuses or lets in. Its maildrop is empty.
 */
import { createServer, type Socket } from "node:net";

export interface EchoingServer extends AsyncDisposable {
  readonly port: number;
  /** What clients said that was secret or held a secret: passwords, responses, digests. */
  readonly secrets: readonly string[];
}

/** Challenges of each mechanism, made from what the client said before. */
const challenges: Readonly<Record<string, readonly ((before: string) => string)[]>> = {
  PLAIN: [() => ""],
  LOGIN: [() => base64("Username:"), () => base64("Password:")],
  "CRAM-MD5": [() => base64("<1.2@pop.example.com>")],
  "SCRAM-SHA-1": [() => "", serverFirst],
  "SCRAM-SHA-256": [() => "", serverFirst],
  NTLM: [() => "", ntlmChallenge],
  MSN: [() => "", ntlmChallenge],
  XOAUTH2: [() => ""],
  OAUTHBEARER: [() => ""],
};

export async function startEchoingServer(admits: boolean): Promise<EchoingServer> {
  const secrets: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let rest = "";
    let open: { steps: ((before: string) => string)[] } | null = null;
    const own: string[] = [];
    const send = (line: string) => socket.write(`${line}\r\n`, "latin1");
    const decide = () => {
      const said = own.flatMap((secret) => formsOf(secret));
      send(`${admits ? "+OK in with" : "-ERR [AUTH] not with"} ${said.join(" ")}`.slice(0, 500));
    };
    const note = (secret: string) => {
      // The login name is none.
      if (secret === "" || Buffer.from(secret, "base64").toString() === "alice") return;
      secrets.push(secret);
      own.push(secret);
    };
    const next = (before: string) => {
      const step = open?.steps.shift();
      if (step !== undefined) send(`+ ${step(before)}`);
      else {
        open = null;
        decide();
      }
    };
    const hear = (line: string) => {
      if (open !== null) {
        note(line);
        next(line);
        return;
      }
      const [word = "", first = "", second = ""] = line.split(" ");
      switch (word.toUpperCase()) {
        case "CAPA":
          for (const one of ["+OK", "UIDL", "USER", `SASL ${Object.keys(challenges).join(" ")}`, "."])
            send(one);
          break;
        case "AUTH": {
          const steps = [...(challenges[first] ?? [])];
          open = { steps };
          if (second !== "") {
            note(second);
            steps.shift();
          }
          next(second);
          break;
        }
        case "PASS":
          note(line.slice(5));
          decide();
          break;
        case "APOP":
          note(second);
          decide();
          break;
        case "STAT":
          send("+OK 0 0");
          break;
        case "UIDL":
        case "LIST":
          send("+OK");
          send(".");
          break;
        case "QUIT":
          send("+OK");
          socket.end();
          break;
        default:
          send("+OK");
      }
    };
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) hear(line);
    });
    send("+OK ready <1.2@pop.example.com>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    secrets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What was told, as it may come back: as it was, its bytes in hex, and as text or in base64, whichever it was not. */
export function formsOf(told: string): string[] {
  const decoded = Buffer.from(told, "base64");
  // A digest in hex could be read as base64 as well.
  const wasBase64 = decoded.toString("base64") === told && !/^[0-9a-f]+$/.test(told);
  const bytes = wasBase64 ? decoded : Buffer.from(told, "latin1");
  const other = wasBase64 ? bytes.toString("latin1").replace(/[\r\n\0]/g, " ") : bytes.toString("base64");
  return [told, bytes.toString("hex"), other];
}

function base64(text: string): string {
  return Buffer.from(text, "latin1").toString("base64");
}

/** RFC 5802: the client's nonce goes on with ours. */
function serverFirst(clientFirst: string): string {
  const nonce = /r=([^,]*)/.exec(Buffer.from(clientFirst, "base64").toString("latin1"))?.[1] ?? "";
  return base64(`r=${nonce}more,s=${base64("some salt here")},i=4096`);
}

/** MS-NLMP 2.2.1.2, as short as it may be: Unicode, extended session security, target information. */
function ntlmChallenge(): string {
  const message = Buffer.alloc(52);
  message.write("NTLMSSP\0", "latin1");
  message.writeUInt32LE(2, 8);
  message.writeUInt32LE(0x00880201, 20);
  message.write("12345678", 24, "latin1");
  message.writeUInt16LE(4, 40);
  message.writeUInt16LE(4, 42);
  message.writeUInt32LE(48, 44);
  return message.toString("base64");
}
