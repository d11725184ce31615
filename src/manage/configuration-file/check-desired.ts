/**
 * How the wanted records fit together: names that clash, accounts that are missing, domains without a main one.
 * Pure. What a file cannot be blamed for (records it does not name) is not reported.
 */
import { foldName } from "../../core/address.ts";
import type { DomainId } from "../../core/ids.ts";
import { deliveredSchemes, destinationMistake } from "../../deliver/check-destination.ts";
import { destinationScheme } from "../../deliver/destination.ts";
import { asciiName } from "../host-name.ts";
import { peopleText } from "../wire-text.ts";
import type { DesiredAccount, DesiredConfiguration, DesiredDomain, DesiredRemoteAccount } from "./desired.ts";
import { type Fault, fault, type Path, type Warning } from "./mistake.ts";

export function checkDesired(desired: DesiredConfiguration): { faults: Fault[]; warnings: Warning[] } {
  const accountsOf = byDomain(desired.accounts);
  return {
    faults: [
      ...relayFaults(desired.settings),
      ...mainDomainFaults(desired),
      ...domainNameFaults(desired.domains),
      ...desired.domains.flatMap((domain) => domainFaults(domain, accountsOf.get(domain.value.id) ?? [])),
    ],
    warnings: [
      ...maildropWarnings(desired.remoteAccounts),
      ...unusedWarnings(desired.remoteAccounts),
      ...laterWarnings(desired),
    ],
  };
}

function byDomain(accounts: readonly DesiredAccount[]): Map<DomainId, DesiredAccount[]> {
  const grouped = new Map<DomainId, DesiredAccount[]>();
  for (const account of accounts) {
    const others = grouped.get(account.value.domainId);
    if (others) others.push(account);
    else grouped.set(account.value.domainId, [account]);
  }
  return grouped;
}

/** The setting's own check knows the forms alone; accounts' destinations are checked where they are read. */
function relayFaults({ relay }: DesiredConfiguration["settings"]): Fault[] {
  const mistake = typeof relay === "string" ? destinationMistake(relay) : null;
  return mistake === null ? [] : [fault(mistake.code, ["settings", "relay"], mistake.params)];
}

/** Mail that nobody's name is on goes to postmaster of the main domain: there must be exactly one. */
function mainDomainFaults({ domains, remoteAccounts }: DesiredConfiguration): Fault[] {
  const main = domains.filter(({ value }) => value.main);
  if (main.length > 1) {
    return main
      .slice(1)
      .map((domain) =>
        fault("two-main-domains", [...(domain.path ?? []), "main"], { name: domain.value.name }),
      );
  }
  const needed = domains.length > 0 || remoteAccounts.length > 0;
  if (main.length === 1 || !needed) return [];
  return [fault("no-main-domain", domains.find(({ path }) => path)?.path ?? [], {})];
}

function domainNameFaults(domains: readonly DesiredDomain[]): Fault[] {
  const taken = new Map<string, string>();
  const faults: Fault[] = [];
  // Names first: an alias that clashes with a name is the alias's mistake, wherever the name stands.
  for (const { value } of domains) taken.set(domainKey(value.name), value.name);
  for (const { value, path } of domains) {
    for (const [index, alias] of value.aliases.entries()) {
      const owner = taken.get(domainKey(alias));
      if (owner !== undefined)
        faults.push(fault("domain-taken", [...(path ?? []), "aliases", index], { name: alias, owner }));
      else taken.set(domainKey(alias), value.name);
    }
  }
  return faults;
}

function domainKey(name: string): string {
  return asciiName(name) ?? name.toLowerCase();
}

function domainFaults({ value: domain, path }: DesiredDomain, accounts: readonly DesiredAccount[]): Fault[] {
  const faults: Fault[] = [];
  const here: Path = path ?? [];
  const taken = new Map<string, string>();
  for (const { value } of accounts) taken.set(foldName(value.name), value.name);
  for (const account of accounts) {
    for (const [index, alias] of account.value.aliases.entries()) {
      const owner = taken.get(foldName(alias));
      const at: Path = [...(account.path ?? here), "aliases", index];
      if (owner !== undefined)
        faults.push(fault("name-taken", at, { name: alias, owner: `${owner}@${domain.name}` }));
      else taken.set(foldName(alias), account.value.name);
    }
  }
  for (const key of ["catchAll", "domainWideAccount"] as const) {
    const name = domain[key];
    if (name !== null && !taken.has(foldName(name))) {
      faults.push(fault("unknown-local-account", [...here, key], { key, name, domain: domain.name }));
    }
  }
  const routed = new Set<string>();
  for (const [index, route] of domain.routes.entries()) {
    const at: Path = [...here, "routes", index];
    if (route.address === "") faults.push(fault("missing-key", at, { key: "address" }));
    if (route.to === "") faults.push(fault("missing-key", at, { key: "to" }));
    if (routed.has(foldName(route.address))) {
      faults.push(fault("named-twice", [...at, "address"], { name: `${route.address}@${domain.name}` }));
    }
    routed.add(foldName(route.address));
  }
  return faults;
}

/** Two records for one mailbox take each other's mail (F12, spec 5.7): allowed, and said. */
function maildropWarnings(remoteAccounts: readonly DesiredRemoteAccount[]): Warning[] {
  const first = new Map<string, DesiredRemoteAccount>();
  const warnings: Warning[] = [];
  for (const account of remoteAccounts) {
    const { host, port, login } = account.value;
    const maildrop = JSON.stringify([host, port, login]);
    const other = first.get(maildrop);
    if (!other) first.set(maildrop, account);
    else if (other.path || account.path) {
      warnings.push({
        code: "same-maildrop",
        params: { account: peopleText(login), server: account.value.server, id: other.value.id },
      });
    }
  }
  return warnings;
}

/** What is set and does nothing as things stand; said of records that the file names. */
function unusedWarnings(remoteAccounts: readonly DesiredRemoteAccount[]): Warning[] {
  return remoteAccounts.flatMap(({ value, current, path }): Warning[] => {
    if (path === null) return [];
    const params = { account: peopleText(value.login), server: value.server };
    const { firstVisit, deleteAfterMs } = value.extras;
    const sameMaildrop =
      current !== null &&
      current.host === value.host &&
      current.port === value.port &&
      current.login === value.login;
    const late = sameMaildrop && current.firstVisit !== "pending" && firstVisit !== current.extras.firstVisit;
    return [
      ...(late && firstVisit !== undefined ? [{ code: "first-visit-over" as const, params }] : []),
      ...(deleteAfterMs !== undefined && !value.leaveOnServer
        ? [{ code: "delete-after-unused" as const, params }]
        : []),
    ];
  });
}

/** Mail for other destinations waits in the queue. */
function isDelivered(destination: string): boolean {
  const scheme = destinationScheme(destination);
  return deliveredSchemes.some((delivered) => delivered === scheme);
}

function laterWarnings({ accounts, rules, domains }: DesiredConfiguration): Warning[] {
  const domainName = new Map(domains.map(({ value }) => [value.id, value.name]));
  const warnings: Warning[] = [];
  if (rules !== null) warnings.push({ code: "rules-unsupported", params: { account: "" } });
  for (const { value, path } of accounts) {
    if (!path) continue;
    const account = `${value.name}@${domainName.get(value.domainId) ?? ""}`;
    if (value.rules !== null) warnings.push({ code: "rules-unsupported", params: { account } });
    if (value.destination !== null && !isDelivered(value.destination)) {
      warnings.push({ code: "destination-unsupported", params: { account, destination: value.destination } });
    }
  }
  return warnings;
}
