/**
 * Our own processor time for a large maildrop that hardly changed: UIDL and LIST parsed, and held against what was there
 * before. Without the network, the database and the process around it.
 */
import { compareListing, type Listing } from "../src/poll/new-messages.ts";
import { type ListingReader, SizeReader, TextReader } from "../src/pop3/listing.ts";
import { UidListing } from "../src/pop3/maildrop.ts";
import { median } from "./support/measure.ts";

const aimMs = 10;
const times = 21;
const fresh = 10;

/** As bytes come from a socket. */
const chunkBytes = 65_536;

/** @param known messages that were there before. @returns a line of text. */
export function differenceLine(known: number): string {
  const count = known + fresh;
  const uid = (index: number) => `0a1b2c3d${index.toString(16).padStart(8, "0")}`;
  const uids = Array.from({ length: known }, (_, index) => uid(index)).join("\n");
  const snapshot = { uids, sizes: new Float64Array(known).fill(300) };
  const uidl = answer(count, uid);
  const list = answer(count, () => "300");
  const withSizes: number[] = [];
  const without: number[] = [];
  for (let time = 0; time < times; time++) {
    const started = performance.now();
    const listed = new UidListing(fed(new TextReader(count), uidl).text, count);
    const listing: Listing = { numbers: listed.numbers, uids: listed.ids, sizes: null };
    expectFresh(listing, snapshot);
    const middle = performance.now();
    const { sizes } = fed(new SizeReader(count, count), list);
    expectFresh({ ...listing, sizes }, snapshot);
    without.push(middle - started);
    withSizes.push(performance.now() - started - (middle - started) / 2);
  }
  const found = median(without);
  const reached = found < aimMs ? "reached" : "missed";
  return (
    `Aim: parsing UIDL of ${count} and the difference in less than ${aimMs} ms: **${found.toFixed(1)}**, ${reached}; ` +
    `LIST and sizes as well: ${median(withSizes).toFixed(1)}.`
  );
}

function answer(count: number, word: (index: number) => string): Buffer {
  const lines = Array.from({ length: count }, (_, index) => `${index + 1} ${word(index)}\r\n`);
  return Buffer.from(`${lines.join("")}.\r\n`);
}

function fed<Reader extends ListingReader>(reader: Reader, bytes: Buffer): Reader {
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.feed(bytes.subarray(at, at + chunkBytes));
  if (!reader.done) throw new Error("the listing was not read to its end");
  return reader;
}

function expectFresh(listing: Listing, snapshot: Parameters<typeof compareListing>[1]): void {
  const { candidates } = compareListing(listing, snapshot);
  if (candidates.length !== fresh) throw new Error(`${candidates.length} messages are new, not ${fresh}`);
}
