/**
 * A mail server that follows a script, for what real ones do not do on request.
 *
 * A script is a list of steps one can read aloud, one script for each connection in their order:
 *   `S: 250 ok`   it says this line
 *   `C: QUIT`     it waits for this very line
 *   `DATA`        it waits for a message up to the final dot; kept in `messages`
 *   `UNFINISHED`  it waits until the client breaks off before the dot; what came until then is kept in `messages`
 *   `WAIT`        it waits until the test calls `go`
 *   `CLOSE`       it closes the connection
 *   `SILENT`      it says nothing more and waits for the client to leave
 * At its end a script waits for the client to leave.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export interface MailDialogue extends AsyncDisposable {
  readonly port: number;
  /** Messages as they came over the wire, dots unstuffed, CRLF line ends. */
  readonly messages: readonly string[];
  /** Connections so far. */
  readonly connections: number;
  /** Resolves when every script was followed to its end; rejects with the first step that was not. */
  readonly done: Promise<void>;
  /** Resolves when one of the scripts has come to a step that begins so. */
  reached(step: string): Promise<void>;
  /** Ends all `WAIT`s, those to come too. */
  go(): void;
}

export interface DialogueOptions {
  /** Sends each byte on its own. */
  readonly byteByByte?: boolean;
  /** A socket's path instead of a port. */
  readonly path?: string;
  /** PEM: speaks TLS from the first byte. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
}

export async function playMailServer(
  scripts: readonly (readonly string[])[],
  options: DialogueOptions = {},
): Promise<MailDialogue> {
  const messages: string[] = [];
  const reachedSteps: string[] = [];
  const waiting: { readonly step: string; readonly resolve: () => void }[] = [];
  const arrive = (step: string): void => {
    reachedSteps.push(step);
    for (const one of waiting) if (step.startsWith(one.step)) one.resolve();
  };
  let go = (): void => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  let connections = 0;
  let left = scripts.length;
  let finish = (): void => {};
  let fail = (_error: Error): void => {};
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  done.catch(() => {});
  if (left === 0) finish();
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    const script = scripts[connections++];
    if (script === undefined) {
      socket.destroy();
      fail(new Error("one connection more than there are scripts"));
      return;
    }
    play(new Line(socket, options.byteByByte === true), script, messages, arrive, gone).then(() => {
      left--;
      if (left === 0) finish();
    }, fail);
  };
  const server = options.tls ? createTlsServer(options.tls, serve) : createServer({ noDelay: true }, serve);
  await listen(server, options.path);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    messages,
    done,
    go,
    get connections() {
      return connections;
    },
    reached: (step) =>
      reachedSteps.some((one) => one.startsWith(step))
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ step, resolve })),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

async function listen(server: Server, path: string | undefined): Promise<void> {
  const listening = once(server, "listening");
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await listening;
}

async function play(
  line: Line,
  script: readonly string[],
  messages: string[],
  arrive: (step: string) => void,
  gone: Promise<void>,
): Promise<void> {
  for (const step of script) {
    arrive(step);
    if (step.startsWith("S: ")) await line.say(step.slice(3));
    else if (step.startsWith("C: ")) {
      const heard = await line.hear();
      if (heard !== step.slice(3)) throw new Error(`expected ${step}, heard ${heard ?? "the end"}`);
    } else if (step === "DATA" || step === "UNFINISHED") {
      const { text, whole } = await line.hearMessage();
      messages.push(text);
      if (whole !== (step === "DATA")) throw new Error(`${step}: the message was ${whole ? "whole" : "cut"}`);
    } else if (step === "WAIT") await gone;
    else if (step === "CLOSE") return line.close();
    else if (step === "SILENT") break;
    else throw new Error(`no such step: ${step}`);
  }
  const heard = await line.hear();
  if (heard !== null) throw new Error(`the script is over, heard ${heard}`);
}

/** The server's end of a connection, by lines. */
class Line {
  readonly #socket: Socket;
  readonly #byteByByte: boolean;
  #held = "";
  #ended = false;
  #wake = (): void => {};

  constructor(socket: Socket, byteByByte: boolean) {
    this.#socket = socket;
    this.#byteByByte = byteByByte;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#held += text;
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async say(text: string): Promise<void> {
    const bytes = Buffer.from(`${text}\r\n`, "utf8");
    const pieces = this.#byteByByte ? [...bytes].map((byte) => Buffer.of(byte)) : [bytes];
    for (const piece of pieces) {
      this.#socket.write(piece);
      if (this.#byteByByte) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** null: the client left. */
  async hear(): Promise<string | null> {
    for (;;) {
      const end = this.#held.indexOf("\r\n");
      if (end !== -1) {
        const text = this.#held.slice(0, end);
        this.#held = this.#held.slice(end + 2);
        return text;
      }
      if (this.#ended) return null;
      await this.#more();
    }
  }

  async hearMessage(): Promise<{ text: string; whole: boolean }> {
    let text = "";
    for (;;) {
      const line = await this.hear();
      if (line === null) return { text, whole: false };
      if (line === ".") return { text, whole: true };
      text += `${line.startsWith(".") ? line.slice(1) : line}\r\n`;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
