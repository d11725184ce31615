/**
 * The few calls to the file system that mail needs, as an argument.
 *
 * Whoever keeps mail on disk takes a FileSystem, so that a test can hand in one that fails, fills up or loses power
 * (reliability, fault model). Trouble is the system's error: an Error with `code` (`ENOSPC`) and `syscall`. Nothing
 * here is durable but what `sync`, `writeDurable` and `syncDirectory` answered for.
 */

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface FileStatus extends Owner {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly sizeBytes: number;
  /** Last change of the content (of the names, for a directory): milliseconds since 1970 with a fraction. */
  readonly modifiedAt: number;
}

/** A small file, written in one go. */
export interface SmallFile {
  /** Its name while it is written; EEXIST when it is taken. */
  readonly partial: string;
  /** Its name once its bytes are durable. */
  readonly path: string;
  readonly mode: number;
  /** Whose it shall be; null: who creates it. */
  readonly owner: Owner | null;
}

export interface OpenFile {
  /** Reads the next bytes into the buffer. @returns how many, 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Appends all bytes of all chunks, in order. */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  changeOwner(owner: Owner): Promise<void>;
  /** Bytes and length are on the disk when it resolves. After a rejection the file is good for nothing. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** Opens for reading. */
  open(path: string): Promise<OpenFile>;
  /** A new file for writing; EEXIST when the name is taken, be it by a link to nowhere. */
  create(path: string, mode: number): Promise<OpenFile>;
  /**
   * `create`, `write`, `sync`, `close` and `rename` in one: the short way for small files. A rejection may leave the
   * partial name. The chunks must stay as they are until it is settled.
   */
  writeDurable(file: SmallFile, chunks: readonly Uint8Array[]): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, mode: number): Promise<void>;
  /** Names without `.` and `..`, in no order; one renamed meanwhile may be missing. */
  readdir(path: string): Promise<string[]>;
  /** Follows links. */
  stat(path: string): Promise<FileStatus>;
  /** Does not follow a link at the end of the path. */
  lstat(path: string): Promise<FileStatus>;
  /** Sets times of access and modification, in milliseconds since 1970. */
  setTimes(path: string, at: number): Promise<void>;
  /** Does not follow a link at the end of the path. */
  changeOwner(path: string, owner: Owner): Promise<void>;
  /** Every change of names in this directory before the call is durable when it resolves. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes free for ordinary users where the path lies. */
  freeBytes(path: string): Promise<number>;
}

/** The system's name for an error (`ENOENT`); empty for anything else. */
export function errorCode(caught: unknown): string {
  return caught instanceof Error && "code" in caught ? String(caught.code) : "";
}
