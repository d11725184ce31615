/**
 * Whether a destination's text can be used, for whoever lets people write one.
 */
import { destinationScheme } from "./destination.ts";
import type { DestinationMistake } from "./destination-mistake.ts";
import { pipeMistake } from "./pipe-command.ts";
import { wireMistake } from "./wire-destination.ts";

/** Schemes that this version delivers to. */
export const deliveredSchemes = ["maildir", "lmtp", "lmtp+unix", "smtp", "smtps", "pipe"] as const;

/** The first thing that is wrong with a destination of a socket or a pipe; null: nothing, or another scheme. */
export function destinationMistake(text: string): DestinationMistake | null {
  switch (destinationScheme(text)) {
    case "lmtp":
    case "lmtp+unix":
    case "smtp":
    case "smtps":
      return wireMistake(text);
    case "pipe":
      return pipeMistake(text);
    default:
      return null;
  }
}
