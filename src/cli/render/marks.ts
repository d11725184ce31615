/**
 * Marks for people and for scripts: who rests, why, since when, until when.
 */
import type { Marks } from "../../manage/marks.ts";
import type { Mark } from "../../store/records.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";
import { failureJson, failureLine } from "./failure.ts";
import { isoTime, timeText } from "./quantities.ts";
import { type ListTime, remoteAccountJson } from "./remote-accounts.ts";

/** One line for each mark, two blanks in front; hosts first. */
export function markLines(words: Words, marks: Marks, time: ListTime): string[] {
  return [
    ...marks.hosts.map(({ host, port, mark }) => markLine(words, `${host}:${port}`, mark, time)),
    ...marks.accounts.map(({ account, mark }) =>
      markLine(words, `${account.account}@${account.server}`, mark, time),
    ),
  ];
}

function markLine(words: Words, name: string, mark: Mark, time: ListTime): string {
  const hour = (at: number) => timeText(at, time.now, time.timeZone);
  const { rests, tried } = words.cli.marks;
  const until =
    mark.retryAt > time.now ? rests(hour(mark.since), hour(mark.retryAt)) : tried(hour(mark.since));
  return `  ${escapeText(name)}: ${until}\n    ${mark.failure.code}: ${failureLine(words, mark.failure)}`;
}

export function marksJson(words: Words, marks: Marks): Record<string, unknown> {
  return {
    hosts: marks.hosts.map(({ host, port, mark }) => ({ host, port, ...markJson(words, mark) })),
    accounts: marks.accounts.map(({ account, mark }) => ({
      ...remoteAccountJson(words, account),
      ...markJson(words, mark),
    })),
  };
}

function markJson(words: Words, mark: Mark): Record<string, unknown> {
  return {
    code: mark.failure.code,
    failure: failureJson(words, mark.failure),
    since: isoTime(mark.since),
    until: isoTime(mark.retryAt),
    count: mark.count,
  };
}
