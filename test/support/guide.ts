/** The guide's pages, and what stands in them between fences. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");
export const guideFolders = { en: "docs/guide", ja: "docs/ja/guide" } as const;
export type GuideLanguage = keyof typeof guideFolders;

export interface CodeBlock {
  /** What stands behind the opening fence: `sh`, `yaml`, … */
  readonly info: string;
  /** Its lines, each with its end. */
  readonly text: string;
}

/** File names of the pages, the same in each language. */
export function guidePages(language: GuideLanguage): string[] {
  return readdirSync(join(root, guideFolders[language]))
    .filter((name) => name.endsWith(".md"))
    .sort();
}

export function guidePage(language: GuideLanguage, name: string): string {
  return readFileSync(join(root, guideFolders[language], name), "utf8");
}

/** Every block of a page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map(([, info = "", text = ""]) => ({ info, text }));
}

/** @throws where there is not exactly one block of that kind. */
export function codeBlock(page: string, info: string): string {
  const [found, ...more] = codeBlocks(page).filter((block) => block.info === info);
  if (found === undefined || more.length > 0) throw new Error(`not one block of ${info}`);
  return found.text;
}
