/**
 * Remote accounts as people see and name them: the list with last and next visit, and names resolved to records.
 */
import { type Actor, demand, may, type Subject } from "../auth/policies.ts";
import { foldName } from "../core/address.ts";
import { type Failure, failed, failure, ok, type Result } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import type { LocalAccountRecord, Mark, RemoteAccountRecord } from "../store/records.ts";
import type { Configuration } from "../store/store.ts";
import { type AccountWarning, accountWarnings } from "./account-warnings.ts";
import type { ManageContext } from "./context.ts";
import { peopleText } from "./wire-text.ts";

export interface RemoteAccountListing {
  readonly id: RemoteAccountId;
  readonly kind: "personal" | "unified";
  /** `name@domain`; null for unified accounts. */
  readonly owner: string | null;
  readonly account: string;
  readonly server: string;
  /** Milliseconds; null: disabled. */
  readonly pollEveryMs: number | null;
  /** End of the last successful visit; null: `Not Yet`. */
  readonly successAt: number | null;
  /** Why the last visit failed; null where all is well. */
  readonly failure: Failure | null;
  /** The account's own mark. */
  readonly mark: Mark | null;
  /** Counts the changes of the record: whoever changes it says which one was seen. */
  readonly version: number;
  /** By interval and marks, its host's too; null: disabled. */
  readonly nextVisitAt: number | null;
  /** What is worth a look, though it works. */
  readonly warnings: readonly AccountWarning[];
}

/** The remote accounts that the actor may see, so for a user the own ones; unified ones first, then by owner and login. */
export async function listRemoteAccounts({
  store,
  actor,
}: Pick<ManageContext, "store" | "actor">): Promise<RemoteAccountListing[]> {
  const configuration = await store.readConfiguration();
  const subjectOf = subjectsOf(configuration);
  demand(actor, "see-remote-accounts", subjectOf(actor.accountId));
  const owners = ownerNames(configuration);
  const hostMarks = new Map((await store.markedHosts()).map((marked) => [hostKey(marked), marked.mark]));
  // Only those that the actor may see: a warning about two records for one mailbox names the other one.
  const { remoteAccounts } = seenBy(actor, configuration);
  const warnings = accountWarnings(remoteAccounts, await store.skippedCounts());
  return remoteAccounts
    .map((record) => {
      const hostMark = hostMarks.get(hostKey(record));
      return {
        id: record.id,
        kind: record.kind,
        owner: record.ownerId === null ? null : (owners.get(record.ownerId) ?? null),
        account: peopleText(record.login),
        server: record.server,
        pollEveryMs: record.pollEveryMs,
        successAt: record.last.successAt,
        failure: record.last.failure ?? record.mark?.failure ?? null,
        mark: record.mark,
        version: record.version,
        nextVisitAt: record.dueAt === null ? null : Math.max(record.dueAt, hostMark?.retryAt ?? 0),
        warnings: warnings.get(record.id) ?? [],
      };
    })
    .sort(
      (a, b) =>
        compare(a.owner ?? "", b.owner ?? "") || compare(a.account, b.account) || compare(a.server, b.server),
    );
}

/** Whose a record of that owner is, for the question whether somebody may. */
function subjectsOf(
  configuration: Pick<Configuration, "accounts">,
): (ownerId: LocalAccountId | null) => Subject {
  const withRight = new Set(
    configuration.accounts.flatMap(({ id, mayUseRemoteAccounts }) => (mayUseRemoteAccounts ? [id] : [])),
  );
  return (ownerId) => ({ ownerId, mayUseRemoteAccounts: ownerId !== null && withRight.has(ownerId) });
}

/** The configuration as an actor sees it: without the remote accounts of others, where only the own ones are shown. */
export function seenBy<Seen extends Pick<Configuration, "accounts" | "remoteAccounts">>(
  actor: Actor,
  configuration: Seen,
): Seen {
  const subjectOf = subjectsOf(configuration);
  const remoteAccounts = configuration.remoteAccounts.filter(
    ({ ownerId }) => may(actor, "see-remote-accounts", subjectOf(ownerId)) === true,
  );
  return { ...configuration, remoteAccounts };
}

/**
 * Asks for an action on records that the caller has already.
 *
 * @throws FailureError `not-allowed`, for all of them when one is not the actor's to act on
 */
export async function demandForRecords(
  { store, actor }: { readonly store: Pick<ManageContext["store"], "readDirectory">; readonly actor: Actor },
  action: "poll",
  records: readonly Pick<RemoteAccountRecord, "ownerId">[],
): Promise<void> {
  if (may(actor, action) === true) return;
  const subjectOf = subjectsOf(await store.readDirectory());
  for (const ownerId of [actor.accountId, ...records.map((record) => record.ownerId)]) {
    demand(actor, action, subjectOf(ownerId));
  }
}

/**
 * Asks for the say over a record of that owner.
 *
 * @throws FailureError `not-allowed`
 */
export function demandDefinition(
  actor: Actor,
  configuration: Configuration,
  ownerId: RemoteAccountRecord["ownerId"],
): void {
  if (ownerId === null) demand(actor, "define-unified");
  else demand(actor, "define-personal", subjectsOf(configuration)(ownerId));
}

/**
 * The one record of that name among those that the actor may see: for the others there is no such name.
 *
 * @returns `unknown-name`, `ambiguous-name`
 * @throws FailureError `not-allowed`
 */
export function findRecord(
  actor: Actor,
  configuration: Configuration,
  name: string,
): Result<RemoteAccountRecord> {
  demand(actor, "see-remote-accounts", subjectsOf(configuration)(actor.accountId));
  const found = resolveRemoteAccounts(seenBy(actor, configuration), [name]);
  if (!found.ok) return found;
  const [record] = found.value;
  return record ? ok(record) : failed(unknownRecord(name));
}

/** Key of a record's host among marks. */
export function hostKey({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${foldName(host)}:${port}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Names to records: a record's id, its login name, `login@server` or `owner/login@server` (spec 9). The server may
 * be written as in the record, or as host or host:port.
 *
 * @param names or `all`: every account that is not disabled. A record named twice comes once.
 * @returns `unknown-name` with the name, `ambiguous-name` with what it fits.
 */
export function resolveRemoteAccounts(
  configuration: Pick<Configuration, "domains" | "accounts" | "remoteAccounts">,
  names: readonly string[] | "all",
): Result<RemoteAccountRecord[]> {
  if (names === "all")
    return ok(configuration.remoteAccounts.filter((record) => record.pollEveryMs !== null));
  const owners = ownerNames(configuration);
  const found = new Map<string, RemoteAccountRecord[]>(names.map((name) => [name, []]));
  for (const record of configuration.remoteAccounts) {
    const owner = record.ownerId === null ? null : (owners.get(record.ownerId) ?? null);
    for (const name of new Set(namesOf(record, owner))) found.get(name)?.push(record);
  }
  const resolved = new Map<string, RemoteAccountRecord>();
  for (const [name, records] of found) {
    const [record, second] = records;
    if (!record) return failed(unknownRecord(name));
    if (second) return failed(ambiguous(name, records, owners));
    resolved.set(record.id, record);
  }
  return ok([...resolved.values()]);
}

function unknownRecord(name: string): Failure {
  return failure("unknown-name", "local", { permanent: true, params: { name, list: "rpop remote list" } });
}

function namesOf(record: RemoteAccountRecord, owner: string | null): string[] {
  const login = peopleText(record.login);
  const servers = [record.server, record.host, `${record.host}:${record.port}`];
  const full = servers.map((server) => `${login}@${server}`);
  if (owner === null) return [record.id, login, ...full];
  const ownerName = owner.slice(0, owner.lastIndexOf("@"));
  const owned = full.flatMap((name) => [`${owner}/${name}`, `${ownerName}/${name}`]);
  return [record.id, login, ...full, ...owned];
}

function ambiguous(
  name: string,
  records: readonly RemoteAccountRecord[],
  owners: ReadonlyMap<LocalAccountId, string>,
): Failure {
  const fullNames = records.map((record) => {
    const owner = record.ownerId === null ? "" : `${owners.get(record.ownerId) ?? ""}/`;
    return `${owner}${peopleText(record.login)}@${record.server}`;
  });
  // Where full names repeat, only ids tell the records apart.
  const distinct = new Set(fullNames).size === fullNames.length && !fullNames.includes(name);
  const candidates = (distinct ? fullNames : records.map(({ id }) => id)).sort(compare);
  const shown = candidates.length > 5 ? [...candidates.slice(0, 5), "…"] : candidates;
  return failure("ambiguous-name", "local", {
    permanent: true,
    params: { name, candidates: shown.join(", ") },
  });
}

/** `name@domain` of every local account. */
export function ownerNames(
  configuration: Pick<Configuration, "domains" | "accounts">,
): Map<LocalAccountId, string> {
  const domains = new Map(configuration.domains.map((domain) => [domain.id, domain.name]));
  return new Map(
    configuration.accounts.map((account) => [
      account.id,
      `${account.name}@${domains.get(account.domainId) ?? ""}`,
    ]),
  );
}

/** By `name@domain`; a name alone means the main domain. null: there is none. */
export function localAccountNamed(
  configuration: Pick<Configuration, "domains" | "accounts">,
  name: string,
): LocalAccountRecord | null {
  const main = configuration.domains.find((domain) => domain.main)?.name ?? "";
  const full = foldName(name.includes("@") ? name : `${name}@${main}`);
  const names = ownerNames(configuration);
  return configuration.accounts.find(({ id }) => foldName(names.get(id) ?? "") === full) ?? null;
}
