import { expect, test } from "vitest";
import { UidListing } from "../pop3/maildrop.ts";
import { ListedMaildrop, snapshotOf } from "./maildrop-listing.ts";

const listed = (count: number, lines: readonly string[], octets = 9) =>
  new ListedMaildrop(
    { count, octets },
    new UidListing([...lines, "."].map((line) => `${line}\r\n`).join(""), count),
  );

const cases = [
  { name: "empty", count: 0, lines: [], uids: [], complete: true },
  { name: "in order", count: 2, lines: ["1 a", "2 b"], uids: ["a", "b"], complete: true },
  { name: "in another order", count: 2, lines: ["2 b", "1 a"], uids: ["a", "b"], complete: true },
  { name: "one without", count: 3, lines: ["1 a", "2", "3 c"], uids: ["a", null, "c"], complete: false },
  { name: "more than STAT says", count: 1, lines: ["1 a", "2 b"], uids: ["a"], complete: true },
  { name: "the first lacks", count: 2, lines: ["2 b"], uids: [null, "b"], complete: false },
];

test.each(cases)("what UIDL shows: $name", ({ count, lines, uids, complete }) => {
  const maildrop = listed(count, lines);
  expect({ uids: maildrop.uids, complete: maildrop.complete }).toEqual({ uids, complete });
});

test("without UIDL no message has one, and nothing tells that it stands as it stood", () => {
  const { uids, complete, digest } = new ListedMaildrop({ count: 2, octets: 9 }, null);
  expect({ uids, complete, digest }).toEqual({ uids: [null, null], complete: false, digest: null });
});

test("equal digests: the same messages, the same octets", () => {
  const { digest } = listed(2, ["1 a", "2 b"]);
  expect(listed(2, ["1 a", "2 b"]).digest).toEqual(digest);
  const others = [listed(2, ["1 a", "2 c"]), listed(2, ["1 b", "2 a"]), listed(2, ["1 a", "2 b"], 10)];
  for (const other of others) expect(other.digest).not.toEqual(digest);
});

test("the snapshot holds what is settled and has a UID", () => {
  const listing = { numbers: [1, 2, 3, 4], uids: ["a", null, "c", "d"], sizes: [1, 2, 3, 4] };
  expect(snapshotOf(listing, [true, true, false, true])).toEqual({
    uids: "a\nd",
    sizes: Float64Array.of(1, 4),
  });
  expect(snapshotOf({ ...listing, sizes: null }, [true, false, false, false])?.sizes).toEqual(
    Float64Array.of(Number.NaN),
  );
  expect(snapshotOf(listing, [false, true, false, false])).toBe(null);
});
