/**
 * What a visit tells the log: its dialogue, how it ended, and the marks that came of it. Decides nothing.
 */
import type { Failure } from "../core/failure.ts";
import type { LocalAccountId } from "../core/ids.ts";
import { failureFields, type Log, type LogFields, wireField } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import type { Transcript } from "../pop3/transcript.ts";
import type { Mark, RemoteAccountRecord } from "../store/records.ts";
import type { VisitEnd } from "./marks.ts";
import type { VisitTally } from "./visit-state.ts";

/**
 * Which account a record is about: `accountId`, `account` (its login), `host` (name:port), `owner` where it has one.
 *
 * @param addressOf the address of a local account
 */
export function accountFields(
  account: Pick<RemoteAccountRecord, "id" | "login" | "host" | "port" | "ownerId">,
  addressOf: (owner: LocalAccountId) => string,
): LogFields {
  const { ownerId } = account;
  return {
    accountId: account.id,
    account: wireField(account.login),
    host: `${account.host}:${account.port}`,
    ...(ownerId === null ? {} : { owner: addressOf(ownerId) }),
  };
}

/**
 * The dialogue of one session on its way to the log (lowLevel), with what happens below it (allInfo).
 *
 * @param about which account, as `accountFields` gives it
 * @returns undefined while nobody wants it: then nothing is gathered. A session keeps what it began with.
 */
export function transcriptFor(log: Log, clock: Clock, about: () => LogFields): Transcript | undefined {
  if (!log.wants("dialogue")) return undefined;
  const facts = about();
  const began = clock.monotonic();
  const elapsed = () => Math.round(clock.monotonic() - began);
  return {
    line(direction, text) {
      log.write("dialogue", () => ({ ...facts, direction, text: wireField(text), elapsedMs: elapsed() }));
    },
    link(event) {
      // A link event's own `host` is the name that was asked for.
      const { host: name, ...rest } = { host: undefined, ...event };
      log.write("link", () => ({ ...facts, ...rest, name, elapsedMs: elapsed() }));
    },
  };
}

/** What is known when a visit is over. */
export interface EndedVisit {
  /** As `accountFields` gives it. */
  readonly about: LogFields;
  /** Marks from before. */
  readonly accountMark: Mark | null;
  readonly hostMark: Mark | null;
  readonly tally: Readonly<VisitTally>;
  readonly failure: Failure | null;
  readonly durationMs: number;
  /** null: the visit was stopped and sets no mark. */
  readonly next: VisitEnd | null;
}

/** One record for the visit, and one for each mark that was set or ended. */
export function logVisitEnd(log: Log, visit: EndedVisit): void {
  const { about, failure: why, next } = visit;
  const event = why === null ? "visit-ended" : why.code === "cancelled" ? "visit-stopped" : "visit-failed";
  log.write(event, () => {
    const { takenBytes, ...counts } = visit.tally;
    return { ...about, durationMs: visit.durationMs, ...counts, bytes: takenBytes, ...failureFields(why) };
  });
  if (next === null) return;
  logMark(log, about, "account", visit.accountMark, next.accountMark);
  if (next.hostMark !== undefined) logMark(log, about, "host", visit.hostMark, next.hostMark);
}

/** @param marked what rests: the account alone, or its host with all accounts there */
function logMark(
  log: Log,
  about: LogFields,
  marked: "host" | "account",
  before: Mark | null,
  after: Mark | null,
): void {
  if (after === before) return;
  if (after !== null) {
    log.write("mark-set", () => ({
      ...about,
      marked,
      times: after.count,
      sinceAt: after.since,
      retryAt: after.retryAt,
      ...failureFields(after.failure),
    }));
  } else if (before !== null) {
    log.write("mark-ended", () => ({
      ...about,
      marked,
      sinceAt: before.since,
      formerCode: before.failure.code,
    }));
  }
}
