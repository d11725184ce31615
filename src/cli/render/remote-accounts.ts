/**
 * Remote accounts as a table for people and as objects for scripts (spec 9).
 */
import type { RemoteAccountListing } from "../../manage/remote-accounts.ts";
import type { Words } from "../../words/words.ts";
import type { Output } from "../output.ts";
import { accountWarningsJson } from "./account-warnings.ts";
import { escapeText } from "./escape.ts";
import { failureLine } from "./failure.ts";
import { durationText, isoTime, timeText } from "./quantities.ts";
import { table } from "./table.ts";

export interface ListTime {
  readonly now: number;
  readonly timeZone: string | null;
}

export function remoteAccountTable(
  words: Words,
  accounts: readonly RemoteAccountListing[],
  output: Output,
  time: ListTime,
): string {
  const { columns } = words.terms;
  const heading = [
    columns.owner,
    columns.account,
    columns.server,
    columns.pollEvery,
    columns.next,
    columns.last,
  ];
  const rows = accounts.map((account) => [
    escapeText(account.owner ?? words.terms.kinds.unified),
    escapeText(account.account),
    escapeText(account.server),
    account.pollEveryMs === null ? words.terms.disabled : durationText(account.pollEveryMs),
    account.nextVisitAt === null ? "" : timeText(account.nextVisitAt, time.now, time.timeZone),
    lastText(words, account, time),
  ]);
  return table(heading, rows, (text) => output.style("bold", text));
}

function lastText(words: Words, account: RemoteAccountListing, time: ListTime): string {
  if (account.failure !== null) return `${account.failure.code}: ${failureLine(words, account.failure)}`;
  return account.successAt === null
    ? words.terms.notYet
    : timeText(account.successAt, time.now, time.timeZone);
}

/** `last`: time, `Not Yet`, or code and words; `lastCode`: null where all is well. */
export function remoteAccountJson(words: Words, account: RemoteAccountListing): Record<string, unknown> {
  const { failure, successAt } = account;
  return {
    id: account.id,
    kind: account.kind,
    owner: account.owner,
    account: account.account,
    server: account.server,
    pollEvery: account.pollEveryMs === null ? "disabled" : durationText(account.pollEveryMs),
    last:
      failure === null
        ? (isoTime(successAt) ?? "Not Yet")
        : `${failure.code}: ${failure.remoteText === null ? failureLine(words, failure) : escapeText(failure.remoteText)}`,
    lastCode: failure?.code ?? null,
    lastSuccess: isoTime(successAt),
    nextVisit: isoTime(account.nextVisitAt),
    warnings: accountWarningsJson(words, account.warnings),
    version: account.version,
  };
}
