/**
 * What `rpop verify` found: a line for each part, faults first.
 */
import type { VerifyFault, VerifyReport } from "../../manage/verify.ts";
import { peopleText } from "../../manage/wire-text.ts";
import type { MaildropCounts } from "../../poll/compare-maildrop.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { failureJson } from "./failure.ts";
import { accountJson } from "./poll-report.ts";
import { bytesText, isoTime, timeText } from "./quantities.ts";
import type { ListTime } from "./remote-accounts.ts";

/** What agrees; faults and accounts that could not be reached are told elsewhere. */
export function verifyLines({ verify }: Words, report: VerifyReport, { now, timeZone }: ListTime): string[] {
  const { faults, messages, leftovers, taken, maildirs } = report;
  const time = (at: number) => timeText(at, now, timeZone);
  const without = (...codes: VerifyFault["code"][]) => !faults.some(({ code }) => codes.includes(code));
  const lines: string[] = [];
  if (without("database-damaged")) lines.push(verify.database());
  if (without("spool-missing", "spool-size")) lines.push(verify.queue(messages));
  if (leftovers.files > 0) lines.push(verify.leftovers(leftovers.files, bytesText(leftovers.bytes)));
  if (taken.since === null) lines.push(verify.nothingTaken());
  else if (without("message-lost")) lines.push(verify.taken(taken.messages, time(taken.since)));
  if (maildirs.delivered > 0)
    lines.push(verify.maildirs(maildirs.delivered, time(maildirs.since), maildirs.there));
  for (const { account, result } of report.remote) {
    if (!result.ok) continue;
    const name = escapeText(`${peopleText(account.login)}@${account.server}`);
    lines.push(verify.maildrop(name, result.counts.listed, countsText(verify.parts, result.counts)));
  }
  return lines;
}

function countsText(parts: Words["verify"]["parts"], counts: MaildropCounts): string {
  const kinds = ["taken", "toDelete", "skipped", "unknown"] as const;
  return kinds.flatMap((kind) => (counts[kind] > 0 ? [parts[kind](counts[kind])] : [])).join(", ");
}

export function faultLine({ verify }: Words, fault: VerifyFault, { now, timeZone }: ListTime): string {
  const { faults } = verify;
  switch (fault.code) {
    case "database-damaged":
      return faults[fault.code](escapeText(fault.text));
    case "spool-missing":
      return faults[fault.code](escapeText(fault.path));
    case "spool-size":
      return faults[fault.code](
        escapeText(fault.path),
        bytesText(fault.sizeBytes),
        bytesText(fault.expectedBytes),
      );
    case "message-lost":
      return faults[fault.code](fault.messageId, timeText(fault.at, now, timeZone));
    case "maildir-missing":
      return faults[fault.code](escapeText(fault.path), fault.messages);
  }
}

export function verifyJson(words: Words, report: VerifyReport, owners: ReadonlyMap<string, string>) {
  const { faults, messages, leftovers, taken, maildirs, remote } = report;
  return {
    agrees: faults.length === 0,
    faults: faults.map((fault) => ("at" in fault ? { ...fault, at: isoTime(fault.at) } : fault)),
    messages,
    leftovers,
    taken: { ...taken, since: isoTime(taken.since) },
    maildirs: { ...maildirs, since: isoTime(maildirs.since) },
    remote: remote.map(({ account, result }) => ({
      account: accountJson(account, owners),
      ...(result.ok
        ? { ok: true, counts: result.counts, failure: null }
        : { ok: false, counts: null, failure: failureJson(words, result.failure) }),
    })),
  };
}
