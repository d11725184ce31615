/**
 * The domains, accounts and remote accounts that `expected.ts` holds for.
 */
import type { LocalAccountId } from "../../src/core/ids.ts";
import type { DistributionInput, UnifiedInput } from "../../src/distribute/distribution.ts";
import type { RoutingTable } from "../../src/route/routing-table.ts";
import type { AccountName } from "./expected.ts";

function account(name: string, ...aliases: string[]) {
  return { id: `id-of-${name}` as LocalAccountId, name, aliases, destination: `maildir:/mail/${name}` };
}

/** One name each for what spec 2 and 8 know: aliases, routes, catch-all, domain-wide account, IDN. */
export const routingTable: RoutingTable = {
  mainDomain: "example.com",
  relay: null,
  domains: [
    {
      name: "example.com",
      aliases: ["example.net"],
      catchAll: null,
      accounts: [
        account("alice", "al", "alice.smith"),
        account("bob"),
        account("carol"),
        // Moved here from a Japanese carrier that allowed such names.
        account("kei..ko."),
      ],
      routes: [
        { address: "sales", to: "sales@crm.example" },
        { address: "helpdesk", to: "bob@example.com" },
        { address: "ping", to: "pong@example.com" },
        { address: "pong", to: "ping@example.com" },
      ],
    },
    {
      name: "second.example",
      aliases: [],
      catchAll: "dave",
      accounts: [account("dave"), account("erin")],
      routes: [],
    },
    {
      name: "bücher.example",
      aliases: [],
      catchAll: null,
      accounts: [account("webmaster", "postmaster"), account("jürgen")],
      routes: [],
    },
    {
      name: "xn--wgv71a119e.example",
      aliases: [],
      catchAll: null,
      accounts: [account("tanaka"), account("田中")],
      routes: [],
    },
    {
      name: "wide.example",
      aliases: [],
      catchAll: null,
      domainWideAccount: "collector",
      accounts: [account("collector"), account("info")],
      routes: [],
    },
  ],
};

function unified(specialHeader: string | null, more: Partial<UnifiedInput> = {}): UnifiedInput {
  return { kind: "unified", specialHeader, specialHeaderPrefix: null, relaySpecialHeader: false, ...more };
}

/** The remote accounts by the names that `expected.ts` uses. */
export const remoteAccounts: Readonly<Record<AccountName, DistributionInput>> = {
  plain: unified(null),
  "x-real-to": unified("X-Real-To"),
  "delivered-to": unified("Delivered-To", { specialHeaderPrefix: "mbox-" }),
  "x-original-to": unified("X-Original-To"),
  "envelope-to": unified("Envelope-To"),
  "x-envelope-to": unified("X-Envelope-To"),
  relaying: unified("X-Real-To", { relaySpecialHeader: true }),
  personal: { kind: "personal", owner: "id-of-bob" as LocalAccountId },
};
