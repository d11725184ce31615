import fc from "fast-check";
import { expect, test } from "vitest";
import type { ListingSnapshot, RememberedUid } from "../store/records.ts";
import {
  type Action,
  compareListing,
  identify,
  type Listing,
  planVisit,
  type RetrievalPolicy,
} from "./new-messages.ts";

const policy: RetrievalPolicy = {
  leaveOnServer: true,
  maxMessageSizeBytes: 1000,
  newestFirst: false,
  now: 5000,
  expired: new Set(),
};

/** `a:10 b:20` lists two messages; `-:10` is one without a UID. */
function listing(text: string): Listing {
  const words = text.split(" ").filter(Boolean);
  const parts = words.map((word) => word.split(":"));
  return {
    numbers: words.map((_, index) => index + 1),
    uids: parts.map(([uid]) => (uid === "-" ? null : (uid ?? null))),
    sizes: parts.map(([, size]) => Number(size)),
  };
}

function snapshot(text: string): ListingSnapshot | null {
  const { uids, sizes } = listing(text);
  return uids.length === 0 ? null : { uids: uids.join("\n"), sizes: Float64Array.from(sizes ?? []) };
}

/** `3=left a:10` is row 3; `@` at the end: absent from earlier listings. */
function row(text: string, more: Partial<RememberedUid> = {}): RememberedUid {
  const [, id, state, uid, size, absent] = /^(\d+)=(\w+) (\S+?):(\d+|-)(@?)$/.exec(text) ?? [];
  const [kind, reason] = state?.startsWith("skip") ? ["skipped", state.slice(4)] : [state, null];
  return {
    id: Number(id),
    uid: uid === "-" ? null : (uid ?? null),
    sizeBytes: size === "-" ? null : Number(size),
    state: kind as RememberedUid["state"],
    reason: reason as RememberedUid["reason"],
    digest: null,
    headerDigest: null,
    messageId: null,
    failures: 0,
    failure: null,
    retryAt: null,
    absentSince: absent ? 1 : null,
    absentListings: absent ? 2 : 0,
    takenAt: null,
    wish: null,
    wishBy: null,
    ...more,
  };
}

/** What is done about each candidate, as one reads it aloud. */
function spoken(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    const what = `${action.candidate.number} ${action.kind}`;
    switch (action.kind) {
      case "retrieve":
        return action.rows.length === 0
          ? what
          : `${what} against ${action.rows.map(({ id }) => id).join(",")}`;
      case "skip":
        return `${what} ${action.reason}${action.row ? ` by ${action.row.id}` : ""}`;
      case "known":
      case "delete-known":
      case "delete-skipped":
      case "take-header":
        return `${what} as ${action.row.id}`;
      default:
        return what;
    }
  });
}

const plans: {
  name: string;
  listing: string;
  snapshot?: string;
  rows?: RememberedUid[];
  open?: number[];
  remembered?: number;
  policy?: Partial<RetrievalPolicy>;
  expect: string[];
  absent?: number[];
  vanished?: string[];
  moved?: boolean;
}[] = [
  { name: "all new", listing: "a:1 b:2", expect: ["1 retrieve", "2 retrieve"] },
  {
    name: "newest first",
    listing: "a:1 b:2",
    policy: { newestFirst: true },
    expect: ["2 retrieve", "1 retrieve"],
  },
  { name: "all as it stood", listing: "a:1 b:2", snapshot: "a:1 b:2", expect: [] },
  { name: "one more at the end", listing: "a:1 b:2 c:3", snapshot: "a:1 b:2", expect: ["3 retrieve"] },
  { name: "one more in the middle", listing: "a:1 c:3 b:2", snapshot: "a:1 b:2", expect: ["2 retrieve"] },
  { name: "another order", listing: "b:2 a:1", snapshot: "a:1 b:2", expect: [] },
  { name: "one gone", listing: "b:2", snapshot: "a:1 b:2", expect: [], vanished: ["a"] },
  {
    name: "a known UID with another size is compared (R-13)",
    listing: "a:9 b:2",
    snapshot: "a:1 b:2",
    rows: [row("1=left a:1")],
    expect: ["1 retrieve against 1"],
  },
  {
    name: "taken and left long enough: deleted; the others stay",
    listing: "a:1 b:2",
    rows: [row("1=left a:1"), row("2=left b:2")],
    policy: { expired: new Set([1]) },
    expect: ["1 delete-known as 1", "2 known as 2"],
  },
  {
    name: "a person wants a message that is too large, and one that was marked as seen",
    listing: "a:5000 b:2 c:2",
    rows: [
      row("1=skiptooLarge a:5000", { wish: "take" }),
      row("2=skipmarkedSeen b:2", { wish: "take" }),
      row("3=skipmarkedSeen c:2"),
    ],
    expect: ["1 retrieve against 1", "2 retrieve against 2", "3 skip markedSeen by 3"],
  },
  {
    name: "a person wants a stuck message: at once, and after it failed again when its rest is over",
    listing: "a:1 b:1",
    rows: [
      row("1=skipstuck a:1", { wish: "take", retryAt: null }),
      row("2=skipstuck b:1", { wish: "take", retryAt: 6000 }),
    ],
    expect: ["1 retrieve against 1", "2 skip stuck by 2"],
  },
  {
    name: "a person wants the header of a message that rests",
    listing: "a:1",
    rows: [row("1=skipstuck a:1", { wish: "header", retryAt: 6000 })],
    expect: ["1 take-header as 1"],
  },
  {
    name: "a person wants a message gone: by UID and size",
    listing: "a:1 b:9",
    rows: [row("1=skipmarkedSeen a:1", { wish: "delete" }), row("2=skipmarkedSeen b:2", { wish: "delete" })],
    expect: ["1 delete-skipped as 1", "2 retrieve against 2"],
  },
  {
    name: "a person wants a message gone, and two have its UID: neither goes",
    listing: "a:1 a:1",
    rows: [row("1=skipmarkedSeen a:1", { wish: "delete" }), row("2=skipmarkedSeen a:1")],
    expect: ["1 skip markedSeen by 1", "2 skip markedSeen by 2"],
  },
  {
    name: "a person wants a message gone whose size was never known: it stays",
    listing: "a:1",
    rows: [row("1=skipmarkedSeen a:-", { sizeBytes: null, wish: "delete" })],
    expect: ["1 skip markedSeen by 1"],
  },
  {
    name: "a repeated UID that is new twice: both are fetched",
    listing: "a:1 a:1",
    expect: ["1 retrieve", "2 retrieve"],
  },
  {
    name: "a repeated UID, more than we know: all are fetched (R-12)",
    listing: "a:1 a:1",
    snapshot: "a:1",
    rows: [row("1=left a:1")],
    expect: ["1 retrieve against 1", "2 retrieve against 1"],
  },
  {
    name: "a repeated UID, as often as we know",
    listing: "a:1 a:2",
    rows: [row("1=left a:1"), row("2=left a:2")],
    open: [1, 2],
    expect: ["1 known as 1", "2 known as 2"],
  },
  {
    name: "a repeated UID, one of them gone: told apart by size",
    listing: "a:2",
    rows: [row("1=left a:1"), row("2=left a:2")],
    open: [1, 2],
    expect: ["1 known as 2"],
    absent: [1],
  },
  {
    name: "a UID that was absent is back",
    listing: "a:1",
    rows: [row("1=left a:1@")],
    expect: ["1 known as 1"],
  },
  {
    name: "a UID used again: the old message's row does not stand for it any more",
    listing: "a:7",
    rows: [row("1=left a:1@"), row("2=left a:7")],
    open: [2],
    expect: ["1 known as 2"],
    absent: [1],
  },
  {
    name: "delete mode: taken before and still there",
    listing: "a:1",
    rows: [row("1=deletePending a:1")],
    open: [1],
    policy: { leaveOnServer: false },
    expect: ["1 delete-known as 1"],
  },
  {
    name: "delete mode: what was taken while leaving stays (spec 4)",
    listing: "a:1",
    rows: [row("1=left a:1")],
    policy: { leaveOnServer: false },
    expect: ["1 known as 1"],
  },
  {
    name: "leaving: a pending deletion is not carried out",
    listing: "a:1",
    rows: [row("1=deletePending a:1")],
    open: [1],
    expect: ["1 known as 1"],
  },
  {
    name: "delete mode: the same UID with another size is fetched, never deleted unseen (R-8)",
    listing: "a:5",
    rows: [row("1=deletePending a:1")],
    open: [1],
    policy: { leaveOnServer: false },
    expect: ["1 retrieve against 1"],
  },
  { name: "too large", listing: "a:1001 b:1000", expect: ["1 skip tooLarge", "2 retrieve"] },
  {
    name: "too large, noted before",
    listing: "a:1001",
    rows: [row("1=skiptooLarge a:1001")],
    expect: ["1 skip tooLarge by 1"],
  },
  {
    name: "too large once, within the limit now",
    listing: "a:900",
    rows: [row("1=skiptooLarge a:900")],
    expect: ["1 retrieve against 1"],
  },
  {
    name: "failing: tried at each visit",
    listing: "a:1",
    rows: [row("1=skipfailing a:1")],
    open: [1],
    expect: ["1 retrieve against 1"],
  },
  {
    name: "stuck and resting",
    listing: "a:1",
    rows: [row("1=skipstuck a:1", { retryAt: 5001 })],
    open: [1],
    expect: ["1 skip stuck by 1"],
  },
  {
    name: "stuck, its rest is over",
    listing: "a:1",
    rows: [row("1=skipstuck a:1", { retryAt: 5000 })],
    open: [1],
    expect: ["1 retrieve against 1"],
  },
  {
    name: "no UID: fetched, its digest decides (R-16, R-17)",
    listing: "-:1 a:1",
    rows: [row("1=left -:1")],
    open: [1],
    expect: ["1 retrieve", "2 retrieve"],
  },
  {
    name: "open rows that the listing lacks are absent",
    listing: "b:1",
    rows: [row("1=deletePending a:1")],
    open: [1],
    expect: ["1 retrieve"],
    absent: [1],
  },
  {
    name: "the mailbox moved: half of ten are gone, unknown ones are here (F10)",
    listing: "a:1 b:1 c:1 d:1 e:1 x:1",
    snapshot: "a:1 b:1 c:1 d:1 e:1 f:1 g:1 h:1 i:1 j:1",
    remembered: 10,
    expect: ["6 compare-header"],
    vanished: ["f", "g", "h", "i", "j"],
    moved: true,
  },
  {
    name: "four of ten gone is no move",
    listing: "a:1 b:1 c:1 d:1 e:1 f:1 x:1",
    snapshot: "a:1 b:1 c:1 d:1 e:1 f:1 g:1 h:1 i:1 j:1",
    remembered: 10,
    expect: ["7 retrieve"],
    vanished: ["g", "h", "i", "j"],
  },
  {
    name: "nine remembered are too few to call it a move",
    listing: "x:1",
    snapshot: "a:1 b:1 c:1 d:1 e:1 f:1 g:1 h:1 i:1",
    remembered: 9,
    expect: ["1 retrieve"],
    vanished: ["a", "b", "c", "d", "e", "f", "g", "h", "i"],
  },
];

test.each(plans)("plan: $name", (one) => {
  const comparison = compareListing(listing(one.listing), snapshot(one.snapshot ?? ""));
  const plan = planVisit(
    comparison,
    one.rows ?? [],
    new Set(one.open),
    { withUid: one.remembered ?? 1, former: 0 },
    {
      ...policy,
      ...one.policy,
    },
  );
  expect(spoken(plan.actions)).toEqual(one.expect);
  expect(plan.absentIds).toEqual(one.absent ?? []);
  expect(comparison.vanishedUids).toEqual(one.vanished ?? []);
  expect(plan.moved).toBe(one.moved ?? false);
});

const identities: {
  name: string;
  uid: string | null;
  ofUid?: RememberedUid[];
  ofDigest?: RememberedUid[];
  listed?: string[];
  spent?: number[];
  expect: string;
}[] = [
  { name: "nothing like it", uid: "a", expect: "new" },
  {
    name: "same UID, same bytes",
    uid: "a",
    ofUid: [row("1=left a:1")],
    ofDigest: [row("1=left a:1")],
    expect: "same as 1",
  },
  { name: "same UID, other bytes: new mail (F3)", uid: "a", ofUid: [row("1=left a:1")], expect: "new" },
  {
    name: "other UID, same bytes, the old one is gone (R-14)",
    uid: "b",
    ofDigest: [row("1=left a:1")],
    expect: "same as 1",
  },
  {
    name: "other UID, same bytes, the old one stands there too: a copy",
    uid: "b",
    ofDigest: [row("1=left a:1")],
    listed: ["a"],
    expect: "new",
  },
  {
    name: "no UID, same bytes as one without (R-16)",
    uid: null,
    ofDigest: [row("1=deletePending -:1")],
    expect: "same as 1",
  },
  {
    name: "no UID, one row for two equal messages: the second is new",
    uid: null,
    ofDigest: [row("1=deletePending -:1")],
    spent: [1],
    expect: "new",
  },
  {
    name: "a repeated UID: the row that another message turned out to be is spent",
    uid: "a",
    ofUid: [row("1=left a:1")],
    ofDigest: [row("1=left a:1")],
    spent: [1],
    expect: "new",
  },
  {
    name: "a failing message at last: its row is replaced",
    uid: "a",
    ofUid: [row("4=skipfailing a:1")],
    expect: "new for 4",
  },
];

test.each(identities)("identity: $name", (one) => {
  const listed = new Set(one.listed);
  const found = identify(
    one.uid,
    one.ofUid ?? [],
    one.ofDigest ?? [],
    (uid) => listed.has(uid),
    new Set(one.spent),
  );
  const text =
    found.kind === "same"
      ? `same as ${found.row.id}`
      : `new${found.replaces === null ? "" : ` for ${found.replaces}`}`;
  expect(text).toBe(one.expect);
});

test("every listed message is settled or a candidate, and none is both", () => {
  const uid = fc.constantFrom("a", "b", "c", "d", "e");
  const size = fc.integer({ min: 1, max: 3 });
  const messages = fc.array(fc.tuple(uid, size), { maxLength: 12 });
  fc.assert(
    fc.property(messages, messages, (before, now) => {
      const text = (list: [string, number][]) => list.map(([id, octets]) => `${id}:${octets}`).join(" ");
      const comparison = compareListing(listing(text(now)), snapshot(text(before)));
      const candidates = new Set(comparison.candidates.map(({ index }) => index));
      for (let index = 0; index < now.length; index++) {
        expect(comparison.settled[index]).toBe(!candidates.has(index));
      }
      // Nothing that is settled stands more often than it was remembered, UID and size together.
      const count = (list: [string, number][], [id, octets]: [string, number]) =>
        list.filter(([a, b]) => a === id && b === octets).length;
      const settled = now.filter((_, index) => comparison.settled[index]);
      for (const one of settled) expect(count(settled, one)).toBeLessThanOrEqual(count(before, one));
    }),
  );
});

test("a UID that something is wanted of is looked at where it stood as it stood", () => {
  const comparison = compareListing(listing("a:1 b:2 c:3"), snapshot("a:1 b:2 c:3"), new Set(["b"]));
  expect(comparison.candidates.map(({ uid }) => uid)).toEqual(["b"]);
  expect(comparison.settled).toEqual([true, false, true]);
  expect(comparison.vanishedUids).toEqual([]);
});

test("50,000 kept and 10 new: the walk meets the new ones only", () => {
  const kept = Array.from({ length: 50_000 }, (_, index) => `uid${index}:${100 + (index % 7)}`);
  const fresh = Array.from({ length: 10 }, (_, index) => `new${index}:50`);
  const comparison = compareListing(listing([...kept, ...fresh].join(" ")), snapshot(kept.join(" ")));
  expect(comparison.candidates.map(({ uid }) => uid)).toEqual(fresh.map((text) => text.split(":")[0]));
});
