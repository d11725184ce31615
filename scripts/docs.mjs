// Writes the pages that are made from the program: docs/settings.md and docs/cli.md, docs/ja/cli.md, and parts of the
// guide (guide.mjs).
// With --check it writes nothing and fails when a page is not what the program says now. Needs a build.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { guidePages } from "./guide.mjs";

const dist = resolve(process.env.RPOP_DIST ?? "dist");
const built = (path) => import(pathToFileURL(join(dist, "modules", path)).href);
const { settingDefinitions } = await built("settings/definitions.js");
const { wordsIn } = await built("words/words.js");
const { buildProgram } = await built("cli/program.js");
const { Cli } = await built("cli/cli.js");
const { Output } = await built("cli/output.js");

const pages = {
  "docs/settings.md": settingsPage(),
  "docs/cli.md": cliPage("en", "The command line"),
  "docs/ja/cli.md": cliPage("ja", "コマンドライン"),
  ...guidePages(wordsIn),
};

let stale = 0;
for (const [path, text] of Object.entries(pages)) {
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (read(path) !== text) {
    console.error(`${path} is not current: run "npm run build" and "node scripts/docs.mjs"`);
    stale++;
  }
}
process.exitCode = stale === 0 ? 0 : 1;

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function settingsPage() {
  const words = wordsIn("en");
  const lines = [
    "# Settings",
    "",
    "Made from `src/settings/` by `scripts/docs.mjs`; do not edit.",
    "",
    "They stand under `settings:` in a file for `rpop apply`; `null` takes one back to its default. A change takes",
    "effect at once.",
  ];
  for (const [key, definition] of Object.entries(settingDefinitions)) {
    const [problem] = definition.read(Symbol("nothing that can be read")).problems;
    const standard =
      definition.default === null ? "not set" : JSON.stringify(definition.write(definition.default));
    lines.push(
      "",
      `## \`${key}\``,
      "",
      `*${definition.label.en}* (${definition.label.ja})`,
      "",
      definition.help.en,
      "",
      definition.help.ja,
      "",
      `- Default: \`${definition.kind === "timeouts" ? timeoutsText(definition.default) : standard}\``,
      `- ${words.mistakes[problem.code]({ key: `\`${key}\``, ...problem.params })}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function timeoutsText(timeouts) {
  const parts = Object.entries(timeouts).map(([name, ms]) => {
    const [unit, size] = [
      ["h", 3_600_000],
      ["m", 60_000],
      ["s", 1000],
    ].find(([, one]) => ms % one === 0);
    return `${name.slice(0, -2)}: ${ms / size}${unit}`;
  });
  return `{ ${parts.join(", ")} }`;
}

function cliPage(language, title) {
  const text = [];
  const stream = { write: (part) => text.push(part) };
  const streams = { stdin: [], stdout: stream, stderr: stream };
  const cli = new Cli(wordsIn(language), new Output(streams, {}), {}, new AbortController().signal);
  const program = buildProgram(cli, "0.0.0");
  const lines = [
    `# ${title}`,
    "",
    "Made from `src/cli/` and `src/words/` by `scripts/docs.mjs`; do not edit.",
  ];
  for (const command of everyCommand(program)) {
    text.length = 0;
    command.outputHelp();
    lines.push("", `## ${nameOf(command)}`, "", "```", text.join("").trim(), "```");
  }
  return `${lines.join("\n")}\n`;
}

function everyCommand(command) {
  const own = command.commands.filter((one) => one.name() !== "help");
  return [command, ...own.flatMap(everyCommand)];
}

function nameOf(command) {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}
