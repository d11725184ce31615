/**
 * Entry of the thread that copies a database for a backup: one copy, one answer.
 */
import { parentPort, workerData } from "node:worker_threads";
import { failed, failureOf, ok, type Result } from "../core/failure.ts";
import { type Snapshot, type SnapshotOptions, snapshotHere } from "./snapshot.ts";

const port = parentPort;
if (!port) throw new Error("this file runs as a thread that copies a database");

void snapshotHere(workerData as SnapshotOptions).then(
  (snapshot) => port.postMessage(ok(snapshot) satisfies Result<Snapshot>),
  (error: unknown) => port.postMessage(failed(failureOf(error))),
);
