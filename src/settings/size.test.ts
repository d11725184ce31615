import fc from "fast-check";
import { expect, test } from "vitest";
import { formatSize, parseSize } from "./size.ts";

const cases = [
  { text: "10MB", bytes: 10_000_000 },
  { text: "512 MiB", bytes: 536_870_912 },
  { text: "1gib", bytes: 1_073_741_824 },
  { text: "4096", bytes: 4096 },
  { text: "4096B", bytes: 4096 },
  { text: "1kB", bytes: 1000 },
  { text: "0", bytes: 0 },
  { text: "10 M", bytes: undefined },
  { text: "-1", bytes: undefined },
  { text: "1.5GB", bytes: undefined },
  { text: "", bytes: undefined },
  { text: "9999999999TB", bytes: undefined },
];

test.each(cases)("$text is $bytes bytes", ({ text, bytes }) => {
  expect(parseSize(text)).toBe(bytes);
});

test("what is written is read back exactly", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
});
