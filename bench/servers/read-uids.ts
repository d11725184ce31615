/**
 * The unique-ids of a maildrop, asked for as simply as can be: the bench trusts its servers.
 */
import { createConnection } from "node:net";

/** @throws when the server refuses or the connection breaks. */
export function readUids(port: number, login: string, password: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const said = Buffer.concat(chunks).toString("latin1");
      const lines = said.split("\r\n");
      if (lines.some((line) => line.startsWith("-ERR"))) reject(new Error(said.slice(0, 500)));
      else resolve(lines.flatMap((line) => /^\d+ (\S+)$/.exec(line)?.[1] ?? []));
    });
    socket.write(`USER ${login}\r\nPASS ${password}\r\nUIDL\r\nQUIT\r\n`);
  });
}
