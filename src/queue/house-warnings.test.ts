import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import type { LogFields } from "../core/log.ts";
import { HouseWarnings } from "./house-warnings.ts";

const GIB = 2 ** 30;

/** What each look finds, and the events that it writes. */
const looks = [
  { name: "all is well", ending: 0, free: 3 * GIB, told: [] },
  { name: "two messages will go", ending: 2, free: 3 * GIB, told: ["kept-mail-ending 2"] },
  { name: "told already", ending: 2, free: 3 * GIB, told: [] },
  { name: "one of them is gone", ending: 1, free: 3 * GIB, told: [] },
  { name: "another one comes", ending: 2, free: 2 * GIB, told: ["kept-mail-ending 2"] },
  { name: "little space", ending: 0, free: 2 * GIB - 1, told: ["space-short"] },
  { name: "less space", ending: 0, free: GIB, told: [] },
  { name: "space again", ending: 0, free: 5 * GIB, told: [] },
  { name: "and little again", ending: 0, free: GIB, told: ["space-short"] },
];

test("each warning comes ahead, once, and again when it has become more or was over", async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const asked: number[] = [];
  let now = { ending: 0, free: 0 };
  const warnings = new HouseWarnings({
    clock,
    store: {
      undeliverableEndingBy: async (by) => {
        asked.push(by - clock.now());
        return now.ending;
      },
    },
    log: {
      wants: () => true,
      write: (event, fields: () => LogFields) => {
        const { count } = fields();
        told.push(count === undefined ? event : `${event} ${count}`);
      },
    },
    freeBytes: async () => now.free,
    minFreeSpaceBytes: () => GIB,
  });
  for (const look of looks) {
    now = look;
    told.length = 0;
    await warnings.look();
    expect({ name: look.name, told: [...told] }).toEqual({ name: look.name, told: look.told });
  }
  expect(new Set(asked)).toEqual(new Set([3 * 86_400_000]));
});
