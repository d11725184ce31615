/**
 * Names to addresses by the system's resolver, a few at a time.
 *
 * `getaddrinfo` holds a thread of libuv's pool until it answers, and fsync needs the same threads: at most half of
 * them look up names (R-58, nodejs/node#8436). The time limit is the caller's.
 */
import { lookup } from "node:dns";

export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * Addresses of a host name, in the order to try them; never called for address literals. Rejects with an error
 * that carries the resolver's code (`ENOTFOUND`, `EAI_AGAIN`).
 */
export type HostLookup = (host: string) => Promise<readonly HostAddress[]>;

const atOnce = Math.max(1, Math.floor((Number(process.env.UV_THREADPOOL_SIZE) || 4) / 2));
const waiting: (() => void)[] = [];
let underWay = 0;

export async function systemLookup(host: string): Promise<readonly HostAddress[]> {
  if (underWay >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else underWay++;
  return new Promise((resolve, reject) => {
    lookup(host, { all: true, verbatim: true }, (error, found) => {
      // The slot goes to the next in line, or is given back.
      const next = waiting.shift();
      if (next) next();
      else underWay--;
      if (error) reject(error);
      else resolve(found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
    });
  });
}
