/**
 * From what stands and what is wanted to the changes between them, for the store and for people's eyes. Pure.
 *
 * Equal records make no change, so the same file applied twice changes nothing.
 */
import { isDeepStrictEqual } from "node:util";
import type { LocalAccountId, RemoteAccountId } from "../../core/ids.ts";
import { settingKeys } from "../../settings/definitions.ts";
import { levelChangeOf, logLevelChangeKey, settingsAt } from "../../settings/log-level.ts";
import type { RemoteAccountRecord, RemoteAccountSettings, SetBy } from "../../store/records.ts";
import type { Configuration, ConfigurationChange } from "../../store/store.ts";
import { peopleText } from "../wire-text.ts";
import type { DesiredConfiguration, DesiredRemote, DesiredRemoteAccount } from "./desired.ts";
import {
  accountForm,
  domainForm,
  KEPT_PASSWORD,
  type RecordForm,
  remoteAccountForm,
} from "./record-forms.ts";

export interface DiffField {
  readonly key: string;
  /** As in a file; null: not set. A password is never here: see `secret`. */
  readonly from: unknown;
  readonly to: unknown;
  readonly secret: boolean;
}

export interface DiffEntry {
  readonly change: "add" | "change" | "remove";
  readonly kind: "setting" | "rules" | "domain" | "account" | "personal" | "unified";
  /** Key of the setting, name of the domain, `name@domain`, `login@server`. */
  readonly name: string;
  /** `name@domain` of a personal account's owner. */
  readonly owner: string | null;
  readonly fields: readonly DiffField[];
}

export interface Plan {
  readonly changes: readonly ConfigurationChange[];
  readonly diff: readonly DiffEntry[];
  /** Accounts that will leave no more mail at the provider: what they left there before is another question. */
  readonly leaveNoMore: readonly RemoteAccountId[];
}

/**
 * @param current as stored
 * @param desired merged over what counts now (`settingsAt`)
 * @param now new and re-awakened accounts are due at once
 */
export function planChanges(current: Configuration, desired: DesiredConfiguration, now: number): Plan {
  const changes: ConfigurationChange[] = [];
  const diff: DiffEntry[] = [];
  planSettings(current, desired, changes, diff, now);
  planRemovals(current, desired, changes, diff);
  planDomains(desired, changes, diff);
  const nameOfAccount = accountNames(desired);
  for (const { value, current: stands } of desired.accounts) {
    if (stands && isDeepStrictEqual(value, withoutVersion(stands))) continue;
    changes.push({ kind: "put-account", account: value });
    diff.push({
      change: stands ? "change" : "add",
      kind: "account",
      name: nameOfAccount.get(value.id) ?? value.name,
      owner: null,
      fields: fieldsBetween(stands && accountForm(stands), accountForm(value)),
    });
  }
  for (const account of desired.remoteAccounts) planRemoteAccount(account, now, nameOfAccount, changes, diff);
  if (changes.length > 0) changes.push(...levelGoneBack(current, changes, now));
  const leaveNoMore = desired.remoteAccounts.flatMap(({ value, current }) =>
    leavesNoMore(value, current) ? [value.id] : [],
  );
  return { changes, diff, leaveNoMore };
}

/** It left mail at the provider, and will not any more. */
export function leavesNoMore(value: DesiredRemote, current: RemoteAccountRecord | null): boolean {
  return current?.leaveOnServer === true && !value.leaveOnServer && !namesOtherMaildrop(value, current);
}

function namesOtherMaildrop(value: DesiredRemote, current: RemoteAccountRecord): boolean {
  return current.host !== value.host || current.port !== value.port || current.login !== value.login;
}

/** A log level whose hour is over has gone back already; it is written so with the next change of anything. */
function levelGoneBack(
  current: Configuration,
  changes: readonly ConfigurationChange[],
  now: number,
): ConfigurationChange[] {
  const before = settingsAt(current.settings, now);
  const changed = new Set(changes.map((change) => ("key" in change ? change.key : "")));
  return ["logLevel", logLevelChangeKey]
    .filter((key) => !changed.has(key) && !isDeepStrictEqual(current.settings[key], before[key]))
    .map((key) => settingChange(key, before[key]));
}

function settingChange(key: string, value: unknown): ConfigurationChange {
  return value === undefined ? { kind: "unset-setting", key } : { kind: "set-setting", key, value };
}

function planSettings(
  current: Configuration,
  desired: DesiredConfiguration,
  changes: ConfigurationChange[],
  diff: DiffEntry[],
  now: number,
): void {
  const before = settingsAt(current.settings, now);
  for (const key of settingKeys) {
    const from = before[key];
    const to = desired.settings[key];
    if (isDeepStrictEqual(from, to)) continue;
    changes.push(settingChange(key, to));
    diff.push(entry("setting", key, null, from ?? null, to ?? null));
  }
  const levelChange = levelChangeOf(before, desired.settings, now);
  if (!isDeepStrictEqual(levelChange, before[logLevelChangeKey])) {
    changes.push(settingChange(logLevelChangeKey, levelChange));
  }
  if (current.rules !== desired.rules) {
    changes.push({ kind: "set-rules", rules: desired.rules });
    diff.push(entry("rules", "rules", null, current.rules, desired.rules));
  }
}

function entry(
  kind: DiffEntry["kind"],
  name: string,
  owner: string | null,
  from: unknown,
  to: unknown,
): DiffEntry {
  const change = from === null ? "add" : to === null ? "remove" : "change";
  return { change, kind, name, owner, fields: [{ key: name, from, to, secret: false }] };
}

/** Remote accounts before their owners, owners before their domain. */
function planRemovals(
  current: Configuration,
  desired: DesiredConfiguration,
  changes: ConfigurationChange[],
  diff: DiffEntry[],
): void {
  const domainNames = new Map(current.domains.map((domain) => [domain.id, domain.name]));
  const names = new Map(
    current.accounts.map((account) => [
      account.id,
      `${account.name}@${domainNames.get(account.domainId) ?? ""}`,
    ]),
  );
  const stay = new Set<string>(
    [...desired.remoteAccounts, ...desired.accounts, ...desired.domains].map(({ value }) => value.id),
  );
  const removed = (kind: DiffEntry["kind"], name: string, owner: string | null): void => {
    diff.push({ change: "remove", kind, name, owner, fields: [] });
  };
  for (const record of current.remoteAccounts.filter(({ id }) => !stay.has(id))) {
    changes.push({ kind: "remove-remote-account", id: record.id });
    removed(
      record.kind,
      remoteName(record),
      record.ownerId === null ? null : (names.get(record.ownerId) ?? null),
    );
  }
  for (const account of current.accounts.filter(({ id }) => !stay.has(id))) {
    changes.push({ kind: "remove-account", id: account.id });
    removed("account", names.get(account.id) ?? account.name, null);
  }
  for (const domain of current.domains.filter(({ id }) => !stay.has(id))) {
    changes.push({ kind: "remove-domain", id: domain.id });
    removed("domain", domain.name, null);
  }
}

function planDomains(desired: DesiredConfiguration, changes: ConfigurationChange[], diff: DiffEntry[]): void {
  // The domain that stops being the main one goes first: at no moment are there two.
  const ordered = [...desired.domains].sort((a, b) => Number(a.value.main) - Number(b.value.main));
  for (const { value, current } of ordered) {
    if (current && isDeepStrictEqual(value, withoutVersion(current))) continue;
    changes.push({ kind: "put-domain", domain: value });
    diff.push({
      change: current ? "change" : "add",
      kind: "domain",
      name: value.name,
      owner: null,
      fields: fieldsBetween(current && domainForm(current), domainForm(value)),
    });
  }
}

/** Who stands for the interval, and who for the server that is named. */
export interface SetByWhom {
  readonly setBy: SetBy;
  readonly serverSetBy: SetBy;
}

/**
 * One record as it is to be: the change and its line of the diff; nothing where it stands so already.
 *
 * @param by null: a file, which stands for all of it
 */
export function planRemoteAccount(
  { value, current }: DesiredRemoteAccount,
  now: number,
  nameOfAccount: ReadonlyMap<LocalAccountId, string>,
  changes: ConfigurationChange[],
  diff: DiffEntry[],
  by: SetByWhom | null = null,
): void {
  const settings = settingsOf(value);
  const sameHands = by === null || (current?.setBy === by.setBy && current.serverSetBy === by.serverSetBy);
  if (current && sameHands && isDeepStrictEqual(settings, settingsOf(current))) return;
  changes.push({
    kind: "put-remote-account",
    id: value.id,
    settings,
    ...(by ?? { setBy: "file", serverSetBy: "file" }),
    maildropChanged: current !== null && namesOtherMaildrop(value, current),
    dueAt: nextVisit(value, current, now),
  });
  const fields = fieldsBetween(current && remoteAccountForm(current), remoteAccountForm(value));
  const newPassword = current !== null && !isDeepStrictEqual(current.secret, value.secret);
  const told = fields.some((field) => field.key.startsWith("password"));
  diff.push({
    change: current ? "change" : "add",
    kind: value.kind,
    name: remoteName(value),
    owner: value.ownerId === null ? null : (nameOfAccount.get(value.ownerId) ?? null),
    fields:
      newPassword && !told ? [...fields, { key: "password", from: null, to: null, secret: true }] : fields,
  });
}

/** An edit ends the mark (spec 3), so the next visit no longer waits for it; else the rhythm stays. */
function nextVisit(value: DesiredRemote, current: RemoteAccountRecord | null, now: number): number | null {
  if (value.pollEveryMs === null) return null;
  if (!current || current.dueAt === null || current.mark !== null) return now;
  return value.pollEveryMs === current.pollEveryMs
    ? current.dueAt
    : Math.min(current.dueAt, now + value.pollEveryMs);
}

function settingsOf(record: DesiredRemote): RemoteAccountSettings {
  return {
    kind: record.kind,
    ownerId: record.ownerId,
    pollEveryMs: record.pollEveryMs,
    login: record.login,
    server: record.server,
    host: record.host,
    port: record.port,
    tls: record.tls,
    secret: record.secret,
    leaveOnServer: record.leaveOnServer,
    apop: record.apop,
    specialHeader: record.specialHeader,
    extras: record.extras,
  };
}

function fieldsBetween(from: RecordForm | null, to: RecordForm): DiffField[] {
  const keys = new Set([...Object.keys(from ?? {}), ...Object.keys(to)]);
  return [...keys]
    .filter((key) => !isDeepStrictEqual(from?.[key], to[key]))
    .map((key) => {
      const secret = from?.[key] === KEPT_PASSWORD || to[key] === KEPT_PASSWORD;
      return {
        key,
        from: secret ? null : (from?.[key] ?? null),
        to: secret ? null : (to[key] ?? null),
        secret,
      };
    });
}

function accountNames(desired: DesiredConfiguration): Map<LocalAccountId, string> {
  const domains = new Map(desired.domains.map(({ value }) => [value.id, value.name]));
  return new Map(
    desired.accounts.map(({ value }) => [value.id, `${value.name}@${domains.get(value.domainId) ?? ""}`]),
  );
}

function withoutVersion<T extends { version: number }>(record: T): Omit<T, "version"> {
  const { version: _version, ...rest } = record;
  return rest;
}

/** `login@server`, as people name a record. */
export function remoteName(record: DesiredRemote): string {
  return `${peopleText(record.login)}@${record.server}`;
}
