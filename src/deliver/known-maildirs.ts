/**
 * Which Maildirs were ever used: what tells a new one, which is made, from one that vanished, which is waited for
 * . A disk that is not mounted must not turn into an empty Maildir on the disk below it.
 *
 * Kept as one small file for each Maildir, named by the SHA-256 of its path and holding the path for people. The
 * name alone counts, so it needs no store, survives every crash, and can be mended with `rm`.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { syncNames } from "../spool/directory-sync.ts";
import { errorCode, type FileSystem, type OpenFile } from "../spool/file-system.ts";
import { makeDirectory } from "../spool/make-directory.ts";

export interface KnownMaildirs {
  wasUsed(path: string): Promise<boolean>;
  /** Durable when it resolves. Called before the first delivery, after the Maildir is durable itself. */
  noteUsed(paths: readonly string[]): Promise<void>;
  /** For a Maildir that was removed on purpose: the next delivery makes it anew. */
  forget(path: string): Promise<void>;
}

/** So many paths are remembered as noted in this process; beyond, they are looked up again. */
const REMEMBERED = 20_000;

/**
 * @param directory `DATA/maildirs`; made when missing (0700).
 * @param uid our effective user; where it is 0 the directory gets the owner of `DATA`.
 * @throws from each verb: the system's error, or FailureError `io` when the directory's fsync failed.
 */
export function knownMaildirsIn(fs: FileSystem, directory: string, uid: number): KnownMaildirs {
  const noted = new Set<string>();
  const markOf = (path: string): string => join(directory, createHash("sha256").update(path).digest("hex"));

  return {
    async wasUsed(path) {
      if (noted.has(path)) return true;
      try {
        await fs.lstat(markOf(path));
        return true;
      } catch (caught) {
        if (errorCode(caught) === "ENOENT") return false;
        throw caught;
      }
    },
    async noteUsed(paths) {
      const unnoted = [...new Set(paths)].filter((path) => !noted.has(path));
      if (unnoted.length === 0) return;
      await makeDirectory(fs, directory, uid);
      await syncNames(fs, dirname(directory));
      for (const path of unnoted) await mark(fs, markOf(path), path);
      // Also for marks that were there: whoever made them may have been killed before this.
      await syncNames(fs, directory);
      if (noted.size + unnoted.length > REMEMBERED) noted.clear();
      for (const path of unnoted) noted.add(path);
    },
    async forget(path) {
      noted.delete(path);
      try {
        await fs.unlink(markOf(path));
      } catch (caught) {
        if (errorCode(caught) !== "ENOENT") throw caught;
        return;
      }
      await syncNames(fs, directory);
    },
  };
}

async function mark(fs: FileSystem, name: string, path: string): Promise<void> {
  let file: OpenFile;
  try {
    file = await fs.create(name, 0o600);
  } catch (caught) {
    if (errorCode(caught) === "EEXIST") return;
    throw caught;
  }
  try {
    await file.write([Buffer.from(`${path}\n`)]);
  } finally {
    await file.close();
  }
}
