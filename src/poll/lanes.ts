/**
 * Hosts and their lanes as the agenda holds them: one host's accounts, those with a mark of their own apart. Kept only
 * while somebody waits there or is visited: memory follows the accounts there are.
 */
import type { DueAccount, Lane } from "../store/records.ts";

/** A visit that takes longer than this is slow; longer ones than the second count as that. */
const slowMs = 10_000;
const slowestMs = 60_000;

export interface HostState {
  readonly key: string;
  /** Moment of its mark; null: none. */
  restsUntil: number | null;
  /** Some visit has reached it, since its last mark. */
  reached: boolean;
  /** Mean length of its visits, the last ones counting most. */
  meanMs: number;
  running: number;
  runningTroubled: number;
  readonly lanes: Set<LaneState>;
}

type Place = "asleep" | "idle" | "hungry" | "reading" | "in line" | "parked";

export interface LaneState {
  readonly lane: Lane;
  readonly host: HostState;
  /** Due, in order. */
  page: DueAccount[];
  /** Lower bound of the first due moment outside of the page; Infinity: none is known. */
  nextAt: number;
  /** Moment of its valid entry in the heap. */
  wakeAt: number;
  place: Place;
}

export class Lanes {
  readonly #hosts = new Map<string, HostState>();
  readonly #lanes = new Map<string, LaneState>();

  get hosts(): ReadonlyMap<string, HostState> {
    return this.#hosts;
  }

  hostOf(of: { readonly host: string; readonly port: number }): HostState {
    const key = hostKey(of);
    const known = this.#hosts.get(key);
    if (known) return known;
    const host: HostState = {
      key,
      restsUntil: null,
      reached: false,
      meanMs: 0,
      running: 0,
      runningTroubled: 0,
      lanes: new Set(),
    };
    this.#hosts.set(key, host);
    return host;
  }

  laneOf({ host, port, troubled }: Lane): LaneState {
    const key = `${troubled ? "!" : ""}${hostKey({ host, port })}`;
    const known = this.#lanes.get(key);
    if (known) return known;
    const state: LaneState = {
      lane: { host, port, troubled },
      host: this.hostOf({ host, port }),
      page: [],
      nextAt: Number.POSITIVE_INFINITY,
      wakeAt: Number.POSITIVE_INFINITY,
      place: "idle",
    };
    this.#lanes.set(key, state);
    state.host.lanes.add(state);
    return state;
  }

  /** A host that nobody waits for is no longer kept. */
  forget(host: HostState): void {
    if (host.running > 0) return;
    for (const state of host.lanes) {
      if (state.place !== "idle") return;
    }
    for (const { lane } of host.lanes) this.#lanes.delete(`${lane.troubled ? "!" : ""}${host.key}`);
    host.lanes.clear();
    this.#hosts.delete(host.key);
  }
}

/** Its accounts may cost long waits. */
export function isDoubtful({ lane, host }: LaneState): boolean {
  return lane.troubled || !host.reached || host.restsUntil !== null || isSlow(host);
}

export function isSlow({ meanMs }: HostState): boolean {
  return meanMs >= slowMs;
}

export function noteLength(host: HostState, lengthMs: number): void {
  host.meanMs = (host.meanMs + Math.min(lengthMs, slowestMs)) / 2;
}

export function hostKey({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host}:${port}`;
}
