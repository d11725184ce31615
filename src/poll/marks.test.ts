import fc from "fast-check";
import { expect, test } from "vitest";
import { type Failure, type FailureCode, type FailureScope, failure } from "../core/failure.ts";
import { DAY, formatDuration, MINUTE } from "../core/time.ts";
import type { Mark } from "../store/records.ts";
import { afterVisit, type MarkPolicy } from "./marks.ts";

const policy: MarkPolicy = {
  delayFailedHostsMs: 10 * MINUTE,
  delayFailedAccountsMs: 30 * MINUTE,
  pollEveryMs: 5 * MINUTE,
  atLeastMs: 0,
  jitter: 0,
};
const now = 1_000_000_000;

const cases: {
  name: string;
  code?: FailureCode;
  scope?: FailureScope;
  times?: number;
  next: string;
  account: string;
  host: string;
}[] = [
  { name: "all went well: by interval", next: "5m", account: "none", host: "none" },
  {
    name: "host unreachable: the host rests",
    code: "host-unreachable",
    scope: "host",
    next: "10m",
    account: "none",
    host: "10m",
  },
  {
    name: "wrong password: the account rests",
    code: "auth-refused",
    scope: "account",
    next: "30m",
    account: "30m",
    host: "none",
  },
  {
    name: "wrong password again: twice as long (R-41)",
    code: "auth-refused",
    scope: "account",
    times: 1,
    next: "1h",
    account: "1h",
    host: "none",
  },
  {
    name: "wrong password the seventh time: a day at most",
    code: "auth-refused",
    scope: "account",
    times: 6,
    next: "1d",
    account: "1d",
    host: "none",
  },
  {
    name: "maildrop in use: a short retry",
    code: "in-use",
    scope: "account",
    next: "1m",
    account: "1m",
    host: "none",
  },
  {
    name: "in use again: two minutes",
    code: "in-use",
    scope: "account",
    times: 1,
    next: "2m",
    account: "2m",
    host: "none",
  },
  {
    name: "in use a third time: five",
    code: "in-use",
    scope: "account",
    times: 2,
    next: "5m",
    account: "5m",
    host: "none",
  },
  {
    name: "still in use: the account rests",
    code: "in-use",
    scope: "account",
    times: 3,
    next: "30m",
    account: "30m",
    host: "none",
  },
  {
    name: "login delay: a short retry",
    code: "login-delay",
    scope: "account",
    next: "1m",
    account: "1m",
    host: "none",
  },
  {
    name: "temporary trouble there: a short retry",
    code: "remote-temporary",
    scope: "account",
    next: "1m",
    account: "1m",
    host: "none",
  },
  {
    name: "a certificate: no doubling",
    code: "certificate",
    scope: "account",
    times: 5,
    next: "30m",
    account: "30m",
    host: "none",
  },
  {
    name: "our disk: nobody is marked (R-9), and the account comes again soon",
    code: "disk-low",
    scope: "local",
    next: "1m",
    account: "none",
    host: "as before",
  },
  {
    name: "one message: nobody is marked",
    code: "message-refused",
    scope: "message",
    next: "5m",
    account: "none",
    host: "none",
  },
];

test.each(cases)("mark: $name", (one) => {
  const why: Failure | null = one.code ? failure(one.code, one.scope ?? "account") : null;
  const before: Mark | null =
    why && one.times ? { failure: why, since: 1, retryAt: 2, count: one.times } : null;
  const end = afterVisit(why, before, null, policy, now);
  const rest = (mark: Mark | null | undefined) =>
    mark === undefined ? "as before" : mark === null ? "none" : formatDuration(mark.retryAt - now);
  expect(formatDuration((end.dueAt ?? now) - now)).toBe(one.next);
  expect(rest(end.accountMark)).toBe(one.account);
  expect(rest(end.hostMark)).toBe(one.host);
});

test("another failure begins a count of its own, the same one goes on and keeps its beginning", () => {
  const inUse = failure("in-use", "account");
  const before: Mark = { failure: inUse, since: 7, retryAt: 8, count: 2 };
  expect(afterVisit(inUse, before, null, policy, now).accountMark).toMatchObject({ since: 7, count: 3 });
  expect(afterVisit(failure("auth-refused", "account"), before, null, policy, now).accountMark).toMatchObject(
    {
      since: now,
      count: 1,
    },
  );
});

test("a disabled account is never due, whatever happened", () => {
  for (const scope of ["host", "account", "message", "local"] as const) {
    expect(
      afterVisit(failure("timeout", scope), null, null, { ...policy, pollEveryMs: null }, now).dueAt,
    ).toBeNull();
  }
});

test("no rest is longer than a day, nor than what was configured", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 3 * DAY }), (count, delayMs) => {
      const why = failure("auth-refused", "account");
      const end = afterVisit(
        why,
        { failure: why, since: 1, retryAt: 1, count },
        null,
        { ...policy, delayFailedAccountsMs: delayMs },
        now,
      );
      const restMs = (end.dueAt ?? 0) - now;
      expect(restMs).toBeGreaterThanOrEqual(delayMs);
      expect(restMs).toBeLessThanOrEqual(Math.max(DAY, delayMs));
    }),
  );
});

test.each([
  { name: "earliest", jitter: -1, atLeastMs: 0, next: "4m45s" },
  { name: "latest", jitter: 1, atLeastMs: 0, next: "5m15s" },
  { name: "a user's, at the minimum: never sooner", jitter: -1, atLeastMs: 5 * MINUTE, next: "5m" },
])("jitter: $name", ({ jitter, atLeastMs, next }) => {
  const end = afterVisit(null, null, null, { ...policy, jitter, atLeastMs }, now);
  expect(formatDuration((end.dueAt ?? 0) - now)).toBe(next);
});

test("after trouble of our own a short interval stays short", () => {
  const end = afterVisit(failure("disk-full", "local"), null, null, { ...policy, pollEveryMs: 15_000 }, now);
  expect((end.dueAt ?? 0) - now).toBe(15_000);
});
