import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { type FailureCode, FailureError, failure, failureOf } from "../core/failure.ts";
import { Patience } from "./patience.ts";

const refusal = (code: FailureCode, fatal = false) =>
  new FailureError(failure(code, "local", fatal ? { params: { fatal: 1 } } : {}));

/** A database that refuses so many times, then answers. */
function refusing(times: number, error: Error) {
  let calls = 0;
  return {
    call: async () => {
      calls++;
      if (calls <= times) throw error;
      return calls;
    },
    calls: () => calls,
  };
}

const stories: {
  name: string;
  patient: boolean;
  error: Error;
  waitsSeconds: readonly number[];
  answer: number | string;
}[] = [
  {
    name: "a server waits for its database, longer each time, at most a minute",
    patient: true,
    error: refusal("database"),
    waitsSeconds: [1, 2, 4, 8, 16, 32, 60, 60],
    answer: 9,
  },
  {
    name: "and for room on the disk",
    patient: true,
    error: refusal("disk-full"),
    waitsSeconds: [1, 2],
    answer: 3,
  },
  {
    name: "not for a database that must not be written any more",
    patient: true,
    error: refusal("database", true),
    waitsSeconds: [],
    answer: "database",
  },
  {
    name: "not for a fault of ours",
    patient: true,
    error: new TypeError("x"),
    waitsSeconds: [],
    answer: "unexpected",
  },
  {
    name: "a single command does not wait",
    patient: false,
    error: refusal("database"),
    waitsSeconds: [],
    answer: "database",
  },
];

test.each(stories)("$name", async ({ patient, error, waitsSeconds, answer }) => {
  const clock = new ManualClock();
  const patience = new Patience(clock);
  if (patient) patience.begin();
  const database = refusing(Math.max(1, waitsSeconds.length), error);
  const told = patience.attempt(database.call).catch((caught: unknown) => failureOf(caught).code);
  for (const seconds of waitsSeconds) {
    await clock.armed(seconds * 1000);
    clock.advance(seconds * 1000);
  }
  expect(await told).toBe(answer);
  expect(patience.waitsFor).toBeNull();
});

test("between two tries it says what it waits for, and a stop ends the waiting with that", async () => {
  const clock = new ManualClock();
  const patience = new Patience(clock);
  patience.begin();
  const database = refusing(7, refusal("disk-full"));
  const told = patience.attempt(database.call).catch((caught: unknown) => failureOf(caught).code);
  await clock.armed(1000);
  expect(patience.waitsFor?.code).toBe("disk-full");
  patience.stop();
  expect(await told).toBe("disk-full");
  expect(patience.waitsFor).toBeNull();
});
