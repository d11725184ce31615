/**
 * The configuration that is wanted, as values: each record as it is to be, beside what stands now.
 */

import type { RemoteAccountId } from "../../core/ids.ts";
import type {
  DomainRecord,
  LocalAccountRecord,
  RemoteAccountRecord,
  SecretRecord,
} from "../../store/records.ts";
import type { Configuration } from "../../store/store.ts";
import type { Path } from "./mistake.ts";
import type { ConfigurationFile } from "./schema.ts";

/** A record as it is to be, where it comes from, and what stands now (null: it is new). */
export interface Desired<T, Current> {
  readonly value: T;
  readonly current: Current | null;
  /** Where the file speaks of it; null: the file does not. */
  readonly path: Path | null;
}

export type DesiredDomain = Desired<Omit<DomainRecord, "version">, DomainRecord>;
export type DesiredAccount = Desired<Omit<LocalAccountRecord, "version">, LocalAccountRecord>;
export type DesiredRemoteAccount = Desired<DesiredRemote, RemoteAccountRecord>;
export type DesiredRemote = Pick<
  RemoteAccountRecord,
  | "id"
  | "kind"
  | "ownerId"
  | "pollEveryMs"
  | "login"
  | "server"
  | "host"
  | "port"
  | "tls"
  | "secret"
  | "leaveOnServer"
  | "apop"
  | "specialHeader"
  | "extras"
>;

export interface DesiredConfiguration {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly rules: string | null;
  readonly domains: readonly DesiredDomain[];
  readonly accounts: readonly DesiredAccount[];
  readonly remoteAccounts: readonly DesiredRemoteAccount[];
}

/** What the merge may ask about passwords, so that it needs no key itself. */
export interface Passwords {
  /** Whether the record keeps this very password, sealed. */
  isKept(record: RemoteAccountRecord, password: string): boolean;
  seal(id: RemoteAccountId, password: string): SecretRecord;
}

export interface MergeInput {
  readonly current: Configuration;
  readonly file: ConfigurationFile;
  readonly prune: boolean;
  readonly newId: () => string;
  readonly passwords: Passwords;
}

/** The file's word if it has one, else what stands, else the default. */
export function chosen<T>(
  given: T | null | undefined,
  current: T | undefined,
  standard: T,
  prune: boolean,
): T {
  if (given !== undefined) return given ?? standard;
  return prune || current === undefined ? standard : current;
}

/** What stands, with one remote account as it is to be. */
export function desiredOf(current: Configuration, account: DesiredRemoteAccount): DesiredConfiguration {
  const others = current.remoteAccounts.filter(({ id }) => id !== account.value.id);
  return {
    settings: {},
    rules: null,
    domains: [],
    accounts: [],
    remoteAccounts: [...others.map((value) => ({ value, current: value, path: null })), account],
  };
}
