/**
 * A small file written in one go, by the disk thread: create, write, fsync, close, rename.
 *
 * Where the disk answers at once, so does fsync here: handing it over would cost more than it takes. Where it takes
 * its time, fsyncs go through libuv's threads, four at once (one after the other 1.8 to 6.7 s, four at once 0.7 to
 * 0.9 s for the same files under load).
 */
import fs from "node:fs";
import type { SmallFile } from "./file-system.ts";
import { unwritten } from "./node-file-system.ts";

const CREATE = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL;
/** A disk whose fsyncs take longer is a slow one. */
const SLOW_MS = 1;

/**
 * @param monotonic milliseconds
 * @returns `writeDurable` of FileSystem, which answers a promise only where the fsync is left to another thread.
 *   It throws the system's error, also by the promise; the partial name may be left.
 */
export function durableWriter(
  monotonic: () => number,
): (file: SmallFile, chunks: readonly Uint8Array[]) => void | Promise<void> {
  /** How long an fsync takes: the mean, in which the last one counts for an eighth. */
  let meanMs = 0;
  const noteSync = (begunAt: number): void => {
    meanMs += (monotonic() - begunAt - meanMs) / 8;
  };
  const syncHere = (fd: number): void => {
    const begunAt = monotonic();
    fs.fsyncSync(fd);
    noteSync(begunAt);
  };
  const syncElsewhere = (fd: number): Promise<void> => {
    const begunAt = monotonic();
    return new Promise((resolve, reject) => {
      fs.fsync(fd, (error) => {
        noteSync(begunAt);
        if (error) reject(error);
        else resolve();
      });
    });
  };

  return ({ partial, path, mode, owner }, chunks) => {
    const fd = fs.openSync(partial, CREATE, mode);
    const failWith = (caught: unknown): never => {
      closeQuietly(fd);
      throw caught;
    };
    const end = (): void => {
      fs.closeSync(fd);
      fs.renameSync(partial, path);
    };
    let syncing: Promise<void> | undefined;
    try {
      if (owner) fs.fchownSync(fd, owner.uid, owner.gid);
      writeAll(fd, chunks);
      if (meanMs > SLOW_MS) syncing = syncElsewhere(fd);
      else syncHere(fd);
    } catch (caught) {
      failWith(caught);
    }
    return syncing === undefined ? end() : syncing.then(end, failWith);
  };
}

function writeAll(fd: number, chunks: readonly Uint8Array[]): void {
  let rest = chunks.filter((chunk) => chunk.length > 0);
  // IOV_MAX is 1,024 on Linux.
  while (rest.length > 0) rest = unwritten(rest, fs.writevSync(fd, rest.slice(0, 1024)));
}

/** After trouble, which is what is to be told. */
function closeQuietly(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {}
}
