/**
 * What is new in a maildrop? Pure, and free of POP3: a listing, what was remembered, and what to do about each.
 *
 * A message is known by its UID, its size and its digest together, never by the UID alone (spec 5.3, F2, F3).
 * The common case is cheap: messages that stand as they stood in the last settled listing are passed over by one
 * walk; only the others become candidates, which are looked at one by one.
 *
 * UIDs are bytes, as latin1 strings. Message numbers live one session and are never remembered.
 */
import type { ListingSnapshot, RememberedUid } from "../store/records.ts";

const LF = 10;

/** A maildrop as one session lists it, in the server's order; the three arrays run in parallel. */
export interface Listing {
  readonly numbers: readonly number[];
  /** null: the server gave this message no UID. */
  readonly uids: readonly (string | null)[];
  /** null: sizes were not asked for. */
  readonly sizes: readonly number[] | null;
}

/** A listed message that is not simply as it was. */
export interface Candidate {
  /** Position in the listing's arrays. */
  readonly index: number;
  readonly number: number;
  readonly uid: string | null;
  readonly sizeBytes: number | null;
}

export interface Comparison {
  readonly candidates: readonly Candidate[];
  /** UIDs of the snapshot that this listing lacks, as often as it lacks them. */
  readonly vanishedUids: readonly string[];
  /** settled[index]: stands as it stood in the snapshot. */
  readonly settled: readonly boolean[];
}

const nothing: ReadonlySet<string> = new Set();

/**
 * Holds a listing against the snapshot of the last settled one. One walk while both agree; a map only from the
 * first difference on. Sizes count where both sides know them.
 *
 * @param lookAt UIDs that are looked at even where they stand as they stood: something is wanted of them
 */
export function compareListing(
  listing: Listing,
  snapshot: ListingSnapshot | null,
  lookAt: ReadonlySet<string> = nothing,
): Comparison {
  const { numbers, uids, sizes } = listing;
  const settled = new Array<boolean>(numbers.length).fill(false);
  const beforeSizes = snapshot?.sizes ?? new Float64Array(0);
  const beforeCount = beforeSizes.length;
  const beforeText = beforeCount === 0 ? "" : (snapshot?.uids ?? "");
  const doubtful = new Set<number>();
  const standing = (index: number, position: number) => {
    if (sizes === null || sizes[index] === beforeSizes[position]) settled[index] = true;
    else doubtful.add(index);
  };

  const { start, textAt } = agreeing(uids, beforeText, beforeCount);
  for (let index = 0; index < start; index++) standing(index, index);

  const rest = new Map<string, number[]>();
  if (start < beforeCount) {
    for (const [at, uid] of beforeText.slice(textAt).split("\n").entries()) {
      const positions = rest.get(uid);
      if (positions) positions.push(start + at);
      else rest.set(uid, [start + at]);
    }
  }
  const open: number[] = [];
  for (let index = start; index < numbers.length; index++) {
    const uid = uids[index] ?? null;
    const positions = uid === null ? undefined : rest.get(uid);
    const position = positions?.shift();
    if (position === undefined) open.push(index);
    else standing(index, position);
  }

  // A UID that stands more often than it did: all of its messages are looked at again, by digest.
  const again = new Set<string>(lookAt);
  for (const index of open) {
    const uid = uids[index] ?? null;
    if (uid !== null) again.add(uid);
  }
  if (again.size > 0 && beforeCount > 0) {
    for (let index = 0; index < numbers.length; index++) {
      const uid = uids[index] ?? null;
      if (settled[index] && uid !== null && again.has(uid)) {
        settled[index] = false;
        doubtful.add(index);
      }
    }
  }

  const candidates: Candidate[] = [];
  for (const index of [...doubtful, ...open].sort((a, b) => a - b)) {
    candidates.push({
      index,
      number: numbers[index] ?? 0,
      uid: uids[index] ?? null,
      sizeBytes: sizes?.[index] ?? null,
    });
  }
  const vanishedUids: string[] = [];
  for (const [uid, positions] of rest) for (const _ of positions) vanishedUids.push(uid);
  return { candidates, vanishedUids, settled };
}

/**
 * How many UIDs, from the first on, stand in the text as they stand in the listing, and where in the text the next one
 * begins. No UID contains LF.
 */
function agreeing(
  uids: readonly (string | null)[],
  text: string,
  count: number,
): { start: number; textAt: number } {
  const most = Math.min(uids.length, count);
  let start = 0;
  let textAt = 0;
  for (; start < most; start++) {
    const uid = uids[start] ?? null;
    if (uid === null || !text.startsWith(uid, textAt)) break;
    const end = textAt + uid.length;
    if (end < text.length && text.charCodeAt(end) !== LF) break;
    textAt = end + 1;
  }
  return { start, textAt };
}

/** What an account wants. */
export interface RetrievalPolicy {
  readonly leaveOnServer: boolean;
  readonly maxMessageSizeBytes: number;
  readonly newestFirst: boolean;
  readonly now: number;
  /** Rows of messages whose time on the server is over (`deleteAfter`). */
  readonly expired: ReadonlySet<number>;
}

/** What to do about one candidate. `rows`: what is remembered under its UID, to be told apart by digest. */
export type Action =
  /** RETR; its digest then decides whether it is new, or one of `rows`, or one that only changed its UID. */
  | { readonly kind: "retrieve"; readonly candidate: Candidate; readonly rows: readonly RememberedUid[] }
  /** Like retrieve, but TOP first: the mailbox looks as if it had moved (spec 5.4, F10). */
  | {
      readonly kind: "compare-header";
      readonly candidate: Candidate;
      readonly rows: readonly RememberedUid[];
    }
  /** Taken before and to be deleted: DELE after its header's digest agreed. */
  | { readonly kind: "delete-known"; readonly candidate: Candidate; readonly row: RememberedUid }
  /** Never taken, and a person wants it gone: DELE without fetching (spec 5.3). */
  | { readonly kind: "delete-skipped"; readonly candidate: Candidate; readonly row: RememberedUid }
  /** Never taken, and a person wants its header: TOP. */
  | { readonly kind: "take-header"; readonly candidate: Candidate; readonly row: RememberedUid }
  /** Taken before and left. */
  | { readonly kind: "known"; readonly candidate: Candidate; readonly row: RememberedUid }
  /** Not taken and not to be: too large, stuck and resting, marked as seen. `row` null: a new skip. */
  | {
      readonly kind: "skip";
      readonly candidate: Candidate;
      readonly row: RememberedUid | null;
      readonly reason: "tooLarge" | "stuck" | "markedSeen";
    };

export interface Plan {
  readonly actions: readonly Action[];
  /** Open rows that this listing shows, and those that it lacks. */
  readonly presentIds: readonly number[];
  readonly absentIds: readonly number[];
  /** The flood brake is on: half or more of at least ten remembered UIDs are gone and unknown ones are here. */
  readonly moved: boolean;
}

/**
 * Decides about every candidate.
 *
 * @param rows what is remembered: the open rows, and those looked up by the candidates' UIDs
 * @param openIds which of `rows` must be held against every listing (their absence counts)
 * @param counts for the flood brake: rows with a UID that the account has in all, and rows from before an edit of its
 *   host or login, which no UID finds
 */
export function planVisit(
  comparison: Comparison,
  rows: readonly RememberedUid[],
  openIds: ReadonlySet<number>,
  counts: { readonly withUid: number; readonly former: number },
  policy: RetrievalPolicy,
): Plan {
  const rowsByUid = groupByUid(rows);
  const listedByUid = groupByUid(comparison.candidates);

  const present = new Set<number>();
  const actions: Action[] = [];
  const unknown: Candidate[] = [];
  for (const [uid, listed] of listedByUid) {
    const known = currentRows(rowsByUid.get(uid) ?? [], listed.length);
    if (known.length === 0) {
      unknown.push(...listed);
      continue;
    }
    const pairs = pairBySize(listed, known);
    for (const candidate of listed) {
      const row = pairs?.get(candidate);
      if (row) {
        present.add(row.id);
        actions.push(standing(candidate, row, policy, listed.length === 1));
      } else {
        // Another size, or more of them than we know: only the bytes can tell.
        for (const one of known) present.add(one.id);
        actions.push(
          tooLarge(candidate, policy) ? skipTooLarge(candidate, known) : retrieve(candidate, known),
        );
      }
    }
  }
  unknown.push(...comparison.candidates.filter((candidate) => candidate.uid === null));

  const absentIds: number[] = [];
  let vanished = comparison.vanishedUids.length + counts.former;
  for (const row of rows) {
    if (row.uid === null || present.has(row.id)) continue;
    if (openIds.has(row.id)) vanished++;
    if (openIds.has(row.id) || listedByUid.has(row.uid)) absentIds.push(row.id);
  }
  const remembered = counts.withUid + counts.former;
  const moved = remembered >= 10 && vanished * 2 >= remembered && unknown.length > 0;
  for (const candidate of unknown) {
    if (tooLarge(candidate, policy)) actions.push(skipTooLarge(candidate, []));
    else actions.push({ kind: moved ? "compare-header" : "retrieve", candidate, rows: [] });
  }
  const order = policy.newestFirst ? -1 : 1;
  actions.sort((a, b) => order * (a.candidate.index - b.candidate.index));
  return { actions, presentIds: [...present], absentIds, moved };
}

/** In their order, by UID; what has none is left out. Every group is a new array. */
export function groupByUid<T extends { readonly uid: string | null }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    if (item.uid === null) continue;
    const group = groups.get(item.uid);
    if (group) group.push(item);
    else groups.set(item.uid, [item]);
  }
  return groups;
}

/** The rows a UID stands for now: those seen last time, filled up from absent ones that may have come back. */
function currentRows(rows: readonly RememberedUid[], listedCount: number): RememberedUid[] {
  const seen = rows.filter((row) => row.absentSince === null);
  const absent = rows.filter((row) => row.absentSince !== null);
  return [...seen, ...absent.slice(0, Math.max(0, listedCount - seen.length))];
}

/** A row of the same size for every listed message of one UID; undefined when that cannot be had. */
function pairBySize(
  listed: readonly Candidate[],
  known: readonly RememberedUid[],
): Map<Candidate, RememberedUid> | undefined {
  const free = [...known];
  const pairs = new Map<Candidate, RememberedUid>();
  for (const candidate of listed) {
    const at = free.findIndex((row) => sameSize(row.sizeBytes, candidate.sizeBytes));
    const row = free[at];
    if (row === undefined) return undefined;
    free.splice(at, 1);
    pairs.set(candidate, row);
  }
  return pairs;
}

function sameSize(remembered: number | null, listed: number | null): boolean {
  return remembered === null || listed === null || remembered === listed;
}

function tooLarge(candidate: Candidate, policy: RetrievalPolicy): boolean {
  return candidate.sizeBytes !== null && candidate.sizeBytes > policy.maxMessageSizeBytes;
}

function retrieve(candidate: Candidate, rows: readonly RememberedUid[]): Action {
  return { kind: "retrieve", candidate, rows };
}

function skipTooLarge(candidate: Candidate, known: readonly RememberedUid[]): Action {
  const row = known.find((one) => one.state === "skipped") ?? null;
  return { kind: "skip", candidate, row, reason: "tooLarge" };
}

/** A listed message whose row has its UID and its size. @param alone no other message of this listing has its UID */
function standing(candidate: Candidate, row: RememberedUid, policy: RetrievalPolicy, alone: boolean): Action {
  if (row.state === "left")
    return { kind: policy.expired.has(row.id) ? "delete-known" : "known", candidate, row };
  if (row.state === "deletePending") {
    return policy.leaveOnServer
      ? { kind: "known", candidate, row }
      : { kind: "delete-known", candidate, row };
  }
  const resting = row.reason === "stuck" && row.retryAt !== null && row.retryAt > policy.now;
  if (row.wish === "header") return { kind: "take-header", candidate, row };
  if (row.wish === "take" && !resting) return retrieve(candidate, [row]);
  // Nothing but UID and size tells that it is that very message: both must be known and the only ones of that name.
  const same = candidate.sizeBytes !== null && candidate.sizeBytes === row.sizeBytes;
  if (row.wish === "delete" && same && alone) return { kind: "delete-skipped", candidate, row };
  switch (row.reason) {
    case "markedSeen":
      return { kind: "skip", candidate, row, reason: "markedSeen" };
    case "tooLarge":
      return candidate.sizeBytes === null || tooLarge(candidate, policy)
        ? { kind: "skip", candidate, row, reason: "tooLarge" }
        : retrieve(candidate, [row]);
    case "stuck":
      return resting ? { kind: "skip", candidate, row, reason: "stuck" } : retrieve(candidate, [row]);
    default:
      return retrieve(candidate, [row]);
  }
}

/** What a fetched message turned out to be. */
export type Identity =
  | { readonly kind: "new"; readonly replaces: number | null }
  /** The same message as this row's; its UID or size may have changed. */
  | { readonly kind: "same"; readonly row: RememberedUid };

/**
 * Decides what a fetched message is, by the digest of all its bytes.
 *
 * @param rowsOfUid rows under its own UID
 * @param rowsOfDigest rows of the account with the same digest, whatever their UID
 * @param listed UIDs of this listing: a row whose UID is listed is another message, which stands there itself
 * @param spent ids of rows that other messages of this session have turned out to be
 */
export function identify(
  uid: string | null,
  rowsOfUid: readonly RememberedUid[],
  rowsOfDigest: readonly RememberedUid[],
  listed: (uid: string) => boolean,
  spent: ReadonlySet<number>,
): Identity {
  const ofUid = new Set(rowsOfUid.map((row) => row.id));
  for (const row of rowsOfDigest) {
    if (!spent.has(row.id) && ofUid.has(row.id)) return { kind: "same", row };
  }
  for (const row of rowsOfDigest) {
    // Under its own UID it is a row from before an edit of host or login, which no UID finds (spec 5.4).
    const free = row.uid === null || row.uid === uid || !listed(row.uid);
    if (!spent.has(row.id) && free) return { kind: "same", row };
  }
  const untaken = rowsOfUid.find((row) => row.state === "skipped" && !spent.has(row.id));
  return { kind: "new", replaces: untaken?.id ?? null };
}
