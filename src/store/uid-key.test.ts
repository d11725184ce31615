import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { uidColumns, uidKey, uidOf } from "./uid-key.ts";

const cases = [
  { name: "one byte", uid: "\xff", long: false },
  { name: "255 bytes", uid: "x".repeat(255), long: false },
  { name: "256 bytes", uid: "x".repeat(256), long: true },
  { name: "10,000 bytes", uid: "\xe9".repeat(10_000), long: true },
];
test.each(cases)("a UID of $name is kept whole, by its digest if long: $long (R-11)", ({ uid, long }) => {
  const columns = uidColumns(uid);
  const bytes = Buffer.from(uid, "latin1");
  expect(columns.uid_long).toEqual(long ? bytes : null);
  // The LF in front is what no UID of the wire can begin with, whatever its other 32 bytes are.
  const digest = Buffer.concat([Buffer.from([10]), createHash("sha256").update(bytes).digest()]);
  expect(Buffer.from(columns.uid_key ?? [])).toEqual(long ? digest : bytes);
  expect(uidKey(uid)).toEqual(columns.uid_key);
  expect(uidOf(columns)).toBe(uid);
});

test("no UID is no key", () => {
  expect(uidOf(uidColumns(null))).toBe(null);
});
