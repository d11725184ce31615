/**
 * A proxy before a plain POP3 server that writes down what the client says, line by line: the evidence of how many
 * commands of a kind were sent. Passes bytes on unchanged; server bytes are only counted, never kept.
 * Can hold its clients back until so many are there: the evidence that they come at once.
 */
import { createServer, Socket } from "node:net";

export interface TranscriptProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections taken so far. */
  readonly connections: number;
  /** Bytes of the server passed to clients so far. */
  readonly serverBytes: number;
  /** Client lines so far, of all connections, in the order of arrival. */
  readonly lines: readonly string[];
  /** Client lines that begin with this command word (upper case), e.g. `RETR`. */
  count(command: string): number;
  /** Forgets lines and counts. */
  clear(): void;
}

/**
 * Listens on a free port of 127.0.0.1 and passes everything to `targetPort` there.
 *
 * @param gather nobody reaches the server before so many clients are connected
 */
export async function startTranscriptProxy(targetPort: number, gather = 1): Promise<TranscriptProxy> {
  const waiting: (() => void)[] = [];
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const counts = { connections: 0, serverBytes: 0 };
  const server = createServer((client) => {
    counts.connections += 1;
    const target = new Socket();
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
      socket.on("error", () => socket.destroy());
    }
    let rest = "";
    client.on("data", (chunk) => {
      const parts = (rest + chunk.toString("latin1")).split(/\r?\n/);
      rest = parts.pop() ?? "";
      lines.push(...parts);
    });
    target.on("data", (chunk) => {
      counts.serverBytes += chunk.length;
    });
    client.pipe(target);
    target.pipe(client);
    waiting.push(() => target.connect(targetPort, "127.0.0.1"));
    if (counts.connections >= gather) for (const begin of waiting.splice(0)) begin();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    get connections() {
      return counts.connections;
    },
    get serverBytes() {
      return counts.serverBytes;
    },
    lines,
    count: (command) => lines.filter((line) => line.toUpperCase().split(" ")[0] === command).length,
    clear() {
      lines.length = 0;
      counts.connections = 0;
      counts.serverBytes = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
