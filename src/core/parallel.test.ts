import { expect, test } from "vitest";
import { mapParallel } from "./parallel.ts";

test("answers keep the order of the items, whatever ends first", async () => {
  const open: (() => void)[] = [];
  const all = mapParallel(["a", "b", "c"], 3, (item) => {
    return new Promise<string>((resolve) => open.push(() => resolve(item.toUpperCase())));
  });
  for (const settle of open.reverse()) settle();
  expect(await all).toEqual(["A", "B", "C"]);
});

test("never more than the limit at once", async () => {
  let running = 0;
  let most = 0;
  await mapParallel([1, 2, 3, 4, 5, 6, 7], 3, async () => {
    running++;
    most = Math.max(most, running);
    await Promise.resolve();
    running--;
  });
  expect(most).toBe(3);
});

test("a rejection waits for the others to end", async () => {
  const ended: number[] = [];
  const all = mapParallel([1, 2, 3], 2, async (item) => {
    if (item === 1) throw new Error("first");
    await Promise.resolve();
    ended.push(item);
  });
  await expect(all).rejects.toThrow("first");
  expect(ended).toEqual([2, 3]);
});
