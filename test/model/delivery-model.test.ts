import { expect, test } from "vitest";
import { builtRules, explore, type Rules } from "./delivery-model.ts";

/**
 * States are asserted, so that a change of the model cannot empty it unseen. `excused` doubles are those that the
 * window leaves, where the owner removed the mail before it was searched for.
 */
const asBuilt: { name: string; rules: Partial<Rules>; states: number; excused: boolean }[] = [
  { name: "links", rules: {}, states: 10_320, excused: false },
  { name: "copies", rules: { linked: false }, states: 10_320, excused: false },
  { name: "the window", rules: { window: true }, states: 134_661, excused: true },
];

test.each(asBuilt)(
  "as built, with $name: no loss and no double in $states states",
  { timeout: 120_000 },
  ({ rules, states, excused }) => {
    const found = explore({ ...builtRules, ...rules }, 3);
    expect(found.loss).toBeNull();
    expect(found.double).toBeNull();
    expect(found.excusedDoubles > 0).toBe(excused);
    expect(found.states).toBe(states);
    expect(found.ends).toBeGreaterThan(10);
  },
);

const broken: { name: string; rules: Partial<Rules>; claims: number; finds: "loss" | "double" }[] = [
  { name: "without step 3", rules: { syncTmp: "never" }, claims: 2, finds: "loss" },
  { name: "with step 3 after step 4", rules: { syncTmp: "after-ready" }, claims: 2, finds: "loss" },
  { name: "without step 4", rules: { writeReady: false }, claims: 2, finds: "double" },
  {
    name: "with a step 4 that ignores the token",
    rules: { readyChecksToken: false },
    claims: 2,
    finds: "double",
  },
  { name: "without step 6", rules: { syncNew: "never" }, claims: 2, finds: "loss" },
  { name: "with step 6 after step 7", rules: { syncNew: "after-done" }, claims: 2, finds: "loss" },
  { name: "with one name for all tokens", rules: { nameForEachToken: false }, claims: 3, finds: "loss" },
  { name: "with one name for all tokens", rules: { nameForEachToken: false }, claims: 3, finds: "double" },
  { name: "with a sweep that takes the witness", rules: { sweepKeeps: "nothing" }, claims: 2, finds: "loss" },
  { name: "with a sweep of higher tokens", rules: { sweeps: "all" }, claims: 2, finds: "loss" },
  {
    name: "where trouble makes a ready entry queued",
    rules: { deferKeepsReady: false },
    claims: 2,
    finds: "double",
  },
  {
    name: "where an old witness that is gone is trusted",
    rules: { window: true, search: "trust-anyway" },
    claims: 2,
    finds: "loss",
  },
  {
    name: "without the search of the window",
    rules: { window: true, search: "requeue-anyway" },
    claims: 3,
    finds: "double",
  },
  {
    name: "with a search of cur before new",
    rules: { window: true, search: "cur-then-new" },
    claims: 3,
    finds: "double",
  },
];

test.each(broken)("$name the model finds a $finds", { timeout: 120_000 }, ({ rules, claims, finds }) => {
  expect(explore({ ...builtRules, ...rules }, claims, finds)[finds]).not.toBeNull();
});
