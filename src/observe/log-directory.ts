/**
 * The files of the log: their names, and the few things done to them.
 *
 * A file is named by its day and a number and keeps its name for life: nothing is ever renamed, so processes that
 * write and rotate at once cannot take each other's file away.
 */
import { closeSync, constants, mkdirSync, openSync, writeSync } from "node:fs";
import { mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

export interface LogFileName {
  /** `2026-11-25`, in the zone of the setting `timeZone`. */
  readonly day: string;
  /** From 1; the next one after 100 MB. */
  readonly number: number;
}

/** `rpop-2026-11-25.log`, then `rpop-2026-11-25.2.log`. */
export function logFileName({ day, number }: LogFileName): string {
  return number === 1 ? `rpop-${day}.log` : `rpop-${day}.${number}.log`;
}

/** null: not a file of the log. */
function readLogFileName(name: string): LogFileName | null {
  const match = /^rpop-(\d{4}-\d\d-\d\d)(?:\.([1-9]\d{0,5}))?\.log$/.exec(name);
  return match?.[1] === undefined ? null : { day: match[1], number: Number(match[2] ?? 1) };
}

/** Those that are the log's, oldest first. */
export function inOrder(names: readonly string[]): LogFileName[] {
  return names
    .flatMap((name) => readLogFileName(name) ?? [])
    .sort((a, b) => (a.day === b.day ? a.number - b.number : a.day < b.day ? -1 : 1));
}

/** A file that is written to, at its end only (O_APPEND): every write call stays whole, whoever else writes. */
export interface LogFile {
  /** @returns how many bytes were written: fewer than given on a disk that just filled up */
  append(bytes: Uint8Array): Promise<number>;
  facts(): Promise<{
    readonly sizeBytes: number /** false: somebody removed it. */;
    readonly named: boolean;
  }>;
  close(): Promise<void>;
}

/** Every method rejects with the system's error. */
export interface LogDirectory {
  /** Names of all files there; none where there is no such directory. */
  list(): Promise<string[]>;
  sizeOf(name: string): Promise<number>;
  /** Makes directory (0700) and file (0600) when missing. */
  open(name: string): Promise<LogFile>;
  /** Appends at once, for the last words of a process. Throws the system's error. */
  appendNow(name: string, bytes: Uint8Array): void;
  /** A file that is gone already is no error. */
  remove(name: string): Promise<void>;
  /** At most `mostBytes` from `offset` on; empty at the end, and where there is no such file. */
  read(name: string, offset: number, mostBytes: number): Promise<Uint8Array>;
}

// Never through a symbolic link that somebody laid there.
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** @param path absolute */
export function nodeLogDirectory(path: string): LogDirectory {
  return {
    list: () => readdir(path).catch(unlessMissing([])),
    sizeOf: async (name) => (await stat(join(path, name))).size,
    async open(name) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      const handle = await open(join(path, name), appending, 0o600);
      return {
        append: async (bytes) => (await handle.write(bytes)).bytesWritten,
        async facts() {
          const { size, nlink } = await handle.stat();
          return { sizeBytes: size, named: nlink > 0 };
        },
        close: () => handle.close(),
      };
    },
    appendNow(name, bytes) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      const descriptor = openSync(join(path, name), appending, 0o600);
      try {
        writeSync(descriptor, bytes);
      } finally {
        closeSync(descriptor);
      }
    },
    remove: (name) => unlink(join(path, name)).catch(unlessMissing(undefined)),
    async read(name, offset, mostBytes) {
      const handle = await open(join(path, name), "r").catch(unlessMissing(null));
      if (handle === null) return new Uint8Array(0);
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
  };
}

function unlessMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return value;
    throw error;
  };
}
