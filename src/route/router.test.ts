import fc from "fast-check";
import { expect, test } from "vitest";
import type { Address } from "../core/address.ts";
import type { LocalAccountId } from "../core/ids.ts";
import { type Routing, route, routePostmaster } from "./router.ts";
import { compileRoutingTable, type RoutingDomain, type RoutingTable } from "./routing-table.ts";

function account(name: string, ...aliases: string[]) {
  return { id: `id-of-${name}` as LocalAccountId, name, aliases, destination: `maildir:/mail/${name}` };
}

function domain(name: string, more: Partial<RoutingDomain>): RoutingDomain {
  return { name, aliases: [], catchAll: null, accounts: [], routes: [], ...more };
}

const table: RoutingTable = {
  mainDomain: "Example.COM",
  relay: null,
  domains: [
    domain("example.com", {
      aliases: ["example.net", "bücher.example"],
      accounts: [account("Alice", "al", "a+b"), account("bob"), account("c+d")],
      routes: [
        { address: "Sales", to: "sales@crm.example" },
        { address: "desk", to: "bob" },
        { address: "there", to: "x@second.example" },
        { address: "ping", to: "pong@example.com" },
        { address: "pong", to: "ping@example.net" },
        { address: "bob", to: "never@crm.example" },
        { address: "odd", to: "nobody knows" },
        { address: "quoted", to: '"a@b"@crm.example' },
      ],
    }),
    domain("second.example", { catchAll: "DAVE", accounts: [account("dave"), account("erin")] }),
    domain("star.example", { routes: [{ address: "*", to: "all@crm.example" }], accounts: [account("fay")] }),
    domain("wide.example", {
      domainWideAccount: "collector",
      accounts: [account("collector"), account("gus")],
    }),
    domain("gone.example", { domainWideAccount: "left", catchAll: "left", accounts: [account("hal")] }),
    domain("own.example", { accounts: [account("ida", "postmaster")] }),
  ],
};
const router = compileRoutingTable(table);

function address(text: string): Address {
  const at = text.lastIndexOf("@");
  return { localPart: text.slice(0, at), domain: text.slice(at + 1) };
}

function nameOf(routing: Routing): string {
  switch (routing.kind) {
    case "local":
      return `${routing.domainWide ? "wide " : ""}${routing.account.address}`;
    case "remote":
      return `remote ${routing.address.localPart}|${routing.address.domain}`;
    default:
      return routing.kind;
  }
}

const ways: { name: string; to: string; goes: string; by: string[] }[] = [
  { name: "account", to: "alice@example.com", goes: "Alice@example.com", by: ["account"] },
  { name: "case", to: "ALICE@example.com", goes: "Alice@example.com", by: ["account"] },
  { name: "alias", to: "AL@example.com", goes: "Alice@example.com", by: ["alias"] },
  { name: "domain alias", to: "bob@example.net", goes: "bob@example.com", by: ["domain-alias", "account"] },
  {
    name: "domain alias, A-label",
    to: "bob@xn--bcher-kva.example",
    goes: "bob@example.com",
    by: ["domain-alias", "account"],
  },
  {
    name: "domain alias, U-label",
    to: "bob@BÜCHER.example",
    goes: "bob@example.com",
    by: ["domain-alias", "account"],
  },
  { name: "detail", to: "Bob+x+y@example.com", goes: "bob@example.com", by: ["detail", "account"] },
  { name: "detail of an alias", to: "al+x@example.com", goes: "Alice@example.com", by: ["detail", "alias"] },
  {
    name: "detail of a route",
    to: "sales+x@example.com",
    goes: "remote sales|crm.example",
    by: ["detail", "route"],
  },
  { name: "account with a plus", to: "c+d@example.com", goes: "c+d@example.com", by: ["account"] },
  { name: "alias with a plus", to: "a+b@example.com", goes: "Alice@example.com", by: ["alias"] },
  { name: "detail without name", to: "+x@example.com", goes: "unknown-user", by: ["unknown-user"] },
  { name: "route elsewhere", to: "sales@example.com", goes: "remote sales|crm.example", by: ["route"] },
  { name: "route to a quoted name", to: "quoted@example.com", goes: "remote a@b|crm.example", by: ["route"] },
  {
    name: "route to a name of the same domain",
    to: "desk@example.com",
    goes: "bob@example.com",
    by: ["route", "account"],
  },
  {
    name: "route to another domain's catch-all",
    to: "there@example.com",
    goes: "dave@second.example",
    by: ["route", "catch-all"],
  },
  {
    name: "an account stands before a route",
    to: "bob@example.com",
    goes: "bob@example.com",
    by: ["account"],
  },
  { name: "unreadable route", to: "odd@example.com", goes: "unknown-user", by: ["unreadable-route"] },
  { name: "unknown user", to: "ghost@example.com", goes: "unknown-user", by: ["unknown-user"] },
  { name: "catch-all", to: "ghost@second.example", goes: "dave@second.example", by: ["catch-all"] },
  {
    name: "an account stands before the catch-all",
    to: "erin@second.example",
    goes: "erin@second.example",
    by: ["account"],
  },
  {
    name: "detail stands before the catch-all",
    to: "erin+x@second.example",
    goes: "erin@second.example",
    by: ["detail", "account"],
  },
  {
    name: "wildcard route",
    to: "ghost@star.example",
    goes: "remote all|crm.example",
    by: ["wildcard-route"],
  },
  {
    name: "an account stands before the wildcard",
    to: "fay@star.example",
    goes: "fay@star.example",
    by: ["account"],
  },
  { name: "a star is no name", to: "*@star.example", goes: "remote all|crm.example", by: ["wildcard-route"] },
  {
    name: "domain-wide",
    to: "anybody@wide.example",
    goes: "wide collector@wide.example",
    by: ["domain-wide-account"],
  },
  {
    name: "domain-wide stands before accounts",
    to: "gus@wide.example",
    goes: "wide collector@wide.example",
    by: ["domain-wide-account"],
  },
  {
    name: "domain-wide account and catch-all that went away",
    to: "ghost@gone.example",
    goes: "unknown-user",
    by: ["unknown-user"],
  },
  {
    name: "built-in postmaster",
    to: "Postmaster@example.com",
    goes: "postmaster",
    by: ["built-in-postmaster"],
  },
  {
    name: "postmaster of another domain",
    to: "postmaster@star.example",
    goes: "postmaster",
    by: ["main-postmaster", "built-in-postmaster"],
  },
  {
    name: "postmaster stands before the catch-all",
    to: "postmaster@second.example",
    goes: "postmaster",
    by: ["main-postmaster", "built-in-postmaster"],
  },
  {
    name: "postmaster with detail",
    to: "postmaster+x@example.com",
    goes: "postmaster",
    by: ["detail", "built-in-postmaster"],
  },
  { name: "postmaster of its own", to: "postmaster@own.example", goes: "ida@own.example", by: ["alias"] },
  { name: "not ours", to: "alice@other.example", goes: "not-ours", by: ["not-ours"] },
  { name: "postmaster elsewhere", to: "postmaster@other.example", goes: "not-ours", by: ["not-ours"] },
  { name: "a subdomain is another domain", to: "alice@mail.example.com", goes: "not-ours", by: ["not-ours"] },
  { name: "no domain", to: "alice@", goes: "not-ours", by: ["not-ours"] },
  { name: "literal", to: "alice@[127.0.0.1]", goes: "not-ours", by: ["not-ours"] },
];

test.each(ways)("$name: $to", ({ to, goes, by }) => {
  const routing = route(router, address(to));
  expect(nameOf(routing)).toBe(goes);
  expect(routing.steps.map(({ rule }) => rule)).toEqual(by);
});

test("routes in a circle end as unknown user, and say so", () => {
  const routing = route(router, address("ping@example.com"));
  expect(routing.kind).toBe("unknown-user");
  expect(routing.steps.at(-1)?.rule).toBe("loop");
});

test("20 routes in a row are followed, 21 are a loop", () => {
  const chain = (length: number) => {
    const routes = Array.from({ length }, (_, index) => ({ address: `r${index}`, to: `r${index + 1}` }));
    const accounts = [account(`r${length}`)];
    return compileRoutingTable({ ...table, domains: [domain("example.com", { routes, accounts })] });
  };
  expect(route(chain(20), address("r0@example.com")).kind).toBe("local");
  expect(route(chain(21), address("r0@example.com")).kind).toBe("unknown-user");
});

const postmasters: { name: string; main: Partial<RoutingDomain>; goes: string }[] = [
  { name: "an account", main: { accounts: [account("postmaster")] }, goes: "postmaster@example.com" },
  { name: "an alias", main: { accounts: [account("bob", "Postmaster")] }, goes: "bob@example.com" },
  {
    name: "nobody: built in, not the catch-all",
    main: { accounts: [account("bob")], catchAll: "bob" },
    goes: "postmaster",
  },
  { name: "a route", main: { routes: [{ address: "postmaster", to: "p@x" }] }, goes: "remote p|x" },
  {
    name: "a route to nobody: built in",
    main: { routes: [{ address: "postmaster", to: "ghost" }] },
    goes: "postmaster",
  },
  {
    name: "a route to itself: built in",
    main: { routes: [{ address: "postmaster", to: "postmaster" }] },
    goes: "postmaster",
  },
];

test.each(postmasters)("postmaster of the main domain is $name", ({ main, goes }) => {
  const domains = [domain("other.example", {}), domain("example.com", main)];
  const compiled = compileRoutingTable({ mainDomain: "example.com", relay: null, domains });
  expect(nameOf(routePostmaster(compiled))).toBe(goes);
  expect(nameOf(route(compiled, address("postmaster@other.example")))).toBe(goes);
});

test("a table without its main domain still has a postmaster", () => {
  expect(routePostmaster(compileRoutingTable({ mainDomain: "x", relay: null, domains: [] })).kind).toBe(
    "postmaster",
  );
});

test("a domain's own name stands before another domain's alias", () => {
  const domains = [
    domain("a.example", { aliases: ["b.example"], accounts: [account("ann")] }),
    domain("b.example", { accounts: [account("ben")] }),
  ];
  const compiled = compileRoutingTable({ mainDomain: "a.example", relay: "smtp://r", domains });
  expect(nameOf(route(compiled, address("ben@b.example")))).toBe("ben@b.example");
  expect(compiled.relay).toBe("smtp://r");
});

test("any address: one answer, and a local one only for a domain of ours (F16)", () => {
  const names = fc.constantFrom(
    "alice",
    "bob",
    "AL",
    "ping",
    "sales",
    "postmaster",
    "*",
    "+",
    "",
    "ghost",
    "é",
  );
  const localParts = fc.array(names, { maxLength: 3 }).map((parts) => parts.join("+"));
  const ours = [
    "example.com",
    "example.net",
    "bücher.example",
    "second.example",
    "star.example",
    "wide.example",
  ];
  const domains = fc.constantFrom(
    ...ours,
    "other.example",
    "com",
    "",
    "example.com.evil.example",
    "xexample.com",
  );
  fc.assert(
    fc.property(fc.oneof(localParts, fc.string()), domains, (localPart, domainName) => {
      const { kind, steps } = route(router, { localPart, domain: domainName });
      expect(kind === "not-ours").toBe(!ours.includes(domainName));
      expect(steps.length).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});
