/**
 * From a place to a connected socket, within a time limit of our clock.
 */
import type { Socket } from "node:net";
import { type Failure, failed, localFailureOf, ok, type Result } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import { errorCode } from "../spool/file-system.ts";
import { Deadline } from "./deadline.ts";
import { type Hop, unreachable } from "./smtp-failure.ts";
import { cancelled } from "./smtp-transaction.ts";
import type { WirePlace } from "./wire-destination.ts";

export interface DialOptions {
  readonly place: WirePlace;
  readonly hop: Hop;
  readonly clock: Clock;
  readonly connectMs: number;
  /** Begins a connection; `error` and `connect` events tell how it went. */
  openSocket(place: WirePlace): Socket;
}

/**
 * A connected socket, bounded by `connectMs` and the signal.
 *
 * @returns `destination-unreachable`, `out-of-descriptors` or `cancelled`; nothing stays open then
 */
export function dial(options: DialOptions, signal: AbortSignal): Promise<Result<Socket>> {
  const { clock, connectMs, hop, place } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(failed(cancelled()));
    const socket = options.openSocket(place);
    const settle = (outcome: Result<Socket>): void => {
      limit.stop();
      signal.removeEventListener("abort", abort);
      socket.off("connect", connected).off("error", broken);
      if (!outcome.ok) socket.on("error", () => {}).destroy();
      resolve(outcome);
    };
    const connected = (): void => settle(ok(socket));
    const broken = (error: Error): void => settle(failed(dialFailure(hop, error)));
    const abort = (): void => settle(failed(cancelled()));
    const limit = new Deadline(clock, () => settle(failed(unreachable(hop, "timeout"))));
    signal.addEventListener("abort", abort, { once: true });
    limit.within(connectMs);
    socket.once("connect", connected).once("error", broken);
  });
}

/** A missing socket file is the server's absence; only a lack of our own is ours. */
function dialFailure(hop: Hop, error: Error): Failure {
  const local = localFailureOf(error);
  return local?.code === "out-of-descriptors" ? local : unreachable(hop, errorCode(error) || error.message);
}
