/**
 * What accounts have left at the provider that will leave no more there: it stays, unless a person confirms the number
 * of messages that are to be deleted (spec 4, `leaveOnServer`).
 */
import { failed, failure, ok, type Result } from "../core/failure.ts";
import type { RemoteAccountId } from "../core/ids.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { ConfigurationChange } from "../store/store.ts";
import type { Warning } from "./configuration-file/mistake.ts";
import type { ManageContext } from "./context.ts";
import { peopleText } from "./wire-text.ts";

interface LeftWishes {
  /** Accounts that will leave no more mail there. */
  readonly leaveNoMore: readonly RemoteAccountId[];
  /** The number of messages, confirmed; undefined: nothing is deleted. */
  readonly deleteLeft: number | undefined;
}

interface LeftDecision {
  readonly warnings: readonly Warning[];
  readonly changes: readonly ConfigurationChange[];
}

/**
 * @param changes as planned
 * @returns the changes, with deletions where they are confirmed; `number-differs`
 */
export async function withLeftMessages(
  { store }: Pick<ManageContext, "store">,
  records: readonly RemoteAccountRecord[],
  { leaveNoMore, deleteLeft }: LeftWishes,
  changes: readonly ConfigurationChange[],
): Promise<Result<LeftDecision>> {
  const counts =
    leaveNoMore.length === 0 ? new Map<RemoteAccountId, number>() : await store.leftCounts(leaveNoMore);
  const left = records.flatMap((record) => {
    const count = counts.get(record.id) ?? 0;
    return count > 0 ? [{ record, count }] : [];
  });
  const total = left.reduce((sum, { count }) => sum + count, 0);
  if (deleteLeft !== undefined && deleteLeft !== total) {
    const params = { given: deleteLeft, found: total };
    return failed(failure("number-differs", "local", { permanent: true, params }));
  }
  const warnings = left.map(({ record: { login, server }, count }): Warning => {
    const params = { account: peopleText(login), server, count, total };
    return { code: deleteLeft === undefined ? "left-stays" : "left-goes", params };
  });
  if (deleteLeft === undefined) return ok({ warnings, changes });
  const ids = new Set<string>(left.map(({ record }) => record.id));
  return ok({
    warnings,
    changes: changes.map((change) =>
      change.kind === "put-remote-account" && ids.has(change.id) ? { ...change, deleteLeft: true } : change,
    ),
  });
}
