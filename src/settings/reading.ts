/**
 * What comes of reading a value that a person wrote: the value, or every problem in it.
 *
 * A problem is a code with the numbers of its sentence; the sentence itself stands in `words/`. Its path leads
 * from the value read to the part that is wrong.
 */

/** What was expected where something else stood. Each has a sentence in `words/`. */
export const expectationCodes = [
  "expected-choice",
  "expected-integer",
  "expected-duration",
  "expected-size",
  "expected-rate",
  "expected-flag",
  "expected-text",
  "expected-list",
  "expected-map",
  "expected-ip-address",
  "expected-name-server",
  "expected-source-address",
  "expected-time-zone",
  "expected-host-name",
  "expected-destination",
  "expected-schedule",
  "expected-days",
  "expected-time-of-day",
  "unknown-key",
] as const;

export type ExpectationCode = (typeof expectationCodes)[number];

export interface Problem {
  readonly code: ExpectationCode;
  readonly path: readonly (string | number)[];
  readonly params: Readonly<Record<string, string | number>>;
}

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function expected(
  code: ExpectationCode,
  params: Problem["params"] = {},
  path: Problem["path"] = [],
): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems: [{ code, path, params }] };
}

/** The same problems, seen from the value that holds the one read. */
export function inside(step: string | number, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, path: [step, ...problem.path] }));
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
