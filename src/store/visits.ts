/**
 * The right to visit a maildrop, and what a visit leaves behind on its account and host.
 *
 * A lease belongs to host + port + login, not to a record (F12). Its row outlives it, so that its token only grows.
 */
import type { Selectable } from "kysely";
import { foldName } from "../core/address.ts";
import type { RemoteAccountId } from "../core/ids.ts";
import { fromJsonOrNull, jsonText, type MarkColumns, markColumns, markOf } from "./columns.ts";
import { type Maildrop, maildropOf } from "./maildrop-lease.ts";
import type { AliveSteps } from "./nodes.ts";
import type {
  HostCapabilities,
  HostRecord,
  LastVisit,
  Mark,
  RemoteAccountRecord,
  VisitLease,
} from "./records.ts";
import { remoteAccountOf } from "./remote-account-row.ts";
import type { ScheduleChanged } from "./schedule.ts";
import type { RemoteAccountTable } from "./schema.ts";
import { all, first, once, pick, prepared, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { NotDue, VisitStart, VisitVerbs } from "./store.ts";

type BeginVisit = Parameters<VisitVerbs["beginVisit"]>[0];

const lastColumns = ["last_success_at", "last_failure", "last_ended_at", "last_taken"] as const;
const endColumns = [
  ...lastColumns,
  "mark_failure",
  "mark_since",
  "mark_retry_at",
  "mark_count",
  "due_at",
  "without_special_header",
] as const;

type Columns<Keys extends readonly (keyof RemoteAccountTable)[]> = Pick<RemoteAccountTable, Keys[number]>;

export function visitVerbs(db: StatementBuilder, alive: AliveSteps, scheduleChanged: ScheduleChanged) {
  const account = prepared((input: { id: string }) =>
    db.selectFrom("remote_account").selectAll().where("id", "=", input.id),
  );
  const hostRow = prepared((input: { host: string; port: number }) =>
    db.selectFrom("host").selectAll().where("host", "=", input.host).where("port", "=", input.port),
  );
  // One statement that only one can win: the row is ours exactly when it returns a token.
  const takeLease = prepared(
    (
      input: Maildrop & {
        accountId: string;
        accountVersion: number;
        nodeId: number;
        until: number;
        at: number;
      },
    ) =>
      db
        .insertInto("visit_lease")
        .values({
          host: input.host,
          port: input.port,
          login: input.login,
          account_id: input.accountId,
          account_version: input.accountVersion,
          lease_owner: input.nodeId,
          lease_until: input.until,
          lease_token: 1,
        })
        .onConflict((conflict) =>
          conflict
            .columns(["host", "port", "login"])
            .doUpdateSet((eb) => ({
              account_id: input.accountId,
              account_version: input.accountVersion,
              lease_owner: input.nodeId,
              lease_until: input.until,
              lease_token: eb("visit_lease.lease_token", "+", 1),
            }))
            .where((eb) =>
              eb.or([
                eb("visit_lease.lease_owner", "is", null),
                eb("visit_lease.lease_until", "<=", input.at),
                eb(
                  "visit_lease.lease_owner",
                  "not in",
                  eb.selectFrom("node").select("id").where("fenced", "=", 0),
                ),
              ]),
            ),
        )
        .returning("lease_token"),
  );
  const renew = prepared((input: Maildrop & { nodeId: number; token: number; until: number }) =>
    db
      .updateTable("visit_lease")
      .set({ lease_until: input.until })
      .where("host", "=", input.host)
      .where("port", "=", input.port)
      .where("login", "=", input.login)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.token),
  );
  const release = prepared((input: Maildrop & { nodeId: number; token: number }) =>
    db
      .updateTable("visit_lease")
      .set({ lease_owner: null, lease_until: null })
      .where("host", "=", input.host)
      .where("port", "=", input.port)
      .where("login", "=", input.login)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.token)
      .returning("account_version"),
  );
  const liveLease = prepared((input: Maildrop & { at: number }) =>
    db
      .selectFrom("visit_lease")
      .innerJoin("node", "node.id", "visit_lease.lease_owner")
      .select("lease_token")
      .where("visit_lease.host", "=", input.host)
      .where("visit_lease.port", "=", input.port)
      .where("visit_lease.login", "=", input.login)
      .where("lease_until", ">", input.at)
      .where("node.fenced", "=", 0),
  );
  const writeLast = prepared((input: Columns<typeof lastColumns> & { id: string }) =>
    db.updateTable("remote_account").set(pick(lastColumns, input)).where("id", "=", input.id),
  );
  // Not after an edit: the edit ended the mark and set the next visit (spec 3), and this visit knew the old record.
  const writeLastAndNext = prepared((input: Columns<typeof endColumns> & { id: string; version: number }) =>
    db
      .updateTable("remote_account")
      .set(pick(endColumns, input))
      .where("id", "=", input.id)
      .where("version", "=", input.version),
  );
  const noteWhole = prepared((input: { id: string; version: number }) =>
    db
      .updateTable("remote_account")
      .set({ verify: 0 })
      .where("id", "=", input.id)
      .where("version", "=", input.version)
      .where("verify", "=", 1),
  );
  const noteChange = prepared((input: { id: string; version: number }) =>
    db.updateTable("remote_account").set({ changed_in: input.version }).where("id", "=", input.id),
  );
  const writeHostMark = prepared((input: MarkColumns & { host: string; port: number }) => {
    const columns = {
      mark_failure: input.mark_failure,
      mark_since: input.mark_since,
      mark_retry_at: input.mark_retry_at,
      mark_count: input.mark_count,
    };
    return db
      .insertInto("host")
      .values({ host: input.host, port: input.port, ...columns })
      .onConflict((conflict) => conflict.columns(["host", "port"]).doUpdateSet(columns));
  });
  const clearHostMark = prepared((input: { host: string; port: number }) =>
    db
      .updateTable("host")
      .set(markColumns(null))
      .where("host", "=", input.host)
      .where("port", "=", input.port)
      .where("mark_failure", "is not", null),
  );

  function* hostRecord(host: string, port: number): Steps<HostRecord> {
    const row = yield* first(hostRow({ host: foldName(host), port }));
    if (!row) return { mark: null, capabilities: {}, noPipeliningUntil: null };
    return {
      mark: markOf(row),
      capabilities: fromJsonOrNull<HostCapabilities>(row.capabilities) ?? {},
      noPipeliningUntil: row.no_pipelining_until,
    };
  }

  function* take(
    start: BeginVisit,
    row: Selectable<RemoteAccountTable>,
    host: HostRecord,
  ): Steps<VisitStart | "busy"> {
    if (!(yield* alive(start.nodeId))) return "busy";
    const until = start.at + start.leaseMs;
    const taken = yield* first(
      takeLease({
        host: row.host_folded,
        port: row.port,
        login: row.login,
        accountId: row.id,
        accountVersion: row.version,
        nodeId: start.nodeId,
        until,
        at: start.at,
      }),
    );
    if (!taken) return "busy";
    const record = remoteAccountOf(row);
    return {
      lease: {
        accountId: start.accountId,
        host: row.host,
        port: row.port,
        login: record.login,
        nodeId: start.nodeId,
        token: taken.lease_token,
        until,
      },
      account: record,
      host,
      listingDigest: row.listing_digest,
    };
  }

  return {
    *remoteAccount(id: RemoteAccountId): Steps<RemoteAccountRecord | null> {
      const row = yield* first(account({ id }));
      return row ? remoteAccountOf(row) : null;
    },

    host: hostRecord,

    *markedHosts(): Steps<{ host: string; port: number; mark: Mark }[]> {
      const rows = yield* all(
        once(
          db
            .selectFrom("host")
            .selectAll()
            .where("mark_failure", "is not", null)
            .orderBy("host")
            .orderBy("port"),
        ),
      );
      return rows.flatMap((row) => {
        const mark = markOf(row);
        return mark ? [{ host: row.host, port: row.port, mark }] : [];
      });
    },

    *beginVisit(start: BeginVisit): Steps<VisitStart | "busy" | "gone"> {
      const row = yield* first(account({ id: start.accountId }));
      return row ? yield* take(start, row, yield* hostRecord(row.host, row.port)) : "gone";
    },

    *beginDueVisit(start: BeginVisit): Steps<VisitStart | NotDue | "busy" | "gone"> {
      const row = yield* first(account({ id: start.accountId }));
      if (!row) return "gone";
      const host = yield* hostRecord(row.host, row.port);
      const hostRestsUntil = host.mark?.retryAt ?? null;
      const due = row.due_at !== null && row.due_at <= start.at;
      if (due && (hostRestsUntil ?? 0) <= start.at) return yield* take(start, row, host);
      return { notDue: true, dueAt: row.due_at, troubled: row.mark_failure !== null, hostRestsUntil };
    },

    *renewVisit(lease: VisitLease, until: number): Steps<VisitLease | null> {
      const changed = yield* run(
        renew({ ...maildropOf(lease), nodeId: lease.nodeId, token: lease.token, until }),
      );
      return changed === 1 ? { ...lease, until } : null;
    },

    *visitUnderWay(accountId: RemoteAccountId, at: number): Steps<boolean> {
      const row = yield* first(account({ id: accountId }));
      if (!row) return false;
      const lease = yield* first(liveLease({ host: row.host_folded, port: row.port, login: row.login, at }));
      return lease !== undefined;
    },

    *endVisit(end: {
      lease: VisitLease;
      last: LastVisit;
      mark: Mark | null;
      dueAt: number | null;
      hostMark?: Mark | null;
      withoutSpecialHeader: number;
      announce?: boolean;
      whole?: boolean;
    }): Steps<void> {
      const { lease } = end;
      const ours = yield* first(release({ ...maildropOf(lease), nodeId: lease.nodeId, token: lease.token }));
      if (!ours) return;
      const last = {
        id: lease.accountId,
        last_success_at: end.last.successAt,
        last_failure: jsonText(end.last.failure),
        last_ended_at: end.last.endedAt,
        last_taken: end.last.taken,
      };
      const next = {
        ...markColumns(end.mark),
        due_at: end.dueAt,
        without_special_header: end.withoutSpecialHeader,
      };
      const written = yield* run(writeLastAndNext({ ...last, ...next, version: ours.account_version }));
      if (written === 0) yield* run(writeLast(last));
      if (end.whole) yield* run(noteWhole({ id: lease.accountId, version: ours.account_version }));
      if (end.announce) yield* run(noteChange({ id: lease.accountId, version: yield* scheduleChanged() }));
      if (end.hostMark === undefined) return;
      const host = { host: foldName(lease.host), port: lease.port };
      yield* run(
        end.hostMark === null
          ? clearHostMark(host)
          : writeHostMark({ ...markColumns(end.hostMark), ...host }),
      );
    },

    *noteHost(
      host: string,
      port: number,
      note: { capabilities?: HostCapabilities; noPipeliningUntil?: number | null },
    ): Steps<void> {
      const columns = {
        ...(note.capabilities === undefined ? {} : { capabilities: jsonText(note.capabilities) }),
        ...(note.noPipeliningUntil === undefined ? {} : { no_pipelining_until: note.noPipeliningUntil }),
      };
      if (Object.keys(columns).length === 0) return;
      yield* run(
        once(
          db
            .insertInto("host")
            .values({ host: foldName(host), port, ...columns })
            .onConflict((conflict) => conflict.columns(["host", "port"]).doUpdateSet(columns)),
        ),
      );
    },
  };
}
