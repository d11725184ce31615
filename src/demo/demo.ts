/**
 * `npm run demo`: the whole journey on one machine, without an account anywhere. Starts the sample provider in a
 * process of its own, gives the real program a file, lets it poll twice, and shows where each message went and why.
 *
 * Everything stands in one folder, made anew each time: the file, the data directory, the Maildirs.
 */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { openApp } from "../app.ts";
import { trace } from "../manage/trace.ts";
import { demoFile } from "./demo-file.ts";
import { type Placement, placementsOf, placementTable } from "./placements.ts";
import { sampleMailboxes } from "./sample-mail.ts";

const start = promisify(execFile);

/** The message whose whole way is shown: two copies at the provider, two recipients. */
const traced = "<copies@sample.example>";

/**
 * @param folder absolute path of the demo's folder; emptied first
 * @param program absolute path of `bin/rpop.js`
 * @param print takes the lines to show
 * @throws when the program ends with anything but 0, with what it said
 */
export async function demo(folder: string, program: string, print: (line: string) => void): Promise<void> {
  const file = join(folder, "rpop.yaml");
  const dataDir = join(folder, "data");
  const shown = (path: string) => relative(dirname(folder), path);
  const rpop = async (...args: readonly string[]) => {
    const { stdout } = await start(program, ["--data", dataDir, ...args]);
    return stdout.trimEnd();
  };
  const command = (...args: readonly string[]) =>
    print(`\n$ rpop --data ${shown(dataDir)} ${args.join(" ")}`);

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const provider = await startProviderProcess();
  try {
    const messages = sampleMailboxes.reduce((sum, mailbox) => sum + mailbox.messages.length, 0);
    print(
      `The sample provider holds ${messages} messages in ${sampleMailboxes.length} mailboxes, at 127.0.0.1:${provider.port}.`,
    );
    await writeFile(file, stringify(demoFile(provider.port)), { mode: 0o600 });

    command("apply", shown(file));
    print(await rpop("apply", file));

    command("poll", "--all", "--json");
    print(pollSummary(await rpop("poll", "--all", "--json")));

    print("\nWhere each message went, and why:\n");
    print(
      placementTable(await findPlacements(dataDir), (path) => relative(join(dataDir, "mail"), dirname(path))),
    );

    command("trace", `"${traced}"`);
    print(await rpop("trace", traced));

    command("poll", "--all", "--json");
    print(pollSummary(await rpop("poll", "--all", "--json")));

    print("\nThe mail stands in Maildirs:");
    for (const name of (await readdir(join(dataDir, "mail"))).sort())
      print(`  ${shown(join(dataDir, "mail", name, "new"))}`);
  } finally {
    provider.child.kill();
  }
}

async function startProviderProcess(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(join(import.meta.dirname, "provider-process.js"));
  const [message] = (await once(child, "message")) as [{ readonly port: number }];
  return { child, port: message.port };
}

/** A line for each mailbox, and one for the deliveries. */
function pollSummary(json: string): string {
  const { visits, delivered, toPostmaster } = JSON.parse(json) as {
    readonly visits: readonly {
      readonly account: { readonly account: string };
      readonly taken: number;
      readonly deleted: number;
    }[];
    readonly delivered: number;
    readonly toPostmaster: number;
  };
  const lines = visits.map(
    ({ account, taken, deleted }) => `${account.account}: ${taken} new, ${deleted} deleted there`,
  );
  return [...lines, `delivered: ${delivered}, of them to the postmaster: ${toPostmaster}`].join("\n");
}

/** Looks up every message in the ledger, in the order of the samples; copies of one message once. */
async function findPlacements(dataDir: string): Promise<Placement[]> {
  const app = await openApp({ dataDir, env: process.env });
  try {
    const placements: Placement[] = [];
    const messages = sampleMailboxes.flatMap((mailbox) => mailbox.messages);
    for (const [messageIdField, { about }] of new Map(messages.map((one) => [one.messageIdField, one]))) {
      const rows = await trace(app.manage, messageIdField);
      placements.push(...placementsOf(about, rows.ok ? rows.value : []));
    }
    return placements;
  } finally {
    await app.close();
  }
}
