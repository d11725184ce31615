/**
 * Text from elsewhere, made harmless for a terminal: it can neither move the cursor nor turn the line round.
 */

// C0, DEL, C1; line and paragraph separators; marks and overrides of writing direction; lone surrogates.
const harmful =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const LONGEST = 4096;

/** `\x1b` for bytes, `\u{202e}` for the rest; what is too long ends in `…`. */
export function escapeText(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return short.replace(harmful, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}
