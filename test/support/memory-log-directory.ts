/** A directory of log files in memory, whose disk can be full, slow, or answer short. */
import type { LogDirectory, LogFile } from "../../src/observe/log-directory.ts";

export class MemoryLogDirectory implements LogDirectory {
  readonly #files = new Map<string, { bytes: Buffer; named: boolean }>();
  #gate: Promise<void> = Promise.resolve();
  /** Bytes that still fit on the disk. */
  roomBytes = Number.POSITIVE_INFINITY;
  mostBytesAWrite = Number.POSITIVE_INFINITY;
  writes = 0;

  names(): string[] {
    return [...this.#files.keys()].sort();
  }

  text(name: string): string {
    return this.#files.get(name)?.bytes.toString() ?? "";
  }

  put(name: string, text: string): void {
    this.#files.set(name, { bytes: Buffer.from(text), named: true });
  }

  /** Every call waits until the answer is called. */
  hang(): () => void {
    let release = () => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async list(): Promise<string[]> {
    await this.#gate;
    return this.names();
  }

  async sizeOf(name: string): Promise<number> {
    return this.#files.get(name)?.bytes.length ?? 0;
  }

  async open(name: string): Promise<LogFile> {
    await this.#gate;
    const file = this.#file(name);
    return {
      append: async (bytes) => {
        await this.#gate;
        return this.#append(file, bytes);
      },
      facts: async () => ({ sizeBytes: file.bytes.length, named: file.named }),
      close: async () => {},
    };
  }

  appendNow(name: string, bytes: Uint8Array): void {
    this.#append(this.#file(name), bytes);
  }

  async remove(name: string): Promise<void> {
    const file = this.#files.get(name);
    if (file) file.named = false;
    this.#files.delete(name);
  }

  async read(name: string, offset: number, mostBytes: number): Promise<Uint8Array> {
    return this.#files.get(name)?.bytes.subarray(offset, offset + mostBytes) ?? new Uint8Array(0);
  }

  #file(name: string): { bytes: Buffer; named: boolean } {
    const file = this.#files.get(name) ?? { bytes: Buffer.alloc(0), named: true };
    this.#files.set(name, file);
    return file;
  }

  #append(file: { bytes: Buffer }, bytes: Uint8Array): number {
    if (this.roomBytes === 0) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    this.writes++;
    const written = Math.min(bytes.length, this.roomBytes, this.mostBytesAWrite);
    this.roomBytes -= written;
    file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, written)]);
    return written;
  }
}
