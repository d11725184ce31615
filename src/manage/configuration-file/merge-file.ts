/**
 * What stands, with a file laid over it. Pure.
 *
 * A key that the file leaves out means *as it is* (with prune: *the default*), null means the default. A record's
 * identity is its id, else owner, account and server (spec 9); a domain's and a local account's is its name.
 * Faults of identity are reported here, how the records fit together is checked in `check-desired.ts`.
 */
import { foldName } from "../../core/address.ts";
import type { DomainId, LocalAccountId } from "../../core/ids.ts";
import type { DomainRecord, LocalAccountRecord } from "../../store/records.ts";
import {
  chosen,
  type DesiredAccount,
  type DesiredConfiguration,
  type DesiredDomain,
  type MergeInput,
} from "./desired.ts";
import { desiredRemoteAccounts, type FileOfOwner } from "./merge-remote-accounts.ts";
import { type Fault, fault, type Path } from "./mistake.ts";
import type { FileAccount, FileDomain } from "./schema.ts";

export function mergeFile(input: MergeInput): { desired: DesiredConfiguration; faults: Fault[] } {
  const faults: Fault[] = [];
  const { domains, accounts, owners } = mergeDomains(input, faults);
  const remoteAccounts = desiredRemoteAccounts(
    input,
    [{ ownerId: null, records: input.file.unifiedAccounts ?? [], path: ["unifiedAccounts"] }, ...owners],
    new Set(accounts.map(({ value }) => value.id)),
    faults,
  );
  return {
    desired: {
      settings: mergeSettings(input),
      rules: chosen(input.file.rules, input.current.rules, null, input.prune),
      domains,
      accounts,
      remoteAccounts,
    },
    faults,
  };
}

function mergeSettings({ current, file, prune }: MergeInput): Record<string, unknown> {
  const merged: Record<string, unknown> = prune ? {} : { ...current.settings };
  for (const [key, value] of Object.entries(file.settings ?? {})) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = value;
  }
  return merged;
}

interface MergedDomains {
  readonly domains: DesiredDomain[];
  readonly accounts: DesiredAccount[];
  readonly owners: FileOfOwner[];
}

function mergeDomains(input: MergeInput, faults: Fault[]): MergedDomains {
  const { current, file, prune } = input;
  const merged: MergedDomains = { domains: [], accounts: [], owners: [] };
  const standing = new Map(current.domains.map((domain) => [foldName(domain.name), domain]));
  const accountsOf = new Map<DomainId, LocalAccountRecord[]>();
  for (const account of current.accounts) {
    const others = accountsOf.get(account.domainId);
    if (others) others.push(account);
    else accountsOf.set(account.domainId, [account]);
  }
  const seen = new Set<string>();
  const mainInFile = (file.domains ?? []).some((domain) => domain.main === true);

  for (const [index, given] of (file.domains ?? []).entries()) {
    const path: Path = ["domains", index];
    if (!given.name) faults.push(fault("missing-key", path, { key: "name" }));
    // Nameless ones go on under a name of their own, so that the mistakes inside are found as well.
    const key = foldName(given.name ?? `[${index}]`);
    if (seen.has(key)) faults.push(fault("named-twice", [...path, "name"], { name: key }));
    seen.add(key);
    const now = standing.get(key) ?? null;
    const domain = mergeDomain(given, now, input, mainInFile);
    merged.domains.push({ value: domain, current: now, path });
    mergeAccounts(input, given, domain.id, accountsOf.get(domain.id) ?? [], path, merged, faults);
  }
  for (const domain of prune ? [] : current.domains) {
    if (seen.has(foldName(domain.name))) continue;
    const { version: _version, ...value } = domain;
    merged.domains.push({
      value: mainInFile ? { ...value, main: false } : value,
      current: domain,
      path: null,
    });
    for (const account of accountsOf.get(domain.id) ?? []) merged.accounts.push(unchanged(account));
  }
  return merged;
}

function mergeDomain(
  given: FileDomain,
  now: DomainRecord | null,
  { newId, prune }: MergeInput,
  mainInFile: boolean,
): Omit<DomainRecord, "version"> {
  const routes = given.routes?.map(({ address, to }) => ({ address: address ?? "", to: to ?? "" }));
  return {
    id: now?.id ?? (newId() as DomainId),
    name: given.name ?? "",
    main: chosen(given.main, mainInFile ? false : now?.main, false, prune),
    aliases: chosen(given.aliases, now?.aliases, [], prune),
    ipAddresses: chosen(given.ipAddresses, now?.ipAddresses, [], prune),
    catchAll: chosen(given.catchAll, now?.catchAll, null, prune),
    domainWideAccount: chosen(given.domainWideAccount, now?.domainWideAccount, null, prune),
    routes: chosen(given.routes === null ? null : routes, now?.routes, [], prune),
  };
}

function mergeAccounts(
  input: MergeInput,
  domain: FileDomain,
  domainId: DomainId,
  standing: readonly LocalAccountRecord[],
  domainPath: Path,
  merged: MergedDomains,
  faults: Fault[],
): void {
  const byName = new Map(standing.map((account) => [foldName(account.name), account]));
  const seen = new Set<string>();
  for (const [index, given] of (domain.accounts ?? []).entries()) {
    const path: Path = [...domainPath, "accounts", index];
    if (!given.name) faults.push(fault("missing-key", path, { key: "name" }));
    const key = foldName(given.name ?? `[${index}]`);
    if (seen.has(key)) {
      faults.push(fault("named-twice", [...path, "name"], { name: `${key}@${domain.name ?? ""}` }));
      continue;
    }
    seen.add(key);
    const now = byName.get(key) ?? null;
    const value = mergeAccount(given, now, domainId, input);
    merged.accounts.push({ value, current: now, path });
    merged.owners.push({
      ownerId: value.id,
      records: given.remoteAccounts ?? [],
      path: [...path, "remoteAccounts"],
    });
  }
  if (input.prune) return;
  for (const account of standing)
    if (!seen.has(foldName(account.name))) merged.accounts.push(unchanged(account));
}

function mergeAccount(
  given: FileAccount,
  now: LocalAccountRecord | null,
  domainId: DomainId,
  { newId, prune }: MergeInput,
): Omit<LocalAccountRecord, "version"> {
  return {
    id: now?.id ?? (newId() as LocalAccountId),
    domainId,
    name: given.name ?? "",
    aliases: chosen(given.aliases, now?.aliases, [], prune),
    destination: chosen(given.destination, now?.destination, null, prune),
    rules: chosen(given.rules, now?.rules, null, prune),
    language: chosen<string | null>(given.language, now?.language, null, prune),
    mayUseRemoteAccounts: chosen(given.mayUseRemoteAccounts, now?.mayUseRemoteAccounts, false, prune),
  };
}

function unchanged(account: LocalAccountRecord): DesiredAccount {
  const { version: _version, ...value } = account;
  return { value, current: account, path: null };
}
