/**
 * The life of remembered rows against a model small enough to be seen to be right: a maildrop whose messages
 * come and go, visited again and again by a caller that follows the contract of `settleListing`.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  begin,
  digest,
  firstAccount,
  inlineStore,
  putAccount,
  sampleItem,
} from "../../test/support/stores.ts";
import type { RememberedUid, VisitLease } from "./records.ts";
import type { Store } from "./store.ts";

const forgetAfterMs = 1000;

/** What the model knows of a message we took: nothing of snapshots, openness or digests of listings. */
interface Taken {
  readonly uid: string;
  readonly state: "left" | "deletePending";
  absentSince: number | null;
  absentListings: number;
}

interface Step {
  /** Which of six messages the maildrop holds at this visit. */
  readonly listed: readonly boolean[];
  /** Time that passed since the visit before. */
  readonly passedMs: number;
  /** The listing was cut or contradicted by STAT: it settles nothing. */
  readonly incomplete: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  listed: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  passedMs: fc.constantFrom(1, 400, 600, 1000, 5000),
  incomplete: fc.boolean(),
});

/** Messages 0 to 3 are left on the server, 4 and 5 are to be deleted (and the server keeps bringing them back). */
function stateOf(index: number): "left" | "deletePending" {
  return index < 4 ? "left" : "deletePending";
}

function visitModel(
  taken: Map<string, Taken>,
  listed: readonly string[],
  at: number,
  incomplete: boolean,
): void {
  if (!incomplete) {
    for (const row of taken.values()) {
      if (listed.includes(row.uid)) {
        row.absentSince = null;
        row.absentListings = 0;
      } else {
        row.absentSince ??= at;
        row.absentListings += 1;
      }
    }
    for (const row of [...taken.values()]) {
      if (row.absentSince === null || row.absentListings < 2) continue;
      if (row.state === "deletePending" || at - row.absentSince >= forgetAfterMs) taken.delete(row.uid);
    }
  }
}

/** One visit as `poll/` does it. @returns UIDs that it took anew. */
async function visitStore(
  store: Store,
  lease: VisitLease,
  nodeId: number,
  listed: readonly string[],
  at: number,
  incomplete: boolean,
  takeNew: (uid: string) => Parameters<typeof sampleItem>[2] & { readonly id: string },
): Promise<string[]> {
  const snapshot = (await store.remembered(firstAccount)).snapshot;
  const before = snapshot === null || snapshot.sizes.length === 0 ? [] : snapshot.uids.split("\n");
  const standing = new Set(before.filter((uid) => listed.includes(uid)));
  const candidates = listed.filter((uid) => !standing.has(uid));
  const open = (await store.remembered(firstAccount)).open;
  const rows = new Map<number, RememberedUid>(open.map((row) => [row.id, row]));
  for (const row of await store.rememberedByUid(firstAccount, candidates)) rows.set(row.id, row);
  const known = new Set([...rows.values()].map((row) => row.uid));
  const unknown = candidates.filter((uid) => !known.has(uid));
  for (const uid of unknown) {
    const { id, ...more } = takeNew(uid);
    await store.accept([sampleItem(id, lease, { ...more, uid })], null, 0, nodeId);
  }
  if (incomplete) return unknown;
  const kept = listed.filter((uid) => stateOf(Number(uid)) === "left");
  const present = [...rows.values()].filter((row) => listed.includes(row.uid ?? ""));
  await store.settleListing({
    lease,
    at,
    absentIds: open.filter((row) => !listed.includes(row.uid ?? "")).map((row) => row.id),
    absentUids: before.filter((uid) => !listed.includes(uid)),
    presentIds: present.map((row) => row.id),
    snapshot: kept.length === 0 ? null : { uids: kept.join("\n"), sizes: Float64Array.from(kept, () => 1) },
    digest: digest(listed.join(" ")),
    forgetAfterMs,
  });
  return unknown;
}

test("rows are remembered, counted absent and forgotten as the model says, whatever comes and goes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      await using opened = await inlineStore().open();
      const { store, nodeId } = opened;
      await putAccount(store);
      const { lease } = await begin(store, nodeId);
      const taken = new Map<string, Taken>();
      let at = 1_000_000;
      let messages = 0;
      for (const { listed: flags, passedMs, incomplete } of steps) {
        at += passedMs;
        const listed = flags.flatMap((there, index) => (there ? [String(index)] : []));
        const expectedNew = listed.filter((uid) => !taken.has(uid));
        const takenNow = await visitStore(store, lease, nodeId, listed, at, incomplete, (uid) => ({
          id: `m${++messages}`,
          state: stateOf(Number(uid)),
        }));
        // Never twice while it is remembered, never overlooked when it is not.
        expect(takenNow).toEqual(expectedNew);
        for (const uid of takenNow) {
          taken.set(uid, { uid, state: stateOf(Number(uid)), absentSince: null, absentListings: 0 });
        }
        visitModel(taken, listed, at, incomplete);
        const rows = await store.rememberedByUid(firstAccount, ["0", "1", "2", "3", "4", "5"]);
        const shown = rows.map(({ uid, state, absentSince }) => ({ uid, state, absentSince }));
        expect(shown.sort(byUid)).toEqual(
          [...taken.values()].map(({ uid, state, absentSince }) => ({ uid, state, absentSince })).sort(byUid),
        );
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

function byUid(one: { readonly uid: string | null }, other: { readonly uid: string | null }): number {
  return Number(one.uid) - Number(other.uid);
}
