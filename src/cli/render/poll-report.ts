/**
 * A poll when it is done: a summary for people, everything for scripts.
 */
import type { PollReport, VisitReport } from "../../manage/poll-report.ts";
import { peopleText } from "../../manage/wire-text.ts";
import type { RemoteAccountRecord } from "../../store/records.ts";
import type { Words } from "../../words/words.ts";
import { failureJson } from "./failure.ts";
import { isoTime } from "./quantities.ts";

export function pollSummary(words: Words, report: PollReport): string {
  const { poll } = words.cli;
  const sentences = [poll.summary(report.delivered, report.deferred, report.undeliverable)];
  if (report.toPostmaster > 0) sentences.push(poll.toPostmaster(report.toPostmaster));
  if (report.reported > 0) sentences.push(poll.reported(report.reported));
  const failed = report.visits.filter(({ failure }) => failure !== null).length;
  if (failed > 0) sentences.push(poll.failed(failed));
  return sentences.join("\n");
}

export function pollJson(
  words: Words,
  report: PollReport,
  owners: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const { visits, trouble, ...counts } = report;
  return {
    visits: visits.map((visit) => visitJson(words, visit, owners)),
    ...counts,
    trouble: failureJson(words, trouble),
  };
}

function visitJson(
  words: Words,
  visit: VisitReport,
  owners: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const { account, failure, nextVisitAt, ...counts } = visit;
  return {
    account: accountJson(account, owners),
    ...counts,
    nextVisit: isoTime(nextVisitAt),
    failure: failureJson(words, failure),
  };
}

/** Who was visited, for scripts. */
export function accountJson(
  account: RemoteAccountRecord,
  owners: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return {
    id: account.id,
    kind: account.kind,
    owner: account.ownerId === null ? null : (owners.get(account.ownerId) ?? null),
    account: peopleText(account.login),
    server: account.server,
  };
}
