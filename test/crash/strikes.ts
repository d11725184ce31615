/**
 * The ways to strike, what each is good for, and the choice of the next one.
 *
 * Three modes: at a random time, before the k-th system call of a kind (by strace; each thread counts for itself),
 * at a point of the dialogue. A strike aims at rows of the states table; where it hits is seen only afterwards.
 */
import type { Configuration } from "./configurations.ts";
import type { Row } from "./places.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { WirePoint } from "./striking-proxy.ts";

export type StrikeMode = "random" | "syscall" | "wire";

export type Strike =
  /** So long after the process has connected to the server, or after its start. */
  | { readonly mode: "random"; readonly after: "start" | "connection"; readonly delayMs: number }
  /** Before the `when`-th such call of some thread, of those that concern `path` where one is given. */
  | {
      readonly mode: "syscall";
      readonly call: string;
      readonly when: number;
      /** Absolute. */
      readonly path?: string;
    }
  | { readonly mode: "wire"; readonly point: WirePoint };

/** What a strike is made for. */
export interface Target {
  readonly configuration: Configuration;
  readonly dataDir: string;
  /** Messages that stand in the maildrop, and their bytes. */
  readonly messages: number;
  readonly bytes: number;
  /** How long a poll took from its connection to its end, by the last one that was left in peace. */
  readonly pollMs: number;
}

interface StrikeKind {
  readonly mode: StrikeMode;
  readonly aims: readonly Row[];
  /** Only where messages are deleted, or one file serves one entry. */
  readonly where?: (configuration: Configuration) => boolean;
  make(random: SeededRandom, target: Target): Strike;
}

const deleting = ({ leaveOnServer }: Configuration) => !leaveOnServer;
const linking = ({ recipients }: Configuration) => recipients.length === 1;

const wire = (
  aims: readonly Row[],
  make: (random: SeededRandom, target: Target) => WirePoint,
): StrikeKind => ({
  mode: "wire",
  aims,
  make: (random, target) => ({ mode: "wire", point: make(random, target) }),
});

const syscall = (
  call: string,
  aims: readonly Row[],
  when: (target: Target) => readonly [number, number],
  path?: (target: Target, random: SeededRandom) => string,
): StrikeKind => ({
  mode: "syscall",
  aims,
  make(random, target) {
    const [from, to] = when(target);
    const chosen = random.between(from, Math.max(from, to));
    return {
      mode: "syscall",
      call,
      when: chosen,
      ...(path === undefined ? {} : { path: path(target, random) }),
    };
  },
});

/** libuv has four threads; what all of them do together, one of them does so often. */
const each = (calls: number) => Math.max(1, Math.floor(calls / 4));
const wal = ({ dataDir }: Target) => `${dataDir}/rpop.db-wal`;
const maildir = (part: "tmp" | "new") => (target: Target, random: SeededRandom) =>
  `${target.dataDir}/mail/${random.oneOf(target.configuration.recipients)}@example.com/${part}`;

const kinds: readonly StrikeKind[] = [
  {
    mode: "random",
    aims: ["S0", "S3", "S7"],
    make: (random, { pollMs }) => ({
      mode: "random",
      after: "connection",
      delayMs: Math.floor(random.fraction() * pollMs),
    }),
  },
  {
    mode: "random",
    aims: [],
    make: (random) => ({ mode: "random", after: "start", delayMs: random.between(0, 400) }),
  },

  wire(["S0"], () => ({ at: "listed" })),
  wire(["S0", "S1"], (random, { bytes }) => ({ at: "retrieving", bytes: random.between(1, bytes) })),
  {
    ...wire(["S3"], (random, { messages }) => ({ at: "dele-said", nth: random.between(1, messages) })),
    where: deleting,
  },
  {
    ...wire(["S4"], (random, { messages }) => ({ at: "dele-answered", nth: random.between(1, messages) })),
    where: deleting,
  },
  wire(["S5"], () => ({ at: "quit-said" })),
  wire(["S5"], () => ({ at: "quit-unheard" })),
  wire(["S6"], (random) => ({ at: "quit-answered", laterMs: random.oneOf([0, 1, 5, 20]) })),

  // Each message has one rename into the spool; those into Maildirs follow.
  syscall("rename", ["S1"], ({ messages }) => [1, each(messages)]),
  syscall("rename", ["S7"], ({ messages }) => [each(messages), each(2 * messages)]),
  syscall("fsync", ["S1", "S2"], () => [3, 12]),
  syscall(
    "fsync",
    ["S2"],
    () => [1, 3],
    ({ dataDir }) => `${dataDir}/spool`,
  ),
  syscall("write", ["S1"], ({ messages }) => [5, each(8 * messages)]),
  syscall("fsync", ["S2", "S3", "S7"], () => [2, 14], wal),
  syscall("pwrite64", ["S2", "S3", "S7"], () => [1, 250], wal),
  { ...syscall("link", ["S3", "S7"], ({ messages }) => [1, each(messages)]), where: linking },
  syscall("fsync", ["S7"], () => [1, 2], maildir("tmp")),
  syscall("fsync", ["S7"], () => [1, 2], maildir("new")),
  syscall("unlink", ["S8"], ({ messages }) => [1, each(messages)]),
  syscall("shutdown", ["S6"], () => [1, 1]),
];

/** Words for a report, from which the strike can be made again. */
export function strikeText(strike: Strike): string {
  switch (strike.mode) {
    case "random":
      return `${strike.delayMs} ms after its ${strike.after}`;
    case "syscall":
      return `before ${strike.call} no. ${strike.when}${strike.path === undefined ? "" : ` on ${strike.path}`}`;
    case "wire":
      return `in the dialogue at ${JSON.stringify(strike.point)}`;
  }
}

/**
 * The next strike: mostly one that aims at `row`, sometimes any, so that all kinds have their turn.
 *
 * @param modes those allowed; where none of them aims at the row, any kind of theirs is taken
 */
export function chooseStrike(
  random: SeededRandom,
  modes: readonly StrikeMode[],
  row: Row | null,
  target: Target,
): Strike {
  const possible = kinds.filter(
    (kind) => modes.includes(kind.mode) && (kind.where?.(target.configuration) ?? true),
  );
  const aimed = possible.filter((kind) => row !== null && kind.aims.includes(row));
  const kind = random.oneOf(aimed.length > 0 && random.chance(0.8) ? aimed : possible);
  return kind.make(random, target);
}
