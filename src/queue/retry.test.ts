import fc from "fast-check";
import { expect, test } from "vitest";
import { failure } from "../core/failure.ts";
import { formatDuration, HOUR, MINUTE } from "../core/time.ts";
import { outcomeOf } from "./outcome.ts";
import { retryDelayMs } from "./retry.ts";

test.each([
  [1, "1m"],
  [2, "5m"],
  [3, "15m"],
  [4, "30m"],
  [5, "1h"],
  [120, "1h"],
])("after attempt %i the next one is in %s, give or take", (attempts, step) => {
  expect(formatDuration(retryDelayMs(attempts, 0.5))).toBe(step);
});

test("the jitter is ± 20 %, never earlier, never later", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempts, share) => {
        const middle = retryDelayMs(attempts, 0.5);
        const delay = retryDelayMs(attempts, share);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(middle * 0.8));
        expect(delay).toBeLessThanOrEqual(Math.ceil(middle * 1.2));
      },
    ),
  );
});

const temporary = failure("maildir-vanished", "recipient");
const permanent = failure("unknown-user", "recipient", { permanent: true });
const ours = failure("disk-full", "local", { permanent: true });

test.each([
  { name: "delivered", trouble: null, now: 0, kind: "delivered" },
  { name: "temporary: deferred", trouble: temporary, now: 0, kind: "deferred" },
  { name: "permanent: kept for a person", trouble: permanent, now: 0, kind: "undeliverable" },
  { name: "our own trouble is never permanent (R-9)", trouble: ours, now: 0, kind: "deferred" },
  {
    name: "a lifetime that is over: kept for a person",
    trouble: temporary,
    now: HOUR,
    kind: "undeliverable",
  },
  { name: "one moment before its end: deferred", trouble: temporary, now: HOUR - 1, kind: "deferred" },
])("outcome: $name", ({ trouble, now, kind }) => {
  expect(outcomeOf(trouble, 1, HOUR, now, 0.5).kind).toBe(kind);
});

test("a deferred entry is due by the table; an expired one says what kept it", () => {
  expect(outcomeOf(temporary, 2, HOUR, 100, 0.5)).toMatchObject({ dueAt: 100 + 5 * MINUTE });
  expect(outcomeOf(temporary, 2, HOUR, HOUR, 0.5)).toMatchObject({
    failure: { code: "expired", params: { code: "maildir-vanished" } },
  });
});
