/** The guide holds together: both languages say the same commands, links lead somewhere, commands exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  codeBlocks,
  type GuideLanguage,
  guideFolders,
  guidePage,
  guidePages,
  root,
} from "../support/guide.ts";

const languages: readonly GuideLanguage[] = ["en", "ja"];

test("every page stands in both languages", () => {
  expect(guidePages("ja")).toEqual(guidePages("en"));
});

test.each(guidePages("en"))("%s: the same commands and files in both languages", (name) => {
  expect(codeBlocks(guidePage("ja", name))).toEqual(codeBlocks(guidePage("en", name)));
});

/** As GitHub makes it: lower case, no punctuation, blanks as dashes. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");
}

describe.each(languages)("in %s", (language) => {
  test.each(guidePages(language))("%s: every link leads somewhere", (name) => {
    const broken: string[] = [];
    for (const [, target = ""] of guidePage(language, name).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? name : path;
      const full = join(root, guideFolders[language], file);
      if (!existsSync(full)) broken.push(target);
      else if (anchor !== undefined) {
        const headings = [...readFileSync(full, "utf8").matchAll(/^#+ (.*)$/gm)];
        if (!headings.some(([, heading = ""]) => anchorOf(heading) === anchor)) broken.push(target);
      }
    }
    expect(broken).toEqual([]);
  });

  test("the list of contents names every page", () => {
    const contents = guidePage(language, "README.md");
    const missing = guidePages(language).filter(
      (name) => name !== "README.md" && !contents.includes(`(${name})`),
    );
    expect(missing).toEqual([]);
  });
});

/** Options of a command, by its name ("remote add"), as its help shows them. */
function commandOptions(): Map<string, Set<string>> {
  const help = readFileSync(join(root, "docs/cli.md"), "utf8");
  const parts = help.split(/^## rpop ?/m).slice(1);
  return new Map(
    parts.map((part) => [
      part.slice(0, part.indexOf("\n")).trim(),
      new Set(part.match(/(?<=^ {2})(?:-\w, )?--[\w-]+/gm)?.map((option) => option.replace(/^-\w, /, ""))),
    ]),
  );
}

test.each(guidePages("en"))("%s: every rpop command and option exists", (name) => {
  const commands = commandOptions();
  const global = commands.get("") ?? new Set();
  const unknown: string[] = [];
  const shell = codeBlocks(guidePage("en", name)).filter(({ info }) => info === "sh");
  const lines = shell.flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"));
  for (const line of lines) {
    for (const [, words = ""] of line.matchAll(/(?:^|\| |rpop )rpop ([^|<]*)/g)) {
      const names = words.split(/\s+/).filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith("-"));
      const two = names.slice(0, 2).join(" ");
      const command = commands.has(two) ? two : (names[0] ?? "");
      const options = commands.get(command);
      if (options === undefined) unknown.push(line);
      for (const option of words.match(/(?<=\s|^)--[\w-]+/g) ?? []) {
        if (!options?.has(option) && !global.has(option)) unknown.push(`${command} ${option}`);
      }
    }
  }
  expect(unknown).toEqual([]);
});

test("the start page links the guide in each language", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const folder of Object.values(guideFolders)) {
    expect(readme).toContain(`(${folder}/README.md)`);
  }
});
