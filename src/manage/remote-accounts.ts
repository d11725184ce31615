/**
 * Remote accounts as people see and name them: the list with last and next visit, and names resolved to records.
 */
import { foldName } from "../core/address.ts";
import { type Failure, failed, failure, ok, type Result } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import type { Mark, RemoteAccountRecord } from "../store/records.ts";
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
  /** By interval and marks, its host's too; null: disabled. */
  readonly nextVisitAt: number | null;
  /** What is worth a look, though it works. */
  readonly warnings: readonly AccountWarning[];
}

/** Every remote account; unified ones first, then by owner and login. */
export async function listRemoteAccounts({
  store,
}: Pick<ManageContext, "store">): Promise<RemoteAccountListing[]> {
  const configuration = await store.readConfiguration();
  const owners = ownerNames(configuration);
  const warnings = accountWarnings(configuration.remoteAccounts, await store.skippedCounts());
  const hostMarks = new Map((await store.markedHosts()).map((marked) => [hostKey(marked), marked.mark]));
  return configuration.remoteAccounts
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
        nextVisitAt: record.dueAt === null ? null : Math.max(record.dueAt, hostMark?.retryAt ?? 0),
        warnings: warnings.get(record.id) ?? [],
      };
    })
    .sort(
      (a, b) =>
        compare(a.owner ?? "", b.owner ?? "") || compare(a.account, b.account) || compare(a.server, b.server),
    );
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
    if (!record)
      return failed(
        failure("unknown-name", "local", { permanent: true, params: { name, list: "rpop remote list" } }),
      );
    if (second) return failed(ambiguous(name, records, owners));
    resolved.set(record.id, record);
  }
  return ok([...resolved.values()]);
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
