import { chown, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryDisk, systemError } from "../../test/model/memory-disk.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { FailureError } from "../core/failure.ts";
import type { MessageId } from "../core/ids.ts";
import { openDirectorySpool } from "./directory.ts";
import { nodeFileSystem } from "./node-file-system.ts";

const uid = process.geteuid?.() ?? 0;
const id = "0193a-1" as MessageId;

async function openIn(directory: string, nodeId = 7) {
  return openDirectorySpool({ fs: nodeFileSystem, directory: join(directory, "spool"), nodeId, uid });
}

/** A spool on a disk in memory; `calls` in their order, `trouble` fails the calls it names. */
async function openInMemory(trouble: { [call: string]: string | undefined } = {}) {
  const disk = new MemoryDisk(() => 0);
  const calls: string[] = [];
  const held: (() => void)[] = [];
  const control = { hold: false };
  const fs = disk.fileSystem(async (call) => {
    calls.push(call);
    const [syscall = "", path = ""] = call.split(" ");
    const code = trouble[call];
    if (code !== undefined) throw systemError(code, syscall, path);
    if (control.hold) await new Promise<void>((resolve) => held.push(resolve));
  });
  const spool = await openDirectorySpool({ fs, directory: "/spool", nodeId: 7, uid: 1000 });
  calls.length = 0;
  return { disk, spool, calls, held, control };
}

test("what was staged is what was written, whatever the pieces", async () => {
  await using directory = await temporaryDirectory("spool");
  const spool = await openIn(directory.path);
  let count = 0;
  const pieces = fc.array(fc.nat({ max: 300_000 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, async (lengths) => {
      const staged = spool.stage(`m${++count}` as MessageId);
      const written = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      for (const piece of written) await staged.write(piece);
      await staged.finish();
      const whole = Buffer.concat(written);
      expect(staged.sizeBytes).toBe(whole.length);
      expect((await readFile(spool.path(staged.ref))).equals(whole)).toBe(true);
    }),
    { numRuns: 40 },
  );
  expect(await readdir(join(directory.path, "spool", "tmp"))).toEqual([]);
  expect((await stat(spool.path("m1.7"))).mode & 0o777).toBe(0o600);
});

test("more pieces than one system call takes", async () => {
  await using directory = await temporaryDirectory("spool");
  const spool = await openIn(directory.path);
  const staged = spool.stage(id);
  for (let line = 0; line < 5000; line++) await staged.write(Buffer.from(`line ${line}\n`));
  await staged.finish();
  const lines = (await readFile(spool.path(staged.ref), "latin1")).split("\n");
  expect(lines.length).toBe(5001);
  expect(lines[4999]).toBe("line 4999");
});

test("a small message waits in memory, then is written, synced and renamed, in this order", async () => {
  const { disk, spool, calls } = await openInMemory();
  const staged = spool.stage(id);
  expect(staged.write(Buffer.from("Subject: x\n"))).toBeUndefined();
  expect(staged.write(Buffer.from("\nbody\n"))).toBeUndefined();
  expect(calls).toEqual([]);
  await staged.finish();
  await spool.syncDirectory();
  expect(calls).toEqual([
    "create /spool/tmp/0193a-1.7",
    "write /spool/tmp/0193a-1.7",
    "sync /spool/tmp/0193a-1.7",
    "close /spool/tmp/0193a-1.7",
    "rename /spool/0193a-1.7",
    "fsync /spool",
  ]);
  disk.powerLoss(() => 0);
  expect(disk.bytes("/spool/0193a-1.7").toString()).toBe("Subject: x\n\nbody\n");
});

test("a large message is synced before its rename too", async () => {
  const { disk, spool } = await openInMemory();
  const staged = spool.stage(id);
  for (let piece = 0; piece < 5; piece++) await staged.write(Buffer.alloc(200_000, piece));
  await staged.finish();
  await spool.syncDirectory();
  disk.powerLoss(() => 0);
  expect(disk.bytes("/spool/0193a-1.7").length).toBe(1_000_000);
});

test("while the disk is slow, the writer waits with at most 256 KiB and a piece in memory", async () => {
  const { spool, held, control } = await openInMemory();
  control.hold = true;
  const staged = spool.stage(id);
  const piece = Buffer.alloc(64 * 1024);
  let taken = 0;
  let waiting: void | Promise<void>;
  do {
    waiting = staged.write(piece);
    taken += piece.length;
  } while (waiting === undefined && taken < 4 * 1024 * 1024);
  expect(taken).toBe(256 * 1024);
  control.hold = false;
  for (const go of held) go();
  await waiting;
  await staged.finish();
  expect(staged.sizeBytes).toBe(256 * 1024);
});

const troubles = [
  { name: "no room for the file", call: "create /spool/tmp/0193a-1.7", code: "ENOSPC", pieces: [10] },
  { name: "no room for the bytes", call: "write /spool/tmp/0193a-1.7", code: "ENOSPC", pieces: [10] },
  {
    name: "no room while it streams",
    call: "write /spool/tmp/0193a-1.7",
    code: "ENOSPC",
    pieces: [300_000, 300_000],
  },
  { name: "an fsync that fails", call: "sync /spool/tmp/0193a-1.7", code: "EIO", pieces: [10] },
  {
    name: "an fsync that fails after streaming",
    call: "sync /spool/tmp/0193a-1.7",
    code: "EIO",
    pieces: [300_000],
  },
  { name: "a close that fails", call: "close /spool/tmp/0193a-1.7", code: "EIO", pieces: [300_000] },
  { name: "a rename that fails", call: "rename /spool/0193a-1.7", code: "ENOSPC", pieces: [10] },
];

test.each(troubles)(
  "$name: finish rejects, is not tried again, and discard leaves nothing",
  async (given) => {
    const { disk, spool, calls } = await openInMemory({ [given.call]: given.code });
    const staged = spool.stage(id);
    for (const length of given.pieces)
      await Promise.resolve(staged.write(Buffer.alloc(length))).catch(() => {});
    await expect(staged.finish()).rejects.toMatchObject({ code: given.code });
    await expect(staged.finish()).rejects.toMatchObject({ code: given.code });
    expect(calls.filter((call) => call.startsWith("sync")).length).toBeLessThanOrEqual(1);
    await staged.discard();
    expect(disk.list("/spool/tmp")).toEqual([]);
    expect(disk.list("/spool")).toEqual(["tmp"]);
  },
);

test("a write after trouble meets the same trouble", async () => {
  const { spool } = await openInMemory({ "write /spool/tmp/0193a-1.7": "ENOSPC" });
  const staged = spool.stage(id);
  void staged.write(Buffer.alloc(300_000));
  await expect(Promise.resolve(staged.write(Buffer.alloc(300_000)))).rejects.toMatchObject({
    code: "ENOSPC",
  });
  await expect(Promise.resolve(staged.write(Buffer.alloc(1)))).rejects.toMatchObject({ code: "ENOSPC" });
});

test("discard while a write is under way leaves nothing, and ends the writing", async () => {
  const { disk, spool, held, control } = await openInMemory();
  control.hold = true;
  const staged = spool.stage(id);
  void staged.write(Buffer.alloc(300_000));
  const gone = staged.discard();
  control.hold = false;
  for (const go of held) go();
  await gone;
  expect(disk.list("/spool/tmp")).toEqual([]);
  await expect(Promise.resolve(staged.write(Buffer.alloc(1)))).rejects.toThrow("discarded");
});

test("discard after finish takes the file too", async () => {
  const { disk, spool } = await openInMemory();
  const staged = spool.stage(id);
  void staged.write(Buffer.from("x"));
  await staged.finish();
  await staged.discard();
  expect(disk.list("/spool")).toEqual(["tmp"]);
});

test("a directory whose fsync fails is a fatal failure of our own", async () => {
  const trouble: { [call: string]: string | undefined } = {};
  const { spool } = await openInMemory(trouble);
  trouble["fsync /spool"] = "EIO";
  const failed = await spool.syncDirectory().catch((caught: unknown) => caught);
  expect(failed).toBeInstanceOf(FailureError);
  expect(failed).toMatchObject({
    failure: { code: "io", scope: "local", permanent: false, params: { fatal: 1 } },
  });
});

test("the directories are durable when the spool is open", async () => {
  const { disk, spool } = await openInMemory();
  disk.powerLoss(() => 0);
  const staged = spool.stage(id);
  await staged.finish();
  expect(disk.list("/spool").sort()).toEqual(["0193a-1.7", "tmp"]);
});

test("what dead nodes left: partial files go, whole ones are named", async () => {
  await using directory = await temporaryDirectory("spool");
  const spool = await openIn(directory.path, 7);
  const spoolPath = join(directory.path, "spool");
  for (const name of ["a-1.3", "a-2.7", "a-3.33", "tmp/b-1.3", "tmp/b-2.7", "stray"]) {
    await writeFile(join(spoolPath, name), "x");
  }
  expect(await spool.leftBy(new Set([3, 5]))).toEqual(["a-1.3"]);
  expect(await readdir(join(spoolPath, "tmp"))).toEqual(["b-2.7"]);
});

test("removal does not mind what is gone, and goes on behind trouble", async () => {
  const { disk, spool } = await openInMemory({ "unlink /spool/a.7": "EIO" });
  for (const name of ["a", "b"]) await spool.stage(name as MessageId).finish();
  await expect(spool.remove(["a.7", "gone.7", "b.7"])).rejects.toMatchObject({ code: "EIO" });
  expect(disk.list("/spool").sort()).toEqual(["a.7", "tmp"]);
});

test.each(["../secret.key.1", "a/b.1", "tmp", "", "a\0.1"])("%j is no ref", async (ref) => {
  const { spool } = await openInMemory();
  expect(() => spool.path(ref)).toThrow("not a spool ref");
});

test("free bytes are known", async () => {
  await using directory = await temporaryDirectory("spool");
  expect(await (await openIn(directory.path)).freeBytes()).toBeGreaterThan(0);
});

test.skipIf(uid !== 0)(
  "as root, in another user's spool, files belong to that user (needs root)",
  async () => {
    await using directory = await temporaryDirectory("spool");
    await chown(directory.path, 4242, 4243);
    const spool = await openIn(directory.path);
    for (const [name, length] of [
      ["small", 10],
      ["large", 400_000],
    ] as const) {
      const staged = spool.stage(name as MessageId);
      await staged.write(Buffer.alloc(length));
      await staged.finish();
      expect(await stat(spool.path(staged.ref))).toMatchObject({ uid: 4242, gid: 4243 });
    }
    expect(await stat(join(directory.path, "spool", "tmp"))).toMatchObject({ uid: 4242, gid: 4243 });
  },
);
