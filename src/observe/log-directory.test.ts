/** Real files: what several writers do to one of them, and who may read it. */
import { lstat, mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { inOrder, logFileName, nodeLogDirectory } from "./log-directory.ts";
import { LogWriter } from "./log-writer.ts";

const clock = { now: () => Date.now(), monotonic: () => performance.now(), setTimer: () => () => {} };

test("names sort by day and number; other files are none of ours", () => {
  const names = [
    "rpop-2026-11-25.10.log",
    "rpop-2026-11-25.log",
    "rpop-2026-11-24.2.log",
    "x.log",
    "rpop-.log",
  ];
  expect(inOrder(names).map(logFileName)).toEqual([
    "rpop-2026-11-24.2.log",
    "rpop-2026-11-25.log",
    "rpop-2026-11-25.10.log",
  ]);
});

test("four writers, one file: every line whole, each writer's in its order", async () => {
  await using temporary = await temporaryDirectory("log");
  const directory = nodeLogDirectory(join(temporary.path, "log"));
  const lostLine = () => ({ day: "2026-11-25", text: "lost\n" });
  const writers = [0, 1, 2, 3].map(() => new LogWriter({ directory, clock, lostLine }));
  for (let count = 0; count < 500; count++) {
    writers.forEach((writer, index) => {
      writer.add({ day: "2026-11-25", text: `${index} ${count} ${"x".repeat((count * 37) % 900)}\n` });
    });
    if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(writers.map((writer) => writer.close()));
  const lines = (await readFile(join(temporary.path, "log", "rpop-2026-11-25.log"), "utf8")).split("\n");
  expect(lines.pop()).toBe("");
  expect(lines).toHaveLength(2000);
  for (const index of [0, 1, 2, 3]) {
    const own = lines.filter((line) => line.startsWith(`${index} `));
    expect(own.map((line) => Number(line.split(" ")[1]))).toEqual(Array.from({ length: 500 }, (_, at) => at));
    expect(own.every((line, count) => (line.split(" ")[2] ?? "").length === (count * 37) % 900)).toBe(true);
  }
});

test("the log is for its owner alone, and no link leads it elsewhere", async () => {
  await using temporary = await temporaryDirectory("log");
  const path = join(temporary.path, "log");
  const directory = nodeLogDirectory(path);
  expect(await directory.list()).toEqual([]);
  directory.appendNow("rpop-2026-11-25.log", Buffer.from("last words\n"));
  const file = await directory.open("rpop-2026-11-25.log");
  await file.append(Buffer.from("more\n"));
  await file.close();
  expect(await readFile(join(path, "rpop-2026-11-25.log"), "utf8")).toBe("last words\nmore\n");
  expect((await lstat(join(path, "rpop-2026-11-25.log"))).mode & 0o777).toBe(0o600);
  expect((await lstat(path)).mode & 0o777).toBe(0o700);
  await mkdir(join(temporary.path, "elsewhere"));
  await symlink(join(temporary.path, "elsewhere", "target"), join(path, "rpop-2026-11-26.log"));
  await expect(directory.open("rpop-2026-11-26.log")).rejects.toMatchObject({ code: "ELOOP" });
});

test("a file that is gone reads as empty, and is gone for whoever writes to it", async () => {
  await using temporary = await temporaryDirectory("log");
  const directory = nodeLogDirectory(temporary.path);
  const file = await directory.open("rpop-2026-11-25.log");
  await file.append(Buffer.from("one\n"));
  expect(Buffer.from(await directory.read("rpop-2026-11-25.log", 1, 100)).toString()).toBe("ne\n");
  expect(await file.facts()).toEqual({ sizeBytes: 4, named: true });
  await directory.remove("rpop-2026-11-25.log");
  await directory.remove("rpop-2026-11-25.log");
  expect(await file.facts()).toEqual({ sizeBytes: 4, named: false });
  expect(await directory.read("rpop-2026-11-25.log", 0, 100)).toHaveLength(0);
  await file.close();
});
