/**
 * Fixed pieces of memory that messages are gathered in on their way to the disk, used again and again.
 *
 * What a socket reads comes in pieces of up to 64 KiB; a small message that kept such a piece until it is on disk
 * would hold twenty times its size, and the garbage collector learns of it late. Copied into slabs, a message holds
 * its own bytes, and they are free the moment they are written.
 *
 * The memory is shared between threads: a disk thread writes from it without another copy.
 */

const SLAB_BYTES = 16 * 1024;

/** Free slabs kept for later; more are left to the garbage collector. */
const KEPT = 512;

const free: Uint8Array[] = [];

/** Slabs are cut from pieces of this size, since each piece that is named in a message to a thread has its price. */
const BLOCK_BYTES = 16 * SLAB_BYTES;

function take(): Uint8Array {
  if (free.length === 0) {
    const block = new SharedArrayBuffer(BLOCK_BYTES);
    for (let at = 0; at < BLOCK_BYTES; at += SLAB_BYTES) free.push(new Uint8Array(block, at, SLAB_BYTES));
  }
  return free.pop() ?? new Uint8Array(SLAB_BYTES);
}

/** Bytes gathered in slabs, in order. */
export class Gathered {
  #slabs: Uint8Array[] = [];
  /** Bytes used of the last slab. */
  #used = SLAB_BYTES;
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Copies the bytes; the caller's buffer is free at once. */
  add(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    let from = 0;
    while (from < bytes.length) {
      if (this.#used === SLAB_BYTES) {
        this.#slabs.push(take());
        this.#used = 0;
      }
      const piece = bytes.subarray(from, from + SLAB_BYTES - this.#used);
      this.#slabs[this.#slabs.length - 1]?.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
    }
  }

  /** The bytes as pieces to write; valid until `release`. */
  pieces(): Uint8Array[] {
    const last = this.#slabs.length - 1;
    return this.#slabs.map((slab, index) => (index === last ? slab.subarray(0, this.#used) : slab));
  }

  /** Gives the memory back. The pieces must not be used any more: not before a write of them has ended. */
  release(): void {
    for (const slab of this.#slabs) if (free.length < KEPT) free.push(slab);
    this.#slabs = [];
    this.#used = SLAB_BYTES;
    this.#sizeBytes = 0;
  }
}
