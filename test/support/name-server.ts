/**
 * A name server on 127.0.0.1 that knows IPv4 addresses of a few names (RFC 1035), and says of all others that they do
 * not exist.
 */
import { createSocket } from "node:dgram";

export interface NameServer extends AsyncDisposable {
  readonly port: number;
  /** Names asked for, in order. */
  readonly asked: readonly string[];
}

export async function startNameServer(addresses: Readonly<Record<string, string>>): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, type, end } = readQuestion(query);
    asked.push(name);
    const address = addresses[name.toLowerCase()];
    socket.send(answerTo(query.subarray(0, end), address, type), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    port: socket.address().port,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

/** The first question, and where it ends. */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** @param question header and first question of the query; undefined address: there is no such name */
function answerTo(question: Buffer, address: string | undefined, type: number): Buffer {
  const header = Buffer.from(question);
  const answers = address !== undefined && type === 1 ? 1 : 0;
  // A response, recursion available; 3: no such name.
  header.writeUInt16BE(0x8180 | (address === undefined ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers, 6);
  header.writeUInt16BE(0, 8);
  header.writeUInt16BE(0, 10);
  if (answers === 0 || address === undefined) return header;
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
  return Buffer.concat([header, record]);
}
