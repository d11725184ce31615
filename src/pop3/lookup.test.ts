import { expect, test } from "vitest";
import { systemLookup } from "./lookup.ts";

test("many at once all get their answer, also behind one that fails", async () => {
  const names = Array.from({ length: 12 }, (_, index) => (index % 4 === 0 ? "nobody.invalid" : "localhost"));
  const answers = await Promise.allSettled(names.map(systemLookup));
  for (const [index, answer] of answers.entries()) {
    if (index % 4 === 0) {
      expect(answer.status).toBe("rejected");
    } else {
      expect(answer).toMatchObject({ status: "fulfilled" });
      const found = answer.status === "fulfilled" ? answer.value : [];
      for (const { address, family } of found)
        expect([
          ["127.0.0.1", 4],
          ["::1", 6],
        ]).toContainEqual([address, family]);
    }
  }
});
