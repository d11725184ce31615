/**
 * What an import could not carry over, a line for each, with its place.
 */
import type { ImportNote } from "../../manage/import/imported.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";

/** `line 7: sentence`; of another file with its path. */
export function importNoteLine(words: Words, note: ImportNote): string {
  const place = [
    ...(note.file === undefined ? [] : [escapeText(note.file)]),
    ...(note.line === 0 ? [] : [words.cli.import.line(note.line)]),
  ].join(", ");
  const sentence = importNoteSentence(words, note);
  return place === "" ? sentence : `${place}: ${sentence}`;
}

export function importNoteSentence(words: Words, note: ImportNote): string {
  return words.importNotes[note.code](
    Object.fromEntries(
      Object.entries(note.params).map(([key, value]) => [
        key,
        typeof value === "string" ? escapeText(value) : value,
      ]),
    ),
  );
}
