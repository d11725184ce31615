import fc from "fast-check";
import { expect, test } from "vitest";
import { headerDigest, MessageDigester } from "./digest.ts";
import { findHeaderEnd } from "./header.ts";

const hex = (bytes: Uint8Array | null) => (bytes === null ? "" : Buffer.from(bytes).toString("hex"));

function digests(message: string, specialHeader: string | null = null) {
  const bytes = Buffer.from(message, "latin1");
  const end = findHeaderEnd(bytes, 0);
  const bodyOffset = end === -1 ? bytes.length : end;
  const digester = new MessageDigester({ specialHeader });
  digester.header(bytes.subarray(0, bodyOffset));
  digester.body(bytes.subarray(bodyOffset));
  const { message: whole, header, copy, sizeBytes } = digester.finish();
  return { message: hex(whole), header: hex(header), copy: hex(copy), sizeBytes };
}

const base =
  "Return-Path: <a@x>\nReceived: from a by b\nX-Real-To: alice@example.com\nTo: staff@example.com\n\nbody\n";

/** Which digests a change leaves as they were; the account's special header is X-Real-To. */
const changes = [
  { name: "nothing", message: base, same: ["message", "header", "copy"] },
  { name: "one letter of the body", message: base.replace("body", "bodx"), same: ["header"] },
  { name: "a letter of the subject line", message: base.replace("staff", "stuff"), same: [] },
  { name: "Return-Path", message: base.replace("<a@x>", "<b@x>"), same: ["copy"] },
  { name: "Received", message: base.replace("from a", "from c"), same: ["copy"] },
  { name: "one more Received", message: `Received: x\n${base}`, same: ["copy"] },
  { name: "the special header", message: base.replace("alice", "bob"), same: ["copy"] },
  { name: "no special header", message: base.replace(/X-Real-To.*\n/, ""), same: ["copy"] },
  { name: "Delivered-To", message: `Delivered-To: a@x\n${base}`, same: ["copy"] },
  { name: "X-Original-To", message: `X-Original-To: a@x\n${base}`, same: ["copy"] },
  { name: "Envelope-To", message: `Envelope-to: a@x\n${base}`, same: ["copy"] },
  { name: "X-Envelope-To", message: `X-Envelope-To: a@x\n${base}`, same: ["copy"] },
  { name: "Message-ID", message: `Message-ID: <1@x>\n${base}`, same: [] },
  { name: "the order of fields", message: base.replace(/^(.*\n)(.*\n)/, "$2$1"), same: ["copy"] },
  { name: "a field moved into the body", message: base.replace(/(To: staff.*\n)\n/, "\n$1"), same: [] },
  {
    name: "a line that is no field, before the blank line",
    message: base.replace("\n\n", "\nno field\n\n"),
    same: [],
  },
];

test.each(changes)("changed: $name", ({ message, same }) => {
  const before = digests(base, "X-Real-To");
  const after = digests(message, "x-real-to");
  const kept = (["message", "header", "copy"] as const).filter((kind) => before[kind] === after[kind]);
  expect(kept).toEqual(same);
});

test("without a special header X-Real-To tells copies apart", () => {
  expect(digests(base).copy).not.toBe(digests(base.replace("alice", "bob")).copy);
});

test("where nobody looks for copies there is no digest of them, and the others are the same", () => {
  const bytes = Buffer.from(base);
  const digester = new MessageDigester(null);
  digester.header(bytes.subarray(0, findHeaderEnd(bytes, 0)));
  digester.body(bytes.subarray(findHeaderEnd(bytes, 0)));
  const { message, header, copy } = digester.finish();
  expect(copy).toBeNull();
  expect({ message: hex(message), header: hex(header) }).toMatchObject({
    message: digests(base).message,
    header: digests(base).header,
  });
});

test("the three digests differ, and the size is of all bytes", () => {
  const { message, header, copy, sizeBytes } = digests(base);
  expect(new Set([message, header, copy]).size).toBe(3);
  expect(sizeBytes).toBe(base.length);
});

test.each([
  { name: "as RETR shows it", top: "A: 1\nB: 2\n\n" },
  { name: "without the blank line", top: "A: 1\nB: 2\n" },
  { name: "with one line end more", top: "A: 1\nB: 2\n\n\n" },
  { name: "cut before the last line end", top: "A: 1\nB: 2" },
])("TOP $name has the header digest of RETR", ({ top }) => {
  expect(hex(headerDigest(Buffer.from(top)))).toBe(digests("A: 1\nB: 2\n\nbody\n").header);
});

test("a message without a header has one digest of the header, whatever TOP sends", () => {
  expect(digests("\nbody").header).toBe(hex(headerDigest(Buffer.from(""))));
  expect(digests("\nbody").message).not.toBe(digests("\nbodx").message);
});

test("the cuts of the body change nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.array(fc.nat(100)), (body, cuts) => {
      const header = Buffer.from("A: 1\n\n");
      const whole = new MessageDigester({ specialHeader: null });
      whole.header(header);
      whole.body(body);
      const cut = new MessageDigester({ specialHeader: null });
      cut.header(header);
      let start = 0;
      for (const end of [...cuts.sort((a, b) => a - b), body.length]) {
        cut.body(body.subarray(start, Math.max(start, end)));
        start = Math.max(start, Math.min(end, body.length));
      }
      expect(cut.finish()).toEqual(whole.finish());
    }),
  );
});
