/**
 * An LMTP server that takes everything, remembers what it took, and tells the test when the client is at a given
 * place of the dialogue, so that a strike can fall there.
 */
import { createServer, type Socket } from "node:net";

/** Before the final dot (the rest of the message is not read any more); after it and before the answer; right after the answer. */
export type SinkPlace = "in-data" | "after-dot" | "after-answer";

export interface LmtpSink extends AsyncDisposable {
  readonly port: number;
  /** How often each message (by its Subject) was taken: its final dot was seen. */
  readonly taken: ReadonlyMap<string, number>;
  /** `strike` is called once, when the `nth` message from now on is at that place. */
  arm(place: SinkPlace | null, nth: number, strike: () => void): void;
}

export async function startLmtpSink(): Promise<LmtpSink> {
  const taken = new Map<string, number>();
  let armed: { place: SinkPlace; nth: number; strike: () => void } | null = null;
  const at = (place: SinkPlace): boolean => {
    if (armed === null || armed.place !== place) return false;
    armed.nth--;
    if (armed.nth > 0) return false;
    const { strike } = armed;
    armed = null;
    strike();
    return true;
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    serve(socket, taken, at);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    taken,
    arm(place, nth, strike) {
      armed = place === null ? null : { place, nth, strike };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serve(socket: Socket, taken: Map<string, number>, at: (place: SinkPlace) => boolean): void {
  let buffer = "";
  let recipients = 0;
  let data: string[] | null = null;
  let announced = false;
  socket.setEncoding("latin1");
  socket.write("220 sink LMTP\r\n");
  const command = (line: string) => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === "LHLO") socket.write("250-sink\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n");
    else if (verb === "RCPT") {
      recipients++;
      socket.write("250 2.1.5 ok\r\n");
    } else if (verb === "DATA") {
      data = [];
      announced = false;
      socket.write("354 go on\r\n");
    } else if (verb === "QUIT") socket.end("221 bye\r\n");
    else {
      if (verb === "RSET" || verb === "MAIL") recipients = 0;
      socket.write("250 2.0.0 ok\r\n");
    }
  };
  const endOfData = (lines: readonly string[]) => {
    const subject = lines.find((line) => line.startsWith("Subject: "))?.slice(9) ?? "none";
    taken.set(subject, (taken.get(subject) ?? 0) + 1);
    // Struck before the answer: the client never hears it.
    if (at("after-dot")) return;
    for (; recipients > 0; recipients--) socket.write(`250 2.0.0 <${subject}> saved\r\n`);
    at("after-answer");
  };
  socket.on("data", (chunk: string) => {
    buffer += chunk;
    for (let end = buffer.indexOf("\r\n"); end >= 0; end = buffer.indexOf("\r\n")) {
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      if (data === null) command(line);
      else if (line === ".") {
        const lines = data;
        data = null;
        endOfData(lines);
      } else {
        data.push(line);
        if (!announced) {
          announced = true;
          if (at("in-data")) socket.pause();
        }
      }
    }
  });
}
