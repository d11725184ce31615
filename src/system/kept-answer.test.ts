import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { keptAnswer, keptAnswers } from "./kept-answer.ts";

test("an answer is asked for once, and again when its time is over", () => {
  const clock = new ManualClock();
  let asked = 0;
  const kept = keptAnswer(clock, 1000, () => ++asked);
  expect([kept(), kept()]).toEqual([1, 1]);
  clock.advance(999);
  expect(kept()).toBe(1);
  clock.advance(1);
  expect(kept()).toBe(2);
});

test("each key has its own; those who ask at the same time share one question", async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const kept = keptAnswers(clock, 1000, 2, async (key) => {
    asked.push(key);
    return key.toUpperCase();
  });
  expect(await Promise.all([kept("a"), kept("b"), kept("a")])).toEqual(["A", "B", "A"]);
  clock.advance(1000);
  await kept("a");
  expect(asked).toEqual(["a", "b", "a"]);
  await kept("c");
  await kept("d");
  await kept("a");
  // Two keys at most: by then "a" had made room.
  expect(asked).toEqual(["a", "b", "a", "c", "d", "a"]);
});

test("a failure is told to all who wait, and asked again next time", async () => {
  const clock = new ManualClock();
  let fails = true;
  const kept = keptAnswers(clock, 1000, 10, async () => {
    if (fails) throw new Error("no such file");
    return "text";
  });
  const [first, second] = [kept("a"), kept("a")];
  await expect(first).rejects.toThrow("no such file");
  await expect(second).rejects.toThrow("no such file");
  fails = false;
  expect(await kept("a")).toBe("text");
});
