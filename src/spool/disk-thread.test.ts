/** The same calls, made by libuv's threads and by one of our own; and what is particular to the latter. */
import { existsSync, statSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { type DiskThread, diskThread } from "./disk-thread.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { Gathered } from "./slabs.ts";
import { durableWriter } from "./write-durable.ts";

/** Only a build has one that a thread can run. */
const program = resolve(process.env.RPOP_DIST ?? "dist", "modules/spool/disk-worker.js");

function start(): DiskThread & AsyncDisposable {
  const disk = diskThread(pathToFileURL(program));
  return { ...disk, [Symbol.asyncDispose]: () => disk.close() };
}

function small(directory: string, name: string) {
  return {
    partial: join(directory, `${name}.tmp`),
    path: join(directory, name),
    mode: 0o640,
    owner: null,
  };
}

describe.skipIf(!existsSync(program))("the disk's thread", () => {
  test("writes what was gathered, whatever its size", async () => {
    await using directory = await temporaryDirectory("disk");
    await using disk = start();
    const sizes = [0, 1, 16 * 1024, 16 * 1024 + 1, 100_000];
    const gathered = sizes.map((size, index) => {
      const one = new Gathered();
      one.add(Buffer.alloc(size, index + 1));
      return one;
    });
    await Promise.all(
      gathered.map((one, index) => disk.fs.writeDurable(small(directory.path, `${index}`), one.pieces())),
    );
    for (const [index, size] of sizes.entries()) {
      const path = join(directory.path, `${index}`);
      expect((await readFile(path)).equals(Buffer.alloc(size, index + 1))).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o640);
    }
    expect((await readdir(directory.path)).sort()).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("answers each call by itself, with the system's error where it failed", async () => {
    await using directory = await temporaryDirectory("disk");
    await using disk = start();
    const at = (name: string) => join(directory.path, name);
    await writeFile(at("taken.tmp"), "");
    const outcomes = await Promise.allSettled([
      disk.fs.unlink(at("none")),
      disk.fs.writeDurable(small(directory.path, "a"), [Buffer.from("a")]),
      disk.fs.writeDurable(small(directory.path, "taken"), [Buffer.from("b")]),
      disk.fs.mkdir(at("new"), 0o700),
    ]);
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "ENOENT", syscall: "unlink", path: at("none") } },
      { status: "fulfilled", value: undefined },
      { status: "rejected", reason: { code: "EEXIST", syscall: "open", path: at("taken.tmp") } },
      { status: "fulfilled", value: undefined },
    ]);
    const [first] = outcomes;
    expect(first?.status === "rejected" && first.reason).toBeInstanceOf(Error);
  });

  test.each(["through libuv", "by the thread"])("names and times, %s", async (how) => {
    await using directory = await temporaryDirectory("disk");
    await using disk = start();
    const at = (name: string) => join(directory.path, name);
    const fs = how === "by the thread" ? disk.fs : nodeFileSystem;
    await disk.fs.writeDurable(small(directory.path, "a"), [Buffer.from("abc")]);
    await fs.mkdir(at("d"), 0o700);
    await fs.link(at("a"), at("d/b"));
    await fs.rename(at("d/b"), at("d/c"));
    await fs.setTimes(at("a"), 1_700_000_000_000);
    await fs.syncDirectory(at("d"));
    expect(await fs.stat(at("d/c"))).toMatchObject({
      kind: "file",
      sizeBytes: 3,
      modifiedAt: 1_700_000_000_000,
    });
    expect(await fs.lstat(at("d"))).toMatchObject({ kind: "directory" });
    await fs.unlink(at("a"));
    await expect(fs.rename(at("a"), at("b"))).rejects.toMatchObject({
      code: "ENOENT",
      syscall: "rename",
      path: at("a"),
      dest: at("b"),
    });
    await expect(fs.syncDirectory(at("d/c"))).rejects.toMatchObject({ code: "ENOTDIR", syscall: "open" });
    expect(await readdir(directory.path)).toEqual(["d"]);
  });

  test("more calls than one batch takes", async () => {
    await using directory = await temporaryDirectory("disk");
    await using disk = start();
    const names = Array.from({ length: 300 }, (_, index) => `m${index}`);
    await Promise.all(
      names.map((name) => disk.fs.writeDurable(small(directory.path, name), [Buffer.from(name)])),
    );
    expect(await readdir(directory.path)).toHaveLength(300);
    await Promise.all(names.map((name) => disk.fs.unlink(join(directory.path, name))));
    expect(await readdir(directory.path)).toEqual([]);
  });

  test("what is asked while a batch is under way has its own answer", async () => {
    await using directory = await temporaryDirectory("disk");
    await using disk = start();
    const asked: Promise<void>[] = [];
    for (let index = 0; index < 20; index++) {
      asked.push(disk.fs.writeDurable(small(directory.path, `m${index}`), [Buffer.from("x")]));
      await new Promise(setImmediate);
    }
    await Promise.all(asked);
    expect(await readdir(directory.path)).toHaveLength(20);
  });

  test("closes when everything asked has been answered, and takes nothing more", async () => {
    await using directory = await temporaryDirectory("disk");
    const disk = start();
    const written = disk.fs.writeDurable(small(directory.path, "a"), [Buffer.from("a")]);
    await disk.close();
    expect(await readdir(directory.path)).toEqual(["a"]);
    await written;
    await expect(disk.fs.unlink(join(directory.path, "a"))).rejects.toMatchObject({
      failure: { code: "module-stopped" },
    });
  });
});

test("looks and directories need no thread", async () => {
  await using directory = await temporaryDirectory("disk");
  const disk = diskThread(new URL("data:text/javascript,process.exit(3)"));
  await disk.fs.mkdir(join(directory.path, "d"), 0o700);
  await disk.fs.syncDirectory(directory.path);
  expect(await disk.fs.stat(join(directory.path, "d"))).toMatchObject({ kind: "directory" });
  await disk.close();
});

test("a thread that ended is fatal for what was under way, and for all that comes", async () => {
  const disk = diskThread(new URL("data:text/javascript,process.exit(3)"));
  const fatal = { failure: { code: "io", scope: "local", permanent: false, params: { fatal: 1 } } };
  const outcomes = await Promise.allSettled([disk.fs.unlink("/none/a"), disk.fs.unlink("/none/b")]);
  expect(outcomes).toMatchObject([{ reason: fatal }, { reason: fatal }]);
  await expect(disk.fs.link("/none/a", "/none/b")).rejects.toMatchObject(fatal);
  await disk.close();
});

test("an fsync is left to other threads where the disk is slow, and taken back where it is not", async () => {
  await using directory = await temporaryDirectory("disk");
  let at = 0;
  let fsyncMs = 0;
  const write = durableWriter(() => {
    at += fsyncMs;
    return at;
  });
  let count = 0;
  const next = () => write(small(directory.path, `m${count++}`), [Buffer.from("ab"), Buffer.from("c")]);
  expect(next()).toBeUndefined();
  fsyncMs = 20;
  expect(next()).toBeUndefined();
  await Promise.all([next(), next()].map((one) => expect(one).resolves.toBeUndefined()));
  const again = write(small(directory.path, "m0"), []);
  await again;
  fsyncMs = 0;
  for (let index = 0; index < 40; index++) await next();
  expect(next()).toBeUndefined();
  const names = (await readdir(directory.path)).sort();
  expect(names).toEqual(Array.from({ length: count }, (_, index) => `m${index}`).sort());
  expect(await readFile(join(directory.path, "m3"), "utf8")).toBe("abc");
});
