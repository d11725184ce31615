/**
 * Entry of the store's thread: opens the file, runs the verbs it is sent, answers each round with one message.
 *
 * A commit waits for the disk in its thread; here it stalls nobody but other verbs.
 */
import { parentPort, workerData } from "node:worker_threads";
import { failureOf, type Result } from "../core/failure.ts";
import { openSqliteStore, type SqliteStore } from "./sqlite-store.ts";
import type { WorkerAnswer, WorkerReport, WorkerRequest, WorkerStart } from "./worker-messages.ts";

const port = parentPort;
if (!port) throw new Error("this file runs as a worker thread of the store");

let answers: WorkerAnswer[] = [];

function report(message: WorkerReport): void {
  port?.postMessage(message);
}

/** Collects a turn's answers: a round is one turn, so they leave together. */
function answerTo(id: number | null): (outcome: Result<unknown>) => void {
  return (outcome) => {
    if (id === null) return;
    answers.push({ id, outcome });
    if (answers.length > 1) return;
    queueMicrotask(() => {
      report({ kind: "answers", answers });
      answers = [];
    });
  };
}

function serve({ groups }: SqliteStore): void {
  port?.on("message", ({ id, name, args }: WorkerRequest) => {
    const answer = answerTo(id);
    switch (name) {
      case "flush":
        groups.flush(answer);
        return;
      case "close":
        groups.close((outcome) => {
          answer(outcome);
          // Nothing else keeps this thread alive; its last message is sent before it ends.
          queueMicrotask(() => port?.close());
        });
        return;
      default:
        groups.submit({ name, args, answer });
    }
  });
}

void open();

async function open(): Promise<void> {
  try {
    const store = await openSqliteStore(workerData as WorkerStart, Date.now, {
      // In a turn of its own: every request that has arrived by then joins the round.
      soon: (run) => void setImmediate(run),
      later: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    });
    serve(store);
    report({ kind: "opened", installationId: store.installationId });
  } catch (error) {
    report({ kind: "refused", failure: failureOf(error) });
    port?.close();
  }
}
