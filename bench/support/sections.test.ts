import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { rewriteSections } from "./sections.ts";

const text =
  "# Title\n\n<!-- bench P1 -->\nold\n<!-- /bench P1 -->\n\nBetween\n\n<!-- bench P2 -->\n<!-- /bench P2 -->\nEnd\n";

test("only what stands between the marks changes, however often", async () => {
  await using directory = await temporaryDirectory("sections");
  const path = join(directory.path, "doc.md");
  await writeFile(path, text);
  await rewriteSections(path, new Map([["P1", "first\n"]]));
  await rewriteSections(path, new Map([["P1", "second\n"]]));
  expect(await readFile(path, "utf8")).toBe(text.replace("old\n", "\nsecond\n\n"));
});

test("a section without marks is an error, and nothing is written", async () => {
  await using directory = await temporaryDirectory("sections");
  const path = join(directory.path, "doc.md");
  await writeFile(path, text);
  await expect(
    rewriteSections(
      path,
      new Map([
        ["P1", "x"],
        ["P9", "y"],
      ]),
    ),
  ).rejects.toThrow("no section P9");
  expect(await readFile(path, "utf8")).toBe(text);
});
