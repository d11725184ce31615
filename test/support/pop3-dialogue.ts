/**
 * A POP3 server that plays a script and nothing else: what the client says must be what the script says next.
 *
 * The client must wait where the script lets the server speak first. `done` resolves when the script is played to its end and rejects at the first word that differs. Anything the
 * client says beyond the script makes the disposal fail, so `await using` is the last check of a test.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContextOptions, TLSSocket, type TLSSocketOptions } from "node:tls";
import type { ConnectOptions, Pop3Endpoint } from "../../src/pop3/dial.ts";
import { systemClock } from "../../src/system/clock.ts";

/**
 * `C: words` (or `said`, where they depend on the port) is what the client must say, `S: words` what the server says, both with CRLF. The rest are acts of the
 * server: raw bytes (text as latin1), a wait, no further word until the client hangs up, a reset, a half-close, a
 * handshake, the other side's end.
 */
export type Step =
  | `C: ${string}`
  | `S: ${string}`
  | { readonly said: (port: number) => string }
  | { readonly send: string | Uint8Array }
  | { readonly until: () => Promise<void> }
  | "stall"
  | "cut"
  | "end"
  | "tls"
  | "gone";

export interface DialogueOptions {
  /** Key and certificate for `tls` steps, or for all of it. */
  readonly tls?: SecureContextOptions & Pick<TLSSocketOptions, "SNICallback">;
  readonly endpoint?: Pop3Endpoint["tls"];
  /** Bytes a write; each write is flushed before the next. Default: a whole run of server steps at once. */
  readonly segmentBytes?: number;
  /** The host that the endpoint names; it must reach 127.0.0.1. */
  readonly host?: string;
}

/** Also the options to connect with: `Pop3Client.connect(server)`. */
export interface DialogueServer extends ConnectOptions, AsyncDisposable {
  readonly done: Promise<void>;
  /** Lines said by the client so far. */
  readonly said: readonly string[];
}

/** Plays `script` to the first connection; later ones are refused. */
export async function playDialogue(
  script: readonly Step[],
  options: DialogueOptions = {},
): Promise<DialogueServer> {
  const said: string[] = [];
  const sockets = new Set<Socket>();
  let beyond: string | null = null;
  let taken = false;
  const { promise: done, resolve, reject } = withResolvers();
  done.catch(() => {});
  const server = createServer({ pauseOnConnect: false }, (socket) => {
    sockets.add(socket);
    if (taken) {
      socket.destroy();
      return;
    }
    taken = true;
    const player = new Player(socket, options, said, sockets);
    player.play(script).then(
      () => {
        resolve();
        return player.listen((words) => {
          beyond ??= words;
        });
      },
      (error: unknown) => {
        player.hangUp();
        reject(error);
      },
    );
  });
  const port = await listening(server);
  return {
    endpoint: { host: options.host ?? "127.0.0.1", port, tls: options.endpoint ?? "off" },
    clock: systemClock,
    done,
    said,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((gone) => server.close(gone));
      for (const socket of sockets) socket.destroy();
      await closed;
      if (beyond !== null) throw new Error(`the client said more than the script: ${JSON.stringify(beyond)}`);
    },
  };
}

class Player {
  readonly #options: DialogueOptions;
  readonly #said: string[];
  readonly #sockets: Set<Socket>;
  #socket: Socket;
  #heard = "";
  #ended = false;
  #wake = () => {};

  constructor(socket: Socket, options: DialogueOptions, said: string[], sockets: Set<Socket>) {
    this.#options = options;
    this.#said = said;
    this.#sockets = sockets;
    this.#socket = socket;
    if (options.endpoint === "implicit") this.#encrypt();
    else this.#attach();
  }

  async play(script: readonly Step[]): Promise<void> {
    let unsent: Buffer[] = [];
    const flush = async () => {
      if (unsent.length > 0 && this.#heard !== "")
        throw new Error(`said too early: ${JSON.stringify(this.#heard)}`);
      await this.#send(Buffer.concat(unsent));
      unsent = [];
    };
    const port = this.#socket.localPort ?? 0;
    for (const given of script) {
      const step = typeof given === "object" && "said" in given ? (`C: ${given.said(port)}` as const) : given;
      if (typeof step === "object" && "until" in step) {
        await flush();
        await step.until();
        continue;
      }
      if (typeof step === "object") {
        unsent.push(
          typeof step.send === "string" ? Buffer.from(step.send, "latin1") : Buffer.from(step.send),
        );
        continue;
      }
      if (step.startsWith("S: ")) {
        unsent.push(Buffer.from(`${step.slice(3)}\r\n`, "latin1"));
        continue;
      }
      await flush();
      if (step.startsWith("C: ")) {
        const line = await this.#line();
        this.#said.push(line ?? "(hung up)");
        if (line !== step.slice(3))
          throw new Error(`expected ${JSON.stringify(step)}, got ${JSON.stringify(line)}`);
      } else if (step === "cut") this.#socket.resetAndDestroy();
      else if (step === "end") this.#socket.end();
      else if (step === "tls") {
        this.#detach();
        this.#encrypt();
      } else if (step === "gone" || step === "stall") {
        while (!this.#ended) await this.#more();
        if (step === "gone" && this.#heard !== "")
          throw new Error(`unscripted: ${JSON.stringify(this.#heard)}`);
      }
    }
    await flush();
    if (this.#heard !== "") throw new Error(`unscripted: ${JSON.stringify(this.#heard)}`);
  }

  /** Reports whatever is said from now on. */
  async listen(report: (words: string) => void): Promise<void> {
    while (!this.#ended) await this.#more();
    if (this.#heard !== "") report(this.#heard);
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  async #line(): Promise<string | null> {
    for (;;) {
      const end = this.#heard.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end + 2);
        return line;
      }
      if (this.#ended) return null;
      await this.#more();
    }
  }

  async #send(bytes: Buffer): Promise<void> {
    const size = this.#options.segmentBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) {
      await new Promise((sent) => this.#socket.write(bytes.subarray(at, at + size), sent));
      if (size < bytes.length) await new Promise((next) => setImmediate(next));
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  readonly #onData = (chunk: Buffer) => {
    this.#heard += chunk.toString("latin1");
    this.#wake();
  };

  readonly #onGone = () => {
    this.#ended = true;
    this.#wake();
  };

  #attach(): void {
    this.#socket.setNoDelay(true);
    this.#socket
      .on("data", this.#onData)
      .on("end", this.#onGone)
      .on("close", this.#onGone)
      .on("error", this.#onGone);
  }

  #detach(): void {
    const socket = this.#socket;
    socket
      .off("data", this.#onData)
      .off("end", this.#onGone)
      .off("close", this.#onGone)
      .off("error", this.#onGone);
    socket.on("error", () => {});
  }

  #encrypt(): void {
    const secureContext = createSecureContext(this.#options.tls);
    const { SNICallback } = this.#options.tls ?? {};
    this.#socket = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext,
      ...(SNICallback ? { SNICallback } : {}),
    });
    this.#sockets.add(this.#socket);
    this.#attach();
  }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
