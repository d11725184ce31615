/**
 * Which of the given UIDs are not remembered yet. Pure; UIDs may repeat, so they are counted.
 */

/** @returns each UID as often as it is given more often than it is remembered, in the order given. */
export function lackingUids(given: readonly string[], remembered: readonly (string | null)[]): string[] {
  const there = new Map<string, number>();
  for (const uid of remembered) if (uid !== null) there.set(uid, (there.get(uid) ?? 0) + 1);
  return given.filter((uid) => {
    const left = there.get(uid) ?? 0;
    if (left > 0) there.set(uid, left - 1);
    return left === 0;
  });
}
