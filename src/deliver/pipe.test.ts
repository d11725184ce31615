import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { type Spooled, spooledMessage } from "../../test/support/spooled-message.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { wireReport } from "../../test/support/wire-report.ts";
import { MINUTE, SECOND } from "../core/time.ts";
import { nodeFileSystem } from "../spool/node-file-system.ts";
import { pipeDelivery } from "./pipe.ts";

let directory: TemporaryDirectory;
let message: Spooled;
let large: Spooled;

const prefix = "Return-Path: <sender@example.net>\nReceived: from pop.example by us\n";
const text = "Subject: hi\n\nhello\r\n.dot\n";

beforeAll(async () => {
  directory = await temporaryDirectory("pipe");
  message = await spooledMessage(directory.path, "m1", text);
  large = await spooledMessage(directory.path, "m2", Buffer.alloc(3_000_000, "line of text\n"));
});

afterAll(() => directory[Symbol.asyncDispose]());

const never = new AbortController().signal;

/** A shell for the test's sake: its program is `script`, with `$1` and so on. */
function shell(script: string, ...args: string[]): string {
  return ["pipe:/bin/sh -c", quoted(script), "sh", ...args].join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}

function delivery(clock = new ManualClock()) {
  return pipeDelivery({ fs: nodeFileSystem, clock, home: "/home/us" });
}

test("the program gets the message with its Return-Path, LF line ends, extra fields on top", async () => {
  const file = join(directory.path, "stored");
  const report = wireReport();
  const item = message.item({
    destination: shell('cat > "$1"; echo stored', file),
    extraFields: "X-Real-To: <alice@example.com>\n",
  });
  await delivery().send([item], report, never);
  expect(report.told).toEqual(["sending m1", "m1 delivered"]);
  expect(report.answers.get("m1")).toMatchObject({ where: "stored" });
  expect(await readFile(file, "utf8")).toBe(`X-Real-To: <alice@example.com>\n${prefix}${text}`);
});

test("a clean environment, and arguments that stay arguments", async () => {
  const file = join(directory.path, "environment");
  process.env.RPOP_TEST_PIPE_SECRET = "s3cret";
  const item = message.item({
    destination: shell('env > "$1"; printf "%s|" "$#" "$2" "$3" "$PWD" >> "$1"', file, "{sender}", "{user}"),
    reversePath: { localPart: "$(id) 'x' \"", domain: "evil.example" },
    recipient: { localPart: "alice+x", domain: "example.com" },
  });
  await delivery().send([item], wireReport(), never);
  delete process.env.RPOP_TEST_PIPE_SECRET;
  const seen = await readFile(file, "utf8");
  const names = [...seen.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  const known = ["DOMAIN", "EXTENSION", "HOME", "PATH", "RECIPIENT", "SENDER", "SHELL", "USER"];
  // The shell adds some of its own.
  expect(names.filter((name = "") => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name)).sort()).toEqual(known);
  expect(seen).toContain("EXTENSION=x\n");
  expect(seen.slice(seen.lastIndexOf("\n") + 1)).toBe(`3|"$(id) 'x' \\""@evil.example|alice|/|`);
});

test.each([
  [0, "m1 delivered"],
  [1, "m1 delivery-deferred 4.3.0"],
  [64, "m1 delivery-deferred 4.3.0"],
  [65, "m1 delivery-refused 5.6.0 permanent"],
  [66, "m1 delivery-deferred 4.3.0"],
  [67, "m1 delivery-refused 5.1.1 permanent"],
  [68, "m1 delivery-refused 5.1.2 permanent"],
  [69, "m1 delivery-refused 5.3.0 permanent"],
  [70, "m1 delivery-deferred 4.3.0"],
  [71, "m1 delivery-deferred 4.3.0"],
  [72, "m1 delivery-deferred 4.3.0"],
  [73, "m1 delivery-deferred 4.3.0"],
  [74, "m1 delivery-deferred 4.3.0"],
  [75, "m1 delivery-deferred 4.3.0"],
  [76, "m1 delivery-refused 5.5.0 permanent"],
  [77, "m1 delivery-refused 5.7.0 permanent"],
  [78, "m1 delivery-deferred 4.3.0"],
  [127, "m1 delivery-deferred 4.3.0"],
  [255, "m1 delivery-deferred 4.3.0"],
])("exit %i: %s", async (code, told) => {
  const report = wireReport();
  const destination = shell(`cat > /dev/null; echo out; echo err >&2; exit ${code}`);
  await delivery().send([message.item({ destination })], report, never);
  expect(report.told).toEqual(["sending m1", told]);
  const answer = report.answers.get("m1");
  const words = answer?.kind === "delivered" ? answer.where : answer?.failure.remoteText;
  expect(words?.split("\n").sort()).toEqual(["err", "out"]);
});

test("the exit code counts also when the program did not read everything", async () => {
  for (const [code, told] of [
    [0, ["sending m2", "m2 delivered"]],
    [67, ["m2 delivery-refused 5.1.1 permanent"]],
  ] as const) {
    const report = wireReport();
    await delivery().send([large.item({ destination: shell(`exit ${code}`) })], report, never);
    expect(report.told).toEqual(told);
  }
});

test("a large message goes through, and chatter is cut to 500 bytes", async () => {
  const report = wireReport();
  const destination = shell("head -c 100000 /dev/zero | tr '\\0' x; wc -c >&2; exit 1");
  await delivery().send([large.item({ destination })], report, never);
  const answer = report.answers.get("m2");
  expect(answer?.kind === "failed" ? answer.failure.remoteText : "").toBe("x".repeat(500));
});

test("after ten minutes the whole group is killed; whether it delivered is in doubt", async () => {
  const clock = new ManualClock();
  const report = wireReport();
  const mark = join(directory.path, "mark");
  const fifo = join(directory.path, "fifo");
  // Whoever opens a FIFO for reading waits for a writer: no sleep is needed to stand still.
  const destination = shell('cat > /dev/null; mkfifo "$1"; (cat "$1"; : > "$2") & cat "$1"', fifo, mark);
  const sending = delivery(clock).send([message.item({ destination })], report, never);
  await until(() => existsSync(fifo));
  clock.advance(10 * MINUTE - 1);
  expect(report.answers.size).toBe(0);
  clock.advance(1);
  await sending;
  expect(report.told).toEqual(["sending m1", "m1 delivery-deferred 4.3.0 doubtful"]);
  // Its child would go on when the FIFO opens.
  await writeFile(fifo, "", { flag: 16_384 | 2048 | 2 }).catch(() => {});
  expect(existsSync(mark)).toBe(false);
});

test("a claim that was lost: killed before its input ends, no answer", async () => {
  const mark = join(directory.path, "whole");
  const report = wireReport(() => false);
  const item = message.item({ destination: shell('cat > /dev/null; : > "$1"', mark) });
  await delivery().send([item], report, never);
  expect(report.told).toEqual(["sending m1"]);
  expect(existsSync(mark)).toBe(false);
});

test("bookkeeping that fails is thrown, and the program never sees the end", async () => {
  const mark = join(directory.path, "whole");
  const report = wireReport(() => {
    throw new Error("database");
  });
  const item = message.item({ destination: shell('cat > /dev/null; : > "$1"', mark) });
  await expect(delivery().send([item], report, never)).rejects.toThrow("database");
  expect(existsSync(mark)).toBe(false);
});

test("a spool file that is cut: the program never sees the end", async () => {
  const mark = join(directory.path, "whole");
  const report = wireReport();
  const item = message.item({ destination: shell('cat > /dev/null; : > "$1"', mark), sizeBytes: 1_000_000 });
  await delivery().send([item], report, never);
  expect(report.told).toEqual(["m1 io 4.3.0"]);
  expect(existsSync(mark)).toBe(false);
});

test("a program that is not there: said once to all, nothing else is tried", async () => {
  const report = wireReport();
  const items = ["m1", "m2"].map((key) => message.item({ key, destination: "pipe:/nonexistent/program" }));
  await delivery().send(items, report, never);
  expect(report.told).toEqual([
    "m1 destination-unusable 4.3.5 unreachable",
    "m2 destination-unusable 4.3.5 unreachable",
  ]);
});

test("an address that cannot be an argument is refused for good", async () => {
  const report = wireReport();
  const recipient = { localPart: "-rf", domain: "example.com" };
  const item = message.item({ destination: "pipe:/bin/echo {user}", recipient });
  await delivery().send([item], report, never);
  expect(report.told).toEqual(["m1 delivery-refused 5.1.3 permanent"]);
});

test("the process stops: what runs has two seconds, what was not begun is cancelled", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const report = wireReport();
  const fifo = join(directory.path, "fifo2");
  const destination = shell('cat > /dev/null; mkfifo "$1"; cat "$1"', fifo);
  const items = ["m1", "m2"].map((key) => message.item({ key, destination }));
  const sending = delivery(clock).send(items, report, stop.signal);
  await until(() => existsSync(fifo));
  stop.abort();
  clock.advance(2 * SECOND);
  await sending;
  expect(report.told).toEqual(["sending m1", "m1 cancelled doubtful", "m2 cancelled"]);
});

/** Looks again each turn of the event loop; another process makes it true. */
async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await new Promise<void>((resolve) => setImmediate(resolve));
}
