/**
 * Text from elsewhere, made harmless for a terminal: it can neither move the cursor nor turn the line round.
 */
import { harmfulCharacters } from "../../core/harmful-text.ts";

const LONGEST = 4096;

/** `\x1b` for bytes, `\u{202e}` for the rest; what is too long ends in `…`. */
export function escapeText(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return short.replace(harmfulCharacters, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}
