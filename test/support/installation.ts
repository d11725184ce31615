/**
 * A whole RPOP in the test's process: its own data directory, real files, real SQLite, real sockets; the clock is
 * the test's. Each `poll` opens the directory anew, as the command does.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, openApp } from "../../src/app.ts";
import type { Result } from "../../src/core/failure.ts";
import type { Clock } from "../../src/core/time.ts";
import { type ApplyInput, type ApplyReport, apply } from "../../src/manage/apply.ts";
import { poll } from "../../src/manage/poll.ts";
import type { PollReport, VisitReport } from "../../src/manage/poll-report.ts";
import type { LedgerRow } from "../../src/store/records.ts";
import { splitDelivered } from "./delivered.ts";

export interface Installation extends AsyncDisposable {
  readonly dataDir: string;
  /** Applies a configuration, as a value of the file's shape. */
  apply(configuration: object): Promise<void>;
  /** The same with options of the command; the answer whatever it is. */
  applyWith(configuration: object, options: Partial<ApplyInput>): Promise<Result<ApplyReport>>;
  /** `rpop poll --all`, in this process. */
  poll(options?: { signal?: AbortSignal }): Promise<PollReport>;
  /** Polls, and gives the one visit that there is. */
  visit: () => Promise<VisitReport>;
  /** Subjects of what stands in a mailbox, in the order of delivery names; `alice` is `alice@example.com`. */
  subjects(name: string): Promise<string[]>;
  /** The messages of a mailbox as they came, our prefix off, sorted by file name. */
  messages(name: string): Promise<Buffer[]>;
  trace(query: { uid?: string; recipient?: string }): Promise<LedgerRow[]>;
  /** Something else with the opened program. */
  withApp<T>(work: (app: App) => Promise<T>): Promise<T>;
}

export async function startInstallation(clock?: Clock): Promise<Installation> {
  const dataDir = await mkdtemp(join(tmpdir(), "rpop-flow-"));
  const withApp = async <T>(work: (app: App) => Promise<T>): Promise<T> => {
    const app = await openApp({ dataDir, env: {}, storeThread: "inline", ...(clock ? { clock } : {}) });
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  };
  const messages = async (name: string) => {
    const maildir = join(
      dataDir,
      "mail",
      name === "postmaster" || name.includes("@") ? name : `${name}@example.com`,
    );
    const found: { name: string; path: string }[] = [];
    for (const part of ["new", "cur"]) {
      const names = await readdir(join(maildir, part)).catch(() => []);
      for (const file of names) found.push({ name: file, path: join(maildir, part, file) });
    }
    found.sort((a, b) => (a.name < b.name ? -1 : 1));
    return Promise.all(found.map(async ({ path }) => splitDelivered(path, await readFile(path)).message));
  };
  const pollNow: Installation["poll"] = (options = {}) =>
    withApp(async (app) => {
      const { remoteAccounts } = await app.manage.store.readConfiguration();
      const progress = { visitStarted() {}, progress() {}, visitEnded() {} };
      const signal = options.signal ?? new AbortController().signal;
      const report = await poll(await app.work(), remoteAccounts, progress, signal);
      if (!report.ok) throw new Error(report.failure.code);
      return report.value;
    });
  const applyWith: Installation["applyWith"] = (configuration, options) => {
    const bytes = Buffer.from(JSON.stringify(configuration));
    return withApp((app) => apply(app.manage, { bytes, dryRun: false, prune: false, ...options }));
  };
  return {
    dataDir,
    withApp,
    messages,
    poll: pollNow,
    async visit() {
      const [visit] = (await pollNow()).visits;
      if (visit === undefined) throw new Error("no visit was made");
      return visit;
    },
    applyWith,
    async apply(configuration) {
      const done = await applyWith(configuration, {});
      if (!done.ok) throw new Error(done.failure.code);
      if (done.value.mistakes.length > 0) throw new Error(JSON.stringify(done.value.mistakes));
    },
    async subjects(name) {
      return (await messages(name)).map(
        (bytes) => /^Subject: (.*)$/m.exec(bytes.toString("latin1"))?.[1] ?? "",
      );
    },
    trace: (query) => withApp((app) => app.manage.store.trace({ ...query, limit: 1000 })),
    [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }),
  };
}
