/**
 * A number as the value of an option.
 */
import { type Session, usageError } from "./cli.ts";

/** @returns undefined where the option is not given. @throws FailureError `usage`. */
export function wholeNumber(
  { words }: Session,
  option: string,
  text: string | undefined,
  command: string,
): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw usageError(words.cli.usage.number(option), command);
  return Number(text);
}
