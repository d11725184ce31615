import fc from "fast-check";
import { expect, test } from "vitest";
import { addressKey, foldDomain, formatAddress } from "./address.ts";

test.each([
  { name: "Example.COM.", folded: "example.com", why: "case and trailing dot" },
  { name: "bücher.example", folded: "xn--bcher-kva.example", why: "U-label" },
  { name: "XN--BCHER-KVA.example", folded: "xn--bcher-kva.example", why: "A-label" },
  { name: "bu\u0308cher.example", folded: "xn--bcher-kva.example", why: "decomposed" },
  { name: "日本語。example", folded: "xn--wgv71a119e.example", why: "ideographic full stop" },
  { name: "日本語.example.", folded: "xn--wgv71a119e.example", why: "U-label with trailing dot" },
  { name: "127.1", folded: "127.1", why: "no IPv4 arithmetic" },
  { name: "a%41.example", folded: "a%41.example", why: "no percent decoding" },
  { name: "ü@evil.example", folded: "ü@evil.example", why: "no user part of a URL" },
  { name: "ü/evil.example", folded: "ü/evil.example", why: "no path of a URL" },
  { name: "[IPv6:2001:DB8::1]", folded: "[ipv6:2001:db8::1]", why: "address literal" },
  { name: "", folded: "", why: "no domain" },
])("domain name: $why", ({ name, folded }) => {
  expect(foldDomain(name)).toBe(folded);
});

test("folding a domain name is total, and done once is done", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const once = foldDomain(name);
      expect(foldDomain(once.replace(/\.+$/, ""))).toBe(once.replace(/\.+$/, ""));
    }),
  );
});

test.each([
  { localPart: "alice", domain: "example.com", text: "alice@example.com" },
  { localPart: "foo..bar.", domain: "docomo.ne.jp", text: '"foo..bar."@docomo.ne.jp' },
  { localPart: 'a"b\\c', domain: "x", text: '"a\\"b\\\\c"@x' },
  { localPart: "a@b", domain: "x", text: '"a@b"@x' },
  { localPart: "alice", domain: "", text: "alice" },
])("written as RFC 5321 wants it: $text", ({ localPart, domain, text }) => {
  expect(formatAddress({ localPart, domain })).toBe(text);
});

test("names that differ in case or normal form are one", () => {
  expect(addressKey({ localPart: "JU\u0308RGEN", domain: "x" })).toBe(
    addressKey({ localPart: "jürgen", domain: "x" }),
  );
});
