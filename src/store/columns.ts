/**
 * Values as columns and back: flags, failures, addresses, strangers' text, marks. Lossless for every JavaScript
 * string (see `schema.ts` for why such text is JSON).
 */
import type { Address } from "../core/address.ts";
import type { Failure } from "../core/failure.ts";
import type { Mark } from "./records.ts";
import type { Flag } from "./schema.ts";

export function flag(value: boolean): Flag {
  return value ? 1 : 0;
}

/** JSON text, or null for null. */
export function jsonText(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** What `jsonText` wrote; the caller names the type it wrote. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** As `fromJson`, null for null. */
export function fromJsonOrNull<T>(text: string | null): T | null {
  return text === null ? null : fromJson<T>(text);
}

export function addressText(address: Address): string {
  return JSON.stringify([address.localPart, address.domain]);
}

export function addressOf(text: string): Address {
  const [localPart, domain] = fromJson<[string, string]>(text);
  return { localPart, domain };
}

export interface MarkColumns {
  readonly mark_failure: string | null;
  readonly mark_since: number | null;
  readonly mark_retry_at: number | null;
  readonly mark_count: number | null;
}

export function markColumns(mark: Mark | null): MarkColumns {
  return {
    mark_failure: mark === null ? null : JSON.stringify(mark.failure),
    mark_since: mark?.since ?? null,
    mark_retry_at: mark?.retryAt ?? null,
    mark_count: mark?.count ?? null,
  };
}

export function markOf(row: MarkColumns): Mark | null {
  if (row.mark_failure === null) return null;
  return {
    failure: fromJson<Failure>(row.mark_failure),
    since: row.mark_since ?? 0,
    retryAt: row.mark_retry_at ?? 0,
    count: row.mark_count ?? 0,
  };
}
