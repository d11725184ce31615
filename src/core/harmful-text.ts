/**
 * Characters that must not reach a terminal or a log as they are.
 */

/**
 * C0, DEL, C1; line and paragraph separators; marks, overrides and isolates of writing direction; the byte order mark;
 * lone surrogates. They move the cursor, end lines, or turn a line round (CVE-2008-2711 and its kind).
 */
export const harmfulCharacters =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
