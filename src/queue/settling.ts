/**
 * Writes down what attempts came to: delivered, waiting for another one, reported to the sender, or kept for a person.
 *
 * One commit for what was settled together; a report and the entries that it is about share one of their own.
 * The count of a thing is raised only when its commit stands.
 */
import { addressKey } from "../core/address.ts";
import type { Failure } from "../core/failure.ts";
import { groupBy } from "../core/group-by.ts";
import type { Log } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import type { Spool } from "../spool/spool.ts";
import type { ClaimedEntry, EntrySettlement } from "../store/queue-contract.ts";
import type { LedgerRow } from "../store/records.ts";
import { type Attempted, type Job, keyOf, nameOf } from "./job.ts";
import { outcomeOf } from "./outcome.ts";
import type { DeliveryVerbs } from "./patience.ts";
import type { PreparedReport, Reporting } from "./reporting.ts";
import { logReported, logSettled } from "./settling-log.ts";

export interface SettlingContext {
  readonly store: Pick<DeliveryVerbs, "settleEntries" | "settleReported">;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeId: number;
  /** From 0 to 1, for the jitter of retries. */
  random(): number;
  /** How long undeliverable mail is kept. */
  keepUndeliverableMs(): number;
  readonly reporting: Reporting;
  /** Takes freshly accepted reports on their way. */
  deliver(entries: readonly ClaimedEntry[]): void;
}

/** What was settled so far. */
export interface SettlingCounts {
  readonly delivered: number;
  readonly deferred: number;
  readonly undeliverable: number;
  /** Error reports sent. */
  readonly reported: number;
  /** Of the delivered ones: to postmaster. */
  readonly toPostmaster: number;
  /** Sent over a wire without hearing the answer. */
  readonly doubtful: number;
  /** Failures of entries, by code. */
  readonly failures: ReadonlyMap<string, number>;
}

interface FailedForGood {
  readonly job: Job;
  readonly failure: Failure;
  /** Sent, and never answered: it may have arrived. */
  readonly doubtful: boolean;
}

export class Settling {
  readonly #context: SettlingContext;
  /** Destinations in trouble as far as this process knows. */
  #troubled: ReadonlySet<string> = new Set();
  #counts = {
    delivered: 0,
    deferred: 0,
    undeliverable: 0,
    reported: 0,
    toPostmaster: 0,
    doubtful: 0,
    failures: new Map<string, number>(),
  };

  constructor(context: SettlingContext) {
    this.#context = context;
  }

  get counts(): SettlingCounts {
    return this.#counts;
  }

  /** What the store knows of destinations in trouble, also from other processes. */
  noteTroubled(destinations: Iterable<string>): void {
    this.#troubled = new Set(destinations);
  }

  /** @throws FailureError when the database refused: then nothing of this was settled, and the claims stand. */
  async settle(attempted: readonly Attempted[]): Promise<void> {
    if (attempted.length === 0) return;
    const { clock, random } = this.#context;
    const settlements = new Map<string, { job: Job; settlement: EntrySettlement }>();
    const forGood: FailedForGood[] = [];
    const put = (job: Job, settlement: EntrySettlement) =>
      settlements.set(nameOf(settlement), { job, settlement });
    for (const { job, attempt } of attempted) {
      const key = keyOf(job.claimed);
      if (attempt.kind === "again") {
        put(job, { ...key, kind: "requeued", dueAt: attempt.dueAt, failure: attempt.why, ledger: [] });
        continue;
      }
      const now = clock.now();
      if (attempt.kind === "delivered") {
        const { where, destination, found } = attempt;
        const recovered = this.#troubled.has(destination) ? destination : null;
        const detail = { where, ...(found === undefined ? {} : { found: 1 }) };
        const ledger = [ledgerRow(job.claimed, "delivered", now, detail)];
        // Over a wire nobody can look: it may have gone out before the restore.
        const unseen = job.claimed.entry.verify && !destination.startsWith("maildir:");
        put(job, {
          ...key,
          kind: "done",
          recovered,
          ledger,
          ...(found === undefined ? {} : { found: { destination, fileName: found } }),
          ...(unseen ? { doubtful: true } : {}),
        });
        continue;
      }
      const { entry } = job.claimed;
      const outcome = outcomeOf(attempt.failure, entry.attempts + 1, entry.expiresAt, now, random());
      if (outcome.kind === "undeliverable") {
        forGood.push({ job, failure: outcome.failure, doubtful: attempt.doubtful });
      } else if (outcome.kind === "deferred") {
        const { dueAt, failure } = outcome;
        const destination = failure.scope === "local" ? null : attempt.destination;
        const { doubtful } = attempt;
        const detail = { ...failureDetail(failure), ...(doubtful ? { doubtful: 1 } : {}) };
        const ledger = [ledgerRow(job.claimed, "deferred", now, detail)];
        put(job, { ...key, kind: "deferred", dueAt, failure, destination, doubtful, ledger });
      }
    }
    for (const one of await this.#reportOrKeep(forGood)) put(one.job, one.settlement);
    if (settlements.size === 0) return;
    const all = [...settlements.values()].map((one) => one.settlement);
    const { settled, freedRefs } = await this.#context.store.settleEntries(this.#context.nodeId, all);
    for (const key of settled) {
      const one = settlements.get(nameOf(key));
      if (one === undefined) continue;
      this.#count(one.job.claimed, one.settlement);
      logSettled(this.#context.log, one.job.claimed, one.settlement);
      one.job.settle(one.settlement.kind === "done");
    }
    if (freedRefs.length > 0) await this.#context.spool.remove(freedRefs);
  }

  /** Reports what may be reported, a message at a time. @returns the settlements of what is to be kept. */
  async #reportOrKeep(
    failed: readonly FailedForGood[],
  ): Promise<{ job: Job; settlement: EntrySettlement }[]> {
    const { clock, reporting, keepUndeliverableMs } = this.#context;
    const kept: { job: Job; settlement: EntrySettlement }[] = [];
    for (const group of groupBy(failed, ({ job }) => job.claimed.message.id).values()) {
      const outcome = await reporting.consider(
        group.map(({ job, failure }) => ({ claimed: job.claimed, failure })),
      );
      const now = clock.now();
      let reason = outcome.kind === "keep" ? outcome.reason : null;
      if (outcome.kind === "report") {
        const done = await this.#report(group, outcome.report);
        if (done === "settled") continue;
        if (done === "lost") {
          // Some entry was taken over: whoever has it now reports or keeps it; those still ours are tried anew.
          for (const { job } of group) {
            kept.push({
              job,
              settlement: { ...keyOf(job.claimed), kind: "requeued", dueAt: now, failure: null, ledger: [] },
            });
          }
          continue;
        }
        reason = done;
      }
      for (const { job, failure, doubtful } of group) {
        const { notify } = job.claimed.entry;
        const why = reason !== null && notify === "failure" ? { notReported: reason } : {};
        const detail = { ...failureDetail(failure), ...why };
        kept.push({
          job,
          settlement: {
            ...keyOf(job.claimed),
            kind: "undeliverable",
            failure,
            keptUntil: now + keepUndeliverableMs(),
            doubtful,
            ledger: [ledgerRow(job.claimed, "undeliverable", now, detail)],
          },
        });
      }
    }
    return kept;
  }

  /** @returns `lost`, or which rate is reached, when it was not accepted; nothing of it is left behind then. */
  async #report(
    group: readonly FailedForGood[],
    report: PreparedReport,
  ): Promise<"settled" | "lost" | "rate-sender" | "rate-all"> {
    const { clock, store, nodeId, spool } = this.#context;
    const at = clock.now();
    const entries = group.map(({ job, failure }) => ({
      ...keyOf(job.claimed),
      ledger: [
        ledgerRow(job.claimed, "reported", at, {
          ...failureDetail(failure),
          to: report.senderKey,
          reportId: report.item.message.id,
        }),
      ],
    }));
    const claimUntil = report.claimUntil();
    const settlement = {
      entries,
      report: report.item,
      senderKey: report.senderKey,
      atMost: report.atMost,
      doubtful: group.filter(({ doubtful }) => doubtful).length,
    };
    const { outcome, freedRefs } = await store.settleReported(nodeId, settlement, claimUntil);
    if (outcome !== "settled") {
      await spool.remove([report.item.message.spoolRef]);
      return outcome;
    }
    this.#counts.reported++;
    logReported(
      this.#context.log,
      group.map(({ job, failure }) => ({ claimed: job.claimed, failure })),
      { to: report.senderKey, reportId: report.item.message.id },
    );
    for (const { job, failure } of group) {
      this.#countFailure(failure.code);
      job.settle(false);
    }
    if (freedRefs.length > 0) await spool.remove(freedRefs);
    this.#context.deliver(report.claimedEntries(claimUntil));
    return "settled";
  }

  #count(claimed: ClaimedEntry, settlement: EntrySettlement): void {
    switch (settlement.kind) {
      case "done":
        this.#counts.delivered++;
        if (claimed.entry.target.kind === "postmaster") this.#counts.toPostmaster++;
        if (settlement.recovered !== null) {
          this.noteTroubled([...this.#troubled].filter((one) => one !== settlement.recovered));
        }
        break;
      case "deferred":
        this.#counts.deferred++;
        if (settlement.doubtful) this.#counts.doubtful++;
        if (settlement.destination !== null && !this.#troubled.has(settlement.destination)) {
          this.noteTroubled([...this.#troubled, settlement.destination]);
        }
        this.#countFailure(settlement.failure.code);
        break;
      case "undeliverable":
        this.#counts.undeliverable++;
        this.#countFailure(settlement.failure.code);
        break;
      case "requeued":
        break;
    }
  }

  #countFailure(code: string): void {
    this.#counts.failures.set(code, (this.#counts.failures.get(code) ?? 0) + 1);
  }
}

function ledgerRow(
  { entry, message }: ClaimedEntry,
  kind: LedgerRow["kind"],
  at: number,
  detail: Record<string, unknown>,
): LedgerRow {
  return {
    at,
    kind,
    messageId: message.id,
    remoteAccountId: message.remoteAccountId,
    uid: null,
    messageIdField: message.messageIdField,
    recipient: addressKey(entry.recipient),
    detail: { ordinal: entry.ordinal, ...detail },
  };
}

function failureDetail(failure: Failure): Record<string, unknown> {
  return { code: failure.code, params: failure.params, remoteText: failure.remoteText };
}
