/**
 * A server at a distance: bench/native/delay-proxy.c in front of it.
 */
import { startNative } from "./native-process.ts";

export interface Distance extends AsyncDisposable {
  /** Where the distant server is reached. */
  readonly port: number;
}

/** @param roundTripMs 0: no distance, the port itself. */
export async function atDistance(program: string, port: number, roundTripMs: number): Promise<Distance> {
  if (roundTripMs === 0) return { port, async [Symbol.asyncDispose]() {} };
  const proxy = await startNative(program, [String(port), String((roundTripMs * 1000) / 2)]);
  return { port: Number(proxy.firstLine), [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}
