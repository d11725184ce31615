/**
 * Copies folders, durably: each file's bytes and each folder's names are on the disk when it resolves.
 *
 * A Maildir is copied while its reader works: `new` before `cur`, since mail moves that way; a file that its reader
 * renamed meanwhile is looked for under its other name, and stands in the copy once.
 */
import type { Stats } from "node:fs";
import { chown, copyFile, lstat, mkdir, open, readdir, readlink, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { mapParallel } from "../../core/parallel.ts";
import { errorCode, type Owner } from "../../spool/file-system.ts";

const filesAtOnce = 16;

export interface CopyWishes {
  /** Whose the copies are to be: the originals', as far as we may; one owner; or ours. */
  readonly owner: "same" | Owner | null;
  readonly signal: AbortSignal;
  /** A file is copied. */
  copied(bytes: number): void;
}

/** Copies a folder with all that is in it to a path that does not exist yet. */
export async function copyFolder(from: string, to: string, wishes: CopyWishes): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  await give(to, await lstat(from), wishes);
  const names = await readdir(from, { withFileTypes: true });
  const parts = new Set(names.filter((one) => one.isDirectory()).map((one) => one.name));
  const isMaildir = ["new", "cur", "tmp"].every((part) => parts.has(part));
  const folders = [...parts].filter((name) => !(isMaildir && ["new", "cur", "tmp"].includes(name)));
  for (const name of folders) {
    wishes.signal.throwIfAborted();
    await copyFolder(join(from, name), join(to, name), wishes);
  }
  await mapParallel(
    names.filter((one) => !one.isDirectory()).map((one) => one.name),
    filesAtOnce,
    async (name) => {
      wishes.signal.throwIfAborted();
      await copyOne(join(from, name), join(to, name), wishes);
    },
  );
  if (isMaildir) await copyMaildir(from, to, wishes);
  await syncFolder(to);
}

/** One file, under the same or another name. @returns false when it is not there. */
export async function copyOne(from: string, to: string, wishes: CopyWishes): Promise<boolean> {
  try {
    const status = await lstat(from);
    if (status.isSymbolicLink()) {
      await symlink(await readlink(from), to);
      return true;
    }
    // Sockets and pipes are nobody's mail.
    if (!status.isFile()) return true;
    await copyFile(from, to);
    await give(to, status, wishes);
    await utimes(to, status.atime, status.mtime);
    const file = await open(to, "r");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    wishes.copied(status.size);
    return true;
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return false;
    throw caught;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function copyMaildir(from: string, to: string, wishes: CopyWishes): Promise<void> {
  for (const part of ["tmp", "new", "cur"]) {
    await mkdir(join(to, part), { mode: 0o700 });
    await give(join(to, part), await lstat(join(from, part)), wishes);
  }
  // What is in `tmp` is half, or will come again.
  const copied = new Set<string>();
  let missed = await copyPart(from, to, "new", copied, wishes);
  missed = (await copyPart(from, to, "cur", copied, wishes)) || missed;
  // A file that was renamed while it was its turn: its reader gave it other flags, or took it back.
  for (let again = 0; missed && again < 5; again++) {
    missed = await copyPart(from, to, "new", copied, wishes);
    missed = (await copyPart(from, to, "cur", copied, wishes)) || missed;
  }
  for (const part of ["new", "cur"]) await syncFolder(join(to, part));
}

/** @returns whether a file that was listed was gone when its turn came. */
async function copyPart(
  from: string,
  to: string,
  part: string,
  copied: Set<string>,
  wishes: CopyWishes,
): Promise<boolean> {
  let missed = false;
  const names = await readdir(join(from, part));
  await mapParallel(names, filesAtOnce, async (name) => {
    wishes.signal.throwIfAborted();
    const base = name.replace(/[:,].*$/s, "");
    if (copied.has(base)) return;
    copied.add(base);
    if (await copyOne(join(from, part, name), join(to, part, name), wishes)) return;
    copied.delete(base);
    missed = true;
  });
  return missed;
}

async function give(path: string, original: Stats, { owner }: CopyWishes): Promise<void> {
  if (owner === null || process.geteuid?.() !== 0) return;
  const whose = owner === "same" ? original : owner;
  await chown(path, whose.uid, whose.gid);
}
