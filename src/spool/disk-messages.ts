/**
 * What the main thread and the disk thread say to each other: one message with many requests, one with their answers.
 * Errors travel as values, since a copied Error loses its `code`.
 */
import type { DiskCall } from "./disk-calls.ts";

/** The call and its arguments. Bytes in shared memory are not copied on the way. */
export type DiskRequest = readonly [call: DiskCall, ...args: unknown[]];

/** Small files to be written; everything else, which is quick. Each has a batch of its own under way. */
export type Lane = "files" | "names";

/** To the thread. Begun in the order of the requests. */
export interface DiskBatch {
  readonly lane: Lane;
  readonly requests: readonly DiskRequest[];
}

/** From the thread: the answers to the lane's batch, when all of it is done. */
export interface DiskAnswers {
  readonly lane: Lane;
  /** What each call returned, in the order of the requests; undefined where it failed. */
  readonly values: readonly unknown[];
  /** Those that failed, by their place among the requests. */
  readonly errors: ReadonlyMap<number, DiskError>;
}

/** An error of the system. */
export interface DiskError {
  readonly message: string;
  /** `code`, `syscall`, `errno`, `path`, `dest`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What was thrown, ready to travel. */
export function diskError(caught: unknown): DiskError {
  if (!(caught instanceof Error)) return { message: String(caught), fields: {} };
  const { code, syscall, errno, path, dest } = caught as NodeJS.ErrnoException & { dest?: string };
  const fields = Object.entries({ code, syscall, errno, path, dest }).filter(
    ([, value]) => value !== undefined,
  );
  return { message: caught.message, fields: Object.fromEntries(fields) };
}

/** The error as it was thrown. */
export function errorFrom({ message, fields }: DiskError): Error {
  return Object.assign(new Error(message), fields);
}
