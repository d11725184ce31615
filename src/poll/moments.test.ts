import fc from "fast-check";
import { expect, test } from "vitest";
import { Moments } from "./moments.ts";

test("whatever goes in and out, the earliest comes first", () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant("take" as const));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const moments = new Moments<number>();
      const model: number[] = [];
      for (const one of steps) {
        if (one === "take") {
          expect(moments.takeFirst()).toBe(model.shift());
        } else {
          moments.add(one, one);
          model.push(one);
          model.sort((a, b) => a - b);
        }
        expect(moments.first?.at).toBe(model[0]);
      }
    }),
  );
});
