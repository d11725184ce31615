/**
 * A batch of entries for destinations with a preparation (Maildir): prepare, write down `ready`, commit
 * (reliability 7), directory fsyncs and commits shared.
 *
 *   queued(L) ──prepare, markReady──▶ ready(W := L) ──commit──▶ delivered
 *   ready(W)  ──commit──▶ delivered                     after a crash: the witness in `tmp` decides
 *   queued(L), verify ──find──▶ delivered               after a restore: it is in the Maildir already
 *   ready(W)  ──▶ again                                 others cleared the witness: prepared anew (counted)
 */
import type { Failure } from "../core/failure.ts";
import { groupBy } from "../core/group-by.ts";
import type { Clock } from "../core/time.ts";
import type { Committed, TwoStepDelivery } from "../deliver/delivery.ts";
import { type Attempted, keyOf, nameOf, type Work } from "./job.ts";
import type { DeliveryVerbs } from "./patience.ts";

export interface TwoStepContext {
  readonly store: Pick<DeliveryVerbs, "markReady">;
  readonly clock: Clock;
  readonly nodeId: number;
  /** A witness was cleared by others, and the mail not found: prepared anew. */
  witnessLost(): void;
}

type TwoStepWork = Work<TwoStepDelivery>;

/**
 * Attempts a batch. What is missing in the answer is not ours any more.
 *
 * @throws FailureError when the database refused: the claims stand, what was prepared is found by the next one.
 */
export async function attemptTwoStep(
  context: TwoStepContext,
  work: readonly TwoStepWork[],
): Promise<Attempted[]> {
  const attempted: Attempted[] = [];
  const fail = ({ job, item }: TwoStepWork, failure: Failure) =>
    attempted.push({
      job,
      attempt: { kind: "failed", failure, destination: item.destination, doubtful: false },
    });
  const ready: TwoStepWork[] = [];
  const found = await foundAlready(work, attempted, fail);
  const undelivered = work.filter((one) => !found.has(one));
  for (const [delivery, group] of groupBy(undelivered, (one) => one.delivery)) {
    const fresh = group.filter((one) => one.item.ready === null);
    ready.push(...group.filter((one) => one.item.ready !== null));
    // The moment before the link: an old witness must never pass for a young one (reliability 7, window).
    const preparedAt = context.clock.now();
    const answers = fresh.length === 0 ? [] : await delivery.prepare(fresh.map((one) => one.item));
    const prepared: TwoStepWork[] = [];
    for (const [index, one] of fresh.entries()) {
      const answer = answers[index];
      if (answer?.kind === "failed") fail(one, answer.failure);
      else if (answer?.kind === "prepared") prepared.push(one);
    }
    ready.push(...(await markReady(context, prepared, preparedAt)));
  }
  for (const [delivery, group] of groupBy(ready, (one) => one.delivery)) {
    const answers = await delivery.commit(group.map((one) => one.item));
    for (const [index, one] of group.entries()) {
      const answer: Committed | undefined = answers[index];
      const { job, item } = one;
      switch (answer?.kind) {
        case "delivered":
          attempted.push({
            job,
            attempt: { kind: "delivered", destination: item.destination, where: answer.where },
          });
          break;
        case "failed":
          fail(one, answer.failure);
          break;
        case "witness-lost":
          context.witnessLost();
          attempted.push({ job, attempt: { kind: "again", dueAt: context.clock.now(), why: null } });
          break;
        case undefined:
          break;
      }
    }
  }
  // Before entries end: afterwards nobody would know any more what an earlier claim's process left behind.
  const claimedAgain = work.filter((one) => one.item.leaseToken > 1);
  for (const [delivery, group] of groupBy(claimedAgain, (one) => one.delivery)) {
    await delivery.sweep(group.map((one) => one.item));
  }
  return attempted;
}

/** After a restore: what lies in its Maildir since the backup is delivered. */
async function foundAlready(
  work: readonly TwoStepWork[],
  attempted: Attempted[],
  fail: (one: TwoStepWork, failure: Failure) => void,
): Promise<Set<TwoStepWork>> {
  const settled = new Set<TwoStepWork>();
  // Where a link of ours was made ready since the restore, that link decides.
  const doubtful = work.filter(({ item }) => item.verify && item.ready === null);
  for (const [delivery, group] of groupBy(doubtful, (one) => one.delivery)) {
    const answers = await delivery.find(group.map((one) => one.item));
    for (const [index, one] of group.entries()) {
      const answer = answers[index];
      if (answer === undefined || (answer.ok && answer.value === null)) continue;
      settled.add(one);
      if (!answer.ok) fail(one, answer.failure);
      else if (answer.value !== null) {
        const { path, fileName } = answer.value;
        const { destination } = one.item;
        attempted.push({
          job: one.job,
          attempt: { kind: "delivered", destination, where: path, found: fileName },
        });
      }
    }
  }
  return settled;
}

async function markReady(
  { store, clock, nodeId }: TwoStepContext,
  prepared: readonly TwoStepWork[],
  preparedAt: number,
): Promise<TwoStepWork[]> {
  if (prepared.length === 0) return [];
  const keys = prepared.map((one) => ({
    ...keyOf(one.job.claimed),
    destination: one.item.destination,
    preparedAt,
  }));
  const moved = new Set((await store.markReady(nodeId, clock.now(), keys)).map(nameOf));
  const lost = prepared.filter((one) => !moved.has(one.item.key));
  // Not ours any more: what we put aside under our token goes, what others did stands (reliability 7, step 4).
  for (const [delivery, group] of groupBy(lost, (one) => one.delivery)) {
    await delivery.abandon(group.map((one) => one.item));
  }
  return prepared
    .filter((one) => moved.has(one.item.key))
    .map((one) => ({
      ...one,
      item: { ...one.item, ready: { token: one.item.leaseToken, at: preparedAt } },
    }));
}
