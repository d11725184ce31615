/**
 * A POP3 server's NTLM under the name that MSN gave it: a TCP proxy that renames the mechanism both ways, in the list
 * that CAPA answers and in the AUTH command, and changes nothing else.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface MsnProxy extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Command lines of the client as they came, in order. */
  readonly lines: readonly string[];
}

/** Listens, and connects every client to `serverPort` on 127.0.0.1. */
export async function startMsnProxy(serverPort: number): Promise<MsnProxy> {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    }
    byLines(client, upstream, (line) => {
      lines.push(line);
      return line.replace(/^AUTH MSN\b/, "AUTH NTLM");
    });
    byLines(upstream, client, (line) => (line.startsWith("SASL ") ? line.replace(/\bNTLM\b/, "MSN") : line));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    lines,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Passes whole lines on, each as `change` gives it back, and the end. */
function byLines(from: Socket, to: Socket, change: (line: string) => string): void {
  let unfinished = "";
  from.setEncoding("latin1").on("data", (text: string) => {
    const lines = `${unfinished}${text}`.split("\r\n");
    unfinished = lines.pop() ?? "";
    for (const line of lines) to.write(`${change(line)}\r\n`, "latin1");
  });
  from.once("end", () => to.end());
}
