/**
 * Clears up behind processes that died: before the first visit, by nobody's hand, and safe to be killed in turn.
 *
 * A dead node is fenced first: from that commit on nothing of it is written any more, so what it staged without a
 * row can have no row later. Then its partial files (S1) and files without a row (S2) go, then its row. Files and
 * rows of living processes are not touched: another one may have staged a file that it commits next.
 */
import type { Spool } from "../spool/spool.ts";
import type { NodeRecord } from "../store/records.ts";
import type { NodeVerbs } from "../store/store.ts";

export interface RecoveryContext {
  readonly store: NodeVerbs;
  readonly spool: Spool;
  /** Our own node's number. */
  readonly nodeId: number;
  provenDead(node: NodeRecord): boolean;
}

/**
 * Fences and sweeps every node that is proven dead.
 *
 * @returns how many nodes were cleared, and how many spool files went.
 * @throws FailureError when the database or the spool cannot be read.
 */
export async function recover(context: RecoveryContext): Promise<{ nodes: number; files: number }> {
  const { store, spool, nodeId } = context;
  const dead = (await store.nodes()).filter(
    (node) => node.id !== nodeId && (node.fenced || context.provenDead(node)),
  );
  if (dead.length === 0) return { nodes: 0, files: 0 };
  for (const node of dead) if (!node.fenced) await store.fenceNode(node.id);
  const left = await spool.leftBy(new Set(dead.map((node) => node.id)));
  const owned = new Set(left.length === 0 ? [] : await store.ownedRefs(left));
  const orphans = left.filter((ref) => !owned.has(ref));
  await spool.remove(orphans);
  // The row goes last, so that a kill in between finds the same work again. A node whose files have rows stays
  // known as dead until they are gone too, since a later kill between row and file leaves one without a row.
  for (const node of dead) {
    if (!left.some((ref) => owned.has(ref) && ref.endsWith(`.${node.id}`))) await store.forgetNode(node.id);
  }
  return { nodes: dead.length, files: orphans.length };
}
