/**
 * What a visit's end means for the next one: which mark is set, and when the account is due again. Pure.
 *
 * A host that cannot be reached rests with all its accounts; an account that cannot be opened rests alone (seed
 * 17, 18). A maildrop in use and a temporary refusal are tried again soon, without blame at first (spec 5.10). A
 * password refused again doubles the rest, at most a day. Trouble of our own marks nothing remote.
 */
import type { Failure } from "../core/failure.ts";
import { DAY, MINUTE } from "../core/time.ts";
import type { Mark } from "../store/records.ts";

export interface MarkPolicy {
  readonly delayFailedHostsMs: number;
  readonly delayFailedAccountsMs: number;
  /** The interval in force; null: disabled. */
  readonly pollEveryMs: number | null;
  /** Next visits come no sooner than this, however the jitter falls: the least that users may choose. */
  readonly atLeastMs: number;
  /** From -1 to 1: moves the next visit by up to a twentieth of the interval, so that equal intervals fall apart. */
  readonly jitter: number;
}

export interface VisitEnd {
  readonly accountMark: Mark | null;
  /** undefined: the visit says nothing about the host. */
  readonly hostMark: Mark | null | undefined;
  /** Next visit; null while disabled. */
  readonly dueAt: number | null;
}

const jitterShare = 0.05;
/** After trouble of our own an account waits no longer than this: the next visit is not its provider's matter. */
const afterLocalTroubleMs = MINUTE;
const shortRetriesMs = [1 * MINUTE, 2 * MINUTE, 5 * MINUTE];
const shortRetryCodes: ReadonlySet<string> = new Set(["in-use", "login-delay", "remote-temporary"]);

/**
 * @param failure how the visit ended; null: well
 * @param before the account's mark from before, whose count goes on when the same code comes again
 * @param hostBefore the host's mark from before
 * @param now milliseconds since 1970
 */
export function afterVisit(
  failure: Failure | null,
  before: Mark | null,
  hostBefore: Mark | null,
  policy: MarkPolicy,
  now: number,
): VisitEnd {
  const byInterval = policy.pollEveryMs === null ? null : now + jittered(policy.pollEveryMs, policy);
  const due = (retryAt: number) => (policy.pollEveryMs === null ? null : retryAt);
  if (failure === null) return { accountMark: null, hostMark: null, dueAt: byInterval };
  switch (failure.scope) {
    case "host": {
      const hostMark = nextMark(failure, hostBefore, policy.delayFailedHostsMs, now);
      return { accountMark: before, hostMark, dueAt: due(hostMark.retryAt) };
    }
    case "account": {
      const accountMark = nextMark(failure, before, accountRestMs(failure, before, policy), now);
      return { accountMark, hostMark: null, dueAt: due(accountMark.retryAt) };
    }
    // A message or a recipient in trouble does not keep the account from its next visit, nor does our own disk.
    case "message":
    case "recipient":
      return { accountMark: null, hostMark: null, dueAt: byInterval };
    case "local":
      return {
        accountMark: before,
        hostMark: undefined,
        dueAt: byInterval === null ? null : Math.min(byInterval, now + afterLocalTroubleMs),
      };
  }
}

function jittered(intervalMs: number, { jitter, atLeastMs }: MarkPolicy): number {
  return Math.max(atLeastMs, Math.round(intervalMs * (1 + jitterShare * jitter)));
}

function nextMark(failure: Failure, before: Mark | null, restMs: number, now: number): Mark {
  const again = before !== null && before.failure.code === failure.code;
  return {
    failure,
    since: again ? before.since : now,
    retryAt: now + restMs,
    count: again ? before.count + 1 : 1,
  };
}

function accountRestMs(failure: Failure, before: Mark | null, policy: MarkPolicy): number {
  const times = before !== null && before.failure.code === failure.code ? before.count : 0;
  if (shortRetryCodes.has(failure.code)) return shortRetriesMs[times] ?? policy.delayFailedAccountsMs;
  if (failure.code === "auth-refused") {
    return Math.min(
      policy.delayFailedAccountsMs * 2 ** Math.min(times, 16),
      Math.max(DAY, policy.delayFailedAccountsMs),
    );
  }
  return policy.delayFailedAccountsMs;
}
