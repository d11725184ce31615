import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../core/time.ts";
import { chosenLogLevel, levelChangeOf, logLevelAt, logLevelChangeKey, settingsAt } from "./log-level.ts";

type Stored = Readonly<Record<string, unknown>>;

/** Stored settings after a person chose these. */
function choose(before: Stored, chosen: Stored, now: number): Stored {
  const standing = settingsAt(before, now);
  const { [logLevelChangeKey]: _, ...after } = { ...standing, ...chosen };
  const change = levelChangeOf(standing, after, now);
  return change === undefined ? after : { ...after, [logLevelChangeKey]: change };
}

const levelAt = (stored: Stored, now: number) => logLevelAt(chosenLogLevel(stored), now);

test("nothing chosen is major", () => {
  expect(levelAt({}, 0)).toBe("major");
});

test("quiet levels stay", () => {
  for (const logLevel of ["crashesOnly", "failures", "major", "problems"]) {
    expect(levelAt(choose({}, { logLevel }, 0), 1000 * HOUR)).toBe(logLevel);
  }
});

test.each(["lowLevel", "allInfo"])("%s goes back to the former level after one hour", (logLevel) => {
  const stored = choose({ logLevel: "problems" }, { logLevel }, 5 * HOUR);
  expect(levelAt(stored, 6 * HOUR - 1)).toBe(logLevel);
  expect(levelAt(stored, 6 * HOUR)).toBe("problems");
});

test("from lowLevel to allInfo the hour begins anew, and the level before both comes back", () => {
  const low = choose({ logLevel: "failures" }, { logLevel: "lowLevel" }, 0);
  const all = choose(low, { logLevel: "allInfo" }, 30 * MINUTE);
  expect(levelAt(all, 90 * MINUTE - 1)).toBe("allInfo");
  expect(levelAt(all, 90 * MINUTE)).toBe("failures");
});

test("a change of anything else does not begin the hour anew", () => {
  const low = choose({}, { logLevel: "lowLevel" }, 0);
  expect(levelAt(choose(low, { logLevel: "lowLevel", channels: 5 }, 30 * MINUTE), HOUR)).toBe("major");
});

test("pinned it stays; unpinned it has an hour from then on", () => {
  const pinned = choose({ logLevel: "problems" }, { logLevel: "allInfo", logLevelPinned: true }, 0);
  expect(levelAt(pinned, 1000 * HOUR)).toBe("allInfo");
  const unpinned = choose(pinned, { logLevelPinned: false }, 1000 * HOUR);
  expect(levelAt(unpinned, 1001 * HOUR - 1)).toBe("allInfo");
  expect(levelAt(unpinned, 1001 * HOUR)).toBe("problems");
});

test("chosen again after its hour, it has another one", () => {
  const low = choose({}, { logLevel: "lowLevel" }, 0);
  const again = choose(low, { logLevel: "lowLevel" }, 2 * HOUR);
  expect(levelAt(again, 3 * HOUR - 1)).toBe("lowLevel");
  expect(levelAt(again, 3 * HOUR)).toBe("major");
});

test("pinned after its hour, the level that came back stays", () => {
  const low = choose({}, { logLevel: "lowLevel" }, 0);
  expect(levelAt(choose(low, { logLevelPinned: true }, 2 * HOUR), 2 * HOUR)).toBe("major");
});

test("settings as they count", () => {
  const low = choose({ channels: 5 }, { logLevel: "lowLevel" }, 0);
  expect(settingsAt(low, HOUR - 1)).toBe(low);
  expect(settingsAt(low, HOUR)).toEqual({ channels: 5 });
  const fromProblems = choose({ logLevel: "problems" }, { logLevel: "lowLevel" }, 0);
  expect(settingsAt(fromProblems, HOUR)).toEqual({ logLevel: "problems" });
});

test.each([
  { change: undefined, why: "no moment" },
  { change: { at: "soon", former: "major" }, why: "no number" },
  { change: { at: 10 * HOUR, former: "allInfo" }, why: "back to a loud one" },
])("a stored moment that cannot be read counts as over: $why", ({ change }) => {
  expect(levelAt({ logLevel: "allInfo", [logLevelChangeKey]: change }, 10 * HOUR)).toBe("major");
});
