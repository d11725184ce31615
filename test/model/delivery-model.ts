/**
 * Delivery into a Maildir as a machine of states: two nodes, one entry, one disk (reliability 7).
 *
 * Between any two steps a node may be killed, may meet trouble and defer, or may sleep and wake as a stale owner
 * while the other takes over; power may fail; the owner's mail program moves and removes what is in `new` and `cur`;
 * with `window`, days pass and others clear old files from `tmp`. `explore` visits every state that can be reached.
 */
import {
  afterPowerLoss,
  copies,
  type Disk,
  emptyDisk,
  has,
  keyOfDisk,
  type Names,
  perform,
  syncAll,
  syncDirectory,
  visible,
} from "./disk.ts";

/** The steps and rules as they are; a test takes one away and must see a loss or a double. */
export interface Rules {
  /** Step 3 stands where it should, after `ready`, or nowhere. */
  readonly syncTmp: "before-ready" | "after-ready" | "never";
  /** Step 4: `ready` is written down before the rename. */
  readonly writeReady: boolean;
  /** Step 4 asks whether the token is still ours. */
  readonly readyChecksToken: boolean;
  /** Step 6 stands where it should, after `done`, or nowhere. */
  readonly syncNew: "before-done" | "after-done" | "never";
  /** `tmp/NAME.L` for each claim, or one `tmp/NAME` for all. */
  readonly nameForEachToken: boolean;
  /** What a sweep leaves alone. */
  readonly sweepKeeps: "witness" | "nothing";
  /** Which tokens a sweep takes. */
  readonly sweeps: "lower" | "all";
  /** An entry that was ready stays so when its commit met trouble. */
  readonly deferKeepsReady: boolean;
  /** A link is made of the spool file's inode, or its bytes are copied. */
  readonly linked: boolean;
  /** Days may pass, and others clear `tmp` after 36 h. */
  readonly window: boolean;
  /** What a witness that is old and gone means. */
  readonly search: "new-then-cur" | "cur-then-new" | "trust-anyway" | "requeue-anyway";
}

export const builtRules: Rules = {
  syncTmp: "before-ready",
  writeReady: true,
  readyChecksToken: true,
  syncNew: "before-done",
  nameForEachToken: true,
  sweepKeeps: "witness",
  sweeps: "lower",
  deferKeepsReady: true,
  linked: true,
  window: false,
  search: "new-then-cur",
};

/** What a node does next. */
type Step =
  | "idle"
  | "link"
  | "sync-tmp"
  | "ready"
  | "abandon"
  | "show"
  | "first-reading"
  | "second-reading"
  | "requeue"
  | "sync-new"
  | "done"
  | "late-sync";

interface ModelNode {
  readonly step: Step;
  readonly token: number;
  /** W as the node knows it; 0: none. */
  readonly witness: number;
}

interface World {
  readonly entry: "queued" | "ready" | "done";
  readonly token: number;
  readonly witness: number;
  readonly nodes: readonly ModelNode[];
  readonly disk: Disk;
  /** For each token, since its link: 0 young, 1 over 30 h, 2 over 36 h. */
  readonly ages: readonly number[];
  /** Requeued after its owner had removed the mail: the one double that the window leaves. */
  readonly excused: boolean;
}

export interface Exploration {
  readonly states: number;
  /** The steps to the first loss found; null: there is none. */
  readonly loss: readonly string[] | null;
  readonly double: readonly string[] | null;
  /** Doubles that the window allows: requeued after the owner had removed the mail. */
  readonly excusedDoubles: number;
  /** States in which the entry ended, every node rests and nothing is pending. */
  readonly ends: number;
}

type Move = readonly [label: string, world: World];

const idle: ModelNode = { step: "idle", token: 0, witness: 0 };

/**
 * Visits every reachable state, nearest first.
 *
 * @param claims how often the entry may be claimed in all
 * @param until ends the visit at the first of these; else all states are visited
 */
export function explore(rules: Rules, claims: number, until?: "loss" | "double"): Exploration {
  const start: World = {
    entry: "queued",
    token: 0,
    witness: 0,
    nodes: [idle, idle],
    disk: emptyDisk,
    ages: new Array<number>(claims + 1).fill(0),
    excused: false,
  };
  const cameFrom = new Map<string, { from: string | null; label: string }>();
  const open: [string, World][] = [[keyOf(start), start]];
  cameFrom.set(keyOf(start), { from: null, label: "queued" });
  let loss: string | null = null;
  let double: string | null = null;
  let excusedDoubles = 0;
  let ends = 0;
  for (let next = 0; next < open.length; next++) {
    if ((until === "loss" && loss) || (until === "double" && double)) break;
    const [key, world] = open[next] as [string, World];
    const got = copies(visible(world.disk));
    if (got > 1) {
      if (world.excused) excusedDoubles++;
      else double ??= key;
      continue;
    }
    if (world.entry === "done" && got === 0) {
      loss ??= key;
      continue;
    }
    if (world.entry === "done" && world.disk.pending.length === 0 && world.nodes.every(isIdle)) ends++;
    for (const [label, moved] of movesOf(world, rules, claims)) {
      const after = rules.window ? withoutIdleAges(moved) : moved;
      const afterKey = keyOf(after);
      if (cameFrom.has(afterKey)) continue;
      cameFrom.set(afterKey, { from: key, label });
      open.push([afterKey, after]);
    }
  }
  const pathTo = (key: string | null): string[] | null => {
    if (key === null) return null;
    const labels: string[] = [];
    for (let at: string | null = key; at !== null; at = cameFrom.get(at)?.from ?? null) {
      labels.unshift(cameFrom.get(at)?.label ?? "?");
    }
    return labels;
  };
  return { states: open.length, loss: pathTo(loss), double: pathTo(double), excusedDoubles, ends };
}

function movesOf(world: World, rules: Rules, claims: number): Move[] {
  const moves: Move[] = [];
  world.nodes.forEach((node, index) => {
    const name = "AB"[index] ?? "?";
    const put = (after: Partial<ModelNode>, rest: Partial<World> = {}): World => ({
      ...world,
      ...rest,
      nodes: world.nodes.map((each, at) => (at === index ? { ...each, ...after } : each)),
    });
    if (node.step === "idle") {
      if (world.entry === "done" || world.token >= claims) return;
      const token = world.token + 1;
      const taken = world.entry === "ready" ? world.witness : 0;
      moves.push([
        `${name} claims ${token}`,
        put({ step: taken > 0 ? "show" : "link", token, witness: taken }, { token }),
      ]);
      return;
    }
    moves.push([`${name} killed`, put(idle)]);
    moves.push(
      ...stepsOf(world, node, rules).map(
        ([label, after]): Move => [`${name} ${label}`, put(after.node, after.world)],
      ),
    );
    if (node.step !== "late-sync") {
      moves.push([`${name} defers`, put(idle, deferral(world, node, rules))]);
      const swept = sweepOf(world, node, rules);
      if (swept) moves.push([`${name} sweeps`, put({}, { disk: swept })]);
    }
  });
  moves.push(...outsideMoves(world, rules));
  return moves;
}

interface StepTaken {
  readonly node: Partial<ModelNode>;
  readonly world?: Partial<World>;
}

/** What the node itself does next; one answer but for nothing to choose. */
function stepsOf(world: World, node: ModelNode, rules: Rules): (readonly [string, StepTaken])[] {
  const { disk } = world;
  const names = visible(disk);
  const slot = rules.nameForEachToken ? node.token : 1;
  const ours = world.token === node.token && world.entry !== "done";
  switch (node.step) {
    case "link": {
      const ages = world.ages.map((age, token) => (token === slot ? 0 : age));
      // A leftover under that name is taken off first.
      const made = has(names, slot) ? perform(disk, { kind: "unlink", token: slot }) : disk;
      const linked = perform(made, { kind: "link", token: slot });
      const step = rules.syncTmp === "before-ready" ? "sync-tmp" : rules.writeReady ? "ready" : "show";
      return [
        ["links", { node: { step, witness: rules.writeReady ? 0 : slot }, world: { disk: linked, ages } }],
      ];
    }
    case "sync-tmp": {
      const synced = syncDirectory(disk, "tmp");
      if (rules.syncTmp === "after-ready")
        return [["syncs tmp", { node: { step: "show" }, world: { disk: synced } }]];
      if (!rules.writeReady)
        return [["syncs tmp", { node: { step: "show", witness: slot }, world: { disk: synced } }]];
      return [["syncs tmp", { node: { step: "ready" }, world: { disk: synced } }]];
    }
    case "ready": {
      if (rules.readyChecksToken && !(ours && world.entry === "queued")) {
        return [["is refused", { node: { step: "abandon" } }]];
      }
      if (world.entry === "done") return [["finds it done", { node: idle }]];
      const step = rules.syncTmp === "after-ready" ? "sync-tmp" : "show";
      return [[`ready ${slot}`, { node: { step, witness: slot }, world: { entry: "ready", witness: slot } }]];
    }
    case "abandon":
      if (!has(names, slot)) return [["stops", { node: idle }]];
      return [
        ["unlinks its own", { node: idle, world: { disk: perform(disk, { kind: "unlink", token: slot }) } }],
      ];
    case "show":
      return [show(world, node, rules, names)];
    case "first-reading":
      return [reading(rules.search === "new-then-cur" ? names.fresh : names.cur, "second-reading")];
    case "second-reading":
      return [reading(rules.search === "new-then-cur" ? names.cur : names.fresh, "requeue")];
    case "requeue": {
      if (!(ours && world.entry === "ready" && world.witness === node.witness))
        return [["stops", { node: idle }]];
      const excused = world.excused || names.gone > 0;
      return [["requeues", { node: idle, world: { entry: "queued", witness: 0, excused } }]];
    }
    case "sync-new": {
      const synced = syncDirectory(syncDirectory(disk, "new"), "tmp");
      return [["syncs new", { node: { step: "done" }, world: { disk: synced } }]];
    }
    case "done": {
      if (!ours) return [["stops", { node: idle }]];
      const after: Partial<ModelNode> = rules.syncNew === "after-done" ? { step: "late-sync" } : idle;
      return [["done", { node: after, world: { entry: "done" } }]];
    }
    case "late-sync":
      return [
        ["syncs late", { node: idle, world: { disk: syncDirectory(syncDirectory(disk, "new"), "tmp") } }],
      ];
    case "idle":
      return [];
  }
}

function reading(found: number, otherwise: Step): readonly [string, StepTaken] {
  return found > 0
    ? ["finds it", { node: { step: "sync-new" } }]
    : ["does not find it", { node: { step: otherwise } }];
}

/** Step 5: the rename, or what it means that there is nothing to rename. */
function show(world: World, node: ModelNode, rules: Rules, names: Names): readonly [string, StepTaken] {
  const { disk } = world;
  const token = node.witness;
  const step: Step = rules.syncNew === "before-done" ? "sync-new" : "done";
  if (has(names, token)) {
    if (rules.linked && names.fresh === 1) {
      // Between two links of one inode rename does nothing; the unlink behind it ends the name in `tmp`.
      return [
        "renames nothing",
        { node: { step }, world: { disk: perform(disk, { kind: "unlink", token }) } },
      ];
    }
    return ["renames", { node: { step }, world: { disk: perform(disk, { kind: "show", token }) } }];
  }
  if ((world.ages[token] ?? 0) === 0 || rules.search === "trust-anyway")
    return ["finds it gone", { node: { step } }];
  if (rules.search === "requeue-anyway") return ["finds it gone and old", { node: { step: "requeue" } }];
  return ["finds it gone and old", { node: { step: "first-reading" } }];
}

/** What trouble leaves in the database. */
function deferral(world: World, node: ModelNode, rules: Rules): Partial<World> {
  if (world.token !== node.token || world.entry !== "ready" || rules.deferKeepsReady) return {};
  return { entry: "queued", witness: 0 };
}

function sweepOf(world: World, node: ModelNode, rules: Rules): Disk | null {
  if (!rules.nameForEachToken) return null;
  const names = visible(world.disk);
  let disk = world.disk;
  for (let token = 1; token < world.ages.length; token++) {
    if (!has(names, token) || token === node.token) continue;
    if (token > node.token && rules.sweeps === "lower") continue;
    if (token === node.witness && rules.sweepKeeps === "witness") continue;
    disk = perform(disk, { kind: "unlink", token });
  }
  return disk === world.disk ? null : disk;
}

/** Power, readers, time, and those who clear `tmp`. */
function outsideMoves(world: World, rules: Rules): Move[] {
  const { disk } = world;
  const names = visible(disk);
  const moves: Move[] = [];
  const stopped = world.nodes.map(() => idle);
  for (const left of afterPowerLoss(disk))
    moves.push(["power fails", { ...world, nodes: stopped, disk: left }]);
  if (names.fresh > 0) {
    moves.push(["reader reads", { ...world, disk: perform(disk, { kind: "read" }) }]);
    moves.push(["reader removes from new", { ...world, disk: perform(disk, { kind: "remove-new" }) }]);
  }
  if (names.cur > 0)
    moves.push(["reader removes from cur", { ...world, disk: perform(disk, { kind: "remove-cur" }) }]);
  if (!rules.window) return moves;
  const older = world.ages.map((age, token) =>
    token > 0 && token <= world.token ? Math.min(2, age + 1) : age,
  );
  // In hours every disk has written everything.
  moves.push(["hours pass", { ...world, ages: older, disk: syncAll(disk) }]);
  for (let token = 1; token < world.ages.length; token++) {
    if (!has(names, token) || world.ages[token] !== 2) continue;
    moves.push([`tmp is cleared of ${token}`, { ...world, disk: perform(disk, { kind: "unlink", token }) }]);
  }
  return moves;
}

/** The age of a link that is gone, and that nobody counts on, makes no difference. */
function withoutIdleAges(world: World): World {
  const { durable, pending } = world.disk;
  const matters = (token: number): boolean =>
    has(durable, token) ||
    world.witness === token ||
    world.nodes.some((node) => node.token === token || node.witness === token) ||
    pending.some((operation) => "token" in operation && operation.token === token);
  if (world.ages.every((age, token) => age === 0 || matters(token))) return world;
  return { ...world, ages: world.ages.map((age, token) => (matters(token) ? age : 0)) };
}

function isIdle(node: ModelNode): boolean {
  return node.step === "idle";
}

function keyOf(world: World): string {
  const [first, second] = world.nodes.map((node) => `${node.step},${node.token},${node.witness}`);
  // The two nodes are alike: one order stands for both.
  const nodes = (first ?? "") < (second ?? "") ? `${first}|${second}` : `${second}|${first}`;
  const entry = `${world.entry},${world.token},${world.witness},${world.excused}`;
  return `${entry}|${nodes}|${keyOfDisk(world.disk)}|${world.ages.join("")}`;
}
