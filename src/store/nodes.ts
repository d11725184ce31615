/**
 * Processes as rows: who works on the store, who was declared dead, and whose leases are free.
 */
import type { Selectable } from "kysely";
import { fromJsonOrNull, jsonText } from "./columns.ts";
import type { NodeRecord, ServingState } from "./records.ts";
import type { Schema } from "./schema.ts";
import { all, first, once, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";

/** Whether a node may still write: registered and not fenced. */
export type AliveSteps = (nodeId: number) => Steps<boolean>;

export function nodeVerbs(db: StatementBuilder) {
  const livingNode = prepared((input: { id: number }) =>
    db.selectFrom("node").select("id").where("id", "=", input.id).where("fenced", "=", 0),
  );
  const seen = prepared((input: { id: number; at: number }) =>
    db.updateTable("node").set({ seen_at: input.at }).where("id", "=", input.id),
  );
  const refsNoted = preparedList((_input: object, refs: readonly string[]) =>
    db.selectFrom("freed_ref").select("spool_ref").where("spool_ref", "in", refs),
  );
  const refsWithRow = preparedList((_input: object, refs: readonly string[]) =>
    db.selectFrom("message").select("spool_ref").where("spool_ref", "in", refs),
  );

  function* freeLeases(nodeId: number): Steps<void> {
    const free = { lease_owner: null, lease_until: null };
    yield* run(once(db.updateTable("visit_lease").set(free).where("lease_owner", "=", nodeId)));
    yield* run(once(db.updateTable("queue_entry").set(free).where("lease_owner", "=", nodeId)));
    yield* run(once(db.deleteFrom("spool_hold").where("lease_owner", "=", nodeId)));
  }

  function* noteServing(nodeId: number, state: ServingState): Steps<void> {
    const serving = jsonText(state);
    yield* run(
      once(db.updateTable("node").set({ serving }).where("id", "=", nodeId).where("fenced", "=", 0)),
    );
  }

  return {
    *alive(nodeId: number): Steps<boolean> {
      return (yield* first(livingNode({ id: nodeId }))) !== undefined;
    },

    *registerNode(node: Omit<NodeRecord, "id" | "fenced" | "seenAt" | "serving">): Steps<number> {
      const row = {
        machine_id: node.machineId,
        boot_id: node.bootId,
        pid_namespace: node.pidNamespace,
        pid: node.pid,
        process_start: node.processStart,
        started_at: node.startedAt,
        seen_at: node.startedAt,
        fenced: 0 as const,
        serving: null,
      };
      const inserted = yield* first(once(db.insertInto("node").values(row).returning("id")));
      if (!inserted) throw new Error("a node's row was not returned");
      return inserted.id;
    },

    *nodes(): Steps<NodeRecord[]> {
      const rows = yield* all(once(db.selectFrom("node").selectAll().orderBy("id")));
      return rows.map(nodeOf);
    },

    *heartbeat(nodeId: number, at: number): Steps<void> {
      yield* run(seen({ id: nodeId, at }));
    },

    *fenceNode(nodeId: number): Steps<void> {
      yield* run(once(db.updateTable("node").set({ fenced: 1 }).where("id", "=", nodeId)));
      yield* freeLeases(nodeId);
    },

    *forgetNode(nodeId: number): Steps<void> {
      yield* freeLeases(nodeId);
      yield* run(once(db.deleteFrom("node").where("id", "=", nodeId)));
    },

    *beginServing(nodeId: number, state: ServingState): Steps<NodeRecord | null> {
      const others = db
        .selectFrom("node")
        .selectAll()
        .where("fenced", "=", 0)
        .where("serving", "is not", null);
      const other = yield* first(once(others.where("id", "<>", nodeId).orderBy("id").limit(1)));
      if (other) return nodeOf(other);
      yield* noteServing(nodeId, state);
      return null;
    },

    noteServing,

    *leaveNode(nodeId: number): Steps<void> {
      yield* freeLeases(nodeId);
      yield* run(once(db.deleteFrom("node").where("id", "=", nodeId).where("fenced", "=", 0)));
    },

    *ownedRefs(refs: readonly string[]): Steps<string[]> {
      const rows = [...(yield* refsWithRow({}, refs)), ...(yield* refsNoted({}, refs))];
      return [...new Set(rows.map((row) => row.spool_ref))];
    },
  };
}

function nodeOf(row: Selectable<Schema["node"]>): NodeRecord {
  return {
    id: row.id,
    machineId: row.machine_id,
    bootId: row.boot_id,
    pidNamespace: row.pid_namespace,
    pid: row.pid,
    processStart: row.process_start,
    startedAt: row.started_at,
    seenAt: row.seen_at,
    fenced: row.fenced === 1,
    serving: fromJsonOrNull<ServingState>(row.serving),
  };
}
