/**
 * What the router looks at: our domains with their names, as a snapshot, and the same indexed.
 *
 * A snapshot is built by whoever keeps the domains; compiling it once makes each look-up a few map reads, also
 * with 100,000 accounts. Both are immutable: after a change a new one is made.
 */
import { type Address, foldDomain, foldName, formatAddress } from "../core/address.ts";
import type { LocalAccountId } from "../core/ids.ts";
import { parseMailboxes } from "../message/mailbox-list.ts";

/** Our domains as they stand in the store or in a file; names in any case, U-labels or A-labels. */
export interface RoutingTable {
  /** Name of one of `domains`. */
  readonly mainDomain: string;
  readonly domains: readonly RoutingDomain[];
  /** Destination for mail that is not ours; null: none is set, such mail cannot leave (spec 3). */
  readonly relay: string | null;
}

export interface RoutingDomain {
  readonly name: string;
  readonly aliases: readonly string[];
  /** An account's name: it gets what nobody else here takes. */
  readonly catchAll: string | null;
  /** An account's name: all mail of the domain lands there, whoever it is for (spec 2, seed 46). */
  readonly domainWideAccount?: string | null;
  readonly accounts: readonly {
    readonly id: LocalAccountId;
    readonly name: string;
    readonly aliases: readonly string[];
    readonly destination: string;
  }[];
  readonly routes: readonly {
    /** A local part of this domain; `*` for all that is nobody's. */
    readonly address: string;
    /** An address, elsewhere or here; without a domain: of this one. */
    readonly to: string;
  }[];
}

/** A local account as a recipient. */
export interface RoutedAccount {
  readonly id: LocalAccountId;
  /** `name@domain`, the domain's own name, RFC 5321 form. */
  readonly address: string;
  readonly destination: string;
}

/** One domain of ours, indexed by folded names. */
export interface CompiledDomain {
  readonly name: string;
  readonly accounts: ReadonlyMap<string, RoutedAccount>;
  readonly aliases: ReadonlyMap<string, RoutedAccount>;
  /** A value of null is a route whose target cannot be read. */
  readonly routes: ReadonlyMap<string, Address | null>;
  readonly catchAll: RoutedAccount | null;
  readonly domainWide: RoutedAccount | null;
}

/** The table as the router reads it; made by `compileRoutingTable` only. */
export interface CompiledRouter {
  readonly mainDomain: string;
  /** By folded name and alias. */
  readonly domains: ReadonlyMap<string, CompiledDomain>;
  readonly accountsById: ReadonlyMap<LocalAccountId, RoutedAccount>;
  readonly relay: string | null;
}

/**
 * Indexes a table. Where a name was given twice the first counts, a domain's name before another's alias. A catch-all or domain-wide
 * account that does not exist counts as none: no mail is lost for a name that went away.
 */
export function compileRoutingTable(table: RoutingTable): CompiledRouter {
  const domains = new Map<string, CompiledDomain>();
  const accountsById = new Map<LocalAccountId, RoutedAccount>();
  const compiled = table.domains.map((domain) => compileDomain(domain, accountsById));
  for (const domain of compiled) keepFirst(domains, domain.name, domain);
  for (const [index, domain] of table.domains.entries()) {
    const target = compiled[index];
    if (target) for (const alias of domain.aliases) keepFirst(domains, foldDomain(alias), target);
  }
  return { mainDomain: foldDomain(table.mainDomain), domains, accountsById, relay: table.relay };
}

function compileDomain(
  domain: RoutingDomain,
  accountsById: Map<LocalAccountId, RoutedAccount>,
): CompiledDomain {
  const name = foldDomain(domain.name);
  const accounts = new Map<string, RoutedAccount>();
  const aliases = new Map<string, RoutedAccount>();
  for (const { id, name: localPart, aliases: others, destination } of domain.accounts) {
    const account = { id, address: formatAddress({ localPart, domain: name }), destination };
    keepFirst(accounts, foldName(localPart), account);
    keepFirst(accountsById, id, account);
    for (const alias of others) keepFirst(aliases, foldName(alias), account);
  }
  const routes = new Map<string, Address | null>();
  for (const route of domain.routes) keepFirst(routes, foldName(route.address), targetOf(route.to, name));
  const named = (wanted: string | null | undefined) => {
    if (wanted === null || wanted === undefined) return null;
    return accounts.get(foldName(wanted)) ?? aliases.get(foldName(wanted)) ?? null;
  };
  return {
    name,
    accounts,
    aliases,
    routes,
    catchAll: named(domain.catchAll),
    domainWide: named(domain.domainWideAccount),
  };
}

function targetOf(text: string, domain: string): Address | null {
  const { mailboxes, skipped } = parseMailboxes([text]);
  const [address] = mailboxes;
  if (!address || mailboxes.length > 1 || skipped.length > 0) return null;
  return address.domain === "" ? { ...address, domain } : address;
}

function keepFirst<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}
