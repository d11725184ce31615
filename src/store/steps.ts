/**
 * How verbs talk to a database: a verb is a generator that yields one statement after the other and is given each
 * answer. Whoever drives it decides how: SQLite's driver runs the whole verb within one turn of its thread, so that
 * no transaction is ever open across an await and two connections of one thread cannot block each other; a driver
 * of a remote database awaits every answer. The verbs are the same (one code path for all databases).
 *
 * Statements are built by Kysely and compiled once: building one costs ten times as much as running it. A constant
 * that a partial index is chosen by is written into the statement (`eb.lit`): as a parameter, it would have SQLite
 * plan the statement anew at every run.
 */
import type { Compilable, Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Builds statements for one kind of database; runs none. */
export type StatementBuilder = Kysely<Schema>;

/** A statement and the values for its parameters, in order. */
export interface BoundStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface StatementAnswer {
  readonly rows: readonly unknown[];
  /** Rows inserted, changed or removed; of a statement with RETURNING, count its rows instead. */
  readonly changes: number;
}

/** A piece of a verb: yields statements, is given their answers, returns its result. */
export type Steps<T> = Generator<BoundStatement, T, StatementAnswer>;

/** Runs a statement and answers its rows. */
export function* all<Row>(statement: TypedStatement<Row>): Steps<Row[]> {
  const { rows } = yield statement;
  // The compiler of the statement vouches for the shape: Kysely derived Row from the schema.
  return rows as Row[];
}

/** Runs a statement and answers its first row. */
export function* first<Row>(statement: TypedStatement<Row>): Steps<Row | undefined> {
  const { rows } = yield statement;
  return rows[0] as Row | undefined;
}

/** Runs a statement without RETURNING. @returns how many rows it changed. */
export function* run(statement: BoundStatement): Steps<number> {
  const { changes } = yield statement;
  return changes;
}

/** A bound statement that remembers the type of its rows. */
export interface TypedStatement<Row> extends BoundStatement {
  readonly row?: Row;
}

/** Compiles a statement that is used once. */
export function once<Row>(query: Compilable<Row>): TypedStatement<Row> {
  const { sql, parameters } = query.compile();
  return { sql, parameters };
}

class Placeholder {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/** Stands for the value at a position of a chunk of a list. */
class ListPlaceholder {
  readonly position: number;

  constructor(position: number) {
    this.position = position;
  }
}

/** Any property of it is a placeholder for the value of that name. */
function placeholders<Input extends object>(): Input {
  return new Proxy({} as Input, { get: (_, name) => new Placeholder(name) });
}

/**
 * A statement that is compiled at its first use and then only given new values.
 *
 * @param build is called once, with an object whose properties stand for the values of later calls
 */
export function prepared<Input extends object, Row>(
  build: (input: Input) => Compilable<Row>,
): (input: Input) => TypedStatement<Row> {
  let compiled: BoundStatement | undefined;
  return (input) => {
    compiled ??= build(placeholders<Input>()).compile();
    const parameters = compiled.parameters.map((value) =>
      value instanceof Placeholder ? Reflect.get(input, value.name) : value,
    );
    return { sql: compiled.sql, parameters };
  };
}

/** The named properties only: a row of placeholders for exactly these columns. */
export function pick<Row extends object, Key extends keyof Row>(
  columns: readonly Key[],
  row: Row,
): Pick<Row, Key> {
  return Object.fromEntries(columns.map((column) => [column, row[column]])) as Pick<Row, Key>;
}

/** Few sizes, so that few statements are compiled; the largest stays far below any limit on variables. */
const listSizes = [1, 16, 64, 256];

/**
 * A prepared statement over a list of any length (`… IN (…)`): run in chunks, the last one padded with repeats of
 * its last value, which an IN does not mind.
 */
export function preparedList<Input extends object, Value, Row>(
  build: (input: Input, list: readonly Value[]) => Compilable<Row>,
): (input: Input, values: readonly Value[]) => Steps<Row[]> {
  const statements = new Map<number, BoundStatement>();
  const statementFor = (size: number) => {
    const known = statements.get(size);
    if (known) return known;
    const list = Array.from({ length: size }, (_, position) => new ListPlaceholder(position));
    const made = build(placeholders<Input>(), list as readonly unknown[] as readonly Value[]).compile();
    statements.set(size, made);
    return made;
  };
  return function* (input, values) {
    const found: Row[] = [];
    for (let start = 0; start < values.length; ) {
      const left = values.length - start;
      const size = listSizes.find((candidate) => candidate >= left) ?? 256;
      const chunk = values.slice(start, start + size);
      const { sql, parameters } = statementFor(size);
      const bound = parameters.map((value) => {
        if (value instanceof ListPlaceholder) return chunk[Math.min(value.position, chunk.length - 1)];
        return value instanceof Placeholder ? Reflect.get(input, value.name) : value;
      });
      const statement: TypedStatement<Row> = { sql, parameters: bound };
      for (const row of yield* all(statement)) found.push(row);
      start += size;
    }
    return found;
  };
}
