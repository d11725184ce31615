/**
 * Which header field names the recipients of a unified account's mail? Pure: headers in, a recommendation out (spec 6).
 *
 * Each candidate is tried as if it were configured, with the router as it is: a message is *placed* when it reaches a
 * local account and not merely postmaster for want of anybody. So the answer is what a visit would do.
 */
import type { Header } from "../message/header.ts";
import { parseMailboxes } from "../message/mailbox-list.ts";
import type { CompiledRouter } from "../route/routing-table.ts";
import { distribute } from "./distribute.ts";

/** Fields that providers are known to write, the surest first (F19). */
const knownSpecialHeaders = [
  "X-Real-To",
  "X-Original-To",
  "Delivered-To",
  "Envelope-To",
  "X-Envelope-To",
] as const;

export interface FieldAnalysis {
  /** Name of the special header; null: To, Cc and Bcc. */
  readonly field: string | null;
  /** What stands before the names in it and has to be stripped; null: nothing. */
  readonly prefix: string | null;
  /** Messages that have it. */
  readonly present: number;
  /** Of those, messages that it would bring to a local account. */
  readonly placed: number;
  /** All messages that would reach one with this set: where it is absent, To, Cc and Bcc are read. */
  readonly placedInAll: number;
}

export interface Analysis {
  /** Messages looked at. */
  readonly messages: number;
  /** The known special headers in their order, then To, Cc and Bcc. */
  readonly fields: readonly FieldAnalysis[];
  /** What to set; null: no field places anything, or there was no message. */
  readonly best: FieldAnalysis | null;
}

/** Analyses headers. @param configured a special header that is set already, tried like the known ones */
export function analyse(
  headers: readonly Header[],
  router: CompiledRouter,
  configured: string | null = null,
): Analysis {
  const known: string[] = [...knownSpecialHeaders];
  if (configured !== null && !known.some((name) => name.toLowerCase() === configured.toLowerCase()))
    known.unshift(configured);
  const special = known.map((field) => bestPrefix(headers, router, field));
  const guess = analyseField(headers, router, null, null);
  return {
    messages: headers.length,
    fields: [...special, guess],
    best: recommend(headers.length, special, guess),
  };
}

/**
 * The special header that brings most messages to somebody; a rare one does not count, it came with a few forwarded
 * messages. Where guessing does better than any of them, guessing.
 */
function recommend(
  messages: number,
  special: readonly FieldAnalysis[],
  guess: FieldAnalysis,
): FieldAnalysis | null {
  let best: FieldAnalysis | null = null;
  for (const field of special) {
    if (field.placed === 0 || field.present * 2 < messages) continue;
    if (best === null || field.placedInAll > best.placedInAll) best = field;
  }
  if (best !== null && best.placedInAll >= guess.placedInAll) return best;
  return guess.placed > 0 ? guess : best;
}

function analyseField(
  headers: readonly Header[],
  router: CompiledRouter,
  field: string | null,
  prefix: string | null,
): FieldAnalysis {
  const counts = { present: 0, placed: 0, placedInAll: 0 };
  for (const header of headers) {
    const input = {
      kind: "unified" as const,
      specialHeader: field,
      specialHeaderPrefix: prefix,
      relaySpecialHeader: false,
    };
    const { recipients, postmasterReason } = distribute(input, header, router);
    const placed = postmasterReason === null && recipients.some(({ target }) => target.kind === "local");
    const present = field === null ? ["To", "Cc", "Bcc"].some((name) => header.has(name)) : header.has(field);
    if (present) counts.present++;
    if (present && placed) counts.placed++;
    if (placed) counts.placedInAll++;
  }
  return { field, prefix, ...counts };
}

/** With the prefix that places most; none where none does better. */
function bestPrefix(headers: readonly Header[], router: CompiledRouter, field: string): FieldAnalysis {
  let best = analyseField(headers, router, field, null);
  for (const prefix of sharedPrefixes(headers, field)) {
    const tried = analyseField(headers, router, field, prefix);
    if (tried.placed > best.placed) best = tried;
  }
  return best;
}

/** Most prefixes that are tried. */
const mostPrefixes = 5;

/** What the names in a field begin with, up to a `-`, in at least half of the messages that have it; commonest first. */
function sharedPrefixes(headers: readonly Header[], field: string): string[] {
  const having = headers.filter((header) => header.has(field));
  const counts = new Map<string, number>();
  for (const header of having) {
    const { mailboxes } = parseMailboxes(header.topmostHop(field));
    const prefixes = new Set<string>();
    for (const { localPart } of mailboxes.slice(0, 20)) {
      const name = localPart.toLowerCase().slice(0, 256);
      for (let at = name.indexOf("-"); at !== -1 && at < name.length - 1; at = name.indexOf("-", at + 1))
        prefixes.add(name.slice(0, at + 1));
    }
    for (const prefix of prefixes) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count * 2 >= having.length)
    .sort(([one, oneCount], [other, otherCount]) => otherCount - oneCount || one.length - other.length)
    .slice(0, mostPrefixes)
    .map(([prefix]) => prefix);
}
