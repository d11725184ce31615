/** `rpop log` over files that the test writes; nothing else of a data directory is there. */
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type LogEvent, type LogFields, logEvents } from "../../core/log.ts";
import { localTimeIn } from "../../observe/local-time.ts";
import { lineMaker } from "../../observe/log-line.ts";
import { runCommandLine } from "../run.ts";

const HOUR = 3_600_000;
const maker = lineMaker(7, localTimeIn("Asia/Tokyo"));
const line = (event: LogEvent, fields: LogFields, at = Date.now()) =>
  maker.line(at, logEvents[event], event, fields).text;
const about = { accountId: "a1", account: "alice", host: "pop.example.com:995", owner: "al@example.com" };

async function place(lines: readonly string[]) {
  const directory = await temporaryDirectory("log-command");
  await mkdir(join(directory.path, "log"));
  const file = join(directory.path, "log", "rpop-2999-01-01.log");
  await writeFile(file, lines.join(""));
  return {
    file,
    /** @param seen called with each piece of standard output, and how to press ^C */
    async run(args: string[], seen: (text: string, stop: () => void) => void = () => {}) {
      const stop = new AbortController();
      const said = { stdout: "", stderr: "" };
      const code = await runCommandLine({
        args: ["--data", directory.path, ...args],
        env: { LC_ALL: "C" },
        streams: {
          stdin: (async function* () {})(),
          stdout: {
            write(text) {
              said.stdout += text;
              seen(text, () => stop.abort());
            },
          },
          stderr: {
            write(text) {
              said.stderr += text;
            },
          },
        },
        signal: stop.signal,
        version: "0",
      });
      return { code, ...said };
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

test("sentences, oldest first, in the zone in which they were written", async () => {
  const at = Date.UTC(2026, 10, 25, 0, 3, 24);
  await using here = await place([
    line(
      "visit-failed",
      { ...about, durationMs: 1500, taken: 0, code: "in-use", remoteText: "\u001b[2Jbusy" },
      at,
    ),
    line(
      "message-taken",
      { ...about, messageId: "m1", bytes: 1200, sender: null, recipients: ["a@x", "b@x"] },
      at,
    ),
  ]);
  expect((await here.run(["log", "--since", "3650d"])).stdout).toBe(
    "2026-11-25 09:03:24  failures     alice@pop.example.com:995: the visit failed after 1s500ms. " +
      "The mailbox is open elsewhere (locked). (\\x1b[2Jbusy)\n" +
      "2026-11-25 09:03:24  major        alice@pop.example.com:995: took message m1 (1.2 kB) from <> for a@x, b@x.\n",
  );
  const japanese = await here.run(["--lang", "ja", "log", "--since", "3650d", "--level", "failures"]);
  expect(japanese.stdout).toContain("ポーリングは 1s500ms 後に失敗しました。");
  expect(japanese.stdout.split("\n")).toHaveLength(2);
});

test("the last day, unless asked for more or less", async () => {
  const ages = [30 * HOUR, 3 * HOUR, 0];
  await using here = await place(
    ages.map((age) => line("server-started", { version: `${age}` }, Date.now() - age)),
  );
  const versions = async (...args: string[]) =>
    [...(await here.run(["log", ...args])).stdout.matchAll(/rpop (\d+)/g)].map((match) => Number(match[1]));
  expect(await versions()).toEqual([3 * HOUR, 0]);
  expect(await versions("--since", "7d")).toEqual(ages);
  expect(await versions("--since", "1h")).toEqual([0]);
});

test("--json gives the lines as they stand, --level fewer of them", async () => {
  const lines = [
    line("dialogue", { text: "x" }),
    line("delivered", { recipient: "a@x" }),
    line("crashed", {}),
  ];
  await using here = await place(lines);
  expect((await here.run(["log", "--json"])).stdout).toBe(lines.join(""));
  expect((await here.run(["log", "--json", "--level", "major"])).stdout).toBe(lines.slice(1).join(""));
  expect((await here.run(["log", "--json", "--level", "crashesOnly"])).stdout).toBe(lines[2]);
});

test("an event of a newer version is shown with its facts", async () => {
  const text = line("server-started", { version: "9" }).replace("server-started", "moon-landed");
  await using here = await place([text]);
  expect((await here.run(["log"])).stdout).toContain('Event moon-landed: {"version":"9"}');
});

test("--follow goes on until it is stopped", async () => {
  await using here = await place([line("server-started", { version: "1" })]);
  const outcome = await here.run(["log", "--follow"], (text, stop) => {
    if (text.includes("rpop 1")) void appendFile(here.file, line("server-started", { version: "2" }));
    else stop();
  });
  expect(outcome.code).toBe(0);
  expect(outcome.stdout.match(/rpop \d/g)).toEqual(["rpop 1", "rpop 2"]);
});

test("no log, no lines", async () => {
  await using directory = await temporaryDirectory("log-command");
  const stdout: string[] = [];
  const code = await runCommandLine({
    args: ["--data", join(directory.path, "nothing"), "log"],
    env: {},
    streams: {
      stdin: (async function* () {})(),
      stdout: { write: (text) => stdout.push(text) },
      stderr: { write: () => {} },
    },
    signal: new AbortController().signal,
    version: "0",
  });
  expect([code, stdout]).toEqual([0, []]);
});

test.each([
  { args: ["--level", "loud"], code: 64, says: "no log level loud" },
  { args: ["--since", "yesterday"], code: 64, says: "no length of time" },
])("$args ends with $code", async ({ args, code, says }) => {
  await using here = await place([]);
  const outcome = await here.run(["log", ...args]);
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).toContain(says);
});

test.each([
  "alice",
  "alice@pop.example.com",
  "ALICE@pop.example.com:995",
  "al@example.com/alice@pop.example.com",
  "a1",
])("--account %s, also while the database cannot be opened", async (name) => {
  const other = { ...about, accountId: "a2", account: "bob", owner: "bo@example.com" };
  await using here = await place([line("visit-begun", about), line("visit-begun", other)]);
  await writeFile(
    join(here.file, "..", "..", "rpop.db"),
    "no database at all, but long enough to be looked at",
  );
  const { code, stdout } = await here.run(["log", "--account", name]);
  expect([code, stdout.split("\n").length - 1]).toEqual([0, 1]);
  expect(stdout).toContain("alice");
});
