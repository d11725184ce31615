/**
 * A file system in memory that can fail, stop and lose power: what the real one may do at its worst.
 *
 * At power loss, of the changes of names that were not synced any subset survives that does not build on a lost one;
 * bytes that were not synced are cut anywhere; what stood in a directory that is lost is lost with it (reliability,
 * fault model). A file whose sync failed never becomes durable, though later syncs say so.
 */
import { dirname } from "node:path";
import type { FileStatus, FileSystem, OpenFile, Owner } from "../../src/spool/file-system.ts";

interface Inode {
  readonly kind: "file" | "directory";
  owner: Owner;
  bytes: Buffer;
  durableBytes: Buffer;
  poisoned: boolean;
  accessedAt: number;
  modifiedAt: number;
}

/** One change of names, all or nothing. */
type Change = readonly (readonly [path: string, inode: Inode | null])[];

/**
 * Called before each call; may wait, and may throw the call's error.
 *
 * @param call as `fsync /spool`; the last path for calls with two.
 */
export type Gate = (call: string) => Promise<void>;

/** A number from 0 to below `below`. */
export type Choose = (below: number) => number;

export class MemoryDisk {
  readonly #now: () => number;
  #names = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  #pending: Change[] = [];
  #changes = 0;

  constructor(now: () => number) {
    this.#now = now;
    const root = this.#inode("directory");
    this.#names.set("/", root);
    this.#durable.set("/", root);
  }

  /** The disk as one process sees it. */
  fileSystem(gate: Gate): FileSystem {
    const pass = async <T>(syscall: string, path: string, work: () => T): Promise<T> => {
      await gate(`${syscall} ${path}`);
      return work();
    };
    return {
      open: (path) => pass("open", path, () => this.#openFile(this.#find(path, "open"), path, pass)),
      create: (path) =>
        pass("create", path, () => {
          const inode = this.#inode("file");
          this.#add(path, inode, "open");
          return this.#openFile(inode, path, pass);
        }),
      async writeDurable({ partial, path, mode, owner }, chunks) {
        const file = await this.create(partial, mode);
        if (owner) await file.changeOwner(owner);
        await file.write(chunks);
        await file.sync();
        await file.close();
        await this.rename(partial, path);
      },
      link: (existing, path) =>
        pass("link", path, () => this.#add(path, this.#find(existing, "link"), "link")),
      rename: (from, to) => pass("rename", to, () => this.rename(from, to)),
      unlink: (path) =>
        pass("unlink", path, () => {
          this.#find(path, "unlink");
          this.#change([[path, null]]);
        }),
      mkdir: (path) => pass("mkdir", path, () => this.#add(path, this.#inode("directory"), "mkdir")),
      readdir: (path) => pass("readdir", path, () => this.list(path)),
      stat: (path) => pass("stat", path, () => this.#status(path)),
      lstat: (path) => pass("lstat", path, () => this.#status(path)),
      setTimes: (path, at) =>
        pass("utimes", path, () => {
          this.#find(path, "utimes").accessedAt = at;
        }),
      changeOwner: (path, owner) =>
        pass("chown", path, () => {
          this.#find(path, "chown").owner = owner;
        }),
      syncDirectory: (path) => pass("fsync", path, () => this.#syncNames(path)),
      freeBytes: async () => 2 ** 40,
    };
  }

  /** What others do: readers, and those who clear `tmp`. */
  rename(from: string, to: string): void {
    const inode = this.#find(from, "rename");
    this.#find(dirname(to), "rename");
    if (this.#names.get(to) === inode) return;
    this.#change([
      [from, null],
      [to, inode],
    ]);
  }

  remove(path: string): void {
    this.#find(path, "unlink");
    this.#change([[path, null]]);
  }

  /** Names in a directory; empty where there is none. */
  list(directory: string): string[] {
    return [...this.#names.keys()]
      .filter((path) => path !== "/" && dirname(path) === directory)
      .map((path) => path.slice(directory.length + 1));
  }

  bytes(path: string): Buffer {
    return this.#find(path, "read").bytes;
  }

  accessedAt(path: string): number {
    return this.#find(path, "stat").accessedAt;
  }

  /** Everything reaches the disk, as it does in a minute. */
  settle(): void {
    this.#persist(new Set(this.#pending));
    for (const inode of this.#names.values()) if (!inode.poisoned) inode.durableBytes = inode.bytes;
  }

  powerLoss(choose: Choose): void {
    this.#persist(new Set(this.#pending.filter(() => choose(2) === 1)), choose(2) === 1);
    this.#pending = [];
    for (const inode of this.#durable.values()) {
      const { bytes, durableBytes } = inode;
      if (bytes === durableBytes) continue;
      inode.bytes = choose(2) === 1 ? durableBytes : Buffer.from(bytes.subarray(0, choose(bytes.length + 1)));
      inode.durableBytes = inode.bytes;
    }
    const standing = (path: string): boolean =>
      path === "/" || (this.#durable.has(path) && standing(dirname(path)));
    this.#durable = new Map([...this.#durable].filter(([path]) => standing(path)));
    this.#names = new Map(this.#durable);
  }

  #openFile(
    inode: Inode,
    path: string,
    pass: <T>(call: string, path: string, work: () => T) => Promise<T>,
  ): OpenFile {
    let position = 0;
    return {
      read: (into) =>
        pass("read", path, () => {
          const count = inode.bytes.copy(into, 0, position, position + into.length);
          position += count;
          return count;
        }),
      write: (chunks) =>
        pass("write", path, () => {
          inode.bytes = Buffer.concat([inode.bytes, ...chunks]);
        }),
      changeOwner: (owner) =>
        pass("chown", path, () => {
          inode.owner = owner;
        }),
      async sync() {
        try {
          await pass("sync", path, () => undefined);
        } catch (caught) {
          inode.poisoned = true;
          throw caught;
        }
        if (!inode.poisoned) inode.durableBytes = inode.bytes;
      },
      close: () => pass("close", path, () => undefined),
    };
  }

  #inode(kind: "file" | "directory"): Inode {
    const at = this.#now();
    const bytes = Buffer.alloc(0);
    const owner = { uid: 1000, gid: 1000 };
    return { kind, owner, bytes, durableBytes: bytes, poisoned: false, accessedAt: at, modifiedAt: at };
  }

  #find(path: string, syscall: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw systemError("ENOENT", syscall, path);
    return inode;
  }

  #add(path: string, inode: Inode, syscall: string): void {
    this.#find(dirname(path), syscall);
    if (this.#names.has(path)) throw systemError("EEXIST", syscall, path);
    this.#change([[path, inode]]);
  }

  #status(path: string): FileStatus {
    const { kind, owner, bytes, modifiedAt } = this.#find(path, "stat");
    return { kind, ...owner, sizeBytes: bytes.length, modifiedAt };
  }

  #change(change: Change): void {
    applyTo(this.#names, change);
    this.#pending.push(change);
    for (const [path] of change) {
      const directory = this.#names.get(dirname(path));
      if (directory) directory.modifiedAt = ++this.#changes;
    }
  }

  #syncNames(directory: string): void {
    this.#find(directory, "open");
    this.#persist(
      new Set(this.#pending.filter((change) => change.some(([path]) => dirname(path) === directory))),
      true,
    );
  }

  /** @param needed true: what the chosen build on is made durable too; false: they are lost with it. */
  #persist(chosen: Set<Change>, needed = true): void {
    const kept = new Set(chosen);
    const touches = (change: Change, other: Change): boolean =>
      change.some(([path]) => other.some(([otherPath]) => otherPath === path));
    if (needed) {
      for (const [index, change] of [...this.#pending.entries()].reverse()) {
        if (!kept.has(change)) continue;
        for (const earlier of this.#pending.slice(0, index)) if (touches(change, earlier)) kept.add(earlier);
      }
    } else {
      for (const [index, change] of this.#pending.entries()) {
        if (this.#pending.slice(0, index).some((earlier) => !kept.has(earlier) && touches(change, earlier))) {
          kept.delete(change);
        }
      }
    }
    for (const change of this.#pending) if (kept.has(change)) applyTo(this.#durable, change);
    this.#pending = this.#pending.filter((change) => !kept.has(change));
  }
}

/** An error as the system makes it. */
export function systemError(code: string, syscall: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}

function applyTo(names: Map<string, Inode>, change: Change): void {
  for (const [path, inode] of change) {
    if (inode) names.set(path, inode);
    else names.delete(path);
  }
}
