/**
 * One message on its way to the disk: gathered in memory while it is small, streamed once it is not.
 *
 * A message up to 128 KiB costs one open, write, fsync, close and rename, all in `finish`. A larger one holds at most
 * 128 KiB in a write under way and about as much gathered behind it; then `write` answers a promise, and the caller
 * waits. The first error stays: every later call meets it, and only `discard` helps.
 */
import type { FileSystem, OpenFile, Owner } from "./file-system.ts";
import { Gathered } from "./slabs.ts";
import type { StagedMessage } from "./spool.ts";

const GATHER_BYTES = 128 * 1024;

export interface StagedFilePaths {
  /** While it is written. */
  readonly partial: string;
  /** After `finish`. */
  readonly final: string;
}

export class StagedFile implements StagedMessage {
  readonly ref: string;
  readonly #fs: FileSystem;
  readonly #paths: StagedFilePaths;
  readonly #owner: Owner | null;
  #file: OpenFile | null = null;
  #gathered = new Gathered();
  #sizeBytes = 0;
  #writing: Promise<void> | null = null;
  #trouble: { readonly reason: unknown } | null = null;
  #ending: Promise<void> | null = null;

  /** @param owner whom the file shall belong to; null: who creates it. */
  constructor(fs: FileSystem, ref: string, paths: StagedFilePaths, owner: Owner | null) {
    this.#fs = fs;
    this.ref = ref;
    this.#paths = paths;
    this.#owner = owner;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  write(...chunks: readonly Uint8Array[]): void | Promise<void> {
    if (this.#trouble) return Promise.reject(this.#trouble.reason);
    for (const chunk of chunks) {
      this.#gathered.add(chunk);
      this.#sizeBytes += chunk.length;
    }
    if (this.#gathered.sizeBytes < GATHER_BYTES) return;
    if (this.#writing === null) {
      this.#startWriting();
      return;
    }
    return this.#writing.then(() => this.#check());
  }

  finish(): Promise<void> {
    this.#ending ??= this.#finish();
    return this.#ending;
  }

  async #finish(): Promise<void> {
    await this.#writing;
    this.#check();
    if (this.#file === null) {
      const { partial, final } = this.#paths;
      const file = { partial, path: final, mode: 0o600, owner: this.#owner };
      await this.#fs.writeDurable(file, this.#gathered.pieces());
    } else {
      if (this.#gathered.sizeBytes > 0) this.#startWriting();
      await this.#writing;
      this.#check();
      await this.#file.sync();
      const file = this.#file;
      this.#file = null;
      await file.close();
      await this.#fs.rename(this.#paths.partial, this.#paths.final);
    }
    this.#gathered.release();
  }

  async discard(): Promise<void> {
    this.#trouble ??= { reason: new Error("discarded") };
    await this.#writing;
    await this.#ending?.catch(ignore);
    this.#gathered.release();
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(ignore);
    await this.#fs.unlink(this.#paths.partial).catch(ignore);
    await this.#fs.unlink(this.#paths.final).catch(ignore);
  }

  /** One write at a time; it takes all that is gathered, and goes on while enough gathers behind it. */
  #startWriting(): void {
    this.#writing = this.#drain().then(
      () => {
        this.#writing = null;
      },
      (reason: unknown) => {
        this.#trouble ??= { reason };
        this.#writing = null;
      },
    );
  }

  async #drain(): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = new Gathered();
    if (this.#file === null) {
      this.#file = await this.#fs.create(this.#paths.partial, 0o600);
      if (this.#owner) await this.#file.changeOwner(this.#owner);
    }
    await this.#file.write(gathered.pieces());
    gathered.release();
  }

  #check(): void {
    if (this.#trouble) throw this.#trouble.reason;
  }
}

function ignore(): void {}
