/**
 * The real spool and the real Maildir delivery on a disk that fails, under two nodes that are killed, sleep and
 * wake, with readers at work, in every order that chance brings.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR } from "../../src/core/time.ts";
import { knownMaildirsIn } from "../../src/deliver/known-maildirs.ts";
import { maildirDelivery } from "../../src/deliver/maildir.ts";
import { openDirectorySpool } from "../../src/spool/directory.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { neverRestored } from "../support/never-restored.ts";
import { type Choose, type Gate, MemoryDisk, systemError } from "./memory-disk.ts";
import { type Letter, SmallQueue } from "./small-queue.ts";

const letters: readonly Letter[] = [
  { name: "alone", content: Buffer.from("Subject: alone\n\nfor one\n"), folders: ["/mail/a"] },
  { name: "shared", content: Buffer.alloc(2500, "Subject: shared\n\n"), folders: ["/mail/a", "/mail/b"] },
];
const folders = ["/mail/a", "/mail/b"];

interface Waiting {
  readonly call: string;
  go(): void;
  fail(error: Error): void;
}

/** A process: its calls wait until they are let through, and never return once it is killed. */
class TestNode {
  readonly waiting: Waiting[] = [];
  busy = false;
  #life = 0;

  gate(): Gate {
    const life = this.#life;
    return (call) =>
      new Promise((resolve, reject) => {
        if (life === this.#life) this.waiting.push({ call, go: resolve, fail: reject });
      });
  }

  kill(): void {
    this.#life++;
    this.waiting.length = 0;
    this.busy = false;
  }
}

class World {
  readonly clock = new ManualClock();
  readonly disk = new MemoryDisk(() => this.clock.now());
  readonly nodes = [new TestNode(), new TestNode()];
  readonly queue = new SmallQueue(letters, this.clock);

  start(node: TestNode): void {
    node.busy = true;
    const fs = this.disk.fileSystem(node.gate());
    const { clock, queue } = this;
    const run = async (): Promise<void> => {
      const nodeId = this.nodes.indexOf(node) + 1;
      const spool = await openDirectorySpool({ fs, directory: "/spool", nodeId, uid: 1000 });
      const known = knownMaildirsIn(fs, "/maildirs", 1000);
      await queue.attempt(spool, maildirDelivery({ fs, clock, known, uid: 1000, former: neverRestored }));
    };
    const ended = (): void => {
      node.busy = false;
    };
    run().then(ended, ended);
  }

  /** Letters in a folder as its owner got them, those removed included. */
  got(folder: string): { name: string; bytes: Buffer }[] {
    return ["new", "cur", "gone"].flatMap((part) =>
      this.disk.list(`${folder}/${part}`).map((name) => ({
        name: /^1\.R(\w+)\.test/.exec(name)?.[1] ?? name,
        bytes: this.disk.bytes(`${folder}/${part}/${name}`),
      })),
    );
  }
}

/** Until both nodes wait at a gate or rest. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type Act = (world: World, choose: Choose) => void;

function letThrough(world: World, choose: Choose): void {
  const node = world.nodes[choose(2)];
  if (!node) return;
  if (!node.busy) world.start(node);
  else node.waiting.splice(choose(node.waiting.length), 1)[0]?.go();
}

function refuse(world: World, choose: Choose): void {
  const node = world.nodes[choose(2)];
  const waiting = node?.waiting[0];
  if (!node || !waiting) return;
  const [syscall = "", path = ""] = waiting.call.split(" ");
  const codes: Record<string, readonly string[]> = {
    write: ["ENOSPC", "EIO", "EDQUOT"],
    create: ["ENOSPC", "EMFILE"],
    link: ["ENOSPC", "EXDEV", "EMLINK"],
    rename: ["ENOSPC", "EIO"],
    mkdir: ["ENOSPC"],
    sync: ["EIO"],
    open: ["EMFILE"],
    unlink: ["EIO"],
  };
  const code = codes[syscall]?.[choose(codes[syscall]?.length ?? 1)];
  if (code === undefined) return;
  node.waiting.shift();
  waiting.fail(systemError(code, syscall, path));
}

function kill(world: World, choose: Choose): void {
  world.nodes[choose(2)]?.kill();
}

function losePower(world: World, choose: Choose): void {
  for (const node of world.nodes) node.kill();
  world.disk.powerLoss(choose);
}

function read(world: World, choose: Choose): void {
  const { disk } = world;
  const folder = folders[choose(2)] ?? "";
  const fresh = disk.list(`${folder}/new`)[0];
  const seen = disk.list(`${folder}/cur`)[0];
  if (fresh !== undefined && choose(2) === 0) {
    // As its own name, even where the same letter lies in `cur` already: a double must not hide.
    disk.rename(`${folder}/new/${fresh}`, `${folder}/cur/${fresh}:2,S${disk.list(`${folder}/cur`).length}`);
  } else if (seen !== undefined) {
    const gone = `${folder}/gone`;
    if (disk.list(folder).includes("gone"))
      disk.rename(`${folder}/cur/${seen}`, `${gone}/${seen}${disk.list(gone).length}`);
  }
}

function passHours(world: World, choose: Choose): void {
  world.disk.settle();
  world.clock.advance((1 + choose(20)) * HOUR);
  for (const folder of folders) {
    for (const name of world.disk.list(`${folder}/tmp`)) {
      const path = `${folder}/tmp/${name}`;
      if (world.clock.now() - world.disk.accessedAt(path) > 36 * HOUR) world.disk.remove(path);
    }
  }
}

/** Runs the acts that the numbers choose, then everything to its end without trouble. */
async function play(numbers: readonly number[], acts: readonly Act[]): Promise<World> {
  const world = new World();
  let next = 0;
  const choose: Choose = (below) => (numbers[next++ % numbers.length] ?? 0) % Math.max(1, below);
  await prepareFolders(world);
  while (next < numbers.length) {
    const act = acts[choose(acts.length)];
    act?.(world, choose);
    await turn();
  }
  if (numbers.length % 2 === 0) losePower(world, choose);
  for (let attempts = 0; !world.queue.settled; attempts++) {
    expect(attempts).toBeLessThan(50);
    for (const node of world.nodes) await runToEnd(world, node);
  }
  losePower(world, choose);
  return world;
}

async function runToEnd(world: World, node: TestNode): Promise<void> {
  if (!node.busy) world.start(node);
  while (node.busy) {
    for (const waiting of node.waiting.splice(0)) waiting.go();
    await turn();
  }
}

/** Where readers put what they removed; one folder is there, the other is made by delivery. */
async function prepareFolders(world: World): Promise<void> {
  const fs = world.disk.fileSystem(() => Promise.resolve());
  for (const path of ["/mail", "/mail/a", "/mail/a/tmp", "/mail/a/new", "/mail/a/cur", "/mail/a/gone"]) {
    await fs.mkdir(path, 0o700);
  }
  world.disk.settle();
}

const many = <T>(count: number, one: T): T[] => new Array<T>(count).fill(one);
/** Mostly steps, sometimes trouble. */
const usual: readonly Act[] = [
  ...many(24, letThrough),
  ...many(2, refuse),
  kill,
  losePower,
  ...many(4, read),
];
const schedules = fc.array(fc.nat(), { minLength: 100, maxLength: 900, size: "max" });

const owed = [
  ["/mail/a", "alone"],
  ["/mail/a", "shared"],
  ["/mail/b", "shared"],
] as const;

test("whatever fails in whatever order: every letter once, whole, in each of its folders", async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (numbers) => {
      const world = await play(numbers, usual);
      for (const [folder, name] of owed) {
        const got = world.got(folder).filter((letter) => letter.name === name);
        expect(got.map(({ bytes }) => bytes.toString())).toEqual([
          letters.find((letter) => letter.name === name)?.content.toString(),
        ]);
      }
    }),
    { numRuns: 300 },
  );
});

test("where hours pass and others clear tmp: every letter at least once, whole", async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (numbers) => {
      const world = await play(numbers, [...usual, ...many(2, passHours)]);
      for (const [folder, name] of owed) {
        const got = world.got(folder).filter((letter) => letter.name === name);
        expect(got.length).toBeGreaterThan(0);
        const content = letters.find((letter) => letter.name === name)?.content.toString();
        for (const { bytes } of got) expect(bytes.toString()).toBe(content);
      }
    }),
    { numRuns: 200 },
  );
});
