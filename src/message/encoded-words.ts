/**
 * Encoded words (RFC 2047): written for fields of our own, and read as far as it takes to tell a language.
 */

/** UTF-8 bytes that fit into one encoded word of 75 characters, whole characters only. */
const bytesPerWord = 45;

/**
 * Text for an unstructured field: as it is where it is short printable ASCII, else as folded encoded words.
 *
 * @param used characters that stand before it in its line
 */
export function encodedWords(text: string, used: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
  if (/^[ -~]*$/.test(line) && !line.includes("=?") && line.length + used <= 900) return line;
  const words: string[] = [];
  let piece = "";
  for (const character of line) {
    if (Buffer.byteLength(piece + character) > bytesPerWord) {
      words.push(piece);
      piece = "";
    }
    piece += character;
  }
  words.push(piece);
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word, "utf8").toString("base64")}?=`).join("\n ");
}

/** Whether a header value was written by somebody who writes Japanese: by its charset, or by kana in UTF-8. */
export function isJapanese(value: string): boolean {
  if (/=\?(iso-2022-jp[\w-]*|shift[_-]?jis|x-sjis|cp932|windows-31j|euc-jp)[?*]/i.test(value)) return true;
  // ISO 2022-JP without encoding: escape sequences that nothing else uses.
  if (/\u001b\$[@B]/.test(value)) return true;
  return /[\u3041-\u30ff\uff66-\uff9d]/.test(withUtf8Words(value));
}

/** The value with its UTF-8 words decoded; what cannot be read stays. */
function withUtf8Words(value: string): string {
  return value.replace(
    /=\?utf-8(?:\*[\w-]*)?\?([bq])\?([^?\s]{0,1000})\?=/gi,
    (_word, kind: string, body: string) =>
      kind.toLowerCase() === "b"
        ? Buffer.from(body, "base64").toString("utf8")
        : Buffer.from(
            body
              .replaceAll("_", " ")
              .replace(/=([0-9a-f]{2})/gi, (_all, hex: string) =>
                String.fromCharCode(Number.parseInt(hex, 16)),
              ),
            "latin1",
          ).toString("utf8"),
  );
}
