/**
 * From imported accounts to a configuration file's tree, as `apply` reads it: who owns what, which local accounts and
 * domains are new. Pure.
 *
 * An existing local account keeps its destination and its names. A new one is made with the destination that the file
 * names, else with the usual Maildir.
 */
import { foldName } from "../../core/address.ts";
import type { LocalAccountRecord } from "../../store/records.ts";
import type { Configuration } from "../../store/store.ts";
import { destination } from "../configuration-file/leaves.ts";
import type { Fault, Path } from "../configuration-file/mistake.ts";
import { accountName, type ImportedAccount, type ImportNote, type NamedReceiver } from "./imported.ts";

export interface ImportTarget {
  /** Who receives where the file does not say; null: nobody is named. */
  readonly owner: string | null;
  /** Domain of names without one; null: the main domain. */
  readonly domain: string | null;
}

export interface ImportTree {
  /** What a YAML file would hold. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  readonly notes: readonly ImportNote[];
  /** Line of the source for a path into the tree. */
  lineOf(path: Path): number;
  /** Where each imported account stands; those with a fault of their own have no place. */
  readonly places: ReadonlyMap<string, ImportedAccount>;
}

type Names = Pick<Configuration, "domains" | "accounts">;

interface NewAccount {
  name: string;
  destination?: string;
  aliases?: string[];
  remoteAccounts?: Record<string, unknown>[];
}

interface NewDomain {
  name: string;
  main?: true;
  accounts: NewAccount[];
}

export function importTree(
  accounts: readonly ImportedAccount[],
  current: Names,
  target: ImportTarget,
): ImportTree {
  return new TreeBuilder(current, target).build(accounts);
}

/** A place in the tree as a key: `domains.0.accounts.1.remoteAccounts.0`. */
export function placeKey(path: Path): string {
  return path.join(".");
}

class TreeBuilder {
  readonly #current: Names;
  readonly #target: ImportTarget;
  readonly #domains: NewDomain[] = [];
  readonly #unified: Record<string, unknown>[] = [];
  readonly #faults: Fault[] = [];
  readonly #notes: ImportNote[] = [];
  readonly #lines = new Map<string, number>();
  readonly #places = new Map<string, ImportedAccount>();

  constructor(current: Names, target: ImportTarget) {
    this.#current = current;
    this.#target = target;
  }

  build(accounts: readonly ImportedAccount[]): ImportTree {
    for (const account of accounts) this.#add(account);
    return {
      value: {
        ...(this.#domains.length > 0 ? { domains: this.#domains } : {}),
        ...(this.#unified.length > 0 ? { unifiedAccounts: this.#unified } : {}),
      },
      faults: this.#faults,
      notes: this.#notes,
      lineOf: (path) => this.#lineOf(path),
      places: this.#places,
    };
  }

  #add(account: ImportedAccount): void {
    const { receiver, login, server, line } = account;
    const record = { account: login, server, ...account.keys };
    if (receiver.kind === "domain") {
      this.#unified.push(record);
      this.#place(["unifiedAccounts", this.#unified.length - 1], account);
      for (const domain of receiver.domains) {
        if (!this.#isOurs(domain)) this.#note("domain-not-here", line, { domain });
      }
      for (const person of receiver.people) this.#person(person, account);
      if (account.ownServer !== null) {
        const params = { account: accountName(login, server), delivery: account.ownServer };
        this.#note("delivery-each", line, params);
      }
      if (this.#target.domain !== null) this.#domain(this.#target.domain, line);
      return;
    }
    const name = receiver.name ?? this.#target.owner;
    if (name === null) {
      // A path of its own, so that the mistake is said at the account's line.
      const path = ["missingOwners", this.#faults.length];
      this.#lines.set(placeKey(path), line);
      this.#faults.push({ code: "import-owner-missing", path, params: { name: accountName(login, server) } });
      return;
    }
    const at = this.#localAccount(name, account, account.delivery, []);
    if (at === null) return;
    at.account.remoteAccounts ??= [];
    at.account.remoteAccounts.push(record);
    this.#place([...at.path, "remoteAccounts", at.account.remoteAccounts.length - 1], account);
  }

  /** Somebody whom a distributed mailbox names: an account must be there for the mail. */
  #person({ name, aliases, delivery }: NamedReceiver, account: ImportedAccount): void {
    const found = this.#find(name);
    if (found !== null && !this.#mayBe(found.domain)) {
      this.#note("domain-not-here", account.line, { domain: found.domain });
    } else if (!found?.account) this.#localAccount(name, account, delivery ?? account.delivery, aliases);
    else {
      for (const alias of aliases.filter((one) => this.#find(one)?.account?.id !== found.account?.id)) {
        this.#note("other-name", account.line, { name: found.account.name, alias });
      }
      this.#keeps(found.account, account, delivery ?? account.delivery);
    }
  }

  #localAccount(
    name: string,
    source: ImportedAccount,
    delivery: string | null,
    aliases: readonly string[],
  ): { account: NewAccount; path: Path } | null {
    const found = this.#find(name);
    if (found === null || !this.#mayBe(found.domain)) {
      const path = ["missingDomains", this.#faults.length];
      this.#lines.set(placeKey(path), source.line);
      this.#faults.push(
        found === null
          ? { code: "import-domain-missing", path, params: { name } }
          : { code: "import-domain-unknown", path, params: { name, domain: found.domain } },
      );
      return null;
    }
    const { domain, path } = this.#domain(found.domain, source.line);
    const local = found.account?.name ?? found.local;
    const known = domain.accounts.findIndex((one) => foldName(one.name) === foldName(local));
    const at = known === -1 ? domain.accounts.length : known;
    let account = domain.accounts[at];
    const accountPath: Path = [...path, "accounts", at];
    if (!account) {
      account = { name: local };
      domain.accounts.push(account);
      this.#lines.set(placeKey(accountPath), source.line);
    }
    const { ownServer } = source;
    if (found.account) this.#keeps(found.account, source, delivery ?? ownServer);
    else {
      if (delivery === null && ownServer !== null && source.receiver.kind === "person") {
        const params = { account: accountName(source.login, source.server), destination: ownServer };
        this.#note("local-smtp", source.line, params);
      }
      if (aliases.length > 0) account.aliases = [...new Set([...(account.aliases ?? []), ...aliases])];
      if (delivery !== null && account.destination === undefined) {
        if (destination(delivery).ok) account.destination = delivery;
        else this.#note("delivery-lost", source.line, { delivery });
      }
    }
    return { account, path: accountPath };
  }

  /** A destination that the file says otherwise than it stands here is told once. */
  #keeps(account: LocalAccountRecord, source: ImportedAccount, delivery: string | null): void {
    if (delivery === null || delivery === account.destination) return;
    const params = { name: account.name, delivery };
    if (
      this.#notes.some(
        ({ code, params: p }) =>
          code === "delivery-kept" && p.name === params.name && p.delivery === delivery,
      )
    )
      return;
    this.#note("delivery-kept", source.line, params);
  }

  /** Who is meant: the existing account, by its name or an alias, or the name and domain of one to make. */
  #find(name: string): { domain: string; local: string; account: LocalAccountRecord | null } | null {
    const at = name.lastIndexOf("@");
    const own = at > 0 ? name.slice(at + 1) : "localhost";
    // `alice@localhost` is what the former programs hand to the mail server of their machine: alice, here.
    const asked = own.toLowerCase() === "localhost" ? this.#target.domain : own;
    const local = at > 0 ? name.slice(0, at) : name;
    const domain = this.#current.domains.find((one) =>
      asked === null
        ? one.main
        : [one.name, ...one.aliases].some((known) => foldName(known) === foldName(asked)),
    );
    if (!domain) return asked === null ? null : { domain: asked, local, account: null };
    const account = this.#current.accounts.find(
      (one) =>
        one.domainId === domain.id &&
        [one.name, ...one.aliases].some((known) => foldName(known) === foldName(local)),
    );
    return { domain: domain.name, local, account: account ?? null };
  }

  /** A slip in an address must not make a domain: a new one is asked for by name, or is the first of all. */
  #mayBe(domain: string): boolean {
    return this.#current.domains.length === 0 || this.#isOurs(domain);
  }

  #isOurs(domain: string): boolean {
    return (
      this.#current.domains.some(({ name, aliases }) =>
        [name, ...aliases].some((known) => foldName(known) === foldName(domain)),
      ) ||
      (this.#target.domain !== null && foldName(this.#target.domain) === foldName(domain))
    );
  }

  /** The first domain of all becomes the main one. */
  #domain(name: string, line: number): { domain: NewDomain; path: Path } {
    const known = this.#domains.findIndex((one) => foldName(one.name) === foldName(name));
    const path: Path = ["domains", known === -1 ? this.#domains.length : known];
    let domain = known === -1 ? undefined : this.#domains[known];
    if (!domain) {
      const exists = this.#current.domains.find((one) =>
        [one.name, ...one.aliases].some((other) => foldName(other) === foldName(name)),
      );
      const main = !this.#current.domains.some((one) => one.main) && !this.#domains.some((one) => one.main);
      domain = {
        name: exists?.name ?? name,
        ...(!exists && main ? { main: true as const } : {}),
        accounts: [],
      };
      this.#domains.push(domain);
      this.#lines.set(placeKey(path), line);
    }
    return { domain, path };
  }

  #place(path: Path, account: ImportedAccount): void {
    this.#lines.set(placeKey(path), account.line);
    this.#places.set(placeKey(path), account);
  }

  /** The nearest place above that is known. */
  #lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lines.get(placeKey(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }

  #note(code: ImportNote["code"], line: number, params: ImportNote["params"]): void {
    this.#notes.push({ code, line, params });
  }
}
