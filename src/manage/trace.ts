/**
 * What happened to a message: every row that the ledger has about it, oldest first (spec 8).
 */
import { isDeepStrictEqual } from "node:util";
import { demand } from "../auth/policies.ts";
import { type Failure, failed, failure, ok, type Result } from "../core/failure.ts";
import type { LedgerRow } from "../store/records.ts";
import type { ManageContext } from "./context.ts";
import { peopleText, wireText } from "./wire-text.ts";

export interface TraceRow extends LedgerRow {
  /** `login@server` of the remote account it came from; null: none, or it has been deleted. */
  readonly remoteAccount: string | null;
}

/** More rows than a person reads; the newest of them are shown. */
const MOST_ROWS = 1000;
const MOST_UIDS = 20;

/**
 * @param what a Message-ID (with or without its angle brackets), our own message id, a UID, or a recipient
 * @returns `unknown-name` when the ledger knows nothing of it.
 */
export async function trace(
  { store, actor }: Pick<ManageContext, "store" | "actor">,
  what: string,
): Promise<Result<TraceRow[]>> {
  demand(actor, "see-queue");
  const bare = what.replace(/^<(.*)>$/, "$1");
  const questions = [
    { messageId: what },
    { messageIdField: what },
    { messageIdField: `<${bare}>` },
    { uid: wireText(what) },
    { recipient: bare },
  ];
  for (const question of questions) {
    const rows = await store.trace({ ...question, limit: MOST_ROWS });
    if (rows.length > 0) return ok(await withAccounts(store, await withServersSide(store, rows)));
  }
  return failed(unknown(what));
}

/** What a visit did on the server (deleted, known again) is written under the UID, before and after the message's own rows. */
async function withServersSide(
  store: ManageContext["store"],
  rows: readonly LedgerRow[],
): Promise<LedgerRow[]> {
  const all = [...rows];
  const accepted = rows.filter((row) => row.messageId !== null && row.uid !== null).slice(-MOST_UIDS);
  for (const { uid, remoteAccountId } of accepted) {
    if (uid === null) continue;
    const others = await store.trace({ uid, limit: MOST_ROWS });
    const same = others.filter((row) => row.messageId === null && row.remoteAccountId === remoteAccountId);
    for (const row of same) if (!all.some((known) => isDeepStrictEqual(known, row))) all.push(row);
  }
  return all.sort((a, b) => a.at - b.at);
}

async function withAccounts(store: ManageContext["store"], rows: readonly LedgerRow[]): Promise<TraceRow[]> {
  const names = new Map<string, string>();
  for (const id of new Set(rows.flatMap((row) => row.remoteAccountId ?? []))) {
    const record = await store.remoteAccount(id);
    if (record) names.set(id, `${peopleText(record.login)}@${record.server}`);
  }
  return rows.map((row) => ({
    ...row,
    remoteAccount: row.remoteAccountId === null ? null : (names.get(row.remoteAccountId) ?? null),
  }));
}

function unknown(name: string): Failure {
  return failure("unknown-name", "local", { permanent: true, params: { name } });
}
