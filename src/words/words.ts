/**
 * Sentences for people, in their language: the only place where the program's words stand.
 *
 * Both catalogues have one shape; every failure code has its three parts in both.
 */
import { en } from "./en.ts";
import { ja } from "./ja.ts";

export type Words = typeof en;
export type Language = Words["language"];

const catalogues: Readonly<Record<Language, Words>> = { en, ja };

export function wordsIn(language: Language): Words {
  return catalogues[language];
}

/**
 * The language of a process: LC_ALL, else LC_MESSAGES, else LANG, as every Unix program does; English unless it
 * says Japanese.
 */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return /^ja([_.@-]|$)/i.test(locale) ? "ja" : "en";
}
