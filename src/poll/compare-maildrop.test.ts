import { expect, test } from "vitest";
import { countListed } from "./compare-maildrop.ts";

const row = (uid: string | null, state: "left" | "deletePending" | "skipped") => ({ uid, state });

const cases = [
  { name: "empty", uids: [], rows: [], counts: {} },
  { name: "nothing is known", uids: ["a", null], rows: [], counts: { unknown: 2 } },
  {
    name: "each state once",
    uids: ["a", "b", "c", "d"],
    rows: [row("c", "skipped"), row("a", "left"), row("b", "deletePending")],
    counts: { taken: 1, toDelete: 1, skipped: 1, unknown: 1 },
  },
  {
    name: "equal UIDs are counted",
    uids: ["a", "a", "a"],
    rows: [row("a", "left"), row("a", "left")],
    counts: { taken: 2, unknown: 1 },
  },
  {
    name: "rows of messages that are gone, and without a UID",
    uids: ["a"],
    rows: [row("b", "left"), row(null, "left")],
    counts: { unknown: 1 },
  },
] as const;

test.each(cases)("a listing held against what is remembered: $name", ({ uids, rows, counts }) => {
  const none = { taken: 0, toDelete: 0, skipped: 0, unknown: 0 };
  expect(countListed(uids, rows)).toEqual({ ...none, ...counts, listed: uids.length });
});
