/** Lines on their way to files that a test can fill up, take away and count. */
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { MemoryLogDirectory } from "../../test/support/memory-log-directory.ts";
import { LogWriter } from "./log-writer.ts";

function world(bounds = { fileBytes: 1000, files: 3 }) {
  const directory = new MemoryLogDirectory();
  const clock = new ManualClock();
  const lostLine = (count: number) => ({ day: "2026-11-25", text: `lost ${count}\n` });
  const start = () => new LogWriter({ directory, clock, lostLine, bounds });
  return { directory, clock, start, writer: start() };
}

const today = "2026-11-25";
const text = (line: string) => `${line}
`;

test("lines stand in their order, those of one turn in one write", async () => {
  const { directory, writer } = world();
  for (const word of ["one", "two", "three"]) writer.add({ day: today, text: text(word) });
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("one\ntwo\nthree\n");
  expect(directory.writes).toBe(1);
});

test("each day has a file", async () => {
  const { directory, writer } = world();
  writer.add({ day: today, text: text("late") });
  writer.add({ day: "2026-11-26", text: text("early") });
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("late\n");
  expect(directory.text("rpop-2026-11-26.log")).toBe("early\n");
});

test("a full file is followed by the next number, also at a new start", async () => {
  const { directory, clock, writer, start } = world();
  writer.add({ day: today, text: text("x".repeat(999)) });
  await writer.flush();
  clock.advance(1000);
  writer.add({ day: today, text: text("second") });
  await writer.close();
  const next = start();
  next.add({ day: today, text: text("also second") });
  await next.close();
  expect(directory.names()).toEqual(["rpop-2026-11-25.2.log", "rpop-2026-11-25.log"]);
  expect(directory.text("rpop-2026-11-25.2.log")).toBe("second\nalso second\n");
});

test("two processes write to one file and follow each other to the next one", async () => {
  const { directory, clock, writer, start } = world();
  const other = start();
  writer.add({ day: today, text: text("a".repeat(600)) });
  await writer.flush();
  other.add({ day: today, text: text("b".repeat(600)) });
  await other.flush();
  clock.advance(1000);
  writer.add({ day: today, text: text("c") });
  await writer.flush();
  other.add({ day: today, text: text("d") });
  await Promise.all([writer.close(), other.close()]);
  expect(directory.text("rpop-2026-11-25.log")).toBe(`${"a".repeat(600)}\n${"b".repeat(600)}\n`);
  expect(directory.text("rpop-2026-11-25.2.log")).toBe("c\nd\n");
});

test("the newest files stay; strangers' files are not touched", async () => {
  const { directory, writer } = world();
  directory.put("notes.txt", "mine");
  directory.put("rpop-2026-11-20.log", "");
  directory.put("rpop-2026-11-20.2.log", "");
  directory.put("rpop-2026-11-20.10.log", "");
  directory.put("rpop-2026-11-24.log", "");
  writer.add({ day: today, text: text("new") });
  await writer.close();
  expect(directory.names()).toEqual([
    "notes.txt",
    "rpop-2026-11-20.10.log",
    "rpop-2026-11-24.log",
    "rpop-2026-11-25.log",
  ]);
});

test("a file that somebody removed is made anew", async () => {
  const { directory, clock, writer } = world();
  writer.add({ day: today, text: text("one") });
  await writer.flush();
  await directory.remove("rpop-2026-11-25.log");
  clock.advance(1000);
  writer.add({ day: today, text: text("two") });
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("two\n");
});

test("a full disk loses lines, counts them, and says so when there is room again", async () => {
  const { directory, clock, writer } = world();
  writer.add({ day: today, text: text("one") });
  await writer.flush();
  directory.roomBytes = 0;
  writer.add({ day: today, text: text("two") });
  await writer.flush();
  directory.roomBytes = Number.POSITIVE_INFINITY;
  // Nothing is tried for a second.
  writer.add({ day: today, text: text("three") });
  await writer.flush();
  clock.advance(1000);
  writer.add({ day: today, text: text("four") });
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("one\nlost 2\nfour\n");
});

test("what was lost before is still counted when saying so fails as well", async () => {
  const { directory, clock, writer } = world();
  directory.roomBytes = 0;
  for (const word of ["one", "two"]) {
    writer.add({ day: today, text: text(word) });
    await writer.flush();
    clock.advance(1000);
  }
  directory.roomBytes = Number.POSITIVE_INFINITY;
  writer.add({ day: today, text: text("three") });
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("lost 2\nthree\n");
});

test("what was lost is said at the end as well, once", async () => {
  const { directory, clock, writer } = world();
  directory.roomBytes = 0;
  writer.add({ day: today, text: text("one") });
  await writer.flush();
  directory.roomBytes = Number.POSITIVE_INFINITY;
  clock.advance(1000);
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("lost 1\n");
});

test("closing ends also while the disk is full", async () => {
  const { directory, clock, writer } = world();
  directory.roomBytes = 0;
  writer.add({ day: today, text: text("one") });
  await writer.flush();
  clock.advance(1000);
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("");
});

test("a line that was cut by a full disk spoils no other", async () => {
  const { directory, clock, writer } = world();
  directory.roomBytes = 2;
  writer.add({ day: today, text: text("one") });
  await writer.flush();
  directory.roomBytes = Number.POSITIVE_INFINITY;
  clock.advance(1000);
  writer.add({ day: today, text: text("two") });
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("on\nlost 1\ntwo\n");
});

test("a disk that answers short of the whole gets the rest", async () => {
  const { directory, writer } = world();
  directory.mostBytesAWrite = 3;
  writer.add({ day: today, text: text("abcdefgh") });
  await writer.close();
  expect(directory.text("rpop-2026-11-25.log")).toBe("abcdefgh\n");
});

test("a disk that hangs holds nobody up: what waits is bounded", async () => {
  const { directory, writer } = world({ fileBytes: 1e9, files: 3 });
  const release = directory.hang();
  for (let count = 0; count < 5000; count++) writer.add({ day: today, text: text("x".repeat(1023)) });
  release();
  await writer.close();
  const lines = directory.text("rpop-2026-11-25.log").split("\n");
  // 2 MiB of lines of 1 KiB.
  expect(lines.filter((line) => line.startsWith("x"))).toHaveLength(2048);
  expect(lines.filter((line) => line.startsWith("lost"))).toEqual(["lost 2952"]);
});

test("last words are written before the call returns, after what waited", () => {
  const { directory, writer } = world();
  writer.add({ day: today, text: text("one") });
  writer.writeNow({ day: today, text: text("the end") });
  expect(directory.text("rpop-2026-11-25.log")).toBe("one\nthe end\n");
  directory.roomBytes = 0;
  expect(() => writer.writeNow({ day: today, text: text("more") })).not.toThrow();
});
