/**
 * What a backup and a restore need of the database.
 *
 * While a backup copies, spool files whose rows go are not removed but noted (`freed_ref`): the copied database still
 * names them. The hold is a lease: it ends with its process, or with its time, so that a backup that died keeps
 * nothing for ever. After a restore every entry, and every account until one whole visit, carries `verify`: its mail
 * is looked for before it is delivered.
 */
import type { Restoration } from "./records.ts";
import { all, first, once, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";

/** Claims of the lost installation had lower tokens; what they left in a Maildir's `tmp` is swept (reliability 7). */
const tokensAbove = 1_000_000;

export function backupVerbs(db: StatementBuilder) {
  const holder = prepared(() => db.selectFrom("spool_hold").selectAll().where("id", "=", 1));
  const freed = prepared((input: { limit: number }) =>
    db.selectFrom("freed_ref").select("spool_ref").limit(input.limit),
  );
  const forget = prepared((input: { ref: string }) =>
    db.deleteFrom("freed_ref").where("spool_ref", "=", input.ref),
  );
  const inLedger = preparedList((_input: object, ids: readonly string[]) =>
    db.selectFrom("ledger").select("message_id as id").distinct().where("message_id", "in", ids),
  );
  const inQueue = preparedList((_input: object, ids: readonly string[]) =>
    db.selectFrom("message").select("id").where("id", "in", ids),
  );

  return {
    *holdSpool(nodeId: number, at: number, until: number): Steps<boolean> {
      const held = yield* first(holder({}));
      if (held && held.lease_owner !== nodeId && held.lease_until > at) return false;
      const lease = { lease_owner: nodeId, lease_until: until };
      yield* run(
        once(
          db
            .insertInto("spool_hold")
            .values({ id: 1, ...lease })
            .onConflict((conflict) => conflict.column("id").doUpdateSet(lease)),
        ),
      );
      return true;
    },

    *renewSpoolHold(nodeId: number, until: number): Steps<boolean> {
      const renewed = yield* run(
        once(db.updateTable("spool_hold").set({ lease_until: until }).where("lease_owner", "=", nodeId)),
      );
      return renewed === 1;
    },

    *endSpoolHold(nodeId: number): Steps<void> {
      yield* run(once(db.deleteFrom("spool_hold").where("lease_owner", "=", nodeId)));
    },

    *freedRefs(at: number, limit: number): Steps<string[]> {
      const held = yield* first(holder({}));
      if (held && held.lease_until > at) return [];
      if (held) yield* run(once(db.deleteFrom("spool_hold").where("lease_until", "<=", at)));
      return (yield* all(freed({ limit }))).map((row) => row.spool_ref);
    },

    *forgetFreedRefs(refs: readonly string[]): Steps<void> {
      for (const ref of refs) yield* run(forget({ ref }));
    },

    *beginRestored(restoration: Restoration): Steps<void> {
      const { restoredAt, madeAt } = restoration;
      for (const table of ["node", "spool_hold", "freed_ref", "found_file"] as const) {
        yield* run(once(db.deleteFrom(table)));
      }
      yield* run(
        once(db.updateTable("installation").set({ restored_at: restoredAt, restored_from: madeAt })),
      );
      yield* run(once(db.updateTable("visit_lease").set({ lease_owner: null, lease_until: null })));
      yield* run(once(db.updateTable("remote_account").set({ verify: 1 })));
      // Nobody heard the answer to what was being sent: it may have arrived.
      yield* run(
        once(
          db
            .updateTable("queue_entry")
            .set((eb) => ({ state: "queued" as const, doubts: eb("doubts", "+", 1) }))
            .where("state", "=", "sending"),
        ),
      );
      // The witness in `tmp` belongs to a later life than this row, or to none: it proves nothing any more.
      yield* run(once(db.updateTable("queue_entry").set({ state: "queued" }).where("state", "=", "ready")));
      yield* run(
        once(
          db.updateTable("queue_entry").set((eb) => ({
            verify: 1 as const,
            ready_token: null,
            ready_at: null,
            ready_destination: null,
            lease_owner: null,
            lease_until: null,
            lease_token: eb("lease_token", "+", tokensAbove),
          })),
        ),
      );
    },

    *restoration(): Steps<Restoration | null> {
      const row = yield* first(
        once(db.selectFrom("installation").select(["restored_at", "restored_from"]).where("id", "=", 1)),
      );
      if (row === undefined || row.restored_at === null || row.restored_from === null) return null;
      return { restoredAt: row.restored_at, madeAt: row.restored_from };
    },

    *foundFiles(destination: string): Steps<string[]> {
      const rows = yield* all(
        once(db.selectFrom("found_file").select("file_name").where("destination", "=", destination)),
      );
      return rows.map((row) => row.file_name);
    },

    *knownMessages(ids: readonly string[]): Steps<{ queued: string[]; former: string[] }> {
      const queued = (yield* inQueue({}, ids)).map((row) => row.id);
      const former = (yield* inLedger({}, ids)).flatMap((row) => row.id ?? []);
      return { queued: [...new Set(queued)], former: [...new Set(former)] };
    },

    *spoolMessages(): Steps<{ spoolRef: string; sizeBytes: number }[]> {
      const rows = yield* all(once(db.selectFrom("message").select(["spool_ref", "size_bytes"])));
      return rows.map((row) => ({ spoolRef: row.spool_ref, sizeBytes: row.size_bytes }));
    },
  };
}

/** Notes a freed spool file where a backup is copying. @returns whether it is noted: nobody else may remove it. */
export function freedRefNoter(db: StatementBuilder): (ref: string) => Steps<boolean> {
  const held = prepared(() => db.selectFrom("spool_hold").select("id").limit(1));
  const note = prepared((input: { ref: string }) =>
    db
      .insertInto("freed_ref")
      .values({ spool_ref: input.ref })
      .onConflict((conflict) => conflict.doNothing()),
  );
  return function* (ref) {
    if ((yield* first(held({}))) === undefined) return false;
    yield* run(note({ ref }));
    return true;
  };
}
