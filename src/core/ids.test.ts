import fc from "fast-check";
import { expect, test } from "vitest";
import { uuidv7 } from "./ids.ts";

test("the example of RFC 9562, A.6", () => {
  // unix_ts_ms 017F22E279B0, rand_a CC3, rand_b 18C4DC0C0C07398F (its two variant bits set).
  const random = Uint8Array.from([0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(uuidv7(0x017f22e279b0, 0xcc3, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("names sort as they were made", () => {
  const moment = fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.integer({ min: 0, max: 4095 }));
  const random = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(moment, moment, random, random, ([a, countA], [b, countB], x, y) => {
      fc.pre(a !== b || countA !== countB);
      const earlier = a < b || (a === b && countA < countB);
      expect(uuidv7(a, countA, x) < uuidv7(b, countB, y)).toBe(earlier);
    }),
  );
});
