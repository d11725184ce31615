/**
 * Things by their moment, the earliest first: a binary heap. Pure.
 */
export class Moments<Item> {
  readonly #heap: { readonly at: number; readonly item: Item }[] = [];

  /** The earliest one; undefined when there is none. */
  get first(): { readonly at: number; readonly item: Item } | undefined {
    return this.#heap[0];
  }

  add(at: number, item: Item): void {
    const heap = this.#heap;
    const added = { at, item };
    let index = heap.length;
    heap.push(added);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = added;
  }

  /** Takes the earliest one away. */
  takeFirst(): Item | undefined {
    const heap = this.#heap;
    const taken = heap[0];
    const last = heap.pop();
    if (taken === undefined || last === undefined || heap.length === 0) return taken?.item;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const right = heap[below + 1];
      const left = heap[below];
      if (left === undefined) break;
      let child = left;
      if (right !== undefined && right.at < left.at) {
        child = right;
        below++;
      }
      if (child.at >= last.at) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
    return taken.item;
  }
}
