import { expect, test } from "vitest";
import { type FailureCode, type FailureScope, failure } from "../core/failure.ts";
import { LocalTrouble } from "./local-trouble.ts";

const trouble = (code: FailureCode, scope: FailureScope = "local") => failure(code, scope);

/** What happens, one after the other: code and host of a visit's end (`ok` is a good one), and whether visits pause then. */
const stories: {
  name: string;
  ends: [FailureCode | "ok", string, FailureScope?][];
  paused: FailureCode | null;
}[] = [
  { name: "a full disk pauses at once", ends: [["disk-full", "a"]], paused: "disk-full" },
  { name: "so does a database that refuses", ends: [["database", "a"]], paused: "database" },
  { name: "and an end of descriptors", ends: [["out-of-descriptors", "a"]], paused: "out-of-descriptors" },
  {
    name: "no route to one host is that host's",
    ends: [
      ["no-route", "a"],
      ["no-route", "a"],
      ["no-route", "b"],
    ],
    paused: null,
  },
  {
    name: "no route to three hosts is ours",
    ends: [
      ["no-route", "a"],
      ["no-route", "b"],
      ["no-route", "c"],
    ],
    paused: "no-route",
  },
  {
    name: "no answer from DNS for three hosts is ours",
    ends: [
      ["dns", "a"],
      ["dns", "b"],
      ["dns", "c"],
    ],
    paused: "dns",
  },
  {
    name: "a visit in between that went well proves a route",
    ends: [
      ["no-route", "a"],
      ["no-route", "b"],
      ["ok", "x"],
      ["no-route", "c"],
    ],
    paused: null,
  },
  {
    name: "a host that cannot be reached proves none",
    ends: [
      ["no-route", "a"],
      ["no-route", "b"],
      ["host-unreachable", "x", "host"],
      ["no-route", "c"],
    ],
    paused: "no-route",
  },
  { name: "a surprise with one account pauses nobody", ends: [["unexpected", "a"]], paused: null },
  { name: "a source address that is not ours pauses nobody", ends: [["source-address", "a"]], paused: null },
  { name: "a wrong password pauses nobody", ends: [["auth-refused", "a", "account"]], paused: null },
  {
    name: "a visit that was stopped says nothing",
    ends: [
      ["disk-full", "a"],
      ["cancelled", "a"],
    ],
    paused: "disk-full",
  },
  {
    name: "the first good end is the end of the pause",
    ends: [
      ["disk-full", "a"],
      ["ok", "a"],
    ],
    paused: null,
  },
  {
    name: "so is an end that is not our own doing",
    ends: [
      ["disk-full", "a"],
      ["auth-refused", "a", "account"],
    ],
    paused: null,
  },
];

test.each(stories)("$name", ({ ends, paused }) => {
  const state = new LocalTrouble();
  ends.forEach(([code, host, scope], index) => {
    state.ended(code === "ok" ? null : trouble(code, scope), host, index);
  });
  expect(state.pause?.failure.code ?? null).toBe(paused);
});

test("during a pause one visit tries after 5 s, then twice as late each time, at most a minute", () => {
  const state = new LocalTrouble();
  let now = 0;
  const waits: number[] = [];
  for (let tries = 0; tries < 6; tries++) {
    state.ended(trouble("database"), "a", now);
    const tryAt = state.tryAt ?? 0;
    waits.push(tryAt - now);
    expect(state.mayStart(tryAt - 1, false)).toBe(false);
    expect(state.mayStart(tryAt, true)).toBe(false);
    expect(state.mayStart(tryAt, false)).toBe(true);
    now = tryAt;
  }
  expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  expect(state.pause?.since).toBe(0);
  state.ended(null, "a", now);
  state.ended(trouble("database"), "a", now);
  expect(state.tryAt).toBe(now + 5000);
});

test("too little space is measured: no visit tries, and it ends when there is enough", () => {
  const state = new LocalTrouble();
  state.measured(99, 100, 7);
  expect(state.pause).toMatchObject({
    failure: { code: "disk-low", params: { free: 99, limit: 100 } },
    since: 7,
  });
  expect(state.mayStart(1_000_000, false)).toBe(false);
  state.ended(null, "a", 8);
  state.measured(null, 100, 9);
  expect(state.pause).not.toBeNull();
  state.measured(100, 100, 10);
  expect(state.pause).toBeNull();
});

test("a route that comes back is seen when a maildrop opens", () => {
  const state = new LocalTrouble();
  for (const host of ["a", "b", "c"]) state.ended(trouble("no-route"), host, 0);
  state.reached();
  expect(state.mayStart(0, true)).toBe(true);
});

test("a hundred visits that end in the trouble that began the pause do not put the first try off", () => {
  const state = new LocalTrouble();
  for (let visits = 0; visits < 100; visits++) state.ended(trouble("disk-full"), "a", visits);
  expect(state.tryAt).toBe(5000);
});

test.each<[FailureCode, FailureCode | null]>([
  ["disk-full", null],
  ["database", null],
  ["no-route", "no-route"],
])("%s: after a message was accepted: %s", (code, left) => {
  const state = new LocalTrouble();
  for (const host of ["a", "b", "c"]) state.ended(trouble(code), host, 0);
  state.accepted();
  expect(state.pause?.failure.code ?? null).toBe(left);
});

test("too little space stays too little, whatever was accepted meanwhile", () => {
  const state = new LocalTrouble();
  state.measured(99, 100, 0);
  state.accepted();
  expect(state.pause?.failure.code).toBe("disk-low");
});
