import { expect, test } from "vitest";
import type { CheckedRun, ContestResult, Result } from "./contest.ts";
import type { ContestantName } from "./contestants/contestant.ts";
import { contestTable } from "./tables.ts";
import { type Workload, workloads } from "./workloads.ts";

function workload(id: string): Workload {
  const found = workloads(false).find((one) => one.id === id);
  if (found === undefined) throw new Error(id);
  return found;
}

function run(seconds: number, more: Partial<CheckedRun> = {}): CheckedRun {
  return { wallMs: seconds * 1000, cpuMs: 500, peakRssBytes: 100e6, spanMs: seconds * 900, ...more };
}

function result(name: ContestantName, runs: readonly CheckedRun[], more: Partial<Result> = {}): Result {
  return { name, part: 1, runs, trouble: null, oneVisit: null, ...more };
}

function table(id: string, results: readonly Result[]): string {
  const contest: ContestResult = { workload: workload(id), results, loads: [0.5, 1] };
  return contestTable(contest, ["Measured here."]);
}

test("the fastest peer is 1, the limit is 1 in its own column, and medians count", () => {
  const text = table("P1", [
    result("rpop", [run(9), run(1), run(1.5)]),
    result("mpop", [run(2), run(2), run(8)]),
    result("fetchmail", [run(10)]),
    result("limit-c", [run(1)]),
  ]);
  expect(text).toContain("| rpop | 1.50 | 1.33 | 0.67 | 1.35 | 0.50 | 0.50 | 100 |");
  expect(text).toContain("| mpop | 2.00 | 1.00 | 0.50 |");
  expect(text).toContain("| fetchmail | 10.0 | 0.20 | 0.10 |");
  expect(text).toContain("at least 1.30 × mpop: **1.33**, reached");
  expect(text).toContain("at least 0.75 × limit-c: **0.67**, missed");
  expect(text).toContain("at least 15.0 × getmail: not measured");
  expect(text).toContain("load average before each: 0.5, 1.0");
});

test("who got a part of the work has it counted for the whole, and said", () => {
  const text = table("P4", [result("rpop", [run(3)]), result("fetchmail", [run(40)], { part: 0.1 })]);
  expect(text).toContain("| fetchmail | 400 | 1.00 |");
  expect(text).toContain("fetchmail got 10 % of the accounts; its times are multiplied.");
  expect(text).toContain("the best peer (fetchmail): **133**, reached");
});

test("the start of the process is no part of what a visit costs", () => {
  const one = run(0.5, { cpuMs: 501 });
  const text = table("P5 plain", [result("rpop", [run(2, { cpuMs: 1500 })], { oneVisit: one })]);
  expect(text).toContain("CPU below 0.8 ms a visit: **1.00**, missed");
});

test("a peak counts from every run, and who failed is named", () => {
  const text = table("P8 300 MB", [
    result("rpop", [run(1), run(1, { peakRssBytes: 160e6 })]),
    result("mpop", [], { trouble: "it said no\nand more" }),
  ]);
  expect(text).toContain("peak RSS below 150 MB: **160**, missed");
  expect(text).toContain("mpop is out after 0 runs: it said no");
  expect(text).not.toContain("and more");
});

test("the visit alone is held against a whole run", () => {
  const text = table("P7", [result("rpop", [run(1, { spanMs: 120 })]), result("mpop", [run(0.1)])]);
  expect(text).toContain("connected no longer than 1.3 × mpop's whole run: **1.20**, reached");
});
