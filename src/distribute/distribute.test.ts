/**
 * What needs more than a message file: bounds, tables of another kind, and what holds for any header. The
 * rules one by one are shown by `test/messages/`.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAddress } from "../core/address.ts";
import type { LocalAccountId } from "../core/ids.ts";
import { Header } from "../message/header.ts";
import { compileRoutingTable, type RoutingTable } from "../route/routing-table.ts";
import { distribute } from "./distribute.ts";
import type { DistributionInput, UnifiedInput } from "./distribution.ts";

function account(name: string, ...aliases: string[]) {
  return { id: `id-of-${name}` as LocalAccountId, name, aliases, destination: `maildir:/mail/${name}` };
}

const accounts = [account("alice", "al"), account("bob"), account("o'neil..x")];
const routes = [{ address: "sales", to: "s@crm.example" }];
const table: RoutingTable = {
  mainDomain: "example.com",
  relay: null,
  domains: [{ name: "example.com", aliases: ["example.net"], catchAll: null, accounts, routes }],
};
const router = compileRoutingTable(table);
const guessing: UnifiedInput = {
  kind: "unified",
  specialHeader: null,
  specialHeaderPrefix: null,
  relaySpecialHeader: false,
};
const exact: UnifiedInput = { ...guessing, specialHeader: "X-Real-To" };
const personal = (name: string): DistributionInput => ({
  kind: "personal",
  owner: `id-of-${name}` as LocalAccountId,
});
const headerOf = (text: string) => Header.parse(Buffer.from(text)).header;

const tooMuch = [
  {
    name: "50,001 fields",
    fields: `To: alice@example.com\n${"a: 1\n".repeat(50_000)}`,
    reason: "header-oversized",
  },
  { name: "2 MiB", fields: `To: alice@example.com\nX: ${"x".repeat(2 ** 21)}\n`, reason: "header-oversized" },
  {
    name: "20,001 addresses",
    fields: `To: alice@example.com\nCc: ${"a@x,".repeat(20_001)}\n`,
    reason: "too-many-addresses",
  },
  {
    name: "20,001 in To and Cc together",
    fields: `To: alice@example.com\nCc: ${"a@x,".repeat(20_000)}\n`,
    reason: "too-many-addresses",
  },
  { name: "depth 21", fields: `To: alice@example.com ${"(".repeat(21)}\n`, reason: "too-deep" },
];

test.each(tooMuch)("a header of $name goes to the postmaster, and never reports", ({ fields, reason }) => {
  const { recipients, postmasterReason, header } = distribute(
    guessing,
    headerOf(`Return-Path: <a@x>\n${fields}\n`),
    router,
  );
  expect(recipients.map(({ target, notify }) => [target.kind, notify])).toEqual([["postmaster", "never"]]);
  expect(postmasterReason).toBe(reason);
  expect(header.has("Return-Path")).toBe(false);
});

test("a special header of 20,001 addresses goes to the postmaster, and never reports", () => {
  const header = headerOf(`X-Real-To: alice@example.com, ${"a@x,".repeat(20_000)}\nTo: bob@example.com\n\n`);
  const distribution = distribute(exact, header, router);
  expect(distribution).toMatchObject({ postmasterReason: "too-many-addresses", guessed: false });
  expect(distribution.recipients).toMatchObject([{ target: { kind: "postmaster" }, notify: "never" }]);
  expect(distribution.header.has("X-Real-To")).toBe(false);
});

test("20,000 addresses are no overflow: ours among them gets it, once", () => {
  const header = headerOf(`To: ${"a@x,".repeat(19_998)} alice@example.com, al@example.net\n\n`);
  const { recipients, decisions } = distribute(guessing, header, router);
  expect(recipients.map(({ forwardPath }) => formatAddress(forwardPath))).toEqual(["alice@example.com"]);
  expect(decisions).toHaveLength(20_000);
});

test("an account named postmaster gets what nobody else does", () => {
  const domains = [
    {
      name: "example.com",
      aliases: [],
      catchAll: null,
      accounts: [account("eve", "postmaster")],
      routes: [],
    },
  ];
  const own = compileRoutingTable({ mainDomain: "example.com", relay: null, domains });
  const { recipients, postmasterReason } = distribute(guessing, headerOf("To: x@y\n\n"), own);
  expect(recipients).toMatchObject([
    {
      target: { kind: "local", account: { address: "eve@example.com" } },
      forwardPath: { localPart: "postmaster" },
      notify: "never",
    },
  ]);
  expect(postmasterReason).toBe("nobody-left");
});

test("a refused recipient carries a failure that is final", () => {
  const { recipients } = distribute(exact, headerOf('X-Real-To: "gh..ost"@example.net\n\n'), router);
  expect(recipients).toEqual([
    {
      target: {
        kind: "refused",
        failure: {
          code: "unknown-user",
          scope: "recipient",
          params: { address: '"gh..ost"@example.net' },
          permanent: true,
          status: "5.1.1",
          remoteText: null,
        },
      },
      forwardPath: { localPart: "gh..ost", domain: "example.net" },
      notify: "failure",
    },
  ]);
});

test("the forward-path is the address as it was named; the steps say how it was read", () => {
  const { recipients, decisions } = distribute(exact, headerOf("X-Real-To: Al+Shop@example.net\n\n"), router);
  expect(recipients[0]?.forwardPath).toEqual({ localPart: "Al+Shop", domain: "example.net" });
  expect(decisions[0]?.steps.map(({ rule }) => rule)).toEqual(["domain-alias", "detail", "alias"]);
});

test("personal: the owner's address is the forward-path, also with stray dots", () => {
  const { recipients, decisions } = distribute(personal("o'neil..x"), headerOf("To: a@x\n\n"), router);
  expect(recipients).toMatchObject([
    {
      target: { kind: "local" },
      forwardPath: { localPart: "o'neil..x", domain: "example.com" },
      notify: "never",
    },
  ]);
  expect(decisions).toMatchObject([{ source: "owner", verdict: "recipient" }]);
});

test("personal, and the owner is gone: postmaster", () => {
  const { recipients, postmasterReason } = distribute(
    personal("ghost"),
    headerOf("To: alice@example.com\n\n"),
    router,
  );
  expect(recipients).toMatchObject([{ target: { kind: "postmaster" }, notify: "never" }]);
  expect(postmasterReason).toBe("owner-missing");
});

const words = fc.constantFrom(
  ...'To: |Cc: |X-Real-To: |Return-Path: |Received: |\n|\n |, |;|<|>|@|"|(|)|:|alice|ghost|sales|postmaster|@example.com|@example.net|@evil.example|\u0000|é'.split(
    "|",
  ),
);
const headers = fc.oneof(
  fc.array(words, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(""))),
  fc.uint8Array({ maxLength: 200 }),
);
const inputs = fc.constantFrom<DistributionInput[]>(
  guessing,
  exact,
  { ...exact, relaySpecialHeader: true },
  personal("bob"),
);

test("any bytes reach somebody, nobody twice, and no domain but ours (R-42, F16)", () => {
  fc.assert(
    fc.property(headers, inputs, (bytes, input) => {
      const { header } = Header.parse(bytes);
      const {
        recipients,
        guessed,
        header: left,
        postmasterReason,
        decisions,
      } = distribute(input, header, router);
      expect(recipients.length).toBeGreaterThan(0);
      const never = input.kind === "personal" || guessed || postmasterReason !== null;
      const keys = recipients.map(({ target, forwardPath, notify }) => {
        expect(notify).toBe(never ? "never" : "failure");
        if (target.kind === "remote") {
          expect(
            target.address.domain === "crm.example" || (input.kind === "unified" && input.relaySpecialHeader),
          ).toBe(true);
          return formatAddress(target.address).toLowerCase();
        }
        expect(["example.com", "example.net"]).toContain(forwardPath.domain);
        return target.kind === "local"
          ? target.account.id
          : `${target.kind} ${formatAddress(forwardPath).toLowerCase()}`;
      });
      expect(new Set(keys).size).toBe(keys.length);
      if (guessed)
        expect(
          recipients.every(({ target }) => target.kind === "local" || target.kind === "postmaster"),
        ).toBe(true);
      const counted = decisions.filter(
        ({ verdict }) => verdict === "recipient" || verdict === "unknown-user",
      );
      expect(counted.length).toBe(postmasterReason === null ? recipients.length : 0);
      expect(left.has("Return-Path")).toBe(false);
      if (input === exact) expect(left.has("X-Real-To")).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
