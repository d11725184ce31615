import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { SECOND } from "../core/time.ts";
import { KeptSessions } from "./kept-sessions.ts";

class Connection {
  usable = true;
  ended = 0;

  async end(): Promise<void> {
    this.usable = false;
    this.ended++;
  }
}

function five(): Connection[] {
  return Array.from({ length: 5 }, () => new Connection());
}

test("the one used last comes first; each is given once, to its own destination", () => {
  const kept = new KeptSessions<Connection>(new ManualClock());
  const [first, second] = five();
  if (first && second) for (const one of [first, second]) kept.keep("a", one);
  expect(kept.take("b")).toBeNull();
  expect(kept.take("a")).toBe(second);
  expect(kept.take("a")).toBe(first);
  expect(kept.take("a")).toBeNull();
});

test("one that is gone is passed over, and not kept", () => {
  const clock = new ManualClock();
  const kept = new KeptSessions<Connection>(clock);
  const [first, second, third] = five();
  if (!first || !second || !third) return;
  for (const one of [first, second]) kept.keep("a", one);
  second.usable = false;
  third.usable = false;
  kept.keep("a", third);
  expect(kept.take("a")).toBe(first);
  expect(clock.timers).toBe(0);
});

test("four wait, the fifth is ended", () => {
  const kept = new KeptSessions<Connection>(new ManualClock());
  const all = five();
  for (const one of all) kept.keep("a", one);
  expect(all.map(({ ended }) => ended)).toEqual([0, 0, 0, 0, 1]);
});

test("after half a minute it is ended; one that was taken is not", () => {
  const clock = new ManualClock();
  const kept = new KeptSessions<Connection>(clock);
  const [first, second] = five();
  if (!first || !second) return;
  for (const one of [first, second]) kept.keep("a", one);
  kept.take("a");
  clock.advance(30 * SECOND);
  expect([first.ended, second.ended]).toEqual([1, 0]);
  expect(kept.take("a")).toBeNull();
});

test("close ends what waits and what comes later", async () => {
  const clock = new ManualClock();
  const kept = new KeptSessions<Connection>(clock);
  const [first, second] = five();
  if (!first || !second) return;
  kept.keep("a", first);
  await kept.close();
  kept.keep("a", second);
  expect([first.ended, second.ended, clock.timers]).toEqual([1, 1, 0]);
});
