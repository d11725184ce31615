import { expect, test } from "vitest";
import { type SourceChoice, sourceAddresses } from "./source-address.ts";

const cases: { name: string; given: Partial<SourceChoice>; expected: string }[] = [
  { name: "nothing is set", given: {}, expected: "the system chooses" },
  { name: "a default", given: { defaultAddress: "192.0.2.1" }, expected: "192.0.2.1, no IPv6" },
  { name: "a default of IPv6", given: { defaultAddress: "2001:db8::1" }, expected: "no IPv4, 2001:db8::1" },
  {
    name: "the domain's first",
    given: { domain: ["192.0.2.7", "192.0.2.8"] },
    expected: "192.0.2.7, any IPv6",
  },
  {
    name: "the domain's first of each family",
    given: { domain: ["2001:db8::7", "192.0.2.7"] },
    expected: "192.0.2.7, 2001:db8::7",
  },
  {
    name: "a domain without addresses",
    given: { domain: [], defaultAddress: "192.0.2.1" },
    expected: "192.0.2.1, no IPv6",
  },
  {
    name: "the default fills the family that the domain lacks",
    given: { domain: ["2001:db8::7"], defaultAddress: "192.0.2.1" },
    expected: "192.0.2.1, 2001:db8::7",
  },
  {
    name: "the domain goes before the default",
    given: { domain: ["192.0.2.7"], defaultAddress: "192.0.2.1" },
    expected: "192.0.2.7, no IPv6",
  },
  {
    name: "the account's own goes before all",
    given: { account: "192.0.2.9", domain: ["192.0.2.7"], defaultAddress: "2001:db8::1" },
    expected: "192.0.2.9, no IPv6",
  },
];

test.each(cases)("$name: $expected", ({ given, expected }) => {
  const made = sourceAddresses({ account: null, domain: null, defaultAddress: "osDefault", ...given });
  const none = made?.only ? "no" : "any";
  expect(
    made === null ? "the system chooses" : `${made.ipv4 ?? `${none} IPv4`}, ${made.ipv6 ?? `${none} IPv6`}`,
  ).toBe(expected);
});
