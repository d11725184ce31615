/**
 * When accounts are due, as the scheduler reads it: by lanes, each one host's accounts with or without a mark.
 *
 * The index `remote_account_lane` is the schedule. A lane is read from its front, so a dead host's accounts are not
 * walked over by anybody, however many they are. What other processes change is found by the schedule's version,
 * which every change raises that may bring a visit forward or end one.
 */
import { foldName } from "../core/address.ts";
import type { Failure } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import { auditWriter } from "./audit.ts";
import { flag, fromJsonOrNull, markColumns } from "./columns.ts";
import type { AliveSteps } from "./nodes.ts";
import type { AuditRow, DueAccount, DueLane } from "./records.ts";
import { all, first, once, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";
import type { ScheduleVerbs } from "./store.ts";

/** Raises the schedule's version. @returns the new one */
export type ScheduleChanged = () => Steps<number>;

export function scheduleChangedOver(db: StatementBuilder): ScheduleChanged {
  const raise = prepared(() =>
    db
      .updateTable("installation")
      .set((eb) => ({ schedule_version: eb("schedule_version", "+", 1) }))
      .where("id", "=", 1)
      .returning("schedule_version"),
  );
  return function* () {
    return (yield* first(raise({})))?.schedule_version ?? 0;
  };
}

export function scheduleVerbs(db: StatementBuilder, alive: AliveSteps, changed: ScheduleChanged) {
  const writeAudit = auditWriter(db);
  const installation = prepared(() =>
    db.selectFrom("installation").select(["configuration_version", "schedule_version"]).where("id", "=", 1),
  );
  const laneFront = prepared((input: { host: string; port: number; troubled: number; limit: number }) =>
    db
      .selectFrom("remote_account")
      .select(["id", "owner_id", "due_at"])
      .where("host_folded", "=", input.host)
      .where("port", "=", input.port)
      .where((eb) => eb(eb("mark_failure", "is not", null), "=", input.troubled as never))
      .where("due_at", "is not", null)
      .orderBy("due_at")
      .limit(input.limit),
  );
  const changedLanes = prepared((input: { since: number }) =>
    db
      .selectFrom("remote_account")
      .select((eb) => [
        "host_folded",
        "port",
        eb("mark_failure", "is not", null).as("troubled"),
        eb.fn.min<number>("due_at").as("due_at"),
      ])
      .where("changed_in", ">", input.since)
      .where((eb) => eb("changed_in", ">", eb.lit(0)))
      .where("due_at", "is not", null)
      .groupBy((eb) => ["host_folded", "port", eb("mark_failure", "is not", null)]),
  );
  const wanted = preparedList((_input: object, ids: readonly string[]) =>
    db
      .selectFrom("remote_account")
      .select("id")
      .where("id", "in", ids)
      .where("poll_every_ms", "is not", null),
  );
  const postpone = prepared((input: { id: string; at: number; until: number }) =>
    db
      .updateTable("remote_account")
      .set({ due_at: input.until })
      .where("id", "=", input.id)
      .where("due_at", "<=", input.at),
  );
  const leases = prepared((input: { at: number }) =>
    db
      .selectFrom("visit_lease")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("lease_owner", "is not", null)
      .where("lease_until", ">", input.at),
  );

  function* clearAccounts(ids: readonly string[], at: number, version: number): Steps<number> {
    let cleared = 0;
    for (const id of ids) {
      cleared += yield* run(
        once(
          db
            .updateTable("remote_account")
            .set((eb) => ({
              ...markColumns(null),
              due_at: eb.case().when("poll_every_ms", "is", null).then(null).else(at).end(),
              changed_in: version,
            }))
            .where("id", "=", id)
            .where("mark_failure", "is not", null),
        ),
      );
    }
    return cleared;
  }

  /** The mark goes, and those whom it sent away are due at once (seed 17). */
  function* clearHost(host: string, port: number, at: number, version: number): Steps<boolean> {
    const unmarked = yield* run(
      once(
        db
          .updateTable("host")
          .set(markColumns(null))
          .where("host", "=", host)
          .where("port", "=", port)
          .where("mark_failure", "is not", null),
      ),
    );
    const late = yield* all(
      once(
        db
          .selectFrom("remote_account")
          .select(["id", "last_failure"])
          .where("host_folded", "=", host)
          .where("port", "=", port)
          .where("mark_failure", "is", null)
          .where("last_failure", "is not", null)
          .where("due_at", ">", at),
      ),
    );
    for (const row of late) {
      if (fromJsonOrNull<Failure>(row.last_failure)?.scope !== "host") continue;
      yield* run(
        once(
          db.updateTable("remote_account").set({ due_at: at, changed_in: version }).where("id", "=", row.id),
        ),
      );
    }
    return unmarked > 0;
  }

  return {
    *pulse(nodeId: number): Steps<Awaited<ReturnType<ScheduleVerbs["pulse"]>>> {
      const row = yield* first(installation({}));
      return {
        alive: yield* alive(nodeId),
        configurationVersion: row?.configuration_version ?? 0,
        scheduleVersion: row?.schedule_version ?? 0,
      };
    },

    *dueLanes(): Steps<Awaited<ReturnType<ScheduleVerbs["dueLanes"]>>> {
      const rows = yield* all(
        once(
          db
            .selectFrom("remote_account")
            .select((eb) => [
              "host_folded",
              "port",
              eb("mark_failure", "is not", null).as("troubled"),
              eb.fn.min<number>("due_at").as("due_at"),
              eb.fn.countAll<number>().as("accounts"),
            ])
            .where("due_at", "is not", null)
            .groupBy((eb) => ["host_folded", "port", eb("mark_failure", "is not", null)]),
        ),
      );
      // What a host offers is known only after a visit has reached it.
      const reached = yield* all(
        once(db.selectFrom("host").select(["host", "port"]).where("capabilities", "is not", null)),
      );
      const known = new Set(reached.map(({ host, port }) => `${host}:${port}`));
      return rows.map((row) => ({
        ...laneOf(row),
        accounts: row.accounts,
        hostReached: known.has(`${row.host_folded}:${row.port}`),
      }));
    },

    *dueAccounts(lanes: Parameters<ScheduleVerbs["dueAccounts"]>[0]): Steps<DueAccount[][]> {
      const fronts: DueAccount[][] = [];
      for (const { host, port, troubled, limit } of lanes) {
        const rows = yield* all(laneFront({ host, port, troubled: flag(troubled), limit }));
        fronts.push(
          rows.map((row) => ({
            id: row.id as RemoteAccountId,
            ownerId: row.owner_id as LocalAccountId | null,
            host,
            port,
            troubled,
            dueAt: row.due_at ?? 0,
          })),
        );
      }
      return fronts;
    },

    *scheduleChanges(
      since: number,
      visited: readonly RemoteAccountId[],
    ): Steps<Awaited<ReturnType<ScheduleVerbs["scheduleChanges"]>>> {
      const version = (yield* first(installation({})))?.schedule_version ?? 0;
      const lanes = yield* all(changedLanes({ since }));
      const still = new Set((yield* wanted({}, visited)).map((row) => row.id));
      return { version, lanes: lanes.map(laneOf), unwanted: visited.filter((id) => !still.has(id)) };
    },

    *postponeVisits(ids: readonly RemoteAccountId[], at: number, until: number): Steps<void> {
      for (const id of ids) yield* run(postpone({ id, at, until }));
    },

    *mendDueTimes(at: number, longestHostRestMs: number): Steps<number> {
      const moved = yield* run(
        once(
          db
            .updateTable("remote_account")
            .set((eb) => {
              const distance = eb("due_at", "-", eb.ref("last_ended_at"));
              const rest = eb.case().when(distance, ">", 0).then(distance).else(0).end();
              const restAfterMark = eb("mark_retry_at", "-", eb.ref("last_ended_at"));
              return {
                due_at: eb(eb.val(at), "+", rest),
                mark_retry_at: eb(eb.val(at), "+", restAfterMark),
                last_ended_at: at,
              };
            })
            .where("last_ended_at", ">", at)
            .where("due_at", "is not", null),
        ),
      );
      const never = yield* run(
        once(
          db
            .updateTable("remote_account")
            .set({ due_at: at })
            .where("last_ended_at", "is", null)
            .where("due_at", ">", at),
        ),
      );
      yield* run(
        once(
          db
            .updateTable("host")
            .set({ mark_retry_at: at + longestHostRestMs })
            .where("mark_failure", "is not", null)
            .where("mark_retry_at", ">", at + longestHostRestMs),
        ),
      );
      return moved + never;
    },

    *clearMarks(
      marks: Parameters<ScheduleVerbs["clearMarks"]>[0],
      at: number,
      audit: readonly AuditRow[] = [],
    ): Steps<{ hosts: number; accounts: number }> {
      const version = yield* changed();
      let hosts = 0;
      for (const { host, port } of marks.hosts) {
        if (yield* clearHost(foldName(host), port, at, version)) hosts++;
      }
      const accounts = yield* clearAccounts(marks.accounts, at, version);
      if (hosts + accounts > 0) yield* writeAudit(audit);
      return { hosts, accounts };
    },

    *openVisits(at: number): Steps<number> {
      return (yield* first(leases({ at })))?.count ?? 0;
    },
  };
}

function laneOf(row: {
  host_folded: string;
  port: number;
  troubled: unknown;
  due_at: number | null;
}): DueLane {
  return {
    host: row.host_folded,
    port: row.port,
    // SQLite answers 1 and 0.
    troubled: Boolean(row.troubled),
    dueAt: row.due_at ?? 0,
  };
}
