/**
 * Connections that wait for the next mail: at most four a destination, each for half a minute, then QUIT.
 */
import { type Clock, SECOND } from "../core/time.ts";

const IDLE_MS = 30 * SECOND;
/** As many as the queue sends at once to one destination. */
const MOST = 4;

/** What is asked of a connection that waits. */
interface Keepable {
  /** false: it is gone. */
  readonly usable: boolean;
  /** Says goodbye; never rejects. */
  end(): Promise<void>;
}

interface Kept<Session> {
  readonly session: Session;
  readonly cancel: () => void;
}

export class KeptSessions<Session extends Keepable> {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept<Session>[]>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The connection used last, if one still stands; it is the caller's then. */
  take(destination: string): Session | null {
    const kept = this.#kept.get(destination);
    for (let last = kept?.pop(); last !== undefined; last = kept?.pop()) {
      last.cancel();
      if (kept?.length === 0) this.#kept.delete(destination);
      if (last.session.usable) return last.session;
    }
    return null;
  }

  /** Keeps the connection; one too many, and any after `close`, is ended. */
  keep(destination: string, session: Session): void {
    if (!session.usable) return;
    const kept = this.#kept.get(destination) ?? [];
    if (this.#closed || kept.length >= MOST) {
      void session.end();
      return;
    }
    const cancel = this.#clock.setTimer(IDLE_MS, () => {
      this.#forget(destination, session);
      void session.end();
    });
    kept.push({ session, cancel });
    this.#kept.set(destination, kept);
  }

  /** Ends all of them; resolves when they are gone. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#kept.values()].flat();
    this.#kept.clear();
    for (const { cancel } of all) cancel();
    await Promise.all(all.map(({ session }) => session.end()));
  }

  #forget(destination: string, session: Session): void {
    const left = (this.#kept.get(destination) ?? []).filter((one) => one.session !== session);
    if (left.length === 0) this.#kept.delete(destination);
    else this.#kept.set(destination, left);
  }
}
