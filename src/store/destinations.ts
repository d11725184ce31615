/**
 * Destinations in trouble: since when, why, and how much mail waits for them. Written with the settlement that shows
 * it; gone as soon as mail arrives there again.
 */
import type { Failure } from "../core/failure.ts";
import type { RemoteAccountId } from "../core/ids.ts";
import { fromJsonOrNull, jsonText } from "./columns.ts";
import { counterReader } from "./counter.ts";
import type { EntrySettlement } from "./queue-contract.ts";
import type { DestinationTrouble } from "./records.ts";
import { all, once, prepared, preparedList, run, type StatementBuilder, type Steps } from "./steps.ts";

export function destinationVerbs(db: StatementBuilder) {
  const readCounter = counterReader(db);
  const waitingAccounts = preparedList((_input: object, destinations: readonly string[]) =>
    db
      .selectFrom("queue_entry")
      .innerJoin("message", "message.id", "queue_entry.message_id")
      .select(["message.remote_account_id", "queue_entry.deferred_to"])
      .where("queue_entry.deferred_to", "in", destinations)
      .where("message.remote_account_id", "is not", null)
      .groupBy(["message.remote_account_id", "queue_entry.deferred_to"]),
  );

  return {
    *destinationTroubles(): Steps<DestinationTrouble[]> {
      const rows = yield* all(
        once(
          db
            .selectFrom("destination")
            .selectAll()
            .select((eb) =>
              eb
                .selectFrom("queue_entry")
                .select((of) => of.fn.countAll<number>().as("entries"))
                .whereRef("queue_entry.deferred_to", "=", "destination.destination")
                .as("deferred"),
            )
            .orderBy("failing_since"),
        ),
      );
      return rows.flatMap((row) => {
        const failure = fromJsonOrNull<Failure>(row.failure);
        if (failure === null) return [];
        return [
          {
            destination: row.destination,
            failingSince: row.failing_since,
            failedAt: row.failed_at,
            failure,
            deferred: row.deferred ?? 0,
          },
        ];
      });
    },

    *accountsDeferredTo(
      destinations: readonly string[],
    ): Steps<{ accountId: RemoteAccountId; destination: string }[]> {
      const rows = yield* waitingAccounts({}, destinations);
      return rows.flatMap((row) =>
        row.remote_account_id === null || row.deferred_to === null
          ? []
          : [{ accountId: row.remote_account_id as RemoteAccountId, destination: row.deferred_to }],
      );
    },

    *doubtCount(): Steps<number> {
      return yield* readCounter("doubts");
    },
  };
}

/** Notes what a settlement tells about its destination. */
export function destinationNoter(
  db: StatementBuilder,
  now: () => number,
): (settlement: EntrySettlement) => Steps<void> {
  const failing = prepared((input: { destination: string; at: number; failure: string }) =>
    db
      .insertInto("destination")
      .values({
        destination: input.destination,
        failing_since: input.at,
        failed_at: input.at,
        failure: input.failure,
      })
      .onConflict((conflict) =>
        conflict.column("destination").doUpdateSet({ failed_at: input.at, failure: input.failure }),
      ),
  );
  // A trouble that nothing waited for any more is another one now: this entry is the only one that waits.
  const beginsAnew = prepared((input: { destination: string; at: number }) =>
    db
      .updateTable("destination")
      .set({ failing_since: input.at })
      .where("destination", "=", input.destination)
      .where((eb) =>
        eb(
          eb
            .selectFrom("queue_entry")
            .select((of) => of.fn.countAll<number>().as("entries"))
            .where("deferred_to", "=", input.destination),
          "<=",
          1,
        ),
      ),
  );
  // What waited for it goes now, and not when its back-off would have ended.
  const goesOn = prepared((input: { destination: string; at: number }) =>
    db
      .updateTable("queue_entry")
      .set({ due_at: input.at, deferred_to: null })
      .where("deferred_to", "=", input.destination)
      .where("lease_owner", "is", null)
      .where("due_at", "is not", null),
  );
  const well = prepared((input: { destination: string }) =>
    db.deleteFrom("destination").where("destination", "=", input.destination),
  );
  return function* (settlement) {
    if (settlement.kind === "done" && settlement.recovered !== null) {
      yield* run(well({ destination: settlement.recovered }));
      yield* run(goesOn({ destination: settlement.recovered, at: now() }));
    } else if (settlement.kind === "deferred" && settlement.destination !== null) {
      const failure = jsonText(settlement.failure) ?? "null";
      yield* run(failing({ destination: settlement.destination, at: now(), failure }));
      yield* run(beginsAnew({ destination: settlement.destination, at: now() }));
    }
  };
}
