/** docs/seed.md names every statement of the original's document, tests that exist, and what people can type. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { remoteAccountKeys } from "../../src/manage/configuration-file/remote-account-keys.ts";
import { settingKeys } from "../../src/settings/definitions.ts";

const root = join(import.meta.dirname, "../..");
const statements = 68;
/** Keys of domains, local accounts and the file itself. */
const fileKeys = [
  "destination",
  "ipAddresses",
  "domainWideAccount",
  "mayUseRemoteAccounts",
  "unifiedAccounts",
];

const page = await readFile(join(root, "docs/seed.md"), "utf8");
const rows = page.split("\n").flatMap((line) => {
  const [, number = "", statement = "", seen = "", tests = ""] = line.split("|").map((cell) => cell.trim());
  return /^\d+$/.test(number) ? [{ number: Number(number), statement, seen, tests }] : [];
});

test("each statement stands there once, in order", () => {
  expect(rows.map(({ number }) => number)).toEqual(
    Array.from({ length: statements }, (_, index) => index + 1),
  );
});

test.each(rows)("$number: its tests exist", ({ tests }) => {
  const files = [...tests.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => !file.endsWith(".test.ts") || !existsSync(join(root, file)))).toEqual([]);
});

test.each(rows)("$number: what it names can be typed", async ({ seen }) => {
  expect(seen).not.toBe("");
  const commands = await readFile(join(root, "docs/cli.md"), "utf8");
  for (const [, code = ""] of seen.matchAll(/`([^`]+)`/g)) {
    const command = /^rpop ([a-z]+(?: [a-z]+)?)/.exec(code)?.[1];
    if (command === undefined) {
      const key = /^[a-z][A-Za-z]+(?=:|$)/.exec(code)?.[0];
      const known: readonly string[] = [
        ...settingKeys,
        ...remoteAccountKeys,
        ...fileKeys,
        "lowLevel",
        "password",
      ];
      if (key !== undefined) expect(known).toContain(key);
      continue;
    }
    const section = commands.split(/^#+ /m).find((one) => one.startsWith(`rpop ${command}\n`)) ?? "";
    expect(section, command).not.toBe("");
    for (const [option] of code.matchAll(/--[a-z-]+/g))
      if (option !== "--json") expect(section).toContain(option);
  }
});
