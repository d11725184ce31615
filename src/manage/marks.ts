/**
 * Marks of failed hosts and accounts: seen, and ended by hand (spec 9, seed 17, 18).
 */
import { demand } from "../auth/policies.ts";
import { foldName } from "../core/address.ts";
import { type Failure, failed, ok, type Result } from "../core/failure.ts";
import type { Mark, RemoteAccountRecord } from "../store/records.ts";
import { auditRow } from "./audit.ts";
import type { ManageContext } from "./context.ts";
import {
  hostKey,
  listRemoteAccounts,
  type RemoteAccountListing,
  resolveRemoteAccounts,
} from "./remote-accounts.ts";

export interface HostMark {
  /** Folded. */
  readonly host: string;
  readonly port: number;
  readonly mark: Mark;
}

export interface AccountMark {
  readonly account: RemoteAccountListing;
  readonly mark: Mark;
}

export interface Marks {
  readonly hosts: readonly HostMark[];
  readonly accounts: readonly AccountMark[];
}

/** All marks, the expired ones too: they stay until a visit goes well. Hosts by name, accounts as they are listed. */
export async function listMarks(context: Pick<ManageContext, "store" | "actor">): Promise<Marks> {
  demand(context.actor, "see-server");
  const [hosts, accounts] = await Promise.all([context.store.markedHosts(), listRemoteAccounts(context)]);
  return { hosts, accounts: markedOf(accounts) };
}

/** Those of the accounts that carry a mark and are not disabled. */
export function markedOf(accounts: readonly RemoteAccountListing[]): AccountMark[] {
  return accounts.flatMap((account) =>
    account.mark === null || account.pollEveryMs === null ? [] : [{ account, mark: account.mark }],
  );
}

/**
 * Ends marks: what they held back is visited at once by a running server.
 *
 * @param names a marked host (`host` or `host:port`), or an account as in `resolveRemoteAccounts`: its own mark ends,
 *   or, where it has none, its host's. `all`: every mark.
 * @returns how many marks ended; `unknown-name`, `ambiguous-name`, and nothing has ended then.
 */
export async function clearMarks(
  context: Pick<ManageContext, "store" | "clock" | "log" | "actor">,
  names: readonly string[] | "all",
): Promise<Result<{ readonly hosts: number; readonly accounts: number }>> {
  demand(context.actor, "poll");
  const { store, clock, actor } = context;
  const marked = await store.markedHosts();
  const configuration = await store.readConfiguration();
  const hosts = new Map<string, HostMark>();
  const accounts = new Map<string, RemoteAccountRecord>();
  if (names === "all") {
    for (const host of marked) hosts.set(hostKey(host), host);
    for (const record of configuration.remoteAccounts) if (record.mark) accounts.set(record.id, record);
  } else {
    for (const name of names) {
      const found = hostsNamed(marked, name);
      for (const host of found) hosts.set(hostKey(host), host);
      if (found.length > 0) continue;
      const resolved = resolveRemoteAccounts(configuration, [name]);
      if (!resolved.ok)
        return failed<{ hosts: number; accounts: number }>(resolved.failure satisfies Failure);
      for (const record of resolved.value) {
        const host = marked.find((one) => hostKey(one) === hostKey(record));
        if (record.mark !== null) accounts.set(record.id, record);
        else if (host) hosts.set(hostKey(host), host);
      }
    }
  }
  const ids = [...accounts.values()].map(({ id }) => id);
  const cleared = await store.clearMarks({ hosts: [...hosts.values()], accounts: ids }, clock.now(), [
    auditRow(actor, clock.now(), "clear marks", names === "all" ? "--all" : names.join(", ")),
  ]);
  if (cleared.hosts + cleared.accounts > 0) {
    context.log.write("marks-cleared", () => ({ by: context.actor.name, ...cleared }));
  }
  return ok(cleared);
}

function hostsNamed(marked: readonly HostMark[], name: string): HostMark[] {
  const folded = foldName(name);
  return marked.filter((one) => one.host === folded || hostKey(one) === folded);
}
