/**
 * Opens the store: the only door into this folder for the program's other parts, besides the types of `store.ts` and
 * `records.ts`.
 */
import { Worker } from "node:worker_threads";
import { type Failure, FailureError, failure, type Result } from "../core/failure.ts";
import type { Clock } from "../core/time.ts";
import type { SqliteSource } from "./dialect/sqlite-module.ts";
import type { Store } from "./store.ts";
import { type VerbName, verbKinds } from "./verbs.ts";
import type { WorkerReport, WorkerRequest, WorkerStart } from "./worker-messages.ts";

export interface OpenOptions {
  /** Of the SQLite file; its directory is there. Made (0600) when missing. */
  readonly path: string;
  /**
   * `worker`: a thread of its own, for the program; `inline`: in the calling thread, for tests: a commit then stops
   * everything else, and the batch's second is the clock's.
   */
  readonly thread: "worker" | "inline";
  readonly clock: Clock;
  /** Whether to look through the whole file first; false unless given. */
  readonly quickCheck?: boolean;
  /** Which SQLite to use; the built-in one of Node where there is one, unless given. */
  readonly sqlite?: SqliteSource;
}

/**
 * Opens the file, brings its schema up to date, and answers verbs.
 *
 * @throws FailureError scope local: `database` (damaged, not writable, no durable settings: ), `disk-full`,
 * `database-newer` (written by a newer program: R-70)
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const start = { path: options.path, quickCheck: options.quickCheck ?? false, source: options.sqlite };
  return options.thread === "worker" ? openInWorker(start) : openInline(start, options.clock);
}

async function openInline(start: WorkerStart, clock: Clock): Promise<Store> {
  // Here only: beside a worker this thread needs none of it.
  const { openSqliteStore } = await import("./sqlite-store.ts");
  const { groups, installationId } = await openSqliteStore(start, () => clock.now(), {
    soon: queueMicrotask,
    later: (delayMs, run) => clock.setTimer(delayMs, run),
  });
  return storeOver(installationId, {
    call: (name, args) => answered((answer) => groups.submit({ name, args, answer })),
    flush: () => answered((answer) => groups.flush(answer)),
    close: () => answered((answer) => groups.close(answer)),
  });
}

async function openInWorker(start: WorkerStart): Promise<Store> {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: start,
    name: "store",
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  const waiting = new Map<number, (outcome: Result<unknown>) => void>();
  let lastId = 0;
  /** Set once the thread takes no more requests. */
  let gone: Failure | undefined;

  const stop = (why: Failure) => {
    gone ??= why;
    for (const answer of waiting.values()) answer({ ok: false, failure: gone });
    waiting.clear();
  };

  const installationId = await new Promise<string>((resolve, reject) => {
    const refuse = (why: Failure) => {
      stop(why);
      reject(new FailureError(why));
    };
    worker.on("message", (report: WorkerReport) => {
      switch (report.kind) {
        case "opened":
          resolve(report.installationId);
          return;
        case "refused":
          refuse(report.failure);
          return;
        case "answers":
          for (const { id, outcome } of report.answers) {
            waiting.get(id)?.(outcome);
            waiting.delete(id);
          }
          return;
      }
    });
    worker.on("error", (error) => refuse(lostThread(error.message)));
    worker.on("messageerror", (error) => refuse(lostThread(error.message)));
    worker.on("exit", (code) => refuse(lostThread(`exit ${code}`)));
  });

  const send = (name: WorkerRequest["name"], args: readonly unknown[]) =>
    answered((answer) => {
      if (gone) {
        answer({ ok: false, failure: gone });
        return;
      }
      // Batched verbs are answered at once: whatever is sent after them, the thread does after them.
      const batched = name !== "flush" && name !== "close" && verbKinds[name] === "batched";
      lastId += 1;
      const id = batched ? null : lastId;
      worker.postMessage({ id, name, args } satisfies WorkerRequest);
      if (id === null) answer({ ok: true, value: undefined });
      else waiting.set(id, answer);
    });

  let closing: Promise<unknown> | undefined;
  return storeOver(installationId, {
    call: send,
    flush: () => closing ?? send("flush", []),
    close: () => {
      closing ??= closeWorker();
      return closing;
    },
  });

  async function closeWorker(): Promise<void> {
    const closed = send("close", []);
    gone ??= failure("module-stopped", "local", { params: { module: "store" } });
    try {
      await closed;
    } finally {
      await exited;
    }
  }
}

interface Transport {
  readonly call: (name: VerbName, args: readonly unknown[]) => Promise<unknown>;
  readonly flush: () => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

function storeOver(installationId: string, transport: Transport): Store {
  const names = Object.keys(verbKinds) as VerbName[];
  // `verbKinds` names every verb (its type says so); each becomes a call with that name.
  const verbs = Object.fromEntries(
    names.map((name) => [name, (...args: unknown[]) => transport.call(name, args)]),
  ) as unknown as Pick<Store, VerbName>;
  return {
    ...verbs,
    installationId,
    async flush() {
      await transport.flush();
    },
    async close() {
      await transport.close();
    },
  };
}

/** A promise for an outcome that is told by a call. */
function answered(ask: (answer: (outcome: Result<unknown>) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    ask((outcome) => {
      if (outcome.ok) resolve(outcome.value);
      else reject(new FailureError(outcome.failure));
    });
  });
}

function lostThread(detail: string): Failure {
  return failure("database", "local", { params: { detail: detail.slice(0, 500) }, status: "4.3.0" });
}
