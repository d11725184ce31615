import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { failure } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import type { LogLevel } from "../core/log.ts";
import type { Mark } from "../store/records.ts";
import { accountFields, logVisitEnd, transcriptFor } from "./visit-log.ts";

const account = {
  id: "a1" as RemoteAccountId,
  login: "m\u00c3\u00bcller",
  host: "pop.example.com",
  port: 995,
};
const about = { accountId: "a1", account: "müller", host: "pop.example.com:995" };
const tally = { taken: 2, takenBytes: 4000, known: 0, skipped: 0, troubled: 0, deleted: 2, left: 0 };
const refused = failure("auth-refused", "account", { permanent: true, remoteText: "[AUTH] no" });
const mark = (count: number): Mark => ({ failure: refused, since: 1000, retryAt: 2000, count });

function endOf(visit: Partial<Parameters<typeof logVisitEnd>[1]>, level: LogLevel = "allInfo") {
  const log = new RecordedLog(level);
  const marks = { accountMark: null, hostMark: null };
  logVisitEnd(log, { about, ...marks, tally, failure: null, durationMs: 70, next: null, ...visit });
  return log.records;
}

test("which account a record is about: a personal one names its owner", () => {
  const addressOf = (owner: LocalAccountId) => `${owner}@x`;
  expect(accountFields({ ...account, ownerId: null }, addressOf)).toEqual(about);
  const ownerId = "al" as LocalAccountId;
  expect(accountFields({ ...account, ownerId }, addressOf)).toEqual({ ...about, owner: "al@x" });
});

test("a visit that went well: one record with its tally", () => {
  const next = { accountMark: null, hostMark: null, dueAt: null };
  expect(endOf({ next })).toEqual([
    {
      event: "visit-ended",
      ...about,
      durationMs: 70,
      taken: 2,
      bytes: 4000,
      known: 0,
      skipped: 0,
      troubled: 0,
      deleted: 2,
      left: 0,
    },
  ]);
});

test("a visit that failed: the failure, and the mark that came of it", () => {
  const next = { accountMark: mark(2), hostMark: null, dueAt: 2000 };
  const records = endOf({ failure: refused, accountMark: mark(1), next });
  expect(records).toMatchObject([
    { event: "visit-failed", code: "auth-refused", remoteText: "[AUTH] no", taken: 2 },
    { event: "mark-set", marked: "account", times: 2, sinceAt: 1000, retryAt: 2000, code: "auth-refused" },
  ]);
});

test("a visit that was stopped says so, and nothing of marks", () => {
  const records = endOf({ failure: failure("cancelled", "local"), accountMark: mark(1) });
  expect(records.map(({ event }) => event)).toEqual(["visit-stopped"]);
});

const marks = [
  {
    name: "ended",
    accountMark: null,
    hostMark: null,
    events: ["account", "host"].map((of) => ["mark-ended", of]),
  },
  { name: "untouched", accountMark: mark(1), hostMark: undefined, events: [] },
  { name: "of the host set again", accountMark: mark(1), hostMark: mark(2), events: [["mark-set", "host"]] },
];

test.each(marks)("marks $name", ({ accountMark, hostMark, events }) => {
  const before = mark(1);
  const next = { accountMark: accountMark === null ? null : before, hostMark, dueAt: null };
  const records = endOf({ accountMark: before, hostMark: before, next });
  expect(records.slice(1).map(({ event, marked }) => [event, marked])).toEqual(events);
});

test("the dialogue is gathered only where somebody wants it", () => {
  expect(transcriptFor(new RecordedLog("problems"), new ManualClock(), () => about)).toBeUndefined();
  const log = new RecordedLog("lowLevel");
  const clock = new ManualClock();
  const transcript = transcriptFor(log, clock, () => about);
  clock.advance(12);
  transcript?.line("S", "+OK \u00fc");
  transcript?.link?.({ kind: "closed", why: "timeout", bytesRead: 1, bytesWritten: 2 });
  expect(log.records).toEqual([
    { event: "dialogue", ...about, direction: "S", text: "+OK \\xfc", elapsedMs: 12 },
  ]);
});

test("at allInfo: what happens below the dialogue", () => {
  const log = new RecordedLog("allInfo");
  const transcript = transcriptFor(log, new ManualClock(), () => about);
  transcript?.link?.({ kind: "resolved", host: "pop.example.com", addresses: ["192.0.2.1"] });
  transcript?.link?.({ kind: "secured", protocol: "TLSv1.3", cipher: "X", resumed: true });
  expect(log.records).toMatchObject([
    { event: "link", kind: "resolved", name: "pop.example.com", addresses: ["192.0.2.1"], account: "müller" },
    { event: "link", kind: "secured", protocol: "TLSv1.3", resumed: true, host: "pop.example.com:995" },
  ]);
});
