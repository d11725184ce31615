import fc from "fast-check";
import { expect, test } from "vitest";
import { type Address, formatAddress } from "../core/address.ts";
import { maxAddresses, parseMailboxes } from "./mailbox-list.ts";

/** Mailboxes as `localPart|domain`, so that one sees where the split was made. */
function read(...values: string[]) {
  const { mailboxes, skipped, bound } = parseMailboxes(values);
  return { mailboxes: mailboxes.map(({ localPart, domain }) => `${localPart}|${domain}`), skipped, bound };
}

const lists: { name: string; list: string; mailboxes: string[]; skipped?: string[] }[] = [
  { name: "bare", list: "a@x", mailboxes: ["a|x"] },
  { name: "in brackets, with a name", list: "Ann B <a@x>", mailboxes: ["a|x"] },
  { name: "domain in lower case, name as written", list: "Ann@X.Example", mailboxes: ["Ann|x.example"] },
  { name: "comma in a quoted name", list: '"B, A" <a@x>, b@x', mailboxes: ["a|x", "b|x"] },
  { name: "at sign in a quoted name", list: '"c@y" <a@x>', mailboxes: ["a|x"] },
  { name: "a name that looks like an address", list: "c@y <a@x>", mailboxes: ["a|x"] },
  { name: "nested comments", list: "a@x (b (c, d@y) e), f@x", mailboxes: ["a|x", "f|x"] },
  { name: "comment inside a name", list: "<a(b)c@x>", mailboxes: ["ac|x"] },
  { name: "comment with escapes", list: "a@x (\\) b@y), c@x", mailboxes: ["a|x", "c|x"] },
  { name: "group", list: "g: a@x, B <b@x>;, c@x", mailboxes: ["a|x", "b|x", "c|x"] },
  { name: "empty group", list: "undisclosed-recipients:;", mailboxes: [] },
  { name: "source route", list: "<@a,@b:c@d>", mailboxes: ["c|d"] },
  { name: "stray dots", list: "foo..bar.@docomo.ne.jp, .a@x", mailboxes: ["foo..bar.|docomo.ne.jp", ".a|x"] },
  { name: "missing comma", list: "a@x b@x\tc@x", mailboxes: ["a|x", "b|x", "c|x"] },
  { name: "missing comma behind a dot", list: "a@x. b@x", mailboxes: ["a|x", "b|x"] },
  { name: "missing comma between brackets", list: "<a@x> <b@x>", mailboxes: ["a|x", "b|x"] },
  { name: "bare address behind brackets", list: "<a@x> b@x", mailboxes: ["a|x", "b|x"] },
  { name: "semicolons", list: "a@x; b@x", mailboxes: ["a|x", "b|x"] },
  { name: "closing bracket missing", list: "A <a@x, B <b@x>", mailboxes: ["a|x", "b|x"] },
  { name: "closing bracket missing at the end", list: "A <a@x", mailboxes: ["a|x"] },
  { name: "opening bracket missing", list: "A a@x>, b@x", mailboxes: ["a|x", "b|x"] },
  { name: "two addresses in brackets", list: "<a@x, B b@x>", mailboxes: ["a|x", "b|x"] },
  { name: "doubled brackets", list: "<<a@x>>", mailboxes: ["a|x"] },
  { name: "quote never closed", list: '"A <a@x>, b@x', mailboxes: ["a|x", "b|x"] },
  { name: "quote closed by the next name", list: '"A <a@x>, "B" <b@x>', mailboxes: ["a|x", "b|x"] },
  { name: "quote behind the address", list: 'a@x", b@x', mailboxes: ["a|x", "b|x"] },
  { name: "balanced quotes may hold anything", list: '"A <a@x>, " <b@x>', mailboxes: ["b|x"] },
  { name: "comment never closed", list: "a@x (A, b@x", mailboxes: ["a|x", "b|x"] },
  {
    name: "comments behind one never closed",
    list: "a@x (A, b@x (b (c) d@y), e@x (f@y)",
    mailboxes: ["a|x", "b|x", "e|x"],
  },
  { name: "comment never opened", list: "a@x), b@x", mailboxes: ["a|x", "b|x"] },
  { name: "quoted local part", list: '"a b"@x, "c"@x', mailboxes: ["a b|x", "c|x"] },
  { name: "quoted local part keeps its domain (R-45)", list: '"a@y"@x', mailboxes: ["a@y|x"] },
  { name: "escaped at sign keeps its domain (R-45)", list: "a\\@y@x", mailboxes: ["a@y|x"] },
  { name: "blank and address in quotes (R-45)", list: '"a@y b"@x', mailboxes: ["a@y b|x"] },
  { name: "quoted and plain words joined", list: '"a b".c@x', mailboxes: ["a b.c|x"] },
  { name: "white space around signs and dots", list: "<a . b @ x . y>", mailboxes: ["a.b|x.y"] },
  { name: "white space behind a dot, in brackets", list: "<a@x.  y>", mailboxes: ["a|x.y"] },
  { name: "abbreviation before a bare address", list: "Mr. a@x", mailboxes: ["a|x"] },
  { name: "two signs", list: "a@b@c, d@x", mailboxes: ["d|x"], skipped: ["a@b@c"] },
  { name: "two signs in brackets", list: "<a@b@c>", mailboxes: [], skipped: ["a@b@c"] },
  { name: "words before the address in brackets", list: "<a b@x>", mailboxes: [], skipped: ["a b@x"] },
  { name: "no local part", list: "@x, a@x", mailboxes: ["a|x"], skipped: ["@x"] },
  { name: "no domain behind the sign", list: "a@, b@x", mailboxes: ["b|x"], skipped: ["a@"] },
  { name: "quoted domain", list: 'a@"x"', mailboxes: [], skipped: ['a@"x"'] },
  { name: "empty quoted local part", list: '""@x', mailboxes: [], skipped: ['""@x'] },
  { name: "dot as domain", list: "a@.", mailboxes: [], skipped: ["a@."] },
  { name: "one word: no domain", list: "alice, <bob>", mailboxes: ["alice|", "bob|"] },
  { name: "several words are no address", list: "alice smith", mailboxes: [], skipped: ["alice smith"] },
  { name: "nothing in brackets", list: "<>, ,", mailboxes: [] },
  {
    name: "address literals",
    list: "a@[192.0.2.1], <b@[IPv6:2001:DB8::1]>",
    mailboxes: ["a|[192.0.2.1]", "b|[ipv6:2001:db8::1]"],
  },
  {
    name: "address literal with more behind it",
    list: "a@[192.0.2.1]x",
    mailboxes: [],
    skipped: ["a@[192.0.2.1]x"],
  },
  { name: "square brackets in a name", list: "[a 1] <a@x>", mailboxes: ["a|x"] },
  { name: "trailing dots", list: "a@x., b@x..", mailboxes: ["a|x", "b|x"] },
  {
    name: "U-label and A-label",
    list: "a@日本語.jp, a@XN--WGV71A119E.jp",
    mailboxes: ["a|xn--wgv71a119e.jp", "a|xn--wgv71a119e.jp"],
  },
  { name: "UTF-8 local part", list: "田中@x", mailboxes: ["田中|x"] },
  { name: "ideographic space", list: "田中　<a@x>", mailboxes: ["a|x"] },
  { name: "encoded word with specials", list: "=?utf-8?Q?B,_(c@y)?= <a@x>", mailboxes: ["a|x"] },
  { name: "encoded word glued on", list: "=?utf-8?B?QQ==?=a@x", mailboxes: ["a|x"] },
  { name: "encoded word alone", list: "=?utf-8?Q?a=40x?=", mailboxes: [], skipped: ["=?utf-8?Q?a=40x?="] },
  { name: "equals signs in a local part", list: "b-1-a=x@y", mailboxes: ["b-1-a=x|y"] },
  { name: "raw ISO-2022-JP", list: '\u001b$B"<@(,%\u001b(B <a@x>, b@x', mailboxes: ["a|x", "b|x"] },
  { name: "raw ISO-2022-JP without end", list: "\u001b$BED <a@x>", mailboxes: ["a|x"] },
  { name: "mailto", list: "mailto:a@x, <mailto:b@x>", mailboxes: ["a|x", "b|x"] },
  { name: "address before a colon", list: "a@x Cc: b@x", mailboxes: ["a|x", "b|x"] },
  { name: "single quotes around", list: "'a@x', <'b@x'>", mailboxes: ["a|x", "b|x"] },
  { name: "single quotes of different kinds", list: `"'a"@x'`, mailboxes: [], skipped: [`"'a"@x'`] },
  { name: "apostrophe in a local part", list: "o'neil@x, 'tis@x", mailboxes: ["o'neil|x", "'tis|x"] },
  {
    name: "control characters",
    list: "a\u0001b@x, c@x\u007f, d@x",
    mailboxes: ["d|x"],
    skipped: ["a\u0001b@x", "c@x\u007f"],
  },
  { name: "C1 control characters", list: "a\u0085b@x", mailboxes: [], skipped: ["a\u0085b@x"] },
  { name: "lone CR is white space", list: "a@x\r,\rb@x\r", mailboxes: ["a|x", "b|x"] },
  { name: "signs no domain has", list: "a@x/y, a@x_y", mailboxes: ["a|x_y"], skipped: ["a@x/y"] },
  { name: "backslash at the end", list: "a@x\\", mailboxes: ["a|x"] },
  {
    name: "address literal with other characters",
    list: 'a@["], a@[]',
    mailboxes: [],
    skipped: ["a@[", "a@[]"],
  },
];

test.each(lists)("$name", ({ list, mailboxes, skipped = [] }) => {
  expect(read(list)).toEqual({ mailboxes, skipped, bound: null });
});

test("values are read one by one: a quote open in one does not reach the next", () => {
  expect(read('"A <a@x>', '"B" <b@x>').mailboxes).toEqual(["a|x", "b|x"]);
});

test("what is skipped is cut at 200 characters", () => {
  const { skipped } = read(`${"w ".repeat(300)}, ${"a".repeat(600)}@x`);
  expect(skipped.map((text) => text.length)).toEqual([200, 200]);
});

test("an address may have 500 characters", () => {
  expect(read(`${"a".repeat(499)}@x`).mailboxes).toHaveLength(1);
  expect(read(`${"a".repeat(500)}@x`).mailboxes).toHaveLength(0);
});

test("20,000 addresses are read, one more is an overflow (R-20)", () => {
  expect(maxAddresses).toBe(20_000);
  const full = parseMailboxes([`${"a@x,".repeat(10_000)}`, `${"b@x,".repeat(10_000)}`]);
  expect([full.mailboxes.length, full.overflow]).toEqual([20_000, false]);
  const over = parseMailboxes([`${"a@x,".repeat(10_000)}`, `${"b@x,".repeat(9_999)} c c, d@x`]);
  expect([over.overflow, over.bound]).toEqual([true, "too-many-addresses"]);
});

test("20 comments in one another are read, 21 are an overflow (R-20)", () => {
  const nested = (depth: number) => `a@x ${"(".repeat(depth)}${")".repeat(depth)}, b@x`;
  expect(read(nested(20))).toEqual({ mailboxes: ["a|x", "b|x"], skipped: [], bound: null });
  expect(parseMailboxes([nested(21)])).toMatchObject({ overflow: true, bound: "too-deep" });
  expect(read("g:".repeat(20)).bound).toBeNull();
  expect(read("g:".repeat(21)).bound).toBe("too-deep");
  expect(read("g: a@x;".repeat(100)).bound).toBeNull();
});

const localParts = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => !/[\u0000-\u001f\u007f-\u009f]|=\?|\p{Surrogate}/u.test(text));
const domains = fc.constantFrom("x", "example.com", "xn--wgv71a119e.jp", "[192.0.2.1]", "a-b.example");
const addresses: fc.Arbitrary<Address> = fc.record({ localPart: localParts, domain: domains });

test("what is written is read", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(addresses, fc.constantFrom("bare", "angle", "named")), { maxLength: 6 }),
      (list) => {
        const text = list.map(([address, form]) => {
          const plain = formatAddress(address);
          return form === "bare" ? plain : form === "angle" ? `<${plain}>` : `"N, \\" @ (" <${plain}>`;
        });
        const { mailboxes, skipped } = parseMailboxes([text.join(",\n ")]);
        expect(skipped).toEqual([]);
        expect(mailboxes).toEqual(list.map(([address]) => address));
      },
    ),
    { numRuns: 500 },
  );
});

const hostile = fc.constantFrom(
  ..."\"'()<>[]@,;:\\. \t\r=?".split(""),
  "a",
  "a@x",
  "=?u?q?",
  '\u001b$\u001b(\\"',
  "?=",
  "\u001b$",
  "\u001b(",
  "\u001b",
  '"a@x>,',
  "((",
  "<@",
  "@[",
  "é",
  "\u0000",
);
/** One piece repeated, or pieces in any order: what a quadratic reader stumbles over. */
const texts = fc.oneof(
  fc.array(hostile, { maxLength: 400 }).map((parts) => parts.join("")),
  fc
    .tuple(fc.array(hostile, { minLength: 1, maxLength: 6 }), fc.array(hostile, { maxLength: 6 }))
    .map(([head, unit]) => head.join("") + unit.join("").repeat(300)),
);

test("any text: nothing throws, no control character gets through, the steps are linear (R-27)", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const count = { steps: 0 };
      const { mailboxes } = parseMailboxes([text], count);
      for (const { localPart, domain } of mailboxes) {
        expect(localPart).not.toBe("");
        expect(localPart + domain).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        expect(domain).not.toMatch(/[@\s"<>]/);
      }
      expect(count.steps).toBeLessThanOrEqual(10 * (text.length + 1));
    }),
    { numRuns: 500 },
  );
});

test.each([
  "(",
  '"',
  '("',
  '"(',
  "<",
  "@",
  "[",
  "@[",
  "\\",
  '"\\',
  "=?",
  "=?a?q?",
  "\u001b$",
  "\u001b$\u001b(",
  '\u001b$\u001b(\\"',
  ":;",
  "a@",
  "a ",
  "a. ",
  "( )",
  '"a@x>, "',
  ")(",
  '" a@b>,',
])("twice as much of %j takes twice the steps", (unit) => {
  const steps = (times: number) => {
    const count = { steps: 0 };
    parseMailboxes([unit.repeat(times)], count);
    return count.steps;
  };
  expect(steps(4_000)).toBeLessThanOrEqual(2.1 * steps(2_000) + 1000);
});

test("20 comments that nothing closes are looked for once", () => {
  const text = "( a ".repeat(20) + "x ".repeat(2_000);
  const count = { steps: 0 };
  parseMailboxes([text], count);
  expect(count.steps).toBeLessThanOrEqual(10 * text.length);
});
