/**
 * The remote accounts that are wanted: those that stand, with the file's laid over them. Pure.
 */
import type { LocalAccountId, RemoteAccountId } from "../../core/ids.ts";
import { MINUTE } from "../../core/time.ts";
import type { RemoteAccountExtras, RemoteAccountRecord, SecretRecord } from "../../store/records.ts";
import { hasPort, readServerAddress } from "../server-address.ts";
import { peopleText, wireText } from "../wire-text.ts";
import {
  chosen,
  type DesiredRemote,
  type DesiredRemoteAccount,
  type MergeInput,
  type Passwords,
} from "./desired.ts";
import { type Fault, fault, type Path } from "./mistake.ts";
import type { FileRemoteAccount } from "./schema.ts";

/** The remote accounts that a file names under one local account; ownerId null: the unified ones. */
export interface FileOfOwner {
  readonly ownerId: LocalAccountId | null;
  readonly records: readonly FileRemoteAccount[];
  readonly path: Path;
}

/** Spec 4. */
const DEFAULT_POLL_EVERY_MS = 5 * MINUTE;

const passwordKeys = ["password", "passwordFile", "passwordEnv", "passwordCommand"] as const;
const unifiedKeys = ["specialHeader", "specialHeaderPrefix", "relaySpecialHeader", "mergeCopies"] as const;

export function desiredRemoteAccounts(
  input: MergeInput,
  owners: readonly FileOfOwner[],
  ownersThatStay: ReadonlySet<LocalAccountId>,
  faults: Fault[],
): DesiredRemoteAccount[] {
  const standing = new Standing(input.current.remoteAccounts);
  const named = new Named();
  const desired: DesiredRemoteAccount[] = [];
  const inFile = new Set<RemoteAccountId>();
  for (const { ownerId, records, path } of owners) {
    for (const [index, given] of records.entries()) {
      const here: Path = [...path, index];
      const now = standing.find(ownerId, given);
      if (now) inFile.add(now.id);
      if (named.again(ownerId, given, now)) {
        faults.push(fault("named-twice", here, { name: nameOf(given, now) }));
        continue;
      }
      if (given.pollEvery === "delete") {
        if (!given.id) faults.push(...missingKeys(given, here));
        continue;
      }
      const value = mergeRemoteAccount(input, ownerId, given, now, here, faults);
      if (value) desired.push({ value, current: now, path: here });
    }
  }
  for (const record of input.prune ? [] : input.current.remoteAccounts) {
    if (inFile.has(record.id)) continue;
    if (record.ownerId !== null && !ownersThatStay.has(record.ownerId)) continue;
    desired.push({ value: record, current: record, path: null });
  }
  return desired;
}

/** The records that stand, findable by id and by owner, account and server. */
export class Standing {
  readonly #byId: ReadonlyMap<string, RemoteAccountRecord>;
  readonly #byName = new Map<string, RemoteAccountRecord>();

  constructor(records: readonly RemoteAccountRecord[]) {
    this.#byId = new Map(records.map((record) => [record.id, record]));
    for (const record of records) {
      this.#byName.set(identity(record.ownerId, record.login, record.host, `:${record.port}`), record);
    }
    // What was typed wins over what it amounts to: `pop.example` is found again after its TLS mode has changed.
    for (const record of records) {
      const typedPort = hasPort(record.server) ? `:${record.port}` : "";
      this.#byName.set(identity(record.ownerId, record.login, record.host, typedPort), record);
    }
  }

  find(ownerId: LocalAccountId | null, given: FileRemoteAccount): RemoteAccountRecord | null {
    if (given.id) return this.#byId.get(given.id) ?? null;
    const server = readServerAddress(given.server ?? "", given.tls ?? "implicit");
    if (!given.account || typeof server === "string") return null;
    const typedPort = hasPort(given.server ?? "") ? `:${server.port}` : "";
    const login = wireText(given.account);
    return (
      this.#byName.get(identity(ownerId, login, server.host, typedPort)) ??
      this.#byName.get(identity(ownerId, login, server.host, `:${server.port}`)) ??
      null
    );
  }
}

function identity(ownerId: LocalAccountId | null, login: string, host: string, port: string): string {
  return JSON.stringify([ownerId, login, host, port]);
}

/** Who has been named in the file so far: no record twice, whether by id or by owner, account and server. */
class Named {
  readonly #ids = new Set<string>();
  readonly #withId = new Set<string>();
  readonly #withoutId = new Set<string>();

  /** @returns true when the file has named this record before. */
  again(ownerId: LocalAccountId | null, given: FileRemoteAccount, now: RemoteAccountRecord | null): boolean {
    const server = readServerAddress(given.server ?? "", given.tls ?? "implicit");
    const place = typeof server === "string" ? (given.server ?? "") : `${server.host}:${server.port}`;
    const name = identity(ownerId, wireText(given.account ?? ""), place, "");
    const id = given.id ?? now?.id;
    const again =
      (id !== undefined && this.#ids.has(id)) ||
      this.#withoutId.has(name) ||
      (!given.id && this.#withId.has(name));
    if (id !== undefined) this.#ids.add(id);
    if (given.account && given.server) (given.id ? this.#withId : this.#withoutId).add(name);
    return again;
  }
}

function nameOf(given: FileRemoteAccount, now: RemoteAccountRecord | null): string {
  const account = given.account ?? peopleText(now?.login ?? "");
  return `${account}@${given.server ?? now?.server ?? ""}`;
}

/** One record: what stands, with what is given laid over it; null: there are faults. */
export function mergeRemoteAccount(
  { prune, newId, passwords }: Pick<MergeInput, "prune" | "newId" | "passwords">,
  ownerId: LocalAccountId | null,
  given: FileRemoteAccount,
  now: RemoteAccountRecord | null,
  path: Path,
  faults: Fault[],
): DesiredRemote | null {
  const before = faults.length;
  const tls = chosen(given.tls, now?.tls, "implicit", prune);
  const login = given.account ? wireText(given.account) : now?.login;
  const server = given.server ?? now?.server;
  if (login === undefined) faults.push(fault("missing-key", path, { key: "account" }));
  if (server === undefined) faults.push(fault("missing-key", path, { key: "server" }));
  const address = readServerAddress(server ?? "", tls);
  if (server !== undefined && typeof address === "string") {
    faults.push(
      fault(address === "port" ? "expected-port" : "expected-server", [...path, "server"], { server }),
    );
  }
  if (ownerId !== null) {
    for (const key of unifiedKeys)
      if (given[key]) faults.push(fault("unified-only", [...path, key], { key }));
  }
  const id = (now?.id ?? given.id ?? newId()) as RemoteAccountId;
  const secret = mergeSecret(passwords, id, given, now, path, faults);
  if (faults.length > before || !secret || typeof address === "string") return null;
  return {
    id,
    kind: ownerId === null ? "unified" : "personal",
    ownerId,
    pollEveryMs: mergeInterval(given.pollEvery, now, prune),
    login: login ?? "",
    server: server ?? "",
    host: address.host,
    port: address.port,
    tls,
    secret,
    leaveOnServer: chosen(given.leaveOnServer, now?.leaveOnServer, false, prune),
    apop: chosen(given.apop, now?.apop, false, prune),
    specialHeader: ownerId === null ? chosen(given.specialHeader, now?.specialHeader, null, prune) : null,
    extras: mergeExtras(given, now?.extras ?? {}, prune, ownerId !== null),
  };
}

/** Without an id a record that is to go must be named in full: a slip must not pass for "already gone". */
function missingKeys(given: FileRemoteAccount, path: Path): Fault[] {
  return (["account", "server"] as const)
    .filter((key) => !given[key])
    .map((key) => fault("missing-key", path, { key }));
}

function mergeInterval(
  given: FileRemoteAccount["pollEvery"],
  now: RemoteAccountRecord | null,
  prune: boolean,
): number | null {
  if (given === "disabled") return null;
  return chosen<number | null>(
    typeof given === "number" ? given : given === null ? DEFAULT_POLL_EVERY_MS : undefined,
    now?.pollEveryMs,
    DEFAULT_POLL_EVERY_MS,
    prune,
  );
}

/** An absent password is an unchanged one; a new record must have one (spec 9). */
function mergeSecret(
  passwords: Passwords,
  id: RemoteAccountId,
  given: FileRemoteAccount,
  now: RemoteAccountRecord | null,
  path: Path,
  faults: Fault[],
): SecretRecord | null {
  const sources = passwordKeys.filter((key) => given[key]);
  const [source, second] = sources;
  if (second) {
    faults.push(fault("several-passwords", [...path, second], { keys: sources.join(", ") }));
    return null;
  }
  const value = source ? given[source] : undefined;
  if (!source || !value) {
    if (!now) faults.push(fault("missing-password", path, { name: nameOf(given, now) }));
    return now?.secret ?? null;
  }
  if (source === "password")
    return now && passwords.isKept(now, value) ? now.secret : passwords.seal(id, value);
  return elsewhere(source, value);
}

/** Where the password is read at each visit. */
function elsewhere(source: Exclude<(typeof passwordKeys)[number], "password">, value: string): SecretRecord {
  switch (source) {
    case "passwordFile":
      return { kind: "file", path: value };
    case "passwordEnv":
      return { kind: "env", name: value };
    case "passwordCommand":
      return { kind: "command", command: value };
  }
}

function mergeExtras(
  given: FileRemoteAccount,
  now: RemoteAccountExtras,
  prune: boolean,
  personal: boolean,
): RemoteAccountExtras {
  const { maxMessageSize, deleteAfter, ...others } = given;
  const values: Record<string, unknown> = {
    ...others,
    maxMessageSizeBytes: maxMessageSize,
    deleteAfterMs: deleteAfter,
  };
  const merged: Record<string, unknown> = {};
  for (const key of extraKeys) {
    if (personal && (unifiedKeys as readonly string[]).includes(key)) continue;
    const value = chosen(values[key], now[key], null, prune);
    if (value !== null) merged[key] = value;
  }
  return merged;
}

const extraKeys: readonly (keyof RemoteAccountExtras)[] = [
  "specialHeaderPrefix",
  "relaySpecialHeader",
  "mergeCopies",
  "maxMessageSizeBytes",
  "newestFirst",
  "sourceAddress",
  "auth",
  "allowPlain",
  "tlsVerify",
  "tlsServerName",
  "tlsFingerprint",
  "tlsMinVersion",
  "caFile",
  "folder",
  "firstVisit",
  "deleteAfterMs",
  "note",
];
