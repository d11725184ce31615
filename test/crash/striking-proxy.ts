/**
 * A proxy before a POP3 server that strikes at a named point of the dialogue, and that remembers how far the dialogue
 * came, so that a look after the kill can tell which messages were marked and whether QUIT was said and answered.
 *
 * What stands before the point is passed on and its answers are awaited, so that the server is where the point says;
 * what stands behind it never reaches the server. Follows the plain dialogue only; commands may come pipelined.
 */
import { createServer, type Server, Socket } from "node:net";

/** Where in the dialogue to strike. Counting begins at 1. */
export type WirePoint =
  /** The first RETR was said and goes no further. */
  | { readonly at: "listed" }
  /** So many bytes of answers to RETR have passed. */
  | { readonly at: "retrieving"; readonly bytes: number }
  /** The n-th DELE was said and goes no further; those before it are answered. */
  | { readonly at: "dele-said"; readonly nth: number }
  /** The answer to the n-th DELE has passed. */
  | { readonly at: "dele-answered"; readonly nth: number }
  /** QUIT was said and goes no further. */
  | { readonly at: "quit-said" }
  /** The server has answered QUIT; the answer goes no further. */
  | { readonly at: "quit-unheard" }
  /** The answer to QUIT has passed. */
  | { readonly at: "quit-answered"; readonly laterMs: number };

/** How far a session came, as the server knows it. */
export interface SessionSeen {
  /** UIDL or LIST was said. */
  readonly listed: boolean;
  /** Numbers whose DELE was answered. */
  readonly marked: readonly number[];
  readonly quit: "unsaid" | "said" | "answered";
}

export interface StrikingProxy extends AsyncDisposable {
  readonly port: number;
  /** Every session since the last `arm`, in order. */
  readonly sessions: readonly SessionSeen[];
  /** Forgets former sessions. `strike` is called once, when a session comes to `point`. */
  arm(point: WirePoint | null, strike: () => void): void;
  /** Resolves with the next connection. */
  connected(): Promise<void>;
  /** Resolves when no connection is open any more. */
  quiet(): Promise<void>;
}

interface Armed {
  readonly point: WirePoint | null;
  readonly strike: () => void;
  struck: boolean;
}

/** Listens on a free port of 127.0.0.1 and passes on to `targetPort` there. */
export async function startStrikingProxy(targetPort: number): Promise<StrikingProxy> {
  const open = new Set<Socket>();
  const state: { armed: Armed; sessions: Session[] } = {
    armed: { point: null, strike: () => {}, struck: false },
    sessions: [],
  };
  const wakeOnQuiet: (() => void)[] = [];
  const wakeOnConnection: (() => void)[] = [];
  const server: Server = createServer((client) => {
    const target = new Socket();
    for (const socket of [client, target]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => {
        open.delete(socket);
        client.destroy();
        target.destroy();
        if (open.size === 0) for (const wake of wakeOnQuiet.splice(0)) wake();
      });
    }
    const session = new Session(client, target, state.armed);
    state.sessions.push(session);
    client.on("data", (chunk) => session.said(chunk));
    target.on("data", (chunk) => session.answered(chunk));
    client.once("end", () => target.end());
    target.once("end", () => client.end());
    target.connect(targetPort, "127.0.0.1");
    for (const wake of wakeOnConnection.splice(0)) wake();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    get sessions() {
      return state.sessions;
    },
    arm(point, strike) {
      state.armed = { point, strike, struck: false };
      state.sessions = [];
    },
    connected: () => new Promise((resolve) => wakeOnConnection.push(resolve)),
    quiet: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => wakeOnQuiet.push(resolve))),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

class Session implements SessionSeen {
  readonly marked: number[] = [];
  listed = false;
  quit: SessionSeen["quit"] = "unsaid";
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #armed: Armed;
  readonly #deletions: number[] = [];
  #rest = "";
  #retrieving = false;
  #retrievedBytes = 0;
  /** Lines behind the point wait here for ever. */
  #held = false;

  constructor(client: Socket, target: Socket, armed: Armed) {
    this.#client = client;
    this.#target = target;
    this.#armed = armed;
  }

  said(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    const passing: string[] = [];
    for (const line of lines) {
      if (this.#held || !this.#mayPass(line)) break;
      passing.push(`${line}\n`);
    }
    if (passing.length > 0 && !this.#target.destroyed)
      this.#target.write(Buffer.from(passing.join(""), "latin1"));
    this.#strikeBehindAnswers();
  }

  answered(chunk: Buffer): void {
    const { point } = this.#armed;
    if (this.quit === "said") {
      if (point?.at === "quit-unheard") {
        this.#strike();
        return;
      }
      this.quit = "answered";
    }
    for (const byte of chunk) {
      if (byte === 10 && this.marked.length < this.#deletions.length) {
        this.marked.push(this.#deletions[this.marked.length] ?? 0);
      }
    }
    const left = point?.at === "retrieving" && this.#retrieving ? point.bytes - this.#retrievedBytes : null;
    if (this.#retrieving) this.#retrievedBytes += chunk.length;
    if (left !== null && left <= chunk.length) {
      // Passed for certain before the strike, so that the message is half there.
      this.#client.write(chunk.subarray(0, Math.max(0, left)), () => this.#strike());
      this.#held = true;
      return;
    }
    if (this.#client.destroyed) return;
    if (!this.#client.write(chunk)) {
      this.#target.pause();
      this.#client.once("drain", () => this.#target.resume());
    }
    if (this.quit === "answered" && point?.at === "quit-answered") {
      setTimeout(() => this.#strike(), point.laterMs);
    }
    this.#strikeBehindAnswers();
  }

  /** Whether the line goes on to the server; what it says is noted. */
  #mayPass(line: string): boolean {
    const { point, struck } = this.#armed;
    const aim = struck ? null : point;
    const [word = "", number = ""] = line.trim().toUpperCase().split(" ");
    switch (word) {
      case "UIDL":
      case "LIST":
        this.listed = true;
        return true;
      case "RETR":
        if (aim?.at === "listed") return this.#hold();
        this.#retrieving = true;
        return true;
      case "DELE":
        this.#retrieving = false;
        if (aim?.at === "dele-said" && this.#deletions.length === aim.nth - 1) return this.#hold();
        if (aim?.at === "dele-answered" && this.#deletions.length === aim.nth) return this.#hold();
        this.#deletions.push(Number(number));
        return true;
      case "QUIT":
        this.#retrieving = false;
        if (aim?.at === "quit-said") {
          this.quit = "said";
          this.#strike();
          return false;
        }
        this.quit = "said";
        return true;
      default:
        return true;
    }
  }

  #hold(): false {
    this.#held = true;
    return false;
  }

  /** Points that wait for the answers to what passed before them. */
  #strikeBehindAnswers(): void {
    const { point } = this.#armed;
    const allAnswered = this.marked.length === this.#deletions.length;
    if (point?.at === "listed" && this.#held) this.#strike();
    if (point?.at === "dele-said" && this.#held && allAnswered) this.#strike();
    if (point?.at === "dele-answered" && this.marked.length === point.nth) this.#strike();
  }

  #strike(): void {
    this.#held = true;
    if (this.#armed.struck) return;
    this.#armed.struck = true;
    this.#armed.strike();
    // The server learns of the kill as it would without us: by the end of the connection.
    this.#target.destroy();
  }
}
