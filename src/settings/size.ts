/**
 * Sizes as people write them: `10MB`, `512 MiB`, `4096`. Decimal units count by 1000, binary ones by 1024.
 */

const units: readonly (readonly [string, number])[] = [
  ["TiB", 1024 ** 4],
  ["TB", 1000 ** 4],
  ["GiB", 1024 ** 3],
  ["GB", 1000 ** 3],
  ["MiB", 1024 ** 2],
  ["MB", 1000 ** 2],
  ["KiB", 1024],
  ["kB", 1000],
];

/** Reads a size (spec 3, 4); units in any case. @returns bytes; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,16})\s*([a-z]*)$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = (match[2] ?? "").toLowerCase();
  const factor = unit === "" || unit === "b" ? 1 : units.find(([name]) => name.toLowerCase() === unit)?.[1];
  if (factor === undefined) return undefined;
  const bytes = Number(match[1]) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes bytes so that `parseSize` reads them back exactly: `536870912` is `512MiB`, `10000000` is `10MB`. */
export function formatSize(bytes: number): string {
  for (const [name, factor] of units) {
    if (bytes > 0 && bytes % factor === 0) return `${bytes / factor}${name}`;
  }
  return `${bytes}B`;
}
