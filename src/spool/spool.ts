/**
 * The spool: message bytes on disk, one file per message, in final form (spec 8).
 *
 * `stage(id)` opens `spool/tmp/ID.P` (P: our node's number); `finish` has it fsynced, closed and renamed to
 * `spool/ID.P`; `syncDirectory` makes the names durable, once for a group. Only then may a row own the ref.
 * A file without a row belongs to nobody and is swept once its process is proven dead. A file whose fsync
 * failed is thrown away and never fsynced again.
 */
import type { MessageId } from "../core/ids.ts";

/** Name of a spool file inside `spool/`: `<message id>.<node>`. */
export type SpoolRef = string;

export interface StagedMessage {
  readonly ref: SpoolRef;
  /**
   * Appends; the promise is the back-pressure. Rejects with the system's error; the file is then useless.
   *
   * The bytes are copied: the caller's buffers are free as soon as this returns.
   */
  write(...chunks: readonly Uint8Array[]): void | Promise<void>;
  /** Bytes written so far. */
  readonly sizeBytes: number;
  /** Flush, fsync, close, rename into `spool/`. The name is durable after `syncDirectory`. Rejects as `write` does. */
  finish(): Promise<void>;
  /** Closes and removes what was written, also after `finish`, while no row owns the ref. Never rejects. */
  discard(): Promise<void>;
}

export interface Spool {
  stage(id: MessageId): StagedMessage;
  /**
   * One fsync of `spool/`: every `finish` before this call is durable when it resolves.
   *
   * @throws FailureError `io`, `local`, with `params.fatal` 1 when the fsync itself failed: stop accepting.
   */
  syncDirectory(): Promise<void>;
  /** The first bytes of a ref's file, at most so many; for its header. */
  readStart(ref: SpoolRef, mostBytes: number): Promise<Uint8Array>;
  /** Absolute path of a ref's file. */
  path(ref: SpoolRef): string;
  /** Unlinks files whose rows are gone. A missing file is fine. */
  remove(refs: readonly SpoolRef[]): Promise<void>;
  /** Refs in `spool/` that these nodes staged, and removal of their partial files in `tmp/` (S1). */
  leftBy(nodeIds: ReadonlySet<number>): Promise<SpoolRef[]>;
  /** Bytes free on the spool's file system for ordinary users. */
  freeBytes(): Promise<number>;
}
