/**
 * Calls to the file system as the disk thread makes them: they wait for the disk in the thread that makes them.
 *
 * Each says and throws what its namesake of FileSystem does. Never to be called in the main thread: one that meets a
 * busy journal would stop every visit of the process.
 */
import fs from "node:fs";
import type { FileStatus, FileSystem, Owner } from "./file-system.ts";
import { statusOf } from "./node-file-system.ts";
import { durableWriter } from "./write-durable.ts";

/**
 * By name, so that a request can travel as data.
 *
 * @param monotonic milliseconds
 */
export const diskCallsBy = (monotonic: () => number) =>
  ({
    writeDurable: durableWriter(monotonic),
    link: (existing: string, path: string): void => fs.linkSync(existing, path),
    rename: (from: string, to: string): void => fs.renameSync(from, to),
    unlink: (path: string): void => fs.unlinkSync(path),
    mkdir: (path: string, mode: number): void => void fs.mkdirSync(path, mode),
    stat: (path: string): FileStatus => statusOf(fs.statSync(path)),
    lstat: (path: string): FileStatus => statusOf(fs.lstatSync(path)),
    setTimes: (path: string, at: number): void => fs.utimesSync(path, at / 1000, at / 1000),
    changeOwner: (path: string, owner: Owner): void => fs.lchownSync(path, owner.uid, owner.gid),
    syncDirectory,
  }) satisfies Partial<{ [Name in keyof FileSystem]: (...args: Parameters<FileSystem[Name]>) => unknown }>;

/** What the disk thread can be asked. */
export type DiskCall = keyof ReturnType<typeof diskCallsBy>;

function syncDirectory(path: string): void {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    fs.fsyncSync(fd);
  } finally {
    try {
      fs.closeSync(fd);
    } catch {
      // Closing a directory says nothing about its content.
    }
  }
}
