/**
 * Which special header fits a unified account? Reads the newest headers and tries them; nothing is fetched or changed
 * (spec 6, seed 53).
 */
import { stringify } from "yaml";
import { demand } from "../auth/policies.ts";
import { failed, failure, failureOf, ok, type Result } from "../core/failure.ts";
import { type Analysis, analyse } from "../distribute/analyse.ts";
import type { Header } from "../message/header.ts";
import type { CheckContext } from "../poll/check.ts";
import { newestHeaders } from "../poll/newest-headers.ts";
import type { CompiledRouter } from "../route/routing-table.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { ManageContext } from "./context.ts";
import { resolveRemoteAccounts } from "./remote-accounts.ts";
import { peopleText } from "./wire-text.ts";

/** Messages looked at. */
const mostMessages = 50;

export interface AnalysisReport {
  readonly account: RemoteAccountRecord;
  readonly analysis: Analysis;
  /** What a file for `apply` needs to follow the recommendation; null: it is so already, or there is none. */
  readonly yaml: string | null;
}

/**
 * @param name of a unified account
 * @returns `unknown-name`, `ambiguous-name`; `not-unified`; what connecting, login and TOP came to.
 * @throws FailureError `not-allowed`
 */
export async function analyseAccount(
  context: Pick<ManageContext, "store" | "actor">,
  connect: CheckContext,
  router: CompiledRouter,
  name: string,
  signal: AbortSignal,
): Promise<Result<AnalysisReport>> {
  demand(context.actor, "poll");
  const found = resolveRemoteAccounts(await context.store.readConfiguration(), [name]);
  if (!found.ok) return found;
  const [account] = found.value;
  if (account?.kind !== "unified")
    return failed(failure("not-unified", "local", { permanent: true, params: { name } }));
  let headers: readonly Header[];
  try {
    headers = await newestHeaders(connect, account, mostMessages, signal);
  } catch (error) {
    return failed(failureOf(error));
  }
  const analysis = analyse(headers, router, account.specialHeader);
  return ok({ account, analysis, yaml: yamlFor(account, analysis) });
}

function yamlFor(account: RemoteAccountRecord, { best }: Analysis): string | null {
  if (best === null) return null;
  const prefix = account.extras.specialHeaderPrefix ?? null;
  const sameField = best.field?.toLowerCase() === account.specialHeader?.toLowerCase();
  if (sameField && (best.field === null || best.prefix === prefix)) return null;
  const record = {
    account: peopleText(account.login),
    server: account.server,
    specialHeader: best.field,
    ...(best.prefix !== null || prefix !== null ? { specialHeaderPrefix: best.prefix } : {}),
  };
  return stringify({ unifiedAccounts: [record] }, { lineWidth: 0 }).trimEnd();
}
