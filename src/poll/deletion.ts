/**
 * Deletes there what is ours here: the last act of a session before QUIT.
 *
 * DELE is sent only for messages that are accepted durably, in descending order, so that a server that
 * renumbers at once still hits the right ones; only under a lease that still holds; and for a new
 * record only after one of its messages was delivered (spec 5.5). The exception is a message that we never took and
 * that a person wants gone: that very one is deleted, and its ledger row says by whom.
 */
import { FailureError, failure } from "../core/failure.ts";
import { wireField } from "../core/log.ts";
import { MINUTE, pause } from "../core/time.ts";
import type { Pop3Client } from "../pop3/client.ts";
import type { VisitLease } from "../store/records.ts";
import type { Standing } from "./intake.ts";
import type { VisitContext, VisitState } from "./visit-state.ts";

/** How long a new record's first DELE waits for a first delivery (spec 5.5). */
const firstDeliveryMs = 30_000;
const leaseMs = 2 * MINUTE;

/**
 * Sends DELE for messages that are ours.
 *
 * @returns those that the server marked; a refused one stays `deletePending`, the next visit asks again.
 * @throws FailureError `cancelled` when the lease is lost; what the client throws.
 */
export async function sendDeletions(
  context: VisitContext,
  client: Pop3Client,
  lease: VisitLease,
  state: VisitState,
  deletable: readonly Standing[],
  signal: AbortSignal,
): Promise<Standing[]> {
  const ours = deletable.filter((one) => one.askedBy === null);
  const mayDeleteOurs = ours.length > 0 && (await mayDelete(context, state, ours, signal));
  const allowed = deletable.filter((one) => one.askedBy !== null || mayDeleteOurs);
  if (allowed.length === 0) return [];
  if ((await context.store.renewVisit(lease, context.clock.now() + leaseMs)) === null) {
    throw new FailureError(failure("cancelled", "local"));
  }
  const byNumber = new Map(allowed.map((one) => [one.candidate.number, one]));
  const marked: Standing[] = [];
  const descending = [...byNumber.keys()].sort((a, b) => b - a);
  await client.dele(descending, (number, error) => {
    const standing = byNumber.get(number);
    if (standing !== undefined && error === null) marked.push(standing);
  });
  return marked;
}

/** Spec 5.5, F5: the first DELE of a new record waits until one of its messages was delivered. */
async function mayDelete(
  context: VisitContext,
  state: VisitState,
  deletable: readonly Standing[],
  signal: AbortSignal,
): Promise<boolean> {
  if (state.delivered) return true;
  const attempts = deletable.flatMap((one) => (one.firstAttempt === null ? [] : [one.firstAttempt]));
  if (attempts.length === 0) return false;
  const enough = new AbortController();
  const stop = () => enough.abort();
  signal.addEventListener("abort", stop, { once: true });
  const late = pause(context.clock, firstDeliveryMs, enough.signal).then(() => false);
  state.delivered = await Promise.race([anyDelivered(attempts), late]);
  stop();
  signal.removeEventListener("abort", stop);
  return state.delivered;
}

/** true with the first one delivered; false when none was. */
function anyDelivered(attempts: readonly Promise<{ readonly delivered: boolean }>[]): Promise<boolean> {
  return new Promise((resolve) => {
    let open = attempts.length;
    for (const attempt of attempts) {
      void attempt.then(({ delivered }) => {
        open--;
        if (delivered) resolve(true);
        else if (open === 0) resolve(false);
      });
    }
  });
}

/** QUIT said +OK: the deletions are real (RFC 1939, section 6). Writes that down. */
export async function noteDeletions(
  context: VisitContext,
  lease: VisitLease,
  state: VisitState,
  deleted: readonly Standing[],
): Promise<void> {
  if (deleted.length === 0) return;
  const { store, clock } = context;
  state.tally.deleted += deleted.length;
  context.log.write("messages-deleted", () => ({
    count: deleted.length,
    uids: deleted.flatMap(({ candidate }) => (candidate.uid === null ? [] : [wireField(candidate.uid)])),
    ...state.about,
  }));
  const at = clock.now();
  await store.appendLedger(
    deleted.map(({ candidate, messageId, askedBy }) => ({
      at,
      kind: "deleted",
      messageId,
      remoteAccountId: lease.accountId,
      uid: candidate.uid,
      messageIdField: null,
      recipient: null,
      detail: askedBy === null ? {} : { by: askedBy },
    })),
  );
  // Without a UID no later listing can show that it is gone: its digest was kept for this moment only. And a
  // person's wish is fulfilled: whatever has that UID from now on is another message.
  const finished = deleted.flatMap(({ candidate, rowId, askedBy }) =>
    (candidate.uid === null || askedBy !== null) && rowId !== null
      ? [{ kind: "forget" as const, id: rowId }]
      : [],
  );
  if (finished.length > 0) await store.noteMessages(lease, finished, []);
}
