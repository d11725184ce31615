/**
 * Answers of the system that hundreds of visits a second ask for, kept for a moment.
 */
import { BoundedMap } from "../core/bounded-map.ts";
import type { Clock } from "../core/time.ts";

/** As `ask`, asked again after `keepMs`. */
export function keptAnswer<T>(clock: Clock, keepMs: number, ask: () => T): () => T {
  let kept: { readonly answer: T; readonly until: number } | null = null;
  return () => {
    const now = clock.monotonic();
    if (kept === null || now >= kept.until) kept = { answer: ask(), until: now + keepMs };
    return kept.answer;
  };
}

/** Likewise for each key, `mostKeys` at once; an answer that fails is not kept. */
export function keptAnswers<T>(
  clock: Clock,
  keepMs: number,
  mostKeys: number,
  ask: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const kept = new BoundedMap<{ readonly answer: Promise<T>; readonly until: number }>(mostKeys);
  return (key) => {
    const now = clock.monotonic();
    const known = kept.get(key);
    if (known !== undefined && now < known.until) return known.answer;
    const answer = ask(key);
    const entry = { answer, until: now + keepMs };
    kept.set(key, entry);
    answer.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    return answer;
  };
}
