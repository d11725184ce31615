/**
 * Check now: would a visit succeed? Mail is not touched (spec 5.2).
 */
import type { Actor } from "../auth/policies.ts";
import { mapParallel } from "../core/parallel.ts";
import type { CheckContext, CheckResult } from "../poll/check.ts";
import { checkAccount } from "../poll/check.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { demandForRecords } from "./remote-accounts.ts";

/**
 * Checks accounts, as many at once as there are channels per host; answers in their order.
 *
 * @throws FailureError `not-allowed`
 */
export async function check(
  context: CheckContext & { readonly store: Pick<Store, "host" | "readDirectory">; readonly actor: Actor },
  accounts: readonly RemoteAccountRecord[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  await demandForRecords(context, "poll", accounts);
  const { channelsPerHost } = context.settings();
  return mapParallel(accounts, channelsPerHost, (account) => checkAccount(context, account, signal));
}
