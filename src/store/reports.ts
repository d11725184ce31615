/**
 * Error reports and the entries that they are about: ended together, in one commit, and counted for the rate
 * above which failures are kept instead (spec 6, backscatter).
 */
import { HOUR } from "../core/time.ts";
import type { Acceptor } from "./accept.ts";
import { counterOver } from "./counter.ts";
import { ledgerWriter } from "./ledger.ts";
import type { AliveSteps } from "./nodes.ts";
import { messageRemover } from "./queue.ts";
import type { ReportSettlement } from "./queue-contract.ts";
import { first, prepared, run, type StatementBuilder, type Steps } from "./steps.ts";

/** Older ones count for no rate. */
const keptMs = HOUR;

export function reportVerbs(db: StatementBuilder, alive: AliveSteps, accept: Acceptor) {
  const writeLedger = ledgerWriter(db);
  const removeIfDone = messageRemover(db);
  const count = counterOver(db);
  const accepted = prepared((input: { id: string }) =>
    db.selectFrom("message").select("id").where("id", "=", input.id),
  );
  const held = prepared((input: { nodeId: number; messageId: string; ordinal: number; leaseToken: number }) =>
    db
      .selectFrom("queue_entry")
      .select("ordinal")
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal)
      .where("lease_owner", "=", input.nodeId)
      .where("lease_token", "=", input.leaseToken),
  );
  const remove = prepared((input: { messageId: string; ordinal: number }) =>
    db
      .deleteFrom("queue_entry")
      .where("message_id", "=", input.messageId)
      .where("ordinal", "=", input.ordinal),
  );
  const note = prepared((input: { at: number; senderKey: string }) =>
    db.insertInto("report").values({ at: input.at, sender_key: input.senderKey }),
  );
  const purge = prepared((input: { before: number }) =>
    db.deleteFrom("report").where("at", "<", input.before),
  );
  const toSender = prepared((input: { since: number; senderKey: string }) =>
    db
      .selectFrom("report")
      .select((eb) => eb.fn.countAll<number>().as("found"))
      .where("at", ">=", input.since)
      .where("sender_key", "=", input.senderKey),
  );
  const inAll = prepared((input: { since: number }) =>
    db
      .selectFrom("report")
      .select((eb) => eb.fn.countAll<number>().as("found"))
      .where("at", ">=", input.since),
  );

  function* counts(senderKey: string, since: number): Steps<{ toSender: number; inAll: number }> {
    const key = JSON.stringify(senderKey);
    return {
      toSender: (yield* first(toSender({ since, senderKey: key })))?.found ?? 0,
      inAll: (yield* first(inAll({ since })))?.found ?? 0,
    };
  }

  return {
    *settleReported(
      nodeId: number,
      settlement: ReportSettlement,
      claimUntil: number,
    ): Steps<{ outcome: "settled" | "lost" | "rate-sender" | "rate-all"; freedRefs: string[] }> {
      const lost = { outcome: "lost" as const, freedRefs: [] };
      if (!(yield* alive(nodeId))) return lost;
      const { entries, report, senderKey, atMost } = settlement;
      if (yield* first(accepted({ id: report.message.id }))) return { outcome: "settled", freedRefs: [] };
      for (const { messageId, ordinal, leaseToken } of entries) {
        if (!(yield* first(held({ nodeId, messageId, ordinal, leaseToken })))) return lost;
      }
      const lately = yield* counts(senderKey, atMost.since);
      if (lately.toSender >= atMost.toSender) return { outcome: "rate-sender", freedRefs: [] };
      if (lately.inAll >= atMost.inAll) return { outcome: "rate-all", freedRefs: [] };
      if (settlement.doubtful > 0) yield* count("doubts", settlement.doubtful);
      yield* accept([report], { owner: nodeId, until: claimUntil });
      const at = report.message.receivedAt;
      yield* run(purge({ before: at - keptMs }));
      yield* run(note({ at, senderKey: JSON.stringify(senderKey) }));
      const freedRefs: string[] = [];
      for (const { messageId, ordinal, ledger } of entries) {
        yield* run(remove({ messageId, ordinal }));
        yield* writeLedger(ledger);
        freedRefs.push(...(yield* removeIfDone(messageId)));
      }
      return { outcome: "settled", freedRefs };
    },

    reportCounts: counts,
  };
}
