/**
 * A listening HTTP server over a set of routes: bound, bounded, and closed with all its connections.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { FailureError, failure } from "../core/failure.ts";
import { SECOND } from "../core/time.ts";

export interface ListenAddress {
  /** Name or address literal, without brackets. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

export interface HttpServer {
  /** As bound: `127.0.0.1:8825`, `[::1]:8825`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Binds and begins to answer.
 *
 * @throws FailureError `listen-failed`, scope local: the port is taken, or the address is not ours.
 */
export async function listen(routes: Hono, address: ListenAddress): Promise<HttpServer> {
  const server = createServer(getRequestListener(routes.fetch));
  server.headersTimeout = 10 * SECOND;
  server.requestTimeout = 30 * SECOND;
  try {
    server.listen({ host: address.host, port: address.port });
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FailureError(
      failure("listen-failed", "local", { params: { address: addressText(address), detail: code } }),
    );
  }
  const bound = server.address() as AddressInfo;
  return {
    address: addressText({ host: bound.address, port: bound.port }),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function addressText({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
