/**
 * What a file changes, as lines: `+` added, `~` changed, `-` removed. Passwords are never shown.
 */
import type { DiffEntry, DiffField } from "../../manage/configuration-file/plan.ts";
import type { Words } from "../../words/words.ts";
import type { Output } from "../output.ts";
import { escapeText } from "./escape.ts";

const marks = { add: "+", change: "~", remove: "-" } as const;
const styles = { add: "green", change: "yellow", remove: "red" } as const;

export function diffText(words: Words, diff: readonly DiffEntry[], output: Output): string {
  return diff.flatMap((entry) => entryLines(words, entry, output)).join("\n");
}

function entryLines(words: Words, entry: DiffEntry, output: Output): string[] {
  const mark = output.style(styles[entry.change], marks[entry.change]);
  const kind = words.terms.kinds[entry.kind];
  const owner = entry.owner === null ? "" : ` ${words.cli.apply.of(escapeText(entry.owner))}`;
  const [only] = entry.fields;
  if (entry.kind === "setting" && only) {
    return [`${mark} ${kind} ${entry.name}: ${change(words, entry, only)}`];
  }
  if (entry.kind === "rules") return [`${mark} ${kind}`];
  const head = `${mark} ${kind} ${escapeText(entry.name)}${owner}`;
  const shown = entry.fields.filter((field) => field.key !== "name" && field.key !== "id");
  return [head, ...shown.map((field) => `    ${field.key}: ${change(words, entry, field)}`)];
}

function change(words: Words, entry: DiffEntry, field: DiffField): string {
  if (field.secret) {
    return entry.change === "add" ? words.cli.apply.passwordSet() : words.cli.apply.passwordChanged();
  }
  const to = valueText(words, field.to);
  return entry.change === "add" ? to : `${valueText(words, field.from)} → ${to}`;
}

function valueText(words: Words, value: unknown): string {
  if (value === null || value === undefined) return words.terms.none;
  return escapeText(typeof value === "string" ? value : JSON.stringify(value));
}
