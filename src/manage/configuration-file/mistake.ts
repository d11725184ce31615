/**
 * What is wrong in a file, and where: one entry per mistake, all of them at once (spec 9).
 */
import { destinationMistakeCodes } from "../../deliver/destination-mistake.ts";
import { type ExpectationCode, expectationCodes } from "../../settings/reading.ts";

/** Each has a sentence in `words/`. */
export const mistakeCodes = [
  ...expectationCodes,
  // the file as text
  "not-utf8",
  "empty-file",
  "yaml-syntax",
  "duplicate-key",
  "alias-not-allowed",
  // values of records
  "not-available",
  "missing-key",
  "expected-login",
  "expected-password",
  "expected-interval",
  "expected-server",
  "expected-port",
  "expected-domain-name",
  "expected-account-name",
  "expected-address",
  "expected-field-name",
  "expected-fingerprint",
  "expected-absolute-path",
  "expected-id",
  "expected-first-visit",
  "expected-keeping-time",
  // how they fit together
  "missing-password",
  "several-passwords",
  "unified-only",
  "two-main-domains",
  "no-main-domain",
  "name-taken",
  "domain-taken",
  "unknown-local-account",
  "named-twice",
  // files of other programs
  "import-format-unknown",
  "import-nothing",
  "import-owner-missing",
  "import-domain-missing",
  "import-domain-unknown",
  // what users may set (spec 3, 10)
  "administrators-only",
  "interval-too-short",
  "too-many-accounts",
  "port-not-allowed",
  "private-host",
  "password-again",
  "account-exists",
  // destinations
  ...destinationMistakeCodes,
] as const;

export type MistakeCode = ExpectationCode | (typeof mistakeCodes)[number];

export type Path = readonly (string | number)[];

/** A mistake before its place in the text is known. */
export interface Fault {
  readonly code: MistakeCode;
  readonly path: Path;
  readonly params: Readonly<Record<string, string | number>>;
  /** Point at the key itself, not at its value. */
  readonly atKey?: boolean;
}

export interface Mistake {
  readonly code: MistakeCode;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `domains[0].accounts[1].name`; empty for the file as a whole. */
  readonly path: string;
  readonly params: Readonly<Record<string, string | number>>;
}

export function fault(code: MistakeCode, path: Path, params: Fault["params"] = {}): Fault {
  return { code, path, params };
}

export function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}

/** What is allowed and still worth a sentence. */
export const warningCodes = [
  "same-maildrop",
  "destination-unsupported",
  "rules-unsupported",
  "first-visit-over",
  "delete-after-unused",
  "left-stays",
  "left-goes",
] as const;

export interface Warning {
  readonly code: (typeof warningCodes)[number];
  readonly params: Readonly<Record<string, string | number>>;
}
