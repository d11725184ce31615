/**
 * The configuration as the stages see it: who is here, where an address goes, where an entry's mail is stored.
 *
 * A snapshot; after a change of the configuration a new one is made.
 */
import { join } from "node:path";
import { formatAddress } from "../core/address.ts";
import { type Failure, failure } from "../core/failure.ts";
import type { DomainId, LocalAccountId } from "../core/ids.ts";
import type { ResolvedTarget } from "../queue/runner.ts";
import { type Routing, route, routePostmaster } from "../route/router.ts";
import { type CompiledRouter, compileRoutingTable } from "../route/routing-table.ts";
import type { LocalAccountRecord, QueueEntryRecord } from "../store/records.ts";
import type { Configuration } from "../store/store.ts";

export interface Directory {
  readonly router: CompiledRouter;
  /** Where an entry goes today, or why nowhere. */
  resolve(entry: QueueEntryRecord): ResolvedTarget | Failure;
  /** Of a local account; null: there is none of that id. */
  destinationOf(owner: LocalAccountId): string | null;
  /** How many local accounts have this destination; the relay counts as many. */
  mailboxesAt(destination: string): number;
  /** IP addresses assigned to the domain of a local account, in their order (seed 15). */
  domainAddresses(owner: LocalAccountId): readonly string[];
}

/**
 * @param dataDir absolute; mailboxes without a destination of their own stand in `DATA/mail/NAME@DOMAIN`
 * @param relay destination for mail that is not ours; null: none
 */
export function directoryOf(
  configuration: Pick<Configuration, "domains" | "accounts">,
  dataDir: string,
  relay: string | null,
): Directory {
  const mainDomain = configuration.domains.find((domain) => domain.main)?.name ?? "";
  const accountsOf = new Map<DomainId, LocalAccountRecord[]>();
  for (const account of configuration.accounts) {
    const accounts = accountsOf.get(account.domainId);
    if (accounts) accounts.push(account);
    else accountsOf.set(account.domainId, [account]);
  }
  const addressesOf = new Map<LocalAccountId, readonly string[]>();
  const destinations = new Map<LocalAccountId, string>();
  const mailboxes = new Map<string, number>(relay === null ? [] : [[relay, Number.POSITIVE_INFINITY]]);
  const router = compileRoutingTable({
    mainDomain,
    relay,
    domains: configuration.domains.map((domain) => ({
      ...domain,
      accounts: (accountsOf.get(domain.id) ?? []).map((account) => {
        addressesOf.set(account.id, domain.ipAddresses);
        const destination = account.destination ?? mailboxUnder(dataDir, `${account.name}@${domain.name}`);
        destinations.set(account.id, destination);
        mailboxes.set(destination, (mailboxes.get(destination) ?? 0) + 1);
        return {
          id: account.id,
          name: account.name,
          aliases: account.aliases,
          destination,
        };
      }),
    })),
  });
  return {
    router,
    destinationOf: (owner) => destinations.get(owner) ?? null,
    mailboxesAt: (destination) => mailboxes.get(destination) ?? 0,
    domainAddresses: (owner) => addressesOf.get(owner) ?? [],
    resolve(entry) {
      if (entry.target.kind === "local") {
        const account = router.accountsById.get(entry.target.accountId);
        if (account) return { destination: account.destination, extraFields: extraFieldsFor(entry) };
      }
      if (entry.target.kind === "postmaster") return targetOf(routePostmaster(router), entry);
      return targetOf(route(router, entry.recipient), entry);
    },
  };

  /** Delivery into a domain-wide account says for whom the message was (seed 46). */
  function extraFieldsFor(entry: QueueEntryRecord): string {
    const routing = route(router, entry.recipient);
    return routing.kind === "local" && routing.domainWide
      ? `X-Real-To: <${formatAddress(entry.recipient)}>\n`
      : "";
  }

  function targetOf(routing: Routing, entry: QueueEntryRecord): ResolvedTarget | Failure {
    const recipient = formatAddress(entry.recipient);
    switch (routing.kind) {
      case "local":
        return { destination: routing.account.destination, extraFields: extraFieldsFor(entry) };
      case "postmaster":
        return { destination: mailboxUnder(dataDir, "postmaster"), extraFields: "" };
      case "unknown-user":
        return failure("unknown-user", "recipient", {
          permanent: true,
          status: "5.1.1",
          params: { recipient },
        });
      case "remote":
      case "not-ours":
        if (relay !== null) return { destination: relay, extraFields: "" };
        return failure("no-relay", "recipient", { permanent: true, status: "5.7.1", params: { recipient } });
    }
  }
}

function mailboxUnder(dataDir: string, name: string): string {
  // A name never leads out of `mail/`.
  return `maildir:${join(dataDir, "mail", name.replaceAll("/", "_").replace(/^\.+/, "_"))}`;
}
