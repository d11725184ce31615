/**
 * Check now: would a visit succeed? Mail is not touched (spec 5.2).
 */

import { mapParallel } from "../core/parallel.ts";
import type { CheckContext, CheckResult } from "../poll/check.ts";
import { checkAccount } from "../poll/check.ts";
import type { RemoteAccountRecord } from "../store/records.ts";

/** Checks accounts, as many at once as there are channels per host; answers in their order. Never throws. */
export function check(
  context: CheckContext,
  accounts: readonly RemoteAccountRecord[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const { channelsPerHost } = context.settings();
  return mapParallel(accounts, channelsPerHost, (account) => checkAccount(context, account, signal));
}
