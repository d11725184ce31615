/**
 * The messages of a workload: made from a seed, the same bytes for every contestant and from every server, with what
 * is needed to recognise them when they were delivered.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { mixedMessages, sampleMessage } from "../../test/support/sample-messages.ts";

/** Sizes of messages, in the order of the maildrop. */
export type MailSizes = readonly number[];

export interface MailSeries {
  readonly sizes: MailSizes;
  /** LF line ends. Made anew at each call. */
  message(index: number): Buffer;
}

/** Message-ID and Subject hold the place in the series, from 0. */
export function mailSeries(sizes: MailSizes): MailSeries {
  return { sizes, message: (index) => sampleMessage(index, sizes[index] ?? 0) };
}

/** `count` sizes as `mixedMessages` has them: 1,000 are 63 MB. */
export function mixed(count: number): MailSizes {
  return Array.from(mixedMessages(count), (message) => message.length);
}

export function equal(count: number, sizeBytes: number): MailSizes {
  return new Array<number>(count).fill(sizeBytes);
}

/**
 * Writes the series as bench/native/maildrop.h wants it: all messages in their form on the wire, and an index.
 *
 * @param pieceBytes a larger message is made piece by piece, each cut behind a line end: a string has bounds
 */
export async function writeWireForm(
  series: MailSeries,
  mailFile: string,
  indexFile: string,
  pieceBytes = 32 * 1024 * 1024,
): Promise<void> {
  const index = new BigUint64Array(series.sizes.length * 3);
  const file = createWriteStream(mailFile);
  let offset = 0;
  for (let at = 0; at < series.sizes.length; at++) {
    let length = 0;
    let octets = 0;
    for (const piece of wirePieces(series.message(at), pieceBytes)) {
      length += piece.bytes.length;
      octets += piece.octets;
      if (!file.write(piece.bytes)) await new Promise<void>((resolve) => file.once("drain", () => resolve()));
    }
    index.set([BigInt(offset), BigInt(length), BigInt(octets)], at * 3);
    offset += length;
  }
  file.end();
  await finished(file);
  await writeFile(indexFile, new Uint8Array(index.buffer));
}

function* wirePieces(
  message: Buffer,
  pieceBytes: number,
): Generator<{ readonly bytes: Buffer; readonly octets: number }> {
  for (let at = 0; at < message.length; ) {
    const cut = message.indexOf(10, at + pieceBytes);
    const end = cut === -1 ? message.length : cut + 1;
    const lines = message.toString("latin1", at, end).replaceAll("\n", "\r\n");
    const stuffed = lines.replace(/^\./, "..").replaceAll("\n.", "\n..");
    yield { bytes: Buffer.from(stuffed, "latin1"), octets: lines.length };
    at = end;
  }
  yield { bytes: Buffer.from(".\r\n"), octets: 0 };
}

/** What a delivered message is compared with. */
export interface Fingerprint {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Without CR and LF: for programs that take a CR which ends no line for a line end, or drop it. */
  readonly text: { readonly sizeBytes: number; readonly sha256: string };
}

export function fingerprints(series: MailSeries, from: number): ReadonlyMap<number, Fingerprint> {
  const all = new Map<number, Fingerprint>();
  for (let index = from; index < series.sizes.length; index++) {
    const message = series.message(index);
    const text = withoutLineEnds(message);
    all.set(index, {
      sizeBytes: message.length,
      sha256: sha256(message),
      text: { sizeBytes: text.length, sha256: sha256(text) },
    });
  }
  return all;
}

export function withoutLineEnds(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(/[\r\n]/g, ""), "latin1");
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
