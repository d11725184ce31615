/**
 * Trouble of our own that keeps visits from starting: when it begins, and when it is over (spec 5.11, R-9, R-66). Pure.
 *
 * One visit that met a full disk, a database that refuses or an end of descriptors stops the start of others at once.
 * No route and no DNS may concern one server alone: they count when three hosts in a row say so and none was reached.
 * While it lasts one visit at a time is tried, first after 5 s, later every minute, whatever visits from before are
 * still under way; the first that ends without trouble of our own ends the pause, and so does a message that was
 * accepted, where disk or database was the trouble. Too little free space is measured instead.
 *
 * What concerns one account only (a file that cannot be read, a surprise of ours) pauses nobody.
 */
import { type Failure, failure } from "../core/failure.ts";
import { MINUTE, SECOND } from "../core/time.ts";

export interface Pause {
  readonly failure: Failure;
  readonly since: number;
}

const everywhere: ReadonlySet<string> = new Set([
  "disk-full",
  "disk-low",
  "database",
  "out-of-descriptors",
  "io",
]);
const perhapsOneHost: ReadonlySet<string> = new Set(["no-route", "dns"]);
const hostsUntilPause = 3;
const firstTryMs = 5 * SECOND;
const longestTryMs = MINUTE;

export class LocalTrouble {
  #pause: Pause | null = null;
  #tryAt = 0;
  #tryMs = firstTryMs;
  readonly #withoutRoute = new Set<string>();

  /** Why no visit starts; null: visits start. */
  get pause(): Pause | null {
    return this.#pause;
  }

  /** When a visit may be tried during a pause that visits find the end of; null: no pause, or one that is measured. */
  get tryAt(): number | null {
    return this.#pause === null || this.#pause.failure.code === "disk-low" ? null : this.#tryAt;
  }

  /** @param tried a visit that was begun during the pause is under way */
  mayStart(now: number, tried: boolean): boolean {
    if (this.#pause === null) return true;
    const { tryAt } = this;
    return tryAt !== null && now >= tryAt && !tried;
  }

  /** A visit has opened its maildrop: there is a route. */
  reached(): void {
    this.#withoutRoute.clear();
    if (this.#pause !== null && perhapsOneHost.has(this.#pause.failure.code)) this.#pause = null;
  }

  /** A message was accepted: it is on the disk and in the database, and neither hinders any more. */
  accepted(): void {
    const code = this.#pause?.failure.code;
    if (code !== undefined && code !== "disk-low" && everywhere.has(code)) this.#pause = null;
  }

  /** @param why how a visit ended, or why it could not begin; null: well */
  ended(why: Failure | null, host: string, now: number): void {
    if (why?.code === "cancelled") return;
    if (why === null || why.scope !== "local") {
      // A refused login proves a route as well; an unreachable host does not prove that there is none.
      if (why?.scope !== "host") this.#withoutRoute.clear();
      if (this.#pause !== null && this.#pause.failure.code !== "disk-low") this.#pause = null;
      return;
    }
    if (perhapsOneHost.has(why.code)) {
      this.#withoutRoute.add(host);
      if (this.#pause === null && this.#withoutRoute.size < hostsUntilPause) return;
    } else if (!everywhere.has(why.code)) {
      return;
    }
    this.#begin(why, now);
  }

  /** The free space of the spool's disk, as measured now; null: it cannot be measured. */
  measured(freeBytes: number | null, leastBytes: number, now: number): void {
    if (freeBytes === null) return;
    const low = freeBytes < leastBytes;
    if (low && this.#pause === null) {
      const params = { free: freeBytes, limit: leastBytes };
      this.#pause = { failure: failure("disk-low", "local", { params, status: "4.3.1" }), since: now };
    }
    if (!low && this.#pause?.failure.code === "disk-low") this.#pause = null;
  }

  #begin(why: Failure, now: number): void {
    // Visits from before the pause end in its trouble one after the other: that is no news.
    if (this.#pause !== null && now < this.#tryAt) return;
    if (this.#pause === null) this.#tryMs = firstTryMs;
    else this.#tryMs = Math.min(this.#tryMs * 2, longestTryMs);
    this.#tryAt = now + this.#tryMs;
    this.#pause ??= { failure: why, since: now };
  }
}
