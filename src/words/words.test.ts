import { expect, test } from "vitest";
import { failureCodes } from "../core/failure.ts";
import { mistakeCodes, warningCodes } from "../manage/configuration-file/mistake.ts";
import { importNoteCodes } from "../manage/import/imported.ts";
import { languageOf, wordsIn } from "./words.ts";

const en = wordsIn("en");
const ja = wordsIn("ja");
const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;

/** Every sentence of a catalogue, made with sample parameters, under its path. */
function sentences(catalogue: unknown, path = ""): [string, string][] {
  if (typeof catalogue === "string") return [[path, catalogue]];
  if (typeof catalogue === "function") {
    const [first] = String(catalogue).split("=>");
    // Catalogue functions take either one object of parameters or single values.
    const taken = /\(?p\)?\s*$/.test(first ?? "") || catalogue.length === 0;
    const made: unknown = taken
      ? catalogue({})
      : catalogue(...Array.from({ length: catalogue.length }, () => 3));
    return [[path, String(made)]];
  }
  return Object.entries(catalogue as object).flatMap(([key, value]) => sentences(value, `${path}.${key}`));
}

test.each(failureCodes)("%s: what happened, what happens now, what you can do, in both languages", (code) => {
  for (const words of [en, ja]) {
    const { what, now, do: act } = words.failures[code];
    for (const sentence of [what, now, act]) {
      const text = sentence({});
      expect(text).toMatch(/[.。?]$|: $/);
      expect(text).not.toContain("undefined");
      if (words === ja) expect(text).toMatch(japanese);
      else expect(text).not.toMatch(japanese);
    }
  }
});

test("every mistake, every warning and every note of an import has a sentence", () => {
  for (const words of [en, ja]) {
    expect(Object.keys(words.importNotes).sort()).toEqual([...importNoteCodes].sort());
    expect(Object.keys(words.mistakes).sort()).toEqual([...new Set(mistakeCodes)].sort());
    expect(Object.keys(words.warnings).sort()).toEqual([...warningCodes].sort());
  }
});

/** Words that the guide itself leaves in English. */
const sameInBoth = new Set([".terms.notYet", ".terms.columns.uid", ".cli.envelope.rules.postmaster"]);

test("both catalogues have the same entries; the Japanese ones are Japanese, the English ones are not", () => {
  const english = new Map(sentences(en));
  const translated = new Map(sentences(ja));
  expect([...translated.keys()]).toEqual([...english.keys()]);
  for (const [path, text] of translated) {
    if (path === ".language" || sameInBoth.has(path)) continue;
    expect(english.get(path), path).not.toMatch(japanese);
    // Names of options, fields and numbers alone are no words.
    if (/[a-z]{2}/i.test(english.get(path) ?? "") && path !== ".terms.columns.id")
      expect(text, path).toMatch(japanese);
  }
});

test("the catalogue says what the web's words say", () => {
  expect(en.failures["auth-refused"].what({ host: "pop.x" })).toBe("pop.x refused the password.");
  expect(ja.failures["auth-refused"].what({ host: "pop.x" })).toBe(
    "pop.x がパスワードを受け付けませんでした。",
  );
  expect(en.failures["auth-refused"].now({ time: "14:02" })).toBe(
    "The next try is at 14:02. Your mail waits at the provider; nothing is lost.",
  );
  expect(ja.terms.columns.last).toBe("前回の接続");
});

const locales = [
  { env: { LANG: "ja_JP.UTF-8" }, language: "ja" },
  { env: { LANG: "ja" }, language: "ja" },
  { env: { LANG: "ja_JP.UTF-8", LC_ALL: "C" }, language: "en" },
  { env: { LANG: "de_DE.UTF-8", LC_MESSAGES: "ja_JP" }, language: "ja" },
  { env: { LANG: "jam" }, language: "en" },
  { env: { LC_ALL: "", LANG: "ja_JP" }, language: "ja" },
  { env: {}, language: "en" },
];

test.each(locales)("$env speaks $language", ({ env, language }) => {
  expect(languageOf(env)).toBe(language);
});
