/**
 * What people set: settings, domains, local and remote accounts, server-wide rules; read whole, changed in one commit.
 *
 * One version counts every change; each record counts its own changes besides.
 */
import { sql } from "kysely";
import { foldName } from "../core/address.ts";
import type { DomainId, LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import { auditWriter } from "./audit.ts";
import { flag, fromJson, markColumns } from "./columns.ts";
import { importUidsOver } from "./import-uids.ts";
import type { AuditRow, DomainRecord, LocalAccountRecord } from "./records.ts";
import { remoteAccountOf, settingsColumns } from "./remote-account-row.ts";
import type { ScheduleChanged } from "./schedule.ts";
import { all, first, once, prepared, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { Configuration, ConfigurationChange } from "./store.ts";

type PutRemoteAccount = Extract<ConfigurationChange, { kind: "put-remote-account" }>;

export function configurationVerbs(db: StatementBuilder, scheduleChanged: ScheduleChanged) {
  const importUids = importUidsOver(db);
  const writeAudit = auditWriter(db);
  const installation = prepared(() =>
    db.selectFrom("installation").select(["configuration_version", "rules"]).where("id", "=", 1),
  );

  function* currentVersion(): Steps<number> {
    return (yield* first(installation({})))?.configuration_version ?? 0;
  }

  function* putDomain(domain: Omit<DomainRecord, "version">): Steps<void> {
    const columns = {
      name: domain.name,
      name_folded: foldName(domain.name),
      main: flag(domain.main),
      aliases: JSON.stringify(domain.aliases),
      ip_addresses: JSON.stringify(domain.ipAddresses),
      catch_all: domain.catchAll,
      domain_wide_account: domain.domainWideAccount,
      routes: JSON.stringify(domain.routes),
    };
    yield* run(
      once(
        db
          .insertInto("domain")
          .values({ id: domain.id, version: 1, ...columns })
          .onConflict((conflict) =>
            conflict
              .column("id")
              .doUpdateSet((eb) => ({ ...columns, version: eb("domain.version", "+", 1) })),
          ),
      ),
    );
  }

  function* putAccount(account: Omit<LocalAccountRecord, "version">): Steps<void> {
    const columns = {
      domain_id: account.domainId,
      name: account.name,
      name_folded: foldName(account.name),
      aliases: JSON.stringify(account.aliases),
      destination: account.destination,
      rules: account.rules,
      language: account.language,
      may_use_remote_accounts: flag(account.mayUseRemoteAccounts),
    };
    yield* run(
      once(
        db
          .insertInto("local_account")
          .values({ id: account.id, version: 1, ...columns })
          .onConflict((conflict) =>
            conflict
              .column("id")
              .doUpdateSet((eb) => ({ ...columns, version: eb("local_account.version", "+", 1) })),
          ),
      ),
    );
  }

  function* putRemoteAccount(change: PutRemoteAccount, scheduleVersion: number): Steps<void> {
    // An edit ends the mark (spec 3): what was refused may be right now.
    const columns = {
      ...settingsColumns(change.settings),
      ...markColumns(null),
      set_by: change.setBy,
      server_set_by: change.serverSetBy ?? change.setBy,
      due_at: change.dueAt,
      changed_in: scheduleVersion,
    };
    const fresh = { last_taken: 0, without_special_header: 0, epoch: 0, version: 1 };
    yield* run(
      once(
        db
          .insertInto("remote_account")
          .values({ id: change.id, ...fresh, ...columns })
          .onConflict((conflict) =>
            conflict
              .column("id")
              .doUpdateSet((eb) => ({ ...columns, version: eb("remote_account.version", "+", 1) })),
          ),
      ),
    );
    if (change.maildropChanged) yield* startNewMaildrop(change.id);
    else if (change.deleteLeft) yield* deleteWhatWasLeft(change.id);
  }

  /** Only what a header can recognise. The next visit looks at the whole listing anew. */
  function* deleteWhatWasLeft(id: RemoteAccountId): Steps<void> {
    yield* run(
      once(
        db
          .updateTable("remembered")
          .set({ state: "deletePending", settled: 0 })
          .where("account_id", "=", id)
          .where("epoch", "=", (eb) => eb.selectFrom("remote_account").select("epoch").where("id", "=", id))
          .where("state", "=", sql.lit("left"))
          .where("header_digest", "is not", null),
      ),
    );
    yield* run(once(db.updateTable("remote_account").set({ listing_digest: null }).where("id", "=", id)));
    yield* run(once(db.deleteFrom("listing").where("account_id", "=", id)));
  }

  /** The rows stay, for their digests; nothing else of the former maildrop counts (spec 5.4, 5.5). */
  function* startNewMaildrop(id: RemoteAccountId): Steps<void> {
    yield* run(
      once(
        db
          .updateTable("remote_account")
          .set((eb) => ({
            epoch: eb("epoch", "+", 1),
            listing_digest: null,
            first_delivered_at: null,
            without_special_header: 0,
            first_visit: "pending" as const,
          }))
          .where("id", "=", id),
      ),
    );
    yield* run(once(db.deleteFrom("listing").where("account_id", "=", id)));
  }

  function* removeRemoteAccount(id: RemoteAccountId): Steps<void> {
    yield* run(once(db.deleteFrom("copy").where("account_id", "=", id)));
    // Remembered rows and the listing go with it, by their foreign keys.
    const maildrop = yield* first(
      once(db.deleteFrom("remote_account").where("id", "=", id).returning(["host_folded", "port", "login"])),
    );
    if (!maildrop) return;
    const others = yield* first(
      once(
        db
          .selectFrom("remote_account")
          .select("id")
          .where("host_folded", "=", maildrop.host_folded)
          .where("port", "=", maildrop.port)
          .where("login", "=", maildrop.login),
      ),
    );
    if (others) return;
    // A held lease stays: its holder must find its token, and a new record of that maildrop must wait for it.
    yield* run(
      once(
        db
          .deleteFrom("visit_lease")
          .where("host", "=", maildrop.host_folded)
          .where("port", "=", maildrop.port)
          .where("login", "=", maildrop.login)
          .where("lease_owner", "is", null),
      ),
    );
  }

  /** Names about to change step aside, so that two records may swap theirs in one commit. */
  function* freeNames(changes: readonly ConfigurationChange[]): Steps<void> {
    for (const change of changes) {
      if (change.kind === "put-domain") {
        const aside = db.updateTable("domain").set((eb) => ({ name_folded: eb.ref("id") }));
        yield* run(once(aside.where("id", "=", change.domain.id)));
      }
      if (change.kind === "put-account") {
        const aside = db.updateTable("local_account").set((eb) => ({ name_folded: eb.ref("id") }));
        yield* run(once(aside.where("id", "=", change.account.id)));
      }
    }
  }

  function* apply(change: ConfigurationChange, scheduleVersion: number): Steps<void> {
    switch (change.kind) {
      case "set-setting": {
        const value = JSON.stringify(change.value);
        yield* run(
          once(
            db
              .insertInto("setting")
              .values({ key: change.key, value })
              .onConflict((conflict) => conflict.column("key").doUpdateSet({ value })),
          ),
        );
        return;
      }
      case "unset-setting":
        yield* run(once(db.deleteFrom("setting").where("key", "=", change.key)));
        return;
      case "set-rules":
        yield* run(once(db.updateTable("installation").set({ rules: change.rules }).where("id", "=", 1)));
        return;
      case "put-domain":
        yield* putDomain(change.domain);
        return;
      case "remove-domain":
        yield* run(once(db.deleteFrom("domain").where("id", "=", change.id)));
        return;
      case "put-account":
        yield* putAccount(change.account);
        return;
      case "remove-account":
        yield* run(once(db.deleteFrom("local_account").where("id", "=", change.id)));
        return;
      case "put-remote-account":
        yield* putRemoteAccount(change, scheduleVersion);
        return;
      case "remove-remote-account":
        yield* removeRemoteAccount(change.id);
        return;
      case "import-uids":
        yield* importUids(change);
        return;
    }
  }

  function* directory(): Steps<Omit<Configuration, "remoteAccounts">> {
    const whole = yield* first(installation({}));
    const settings = yield* all(once(db.selectFrom("setting").selectAll().orderBy("key")));
    const domains = yield* all(once(db.selectFrom("domain").selectAll().orderBy("name_folded")));
    const accounts = yield* all(
      once(db.selectFrom("local_account").selectAll().orderBy("name_folded").orderBy("id")),
    );
    return {
      settings: Object.fromEntries(settings.map(({ key, value }) => [key, fromJson<unknown>(value)])),
      domains: domains.map((row) => ({
        id: row.id as DomainId,
        name: row.name,
        main: row.main === 1,
        aliases: fromJson(row.aliases),
        ipAddresses: fromJson(row.ip_addresses),
        catchAll: row.catch_all,
        domainWideAccount: row.domain_wide_account,
        routes: fromJson(row.routes),
        version: row.version,
      })),
      accounts: accounts.map((row) => ({
        id: row.id as LocalAccountId,
        domainId: row.domain_id as DomainId,
        name: row.name,
        aliases: fromJson(row.aliases),
        destination: row.destination,
        rules: row.rules,
        language: row.language,
        mayUseRemoteAccounts: row.may_use_remote_accounts === 1,
        version: row.version,
      })),
      rules: whole?.rules ?? null,
      version: whole?.configuration_version ?? 0,
    };
  }

  return {
    *configurationVersion(): Steps<number> {
      return yield* currentVersion();
    },

    readDirectory: directory,

    *readConfiguration(): Steps<Configuration> {
      const rest = yield* directory();
      const remote = yield* all(once(db.selectFrom("remote_account").selectAll().orderBy("id")));
      return { ...rest, remoteAccounts: remote.map(remoteAccountOf) };
    },

    *applyChanges(
      expectedVersion: number,
      changes: readonly ConfigurationChange[],
      audit: readonly AuditRow[] = [],
    ): Steps<{ readonly version: number } | "conflict"> {
      if ((yield* currentVersion()) !== expectedVersion) return "conflict";
      // Removals first: a name that a removed record had is free for a new one, whatever the order given.
      const removes = (change: ConfigurationChange) => change.kind.startsWith("remove-");
      const ofSchedule = changes.some((change) => change.kind.endsWith("-remote-account"));
      const scheduleVersion = ofSchedule ? yield* scheduleChanged() : 0;
      for (const change of changes.filter(removes)) yield* apply(change, scheduleVersion);
      const rest = changes.filter((change) => !removes(change));
      yield* freeNames(rest);
      for (const change of rest) yield* apply(change, scheduleVersion);
      yield* writeAudit(audit);
      const version = expectedVersion + 1;
      yield* run(
        once(db.updateTable("installation").set({ configuration_version: version }).where("id", "=", 1)),
      );
      return { version };
    },
  };
}
