/**
 * Figures that must outlive their rows: a name and a number, raised in the transaction of what they count.
 */
import { first, prepared, run, type StatementBuilder, type Steps } from "./steps.ts";

type CounterName = "doubts";

/** Raises a counter, which begins at 0. */
export function counterOver(db: StatementBuilder): (name: CounterName, by: number) => Steps<void> {
  const raise = prepared((input: { name: CounterName; by: number }) =>
    db
      .insertInto("counter")
      .values({ name: input.name, value: input.by })
      .onConflict((conflict) =>
        conflict.column("name").doUpdateSet((eb) => ({ value: eb("counter.value", "+", input.by) })),
      ),
  );
  return function* (name, by) {
    yield* run(raise({ name, by }));
  };
}

export function counterReader(db: StatementBuilder): (name: CounterName) => Steps<number> {
  const value = prepared((input: { name: CounterName }) =>
    db.selectFrom("counter").select("value").where("name", "=", input.name),
  );
  return function* (name) {
    return (yield* first(value({ name })))?.value ?? 0;
  };
}
