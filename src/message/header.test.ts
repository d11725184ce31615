import fc from "fast-check";
import { expect, test } from "vitest";
import { findHeaderEnd, Header, maxHeaderBytes } from "./header.ts";

const text = (value: string) => Buffer.from(value, "utf8");
const parse = (value: string) => Header.parse(text(value)).header;
const print = (header: Header) => Buffer.from(header.toBytes()).toString("utf8");

const ends = [
  { name: "blank line", message: "A: 1\n\nbody", header: "A: 1\n", body: "body" },
  { name: "blank line of one CR", message: "A: 1\r\n\r\nbody", header: "A: 1\r\n", body: "body" },
  { name: "end of the message", message: "A: 1\nB: 2", header: "A: 1\nB: 2", body: "" },
  {
    name: "a line that is no field",
    message: "A: 1\nno field\nB: 2\n\n",
    header: "A: 1\n",
    body: "no field\nB: 2\n\n",
  },
  { name: "a continuation of nothing", message: " x\nA: 1\n\n", header: "", body: " x\nA: 1\n\n" },
  { name: "a blank line first", message: "\nA: 1\n", header: "", body: "A: 1\n" },
  { name: "nothing at all", message: "", header: "", body: "" },
  {
    name: "mbox lines are no end",
    message: "From x\n>From y\nA: 1\n\n",
    header: "From x\n>From y\nA: 1\n",
    body: "",
  },
  { name: "Fromage is no mbox line", message: "Fromage\nA: 1\n\n", header: "", body: "Fromage\nA: 1\n\n" },
  { name: "a colon alone is no field", message: ": 1\nA: 1\n", header: "", body: ": 1\nA: 1\n" },
  { name: "a blank in a name makes no field", message: "A b: 1\n", header: "", body: "A b: 1\n" },
  { name: "blanks before the colon do", message: "A \t: 1\n\nx", header: "A \t: 1\n", body: "x" },
];

test.each(ends)("the header ends: $name", ({ message, header, body }) => {
  const parsed = Header.parse(text(message));
  expect(print(parsed.header)).toBe(header);
  expect(parsed.headerEnd).toBe(text(header).length);
  expect(text(message).subarray(parsed.bodyOffset).toString()).toBe(body);
});

const values = [
  { name: "folded", field: "A: 1\n 2\n\t3\n", value: "1 2\t3" },
  { name: "folded with CR left over", field: "A: 1\r\n 2\r\n", value: "1 2" },
  { name: "first line empty", field: "A:\n 1\n", value: "1" },
  { name: "blanks around", field: "A: \t 1 \t\n", value: "1" },
  { name: "UTF-8", field: "A: é\n", value: "é" },
  {
    name: "not UTF-8, byte by byte",
    field: Buffer.from([0x41, 0x3a, 0xe9, 0x80, 0x0a]),
    value: "\u00e9\u0080",
  },
  { name: "lone CR stays", field: "A: 1\r2\n", value: "1\r2" },
  { name: "NUL stays", field: "A: 1\u00002\n", value: "1\u00002" },
  { name: "encoded words stay", field: "A: =?utf-8?Q?x?=\n", value: "=?utf-8?Q?x?=" },
  { name: "colons in the value", field: "A: b: c\n", value: "b: c" },
];

test.each(values)("value: $name", ({ field, value }) => {
  const bytes = typeof field === "string" ? text(field) : field;
  expect(Header.parse(bytes).header.first("a")).toBe(value);
});

test("names are matched without case, order is kept", () => {
  const header = parse("To: 1\nCC: 2\ntO: 3\n\n");
  expect(header.all("TO")).toEqual(["1", "3"]);
  expect(header.first("to")).toBe("1");
  expect(header.first("bcc")).toBeNull();
  expect(header.count("To")).toBe(2);
  expect([header.has("cc"), header.has("c")]).toEqual([true, false]);
});

const hops = [
  { name: "one field", fields: "X: 1\n", values: ["1"] },
  { name: "down to the next Received", fields: "X: 1\nY: y\nX: 2\nReceived: r\nX: 3\n", values: ["1", "2"] },
  {
    name: "a Received above does not end it",
    fields: "Received: r\nX: 1\nReceived: r\nX: 2\n",
    values: ["1"],
  },
  { name: "no Received", fields: "X: 1\nTo: t\nX: 2\n", values: ["1", "2"] },
  { name: "absent", fields: "Received: r\nTo: t\n", values: [] },
  { name: "Received without case", fields: "X: 1\nRECEIVED: r\nX: 2\n", values: ["1"] },
];

test.each(hops)("topmost hop: $name", ({ fields, values: expected }) => {
  expect(parse(fields).topmostHop("x")).toEqual(expected);
});

test("without leaves the other bytes as they were", () => {
  const header = parse("From mbox\nA:1\n  folded\nB :  2\na: 3\nC: é\n\nbody");
  expect(print(header.without(["A"]))).toBe("From mbox\nB :  2\nC: é\n");
  expect(print(header.without(["b", "c", "absent"]))).toBe("From mbox\nA:1\n  folded\na: 3\n");
  expect(print(header)).toBe("From mbox\nA:1\n  folded\nB :  2\na: 3\nC: é\n");
});

test("50,000 fields are read, one more is oversized and stays raw", () => {
  const line = "a: 1\n";
  const bound = Header.parse(text(`${line.repeat(50_000)}\nbody`));
  expect([bound.header.oversized, bound.header.count("a")]).toEqual([false, 50_000]);
  const over = Header.parse(text(`${line.repeat(50_001)}b: 2\n\nbody`));
  expect([over.header.oversized, over.header.count("a"), over.header.has("b")]).toEqual([
    true,
    50_000,
    false,
  ]);
  expect(over.headerEnd).toBe(50_001 * line.length + 5);
  expect(over.header.without(["c"]).oversized).toBe(true);
});

test("a header that does not end within 2 MiB is oversized, and its last field is left to the body", () => {
  const bytes = text(`To: alice@example.com\nX: ${"x".repeat(maxHeaderBytes)}\n\nbody`);
  const { header, headerEnd } = Header.parse(bytes);
  expect(header.oversized).toBe(true);
  expect(print(header)).toBe("To: alice@example.com\n");
  expect(headerEnd).toBe(22);
  expect(Header.parse(bytes.subarray(0, maxHeaderBytes)).headerEnd).toBe(22);
});

test("a header just within 2 MiB is not", () => {
  const bytes = text(`X: ${"x".repeat(maxHeaderBytes - 6)}\n\nbody`);
  const { header, bodyOffset } = Header.parse(bytes);
  expect([header.oversized, header.count("x"), bodyOffset]).toEqual([false, 1, maxHeaderBytes - 1]);
});

const pieces = fc.constantFrom(
  "\n",
  "\r",
  " ",
  "\t",
  ":",
  "A",
  "To",
  "Received",
  "From ",
  ">",
  "é",
  "\u0000",
  "x y",
);
const messages = fc.oneof(
  fc.array(pieces, { maxLength: 60 }).map((parts) => text(parts.join(""))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

test("any bytes: nothing throws, nothing is lost", () => {
  fc.assert(
    fc.property(messages, (bytes) => {
      const { header, headerEnd, bodyOffset } = Header.parse(bytes);
      expect(Buffer.from(header.toBytes())).toEqual(bytes.subarray(0, headerEnd));
      expect(bytes.subarray(headerEnd, bodyOffset).toString("latin1")).toMatch(/^(\r?\n)?$/);
      header.topmostHop("to");
      const left = header.without(["To"]);
      expect(left.has("to")).toBe(false);
      expect(left.all("received")).toEqual(header.all("received"));
      const again = Header.parse(left.toBytes());
      expect(again.header.count("received")).toBe(header.count("received"));
    }),
    { numRuns: 1000 },
  );
});

const fieldNames = fc.constantFrom("To", "Cc", "X-Real-To", "Received", "Return-Path", "Subject");
const fieldLists = fc.array(fc.tuple(fieldNames, fc.stringMatching(/^[!-~]{1,20}$/)), { maxLength: 20 });

test("what was printed is read, and what is left out leaves the rest", () => {
  fc.assert(
    fc.property(fieldLists, fc.subarray(["to", "cc", "received"]), (fields, unwanted) => {
      const lines = fields.map(([name, value]) => ({ name, line: `${name}: ${value}\n` }));
      const { header } = Header.parse(text(`${lines.map(({ line }) => line).join("")}\nbody`));
      const kept = lines.filter(({ name }) => !unwanted.includes(name.toLowerCase()));
      expect(print(header.without(unwanted))).toBe(kept.map(({ line }) => line).join(""));
      expect(header.all("to")).toEqual(fields.filter(([name]) => name === "To").map(([, value]) => value));
    }),
  );
});

test("findHeaderEnd gives the same answer for every cut", () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(200), { maxLength: 8 }), (bytes, cuts) => {
      const sizes = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      let found = -1;
      let seen = 0;
      for (const size of sizes) {
        found = findHeaderEnd(bytes.subarray(0, size), seen);
        if (found !== -1) break;
        seen = size;
      }
      const match = /^\r?\n|\n\r?\n/.exec(bytes.toString("latin1"));
      expect(found).toBe(match ? match.index + match[0].length : -1);
    }),
    { numRuns: 1000 },
  );
});
