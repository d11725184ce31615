/**
 * The four directories of a Maildir: are they there, are they what they should be, and making them.
 *
 * Promises that a folder which stands is three real directories below a real one (or below a link that its target's
 * owner or an administrator made), so that no name we write leaves it. A Maildir never used is made: parents,
 * then `tmp`, `new`, `cur`, 0700, owned as the folder above (spec 8), durable before it is used. One that was used
 * and lacks a part is `maildir-vanished`; anything else in the way is `maildir-unusable`. All temporary.
 */
import { dirname, join } from "node:path";
import { type Failure, failed, failureOf, ok, type Result } from "../core/failure.ts";
import { syncNames } from "../spool/directory-sync.ts";
import { errorCode, type FileStatus, type FileSystem, type Owner } from "../spool/file-system.ts";
import { makeDirectory } from "../spool/make-directory.ts";
import type { KnownMaildirs } from "./known-maildirs.ts";
import { maildirFailure, maildirUnusable, maildirVanished } from "./maildir-failure.ts";

/** The order of making: readers take a folder with `cur` for whole. */
const PARTS = ["tmp", "new", "cur"] as const;

interface MaildirFolder {
  /** Whose the Maildir is: its files are to be theirs too. */
  readonly owner: Owner;
}

export interface FolderAccess {
  readonly fs: FileSystem;
  readonly known: KnownMaildirs;
  /** Our effective user; 0 gives what it makes to the owner of the folder above. */
  readonly uid: number;
}

/** The Maildir as it stands; one that is not whole is a failure, and nothing is made. Never throws. */
export async function standingMaildir(fs: FileSystem, path: string): Promise<Result<MaildirFolder>> {
  try {
    const found = await look(fs, path);
    if (found.kind === "standing") return ok({ owner: found.owner });
    return failed(found.kind === "missing" ? maildirVanished(path) : found.failure);
  } catch (caught) {
    return failed(maildirFailure(caught, path));
  }
}

/** The Maildir as it stands, made where it was never used. The caller notes it as used. Never throws. */
export async function openMaildir(access: FolderAccess, path: string): Promise<Result<MaildirFolder>> {
  const { fs } = access;
  let used: boolean;
  try {
    used = await access.known.wasUsed(path);
  } catch (caught) {
    return failed(failureOf(caught));
  }
  if (used) return standingMaildir(fs, path);
  try {
    const found = await look(fs, path);
    if (found.kind === "missing") await make(access, path);
    else if (found.kind === "standing") await settle(fs, path);
  } catch (caught) {
    return failed(maildirFailure(caught, path));
  }
  return standingMaildir(fs, path);
}

type Look =
  | { readonly kind: "standing"; readonly owner: Owner }
  /** The folder or one of its parts. */
  | { readonly kind: "missing" }
  | { readonly kind: "wrong"; readonly failure: Failure };

async function look(fs: FileSystem, path: string): Promise<Look> {
  const wrong = (detail: string): Look => ({ kind: "wrong", failure: maildirUnusable(path, detail) });
  let top = await orNull(fs.lstat(path));
  if (!top) return { kind: "missing" };
  if (top.kind === "link") {
    const target = await orNull(fs.stat(path));
    if (!target) return wrong("dangling-link");
    if (target.kind !== "directory") return wrong(`link-to-${target.kind}`);
    // As the kernel's protected_symlinks: a user's link must not lead us where the user may not write.
    if (top.uid !== 0 && top.uid !== target.uid) return wrong("foreign-link");
    top = target;
  } else if (top.kind !== "directory") return wrong(top.kind);
  const parts = await Promise.all(PARTS.map((part) => orNull(fs.lstat(join(path, part)))));
  for (const [index, part] of parts.entries()) {
    if (part && part.kind !== "directory") return wrong(`${PARTS[index]}-is-${part.kind}`);
  }
  if (parts.some((part) => !part)) return { kind: "missing" };
  return { kind: "standing", owner: { uid: top.uid, gid: top.gid } };
}

/**
 * Makes what is missing, from the top down; each directory's name is durable before the next one is made in it.
 * The lowest one that was there is synced too: an earlier attempt may have been killed between the two.
 */
async function make({ fs, uid }: FolderAccess, path: string): Promise<void> {
  const missing: string[] = [];
  let lowest = path;
  for (; !(await orNull(fs.lstat(lowest))); lowest = dirname(lowest)) missing.unshift(lowest);
  await syncIfReadable(fs, dirname(lowest));
  for (const each of missing) {
    await makeDirectory(fs, each, uid);
    await syncNames(fs, dirname(each));
  }
  for (const part of PARTS) await makeDirectory(fs, join(path, part), uid);
  await syncNames(fs, path);
}

/** A folder that we never used may be an earlier attempt's, killed before its names were durable. */
async function settle(fs: FileSystem, path: string): Promise<void> {
  await syncIfReadable(fs, dirname(path));
  await syncNames(fs, path);
}

/** Folders above need not be readable for us; what stands in those was hardly made by us. */
async function syncIfReadable(fs: FileSystem, directory: string): Promise<void> {
  try {
    await syncNames(fs, directory);
  } catch (caught) {
    if (errorCode(caught) !== "EACCES") throw caught;
  }
}

/** null: nothing has this name. A file where a folder should be above it is trouble, and thrown. */
async function orNull(status: Promise<FileStatus>): Promise<FileStatus | null> {
  try {
    return await status;
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return null;
    throw caught;
  }
}
