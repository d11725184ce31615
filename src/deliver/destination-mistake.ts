/**
 * What can be wrong in the text of a destination. Each code has a sentence in `words/`.
 */
import { type Failure, failure } from "../core/failure.ts";

/** Every code; its params stand beside the call of `mistaken` that gives it. */
export const destinationMistakeCodes = [
  "destination-form",
  "destination-host",
  "destination-port",
  "destination-socket",
  "destination-no-user",
  "destination-password-in-text",
  "destination-needs-password",
  "destination-needs-user",
  "destination-two-passwords",
  "destination-tls",
  "destination-user-tls",
  "destination-option",
  "destination-option-twice",
  "destination-option-empty",
  "destination-option-path",
  "destination-quote",
  "destination-program",
  "destination-placeholder",
  "destination-placeholder-option",
] as const;

export type DestinationMistakeCode = (typeof destinationMistakeCodes)[number];

export interface DestinationMistake {
  readonly code: DestinationMistakeCode;
  readonly params: Readonly<Record<string, string | number>>;
}

/** A text as read, or what is wrong with it. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistake: DestinationMistake };

export function readable<T>(value: T): Read<T> {
  return { ok: true, value };
}

export function mistaken<T = never>(
  code: DestinationMistakeCode,
  params: DestinationMistake["params"],
): Read<T> {
  return { ok: false, mistake: { code, params } };
}

/**
 * The mistake met when mail was to go there, as a failure. Temporary: a mistake in the settings must not bounce mail.
 *
 * @param detail a mistake's code, or the system's name for what is wrong (`ENOENT`)
 */
export function unusableDestination(destination: string, detail: string): Failure {
  return failure("destination-unusable", "recipient", { params: { destination, detail }, status: "4.3.5" });
}
