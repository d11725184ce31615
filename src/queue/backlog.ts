/**
 * The bound on messages that have come whole and are not on disk yet, over all visits of a process: memory
 * follows this number and the channels, not the mail.
 *
 * Only whole messages count, so that a server that drips one for an hour holds up nobody: what waits is the beginning
 * of the next message, and what it waits for is our own disk.
 */

/** Some four groups: more was no faster, and 8 MiB with 512 messages cost 9 MB of memory more. */
const mostBytes = 3 * 1024 * 1024;
const mostMessages = 256;

export class Backlog {
  #bytes = 0;
  #messages = 0;
  #waiting: (() => void)[] = [];

  /** Resolves when another message may begin. */
  async room(): Promise<void> {
    while (this.#bytes >= mostBytes || this.#messages >= mostMessages) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A message is whole; it counts until `leave`. */
  enter(bytes: number): void {
    this.#messages++;
    this.#bytes += bytes;
  }

  /** @param bytes as entered */
  leave(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
