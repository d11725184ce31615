/**
 * What is worth a look on an account that works. Pure.
 */
import type { RemoteAccountId } from "../core/ids.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { LeftThereVerbs } from "../store/store.ts";

export type AccountWarning =
  /** Set, and not in so many messages running (spec 6). */
  | { readonly code: "special-header-absent"; readonly field: string; readonly count: number }
  /** Left at the provider: larger than allowed. */
  | { readonly code: "messages-too-large"; readonly count: number }
  /** Left at the provider: it does not give them out. */
  | { readonly code: "messages-refused"; readonly count: number }
  /** Another record names the same mailbox (F12). */
  | { readonly code: "same-maildrop"; readonly id: RemoteAccountId };

/** So many messages running without the special header are worth a warning (spec 6). */
const absentOften = 20;

type SkippedCounts = Awaited<ReturnType<LeftThereVerbs["skippedCounts"]>>;

/** Warnings by account; accounts without one are missing. */
export function accountWarnings(
  records: readonly RemoteAccountRecord[],
  skipped: SkippedCounts,
): ReadonlyMap<RemoteAccountId, readonly AccountWarning[]> {
  const warnings = new Map<RemoteAccountId, AccountWarning[]>();
  const warn = (id: RemoteAccountId, warning: AccountWarning) => {
    const others = warnings.get(id);
    if (others) others.push(warning);
    else warnings.set(id, [warning]);
  };
  const first = new Map<string, RemoteAccountId>();
  for (const { id, specialHeader, withoutSpecialHeader, host, port, login } of records) {
    if (specialHeader !== null && withoutSpecialHeader >= absentOften)
      warn(id, { code: "special-header-absent", field: specialHeader, count: withoutSpecialHeader });
    const maildrop = JSON.stringify([host.toLowerCase(), port, login]);
    const other = first.get(maildrop);
    if (other === undefined) first.set(maildrop, id);
    else warn(id, { code: "same-maildrop", id: other });
  }
  const refused = new Map<RemoteAccountId, number>();
  for (const { accountId, reason, count } of skipped) {
    if (reason === "tooLarge") warn(accountId, { code: "messages-too-large", count });
    else refused.set(accountId, (refused.get(accountId) ?? 0) + count);
  }
  for (const [id, count] of refused) warn(id, { code: "messages-refused", count });
  return warnings;
}
