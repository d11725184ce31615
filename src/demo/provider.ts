/**
 * The sample provider: a POP3 server of our own for the demo, the tests and the benches, so that none of them needs
 * an account anywhere. Listens on 127.0.0.1 alone. In-process by `startProvider`, or a process of its own by
 * `provider-process.ts`.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { findFault, type ProviderFault } from "./faults.ts";
import type { AccountLookup, Maildrop } from "./maildrop.ts";
import { ProviderSession, type Reply, type SessionTraits } from "./provider-session.ts";

export interface ProviderOptions {
  readonly accounts: AccountLookup;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Implicit TLS with this certificate and key (PEM). */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** What it offers; all true unless said. */
  readonly pipelining?: boolean;
  readonly uidl?: boolean;
  readonly top?: boolean;
  readonly apop?: boolean;
  /** Artificial distance: every client byte is heard so much later (and the greeting comes so much later). */
  readonly roundTripMs?: number;
  readonly faults?: readonly ProviderFault[];
}

export interface Provider extends AsyncDisposable {
  readonly port: number;
  /** Switched on for what happens from now on. */
  faults: readonly ProviderFault[];
  /** How often each command word came, over all sessions. */
  readonly commands: ReadonlyMap<string, number>;
  /** Connections taken so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** Starts to listen; resolves when it does. Rejects when the port is taken. */
export async function startProvider(options: ProviderOptions): Promise<Provider> {
  const sockets = new Set<Socket>();
  const commands = new Map<string, number>();
  const state = { faults: options.faults ?? [], connections: 0 };
  const traits: SessionTraits = {
    accounts: options.accounts,
    pipelining: options.pipelining ?? true,
    uidl: options.uidl ?? true,
    top: options.top ?? true,
    apop: options.apop ?? true,
    faults: () => state.faults,
    locked: new Set<Maildrop>(),
  };
  const serve = (socket: Socket) => {
    state.connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
    new Connection(socket, traits, options.roundTripMs ?? 0, commands).start();
  };
  const { tls } = options;
  const server: Server =
    tls === undefined
      ? createPlainServer(serve)
      : createTlsServer({ cert: tls.certificate, key: tls.key }, serve);
  server.listen({ port: options.port ?? 0, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");

  const address = server.address();
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    get faults() {
      return state.faults;
    },
    set faults(faults) {
      state.faults = faults;
    },
    commands,
    get connections() {
      return state.connections;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Lets lines in as they arrive, answers them in order, and reads no further while the client does not take. */
class Connection {
  readonly #socket: Socket;
  readonly #session: ProviderSession;
  readonly #traits: SessionTraits;
  readonly #roundTripMs: number;
  readonly #commands: Map<string, number>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #lines: string[] = [];
  #rest = "";
  #answering = false;

  constructor(socket: Socket, traits: SessionTraits, roundTripMs: number, commands: Map<string, number>) {
    this.#socket = socket;
    this.#traits = traits;
    this.#roundTripMs = roundTripMs;
    this.#commands = commands;
    this.#session = new ProviderSession(traits, `${process.pid}.${randomBytes(6).toString("hex")}`);
  }

  start(): void {
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.once("close", () => {
      for (const timer of this.#timers) clearTimeout(timer);
      this.#session.end();
    });
    this.#socket.on("data", (chunk) => this.#later(() => this.#hear(chunk)));
    if (findFault(this.#traits.faults(), "silent") !== undefined) return;
    this.#later(() => {
      if (findFault(this.#traits.faults(), "endless-line") !== undefined) void this.#sayWithoutEnd();
      else void this.#say({ say: [Buffer.from(`${this.#session.greeting}\r\n`)] });
    });
  }

  /** Timers of equal length fire in the order they were set, so the bytes keep theirs. */
  #later(run: () => void): void {
    if (this.#roundTripMs === 0) {
      run();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, this.#roundTripMs);
    this.#timers.add(timer);
  }

  #hear(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    this.#lines.push(...lines.map((line) => line.replace(/\r$/, "")));
    if (!this.#answering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#answering = true;
    this.#socket.cork();
    for (let next = 0; next < this.#lines.length; next++) {
      const line = this.#lines[next] ?? "";
      const word = line.split(" ", 1)[0]?.toUpperCase() ?? "";
      this.#commands.set(word, (this.#commands.get(word) ?? 0) + 1);
      await this.#say(this.#session.handle(line));
      if (this.#socket.destroyed || this.#socket.writableEnded) break;
    }
    this.#socket.uncork();
    this.#lines = [];
    this.#answering = false;
  }

  async #say(reply: Reply): Promise<void> {
    const drip = findFault(this.#traits.faults(), "drip");
    for (const bytes of reply.say) {
      if (this.#socket.destroyed) return;
      if (drip !== undefined) await this.#uncorked(() => this.#drip(bytes, drip.bytesPerSecond));
      else if (!this.#socket.write(bytes)) await this.#uncorked(() => settled(this.#socket, "drain"));
    }
    if (reply.close === true) this.#socket.end();
  }

  /** Replies of one batch leave together, unless the client is slow or we pretend to be. */
  async #uncorked(wait: () => Promise<void>): Promise<void> {
    this.#socket.uncork();
    await wait();
    this.#socket.cork();
  }

  async #drip(bytes: Uint8Array, bytesPerSecond: number): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#socket.destroyed; at++) {
      this.#socket.write(bytes.subarray(at, at + 1));
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#socket.removeListener("close", wake);
          resolve();
        };
        const timer = setTimeout(wake, 1000 / bytesPerSecond);
        this.#socket.once("close", wake);
      });
    }
  }

  async #sayWithoutEnd(): Promise<void> {
    const block = Buffer.alloc(4096, "x");
    while (!this.#socket.destroyed) {
      if (!this.#socket.write(block)) await settled(this.#socket, "drain");
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** The event, or the end of the connection. */
function settled(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.removeListener(event, done);
      socket.removeListener("close", done);
      resolve();
    };
    socket.once(event, done);
    socket.once("close", done);
    if (socket.destroyed) done();
  });
}
