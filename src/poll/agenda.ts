/**
 * What to visit next. Pure: told what is due, what runs and what rests, it says what to read and what to start.
 *
 * Accounts stand in lanes: one host's accounts, those with a mark of their own apart (`Lane`). Only the front of a
 * lane is held in memory, a page of due accounts; of the rest its next moment alone. A lane is in one place:
 *
 *   asleep   until its moment, or until its host's mark expires          (a heap)
 *   hungry   its moment has come: its page is to be read                 → `toRead`, `given`
 *   in line  has a page: takes its turn with the other lanes             → `take`
 *   parked   has a page, and its host has no room                        until a visit there ends
 *
 * Fairness. Lanes take turns, so that no host waits behind another one's accounts; within a lane the owner
 * with the fewest visits under way comes first. Lanes that may cost long waits (a host that no visit has ever reached,
 * that was slow lately or carries a mark; accounts with a mark) stand in a line of their own, which may use half of
 * the channels at most, and half of one host's: a thousand dead hosts or ten thousand refused logins delay nobody else.
 *
 * A host whose mark has expired is tried by one visit; only when that one has reached it do the others follow (seed 17).
 */
import type { RemoteAccountId } from "../core/ids.ts";
import type { DueAccount, DueLane, Lane } from "../store/records.ts";
import { type HostState, hostKey, isDoubtful, isSlow, type LaneState, Lanes, noteLength } from "./lanes.ts";
import { Moments } from "./moments.ts";

export interface AgendaLimits {
  /** The most visits at once; 0: none. */
  readonly channels: number;
  readonly channelsPerHost: number;
}

/** A lane to be read from its front. */
export type LaneToRead = Lane & { readonly limit: number };

const pageSize = 128;
/** Among so many accounts of a page the owner's turn decides. */
const lookedAt = 32;

/** How a visit ended, as far as the agenda is concerned. */
export interface VisitEnded {
  /** When the account is due next; null: never, or not known here. */
  readonly dueAt: number | null;
  /** Whether it carries a mark now. */
  readonly troubled: boolean;
  /** A number: its host rests until then; null: no mark; undefined: the visit says nothing about it. */
  readonly hostRestsUntil: number | null | undefined;
  readonly lengthMs: number;
}

interface Running {
  readonly account: DueAccount;
  readonly host: HostState;
  /** Counts among those that may take long. */
  doubtful: boolean;
}

export class Agenda {
  readonly #lanes = new Lanes();
  readonly #asleep = new Moments<LaneState>();
  readonly #hungry = new Set<LaneState>();
  readonly #quick = new Set<LaneState>();
  readonly #doubtful = new Set<LaneState>();
  readonly #running = new Map<RemoteAccountId, Running>();
  readonly #byOwner = new Map<string, number>();
  #runningDoubtful = 0;
  #doubtfulTurn = false;

  /** Hosts that are kept in memory. */
  get hosts(): number {
    return this.#lanes.hosts.size;
  }

  /** Some account of this lane is due at that moment, or was. */
  noteDue({ host, port, troubled, dueAt }: DueLane): void {
    const state = this.#lanes.laneOf({ host, port, troubled });
    if (dueAt >= state.nextAt) return;
    state.nextAt = dueAt;
    if (state.place === "idle" || state.place === "asleep") this.#sleep(state);
  }

  /** A host that was reached in former times: it is not among the doubtful ones, unless it carries a mark. */
  noteReachedBefore(of: { readonly host: string; readonly port: number }): void {
    const host = this.#lanes.hostOf(of);
    if (host.restsUntil !== null || host.reached) return;
    host.reached = true;
    this.#reconsider(host);
  }

  /** The marks of all hosts, as `host:port` and the moment of expiry: others have none. */
  setHostMarks(
    marks: readonly { readonly host: string; readonly port: number; readonly until: number }[],
  ): void {
    const until = new Map(marks.map((mark) => [hostKey(mark), mark.until]));
    for (const host of this.#lanes.hosts.values()) {
      const mark = until.get(host.key) ?? null;
      this.#setMark(host, mark);
      if (mark === null) this.#lanes.forget(host);
    }
    for (const mark of marks)
      if (!this.#lanes.hosts.has(hostKey(mark))) this.#setMark(this.#lanes.hostOf(mark), mark.until);
  }

  /** A host carries a mark. */
  noteHostMark(host: { readonly host: string; readonly port: number }, until: number): void {
    this.#setMark(this.#lanes.hostOf(host), until);
  }

  /** Lanes whose page is to be read now: `given` is to follow for each. */
  toRead(now: number, most: number): LaneToRead[] {
    this.#wake(now);
    const wanted: LaneToRead[] = [];
    for (const state of this.#hungry) {
      if (wanted.length >= most) break;
      this.#hungry.delete(state);
      state.place = "reading";
      state.nextAt = Number.POSITIVE_INFINITY;
      // Visits under way are still due in the database: a page holds some besides them.
      wanted.push({ ...state.lane, limit: pageSize + state.host.running });
    }
    return wanted;
  }

  /** The front of a lane, as long as `toRead` asked for, or the whole lane. */
  given(asked: LaneToRead, front: readonly DueAccount[], now: number): void {
    const state = this.#lanes.laneOf(asked);
    if (state.place !== "reading") return;
    state.page = front.filter(({ id, dueAt }) => dueAt <= now && !this.#running.has(id));
    const later = front.find(({ dueAt }) => dueAt > now);
    const last = front.at(-1);
    if (later !== undefined) state.nextAt = Math.min(state.nextAt, later.dueAt);
    else if (last !== undefined && front.length >= asked.limit)
      state.nextAt = Math.min(state.nextAt, last.dueAt);
    this.#settle(state);
  }

  /** A page could not be read: asked for again. */
  notGiven(asked: LaneToRead, now: number): void {
    const state = this.#lanes.laneOf(asked);
    if (state.place !== "reading") return;
    state.nextAt = Math.min(state.nextAt, now);
    this.#settle(state);
  }

  /** The account to visit now, counted as running from here on; undefined: nothing may start. */
  take(now: number, limits: AgendaLimits): DueAccount | undefined {
    if (this.#running.size >= limits.channels) return undefined;
    const doubtfulMost = Math.max(1, Math.floor(limits.channels / 2));
    for (;;) {
      const doubtfulMay = this.#doubtful.size > 0 && this.#runningDoubtful < doubtfulMost;
      const line =
        doubtfulMay && (this.#doubtfulTurn || this.#quick.size === 0) ? this.#doubtful : this.#quick;
      const [state] = line;
      if (state === undefined) return undefined;
      this.#doubtfulTurn = line === this.#quick;
      line.delete(state);
      const account = this.#takeFrom(state, now, limits);
      if (account === undefined) continue;
      this.#settle(state);
      return account;
    }
  }

  /** The visit has opened its maildrop: the host is well. */
  reached(id: RemoteAccountId): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    const { host } = running;
    const news = !host.reached || host.restsUntil !== null;
    host.reached = true;
    host.restsUntil = null;
    if (running.doubtful && !running.account.troubled && !isSlow(host)) {
      running.doubtful = false;
      this.#runningDoubtful--;
    }
    if (news) this.#reconsider(host);
  }

  ended(id: RemoteAccountId, end: VisitEnded): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    const { account, host } = running;
    host.running--;
    if (account.troubled) host.runningTroubled--;
    if (running.doubtful) this.#runningDoubtful--;
    const owner = ownerOf(account);
    const left = (this.#byOwner.get(owner) ?? 1) - 1;
    if (left > 0) this.#byOwner.set(owner, left);
    else this.#byOwner.delete(owner);
    noteLength(host, end.lengthMs);
    if (end.hostRestsUntil !== undefined) this.#setMark(host, end.hostRestsUntil);
    if (end.hostRestsUntil === null) host.reached = true;
    if (end.dueAt !== null) {
      this.noteDue({ host: account.host, port: account.port, troubled: end.troubled, dueAt: end.dueAt });
    }
    this.#reconsider(host);
    this.#lanes.forget(host);
  }

  /** When `toRead` or `take` may have something new by the passing of time alone; null: never. */
  nextMoment(): number | null {
    for (;;) {
      const first = this.#asleep.first;
      if (first === undefined) return null;
      if (first.item.place === "asleep" && first.item.wakeAt === first.at) return first.at;
      this.#asleep.takeFirst();
    }
  }

  #wake(now: number): void {
    for (let at = this.nextMoment(); at !== null && at <= now; at = this.nextMoment()) {
      const state = this.#asleep.takeFirst();
      if (state === undefined) return;
      if ((state.host.restsUntil ?? 0) > now) {
        this.#sleep(state);
      } else {
        state.place = "hungry";
        this.#hungry.add(state);
      }
    }
  }

  #takeFrom(state: LaneState, now: number, limits: AgendaLimits): DueAccount | undefined {
    const { host, lane, page } = state;
    if ((host.restsUntil ?? 0) > now) {
      // Read anew when the mark has expired: by then it is another page.
      state.nextAt = Math.min(state.nextAt, page[0]?.dueAt ?? Number.POSITIVE_INFINITY);
      state.page = [];
      this.#sleep(state);
      return undefined;
    }
    const tried = host.restsUntil !== null;
    const most = tried ? 1 : limits.channelsPerHost;
    const mostTroubled = Math.max(1, Math.floor(most / 2));
    if (host.running >= most || (lane.troubled && host.runningTroubled >= mostTroubled)) {
      state.place = "parked";
      return undefined;
    }
    const account = this.#choose(page);
    if (account === undefined) {
      this.#settle(state);
      return undefined;
    }
    const doubtful = isDoubtful(state);
    this.#running.set(account.id, { account, host, doubtful });
    host.running++;
    if (account.troubled) host.runningTroubled++;
    if (doubtful) this.#runningDoubtful++;
    const owner = ownerOf(account);
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + 1);
    return account;
  }

  /** The first one whose owner has the fewest visits under way. */
  #choose(page: DueAccount[]): DueAccount | undefined {
    let best = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < Math.min(page.length, lookedAt) && fewest > 0; index++) {
      const account = page[index];
      if (account === undefined || this.#running.has(account.id)) continue;
      const count = this.#byOwner.get(ownerOf(account)) ?? 0;
      if (count >= fewest) continue;
      fewest = count;
      best = index;
    }
    if (best >= 0) return page.splice(best, 1)[0];
    page.length = 0;
    return undefined;
  }

  /** Puts a lane where it belongs by what it holds. */
  #settle(state: LaneState): void {
    if (state.page.length > 0) {
      state.place = "in line";
      (isDoubtful(state) ? this.#doubtful : this.#quick).add(state);
    } else {
      this.#sleep(state);
    }
  }

  /** A lane without a page: hungry when its moment has come, which `toRead` finds by its entry in the heap. */
  #sleep(state: LaneState): void {
    if (state.nextAt === Number.POSITIVE_INFINITY) {
      state.place = "idle";
      this.#lanes.forget(state.host);
      return;
    }
    const at = Math.max(state.nextAt, state.host.restsUntil ?? 0);
    state.place = "asleep";
    state.wakeAt = at;
    this.#asleep.add(at, state);
  }

  #setMark(host: HostState, until: number | null): void {
    if (host.restsUntil === until) return;
    host.restsUntil = until;
    if (until !== null) host.reached = false;
    this.#reconsider(host);
  }

  /** What is known of a host has changed: its lanes may belong elsewhere. */
  #reconsider(host: HostState): void {
    for (const state of host.lanes) {
      switch (state.place) {
        case "in line":
          if (!(isDoubtful(state) ? this.#doubtful : this.#quick).has(state)) {
            this.#quick.delete(state);
            this.#doubtful.delete(state);
            this.#settle(state);
          }
          break;
        case "parked":
          this.#settle(state);
          break;
        case "asleep":
          if (state.wakeAt !== Math.max(state.nextAt, host.restsUntil ?? 0)) this.#sleep(state);
          break;
        case "idle":
        case "hungry":
        case "reading":
          break;
      }
    }
  }
}

/** A unified account is its own owner. */
function ownerOf(account: DueAccount): string {
  return account.ownerId ?? account.id;
}
