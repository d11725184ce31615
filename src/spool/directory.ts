/**
 * The spool as a directory: `spool/<message id>.<node>`, and `spool/tmp/` for what is not whole yet.
 *
 * Owns both directories. Promises what spool.ts says; the order of calls that makes a message safe is R-1:
 * `finish` for each of a group, `syncDirectory` once, then the accept transaction. Trouble: the system's errors;
 * a failed fsync of the directory is `io` with `params.fatal`.
 */
import { dirname, join, normalize } from "node:path";
import type { MessageId } from "../core/ids.ts";
import { mapParallel } from "../core/parallel.ts";
import { syncNames } from "./directory-sync.ts";
import { errorCode, type FileSystem, type Owner } from "./file-system.ts";
import { makeDirectory } from "./make-directory.ts";
import type { Spool, SpoolRef } from "./spool.ts";
import { StagedFile } from "./staged-file.ts";

/** A thread for the disk takes so many calls in one message. */
const AT_ONCE = 128;
const REF = /^[0-9A-Za-z-]+\.(\d+)$/;

export interface DirectorySpoolOptions {
  readonly fs: FileSystem;
  /** `DATA/spool`; made when missing, with `tmp` in it (0700). Its parent must be there. */
  readonly directory: string;
  /** Our node's number, the P of reliability 1. */
  readonly nodeId: number;
  /**
   * Our effective user. Where it is 0, files get the owner of the directory (and that one the owner of `DATA`), so
   * that what an administrator's command stages can be read by a server that runs under a user of its own.
   */
  readonly uid: number;
}

/**
 * Opens the spool: its directories are there, and durable, when it resolves.
 *
 * @throws the system's error when they cannot be made, FailureError as `syncDirectory` does.
 */
export async function openDirectorySpool(options: DirectorySpoolOptions): Promise<Spool> {
  const { fs, directory, nodeId, uid } = options;
  // Joined once: making a path plain costs more than naming a file in it, and each message has three names.
  const plain = normalize(directory);
  const partial = join(plain, "tmp");
  // Synced also when they were there: whoever made them may have been killed before it came to that.
  await makeDirectory(fs, directory, uid);
  await syncNames(fs, dirname(directory));
  const { uid: ownerUid, gid } = await fs.stat(directory);
  const owner: Owner | null = uid === 0 && ownerUid !== 0 ? { uid: ownerUid, gid } : null;
  await makeDirectory(fs, partial, uid);
  await syncNames(fs, directory);

  const path = (ref: SpoolRef): string => {
    if (!REF.test(ref)) throw new Error(`not a spool ref: ${ref}`);
    return `${plain}/${ref}`;
  };
  const remove = async (paths: readonly string[]): Promise<void> => {
    await mapParallel(paths, AT_ONCE, async (each) => {
      await fs.unlink(each).catch((caught: unknown) => {
        if (errorCode(caught) !== "ENOENT") throw caught;
      });
    });
  };
  return {
    stage(id: MessageId) {
      const ref = `${id}.${nodeId}`;
      return new StagedFile(fs, ref, { partial: `${partial}/${ref}`, final: path(ref) }, owner);
    },
    syncDirectory: () => syncNames(fs, directory),
    path,
    async readStart(ref, mostBytes) {
      const { sizeBytes } = await fs.stat(path(ref));
      const bytes = new Uint8Array(Math.min(sizeBytes, mostBytes));
      const file = await fs.open(path(ref));
      try {
        let filled = 0;
        while (filled < bytes.length) {
          const count = await file.read(bytes.subarray(filled));
          if (count === 0) break;
          filled += count;
        }
        return bytes.subarray(0, filled);
      } finally {
        await file.close();
      }
    },
    remove: (refs) => remove(refs.map(path)),
    async leftBy(nodeIds) {
      const theirs = (name: string): boolean => nodeIds.has(Number(REF.exec(name)?.[1] ?? Number.NaN));
      await remove((await fs.readdir(partial)).filter(theirs).map((name) => join(partial, name)));
      return (await fs.readdir(directory)).filter(theirs);
    },
    freeBytes: () => fs.freeBytes(directory),
  };
}
