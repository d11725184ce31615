/**
 * Many pieces of work, a few at a time: the bound that keeps memory and threads level.
 */

/**
 * Runs `work` for every item, at most `limit` at once, and answers in the order of the items.
 *
 * All pieces end before it settles, also when one rejects: nothing goes on behind the caller's back. The first
 * rejection, by position, is then thrown.
 */
export async function mapParallel<Item, Answer>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const results = new Array<PromiseSettledResult<Answer>>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      const item = items[index] as Item;
      try {
        results[index] = { status: "fulfilled", value: await work(item, index) };
      } catch (reason) {
        results[index] = { status: "rejected", reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
