import { expect, test } from "vitest";
import { MemoryLogDirectory } from "../../test/support/memory-log-directory.ts";
import { lineMaker } from "./log-line.ts";
import { readLog } from "./read-log.ts";

const line = (time: string, text: string) =>
  lineMaker(1, () => time).line(0, "major", "visit-ended", { text }).text;
const noon = "2026-11-25T12:00:00.000+00:00";

/** Reads until there is no more; `steps` happen in the pauses of one who follows. */
async function read(directory: MemoryLogDirectory, since: string | null, steps: (() => void)[] = []) {
  const found: unknown[] = [];
  const more = async () => {
    const step = steps.shift();
    step?.();
    return step !== undefined;
  };
  const lines = readLog({ directory, since: since === null ? null : Date.parse(since), more });
  for await (const { record } of lines) found.push(record.fields.text);
  return found;
}

test("files in the order of days and numbers, lines in theirs", async () => {
  const directory = new MemoryLogDirectory();
  directory.put("rpop-2026-11-25.10.log", line(noon, "5"));
  directory.put("rpop-2026-11-25.2.log", line(noon, "4"));
  directory.put("rpop-2026-11-25.log", line(noon, "2") + line(noon, "3"));
  directory.put("rpop-2026-11-24.log", line("2026-11-24T12:00:00.000+00:00", "1"));
  directory.put("other.log", line(noon, "none of ours"));
  expect(await read(directory, null)).toEqual(["1", "2", "3", "4", "5"]);
});

test("no directory, no lines", async () => {
  expect(await read(new MemoryLogDirectory(), null)).toEqual([]);
});

test("since a moment, whatever the zone of the file's name", async () => {
  const directory = new MemoryLogDirectory();
  directory.put("rpop-2026-11-20.log", line("2026-11-20T12:00:00.000+00:00", "long ago"));
  directory.put("rpop-2026-11-24.log", line("2026-11-24T23:59:59.999-12:00", "late in the west"));
  directory.put("rpop-2026-11-25.log", line("2026-11-25T10:00:00.000+00:00", "before") + line(noon, "at it"));
  expect(await read(directory, "2026-11-25T11:59:00.000Z")).toEqual(["late in the west", "at it"]);
});

test("half a line at the end waits for its rest; what is no record is left out", async () => {
  const directory = new MemoryLogDirectory();
  const name = "rpop-2026-11-25.log";
  const whole = line(noon, "ü".repeat(10));
  // Cut within a character.
  const bytes = Buffer.from(whole);
  const at = bytes.indexOf(Buffer.from("ü")) + 1;
  directory.appendNow(name, Buffer.from("torn by a crash\n"));
  directory.appendNow(name, bytes.subarray(0, at));
  expect(await read(directory, null, [() => directory.appendNow(name, bytes.subarray(at))])).toEqual([
    "ü".repeat(10),
  ]);
});

test("following goes on over rotation, also with lines that still come to the former file", async () => {
  const directory = new MemoryLogDirectory();
  const add = (name: string, text: string) => () => directory.appendNow(name, Buffer.from(line(noon, text)));
  add("rpop-2026-11-25.log", "1")();
  const steps = [
    add("rpop-2026-11-25.log", "2"),
    () => {},
    add("rpop-2026-11-26.log", "3"),
    add("rpop-2026-11-25.log", "4"),
    add("rpop-2026-11-26.2.log", "5"),
  ];
  expect(await read(directory, null, steps)).toEqual(["1", "2", "3", "4", "5"]);
});

test("long files come whole", async () => {
  const directory = new MemoryLogDirectory();
  const texts = Array.from({ length: 5000 }, (_, index) => `${index} ${"x".repeat(index % 300)}`);
  directory.put("rpop-2026-11-25.log", texts.map((text) => line(noon, text)).join(""));
  expect(await read(directory, null)).toEqual(texts);
});
