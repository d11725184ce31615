/**
 * Entry of the disk thread: carries out batches of calls and answers each with one message.
 */
import { parentPort } from "node:worker_threads";
import { diskCallsBy } from "./disk-calls.ts";
import {
  type DiskAnswers,
  type DiskBatch,
  type DiskError,
  type DiskRequest,
  diskError,
} from "./disk-messages.ts";

const port = parentPort;
if (!port) throw new Error("this file runs as a thread for the disk");

const diskCalls = diskCallsBy(() => performance.now());

/** A promise where the call does not end in this thread. */
function run([call, ...args]: DiskRequest): unknown {
  return (diskCalls[call] as (...args: unknown[]) => unknown)(...args);
}

port.on("message", ({ lane, requests }: DiskBatch) => {
  const errors = new Map<number, DiskError>();
  const pending: Promise<void>[] = [];
  const values = requests.map((request, index) => {
    const fail = (caught: unknown) => void errors.set(index, diskError(caught));
    try {
      const value = run(request);
      if (value instanceof Promise) pending.push(value.catch(fail));
      else return value;
    } catch (caught) {
      fail(caught);
    }
    return undefined;
  });
  const answer = () => port.postMessage({ lane, values, errors } satisfies DiskAnswers);
  if (pending.length === 0) answer();
  else void Promise.all(pending).then(answer);
});
