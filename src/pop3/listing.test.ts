import fc from "fast-check";
import { expect, test } from "vitest";
import { LISTING_LINE_BYTES } from "./limits.ts";
import { LineReader, type ListingReader, parseStat, SizeReader, TextReader, UidReader } from "./listing.ts";

function feed<Reader extends ListingReader>(
  reader: Reader,
  pieces: readonly string[],
): Reader & { rest: number } {
  let rest = 0;
  for (const piece of pieces) rest = reader.feed(Buffer.from(piece, "latin1"));
  return Object.assign(reader, { rest });
}

const uidCases: { name: string; lines: string[]; ids: [number, string][]; dropped?: number }[] = [
  { name: "empty maildrop", lines: [], ids: [] },
  {
    name: "gaps and equal ids are legal",
    lines: ["1 a/B=", "3 a/B="],
    ids: [
      [1, "a/B="],
      [3, "a/B="],
    ],
  },
  { name: "id missing: that message has none", lines: ["1", "2 b", "3 "], ids: [[2, "b"]], dropped: 2 },
  { name: "number repeated: the first counts", lines: ["1 a", "1 b"], ids: [[1, "a"]], dropped: 1 },
  {
    name: "repeated later and out of order",
    lines: ["3 c", "1 a", "2 b", "3 x", "1 y"],
    ids: [
      [3, "c"],
      [1, "a"],
      [2, "b"],
    ],
    dropped: 2,
  },
  {
    name: "number beyond STAT",
    lines: ["9 z", "10 y", "11 x"],
    ids: [
      [9, "z"],
      [10, "y"],
    ],
    dropped: 1,
  },
  { name: "no number", lines: ["x a", "-1 b", "0 c", "+2 d", " 2 e"], ids: [], dropped: 5 },
  { name: "eleven digits", lines: ["00000000001 a", "0000000001 b"], ids: [[1, "b"]], dropped: 1 },
  {
    name: "several blanks, as Comcast sends",
    lines: ["1   a", "2\t b \t"],
    ids: [
      [1, "a"],
      [2, "b"],
    ],
  },
  { name: "an id of 10 KB", lines: [`1 ${"u".repeat(10_240)}`], ids: [[1, "u".repeat(10_240)]] },
  { name: "bytes over 127", lines: ["1 \xe9\xff\x00"], ids: [[1, "\xe9\xff\x00"]] },
  { name: "blanks within an id", lines: ["1 a b"], ids: [[1, "a b"]] },
];

test.each(uidCases)("UIDL: $name", ({ lines, ids, dropped = 0 }) => {
  const wire = [...lines, ".", ""].join("\r\n");
  const whole = feed(new UidReader(10, 1000), [wire]);
  expect(whole.numbers.map((number, at) => [number, whole.ids[at]])).toEqual(ids);
  expect(whole).toMatchObject({ done: true, dropped, lines: lines.length, rest: 0, exceeded: null });
  const bytewise = feed(new UidReader(10, 1000), [...wire]);
  expect([bytewise.numbers, bytewise.ids]).toEqual([whole.numbers, whole.ids]);
});

test("lines may end in bare LF, and what follows is left", () => {
  const reader = feed(new UidReader(5, 1000), ["1 a\n2 b\n.\n+OK next"]);
  expect(reader).toMatchObject({ numbers: [1, 2], ids: ["a", "b"], done: true, rest: 8 });
});

const sizeCases: { name: string; line: string; sizes: number[] }[] = [
  { name: "plain", line: "1 120", sizes: [120] },
  { name: "more words", line: "1 120 extra", sizes: [120] },
  { name: "several blanks", line: "1  120", sizes: [120] },
  { name: "zero", line: "1 0", sizes: [0] },
  { name: "no number", line: "1 big", sizes: [] },
  { name: "negative", line: "1 -5", sizes: [] },
  { name: "with a unit", line: "1 5k", sizes: [] },
  { name: "past what counts exactly", line: "1 99999999999999999999", sizes: [] },
];

test.each(sizeCases)("LIST: $name", ({ line, sizes }) => {
  const reader = feed(new SizeReader(10, 1000), [`${line}\r\n.\r\n`]);
  expect(reader.sizes).toEqual(sizes);
  expect(reader.numbers).toHaveLength(sizes.length);
});

test.each([
  ["2 320", { count: 2, octets: 320 }],
  ["0 0 messages", { count: 0, octets: 0 }],
  ["2\t320", { count: 2, octets: 320 }],
  ["20000 -2147483648", null],
  ["2", null],
  ["two", null],
  ["2 320KB", null],
])("STAT: %s", (text, stat) => {
  expect(parseStat(text)).toEqual(stat);
});

test("CAPA: dots are unstuffed, the rest is kept", () => {
  expect(feed(new LineReader(10), ["TOP\r\n..x\r\n\r\n.\r\n"]).all).toEqual(["TOP", ".x", ""]);
});

test.each([
  {
    name: "a line over 64 KiB that ends",
    pieces: [`1 ${"x".repeat(LISTING_LINE_BYTES)}\r\n`],
    limit: "line-bytes",
  },
  {
    name: "a line over 64 KiB that never ends",
    pieces: ["x".repeat(40_000), "x".repeat(40_000)],
    limit: "line-bytes",
  },
  { name: "more lines than allowed", pieces: ["1 a\r\n2 b\r\n3 c\r\n4 d\r\n"], limit: "lines" },
])("bound (R-20): $name", ({ pieces, limit }) => {
  expect(feed(new UidReader(10, 3), pieces).exceeded?.limit).toBe(limit);
});

test("kept as text, however it is cut: what was fed, without what follows; parsed later to the same", () => {
  const wire = "1 a\r\n..\r\n3 c\r\n2 b\r\n.\r\n";
  for (let cut = 0; cut < wire.length; cut++) {
    const reader = feed(new TextReader(9), [wire.slice(0, cut), `${wire.slice(cut)}+OK`]);
    expect(reader).toMatchObject({ text: wire, done: true, lines: 4, rest: 3 });
  }
  const { numbers, ids, ascending, dropped } = UidReader.of(wire, 3);
  expect({ numbers, ids, ascending, dropped }).toEqual({
    numbers: [1, 3, 2],
    ids: ["a", "c", "b"],
    ascending: false,
    dropped: 1,
  });
  expect(UidReader.of("1 a\r\n3 b\r\n.\r\n", 3).ascending).toBe(true);
});

test("a whole listing is bounded, whatever its lines", () => {
  const reader = new LineReader(1_000_000);
  const piece = Buffer.from(`${"x".repeat(60_000)}\r\n`.repeat(16));
  let pieces = 0;
  while (!reader.exceeded && pieces < 200) {
    reader.feed(piece);
    reader.all.length = 0;
    pieces++;
  }
  expect(reader.exceeded?.limit).toBe("listing-bytes");
  expect(pieces).toBeLessThan(75);
});

test("equal for every cutting", () => {
  const line = fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.stringMatching(/^[ -~]{0,6}$/))
    .map(([n, id]) => `${n} ${id}`);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.nat(), (lines, at) => {
      const wire = `${lines.map((text) => `${text}\r\n`).join("")}.\r\nrest`;
      const whole = feed(new UidReader(10, 1000), [wire]);
      const cut = at % wire.length;
      const reader = new UidReader(10, 1000);
      reader.feed(Buffer.from(wire.slice(0, cut)));
      const rest = reader.done ? 0 : reader.feed(Buffer.from(wire.slice(cut)));
      expect([reader.numbers, reader.ids, reader.done]).toEqual([whole.numbers, whole.ids, true]);
      if (cut < wire.length - 4) expect(rest).toBe(4);
    }),
  );
});
