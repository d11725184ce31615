/**
 * The mail of a round: what stands in the maildrop, and what must arrive for it.
 *
 * Every content exists once in a campaign, so that a file in a Maildir tells which message it is, whole or not.
 * With copies, a content comes as three messages that differ in their trace alone: one of them has to arrive.
 */
import { createHash } from "node:crypto";
import { sampleMessage } from "../support/sample-messages.ts";
import type { Configuration } from "./configurations.ts";
import type { SeededRandom } from "./seeded-random.ts";

const smallestBytes = 300;
const usualLargestBytes = 300 * 1024;
/** Larger than what is held in memory before a file is begun: it is seen half written. */
const largeBytes = 2 * 1024 * 1024;

/** One message in the maildrop. */
export interface Mail {
  /** Unique-id, where the server lets us choose it. */
  readonly uid: string;
  /** Its Message-ID field; the copies of one content share it. */
  readonly messageId: string;
  /** As the server holds it, LF line ends. */
  readonly bytes: Buffer;
  /** What has to arrive, see `contentDigest`. */
  readonly digest: string;
}

/** What is to be there in the end. */
export interface Expectation {
  /** Contents that every one of `recipients` gets once. */
  readonly digests: ReadonlySet<string>;
  readonly recipients: readonly string[];
}

/**
 * @param from index of the first content; the next round goes on behind `count`
 * @param count contents, one of them large
 */
export function mailOfRound(
  configuration: Configuration,
  from: number,
  count: number,
  random: SeededRandom,
): Mail[] {
  const large = random.between(0, count - 1);
  const mails: Mail[] = [];
  for (let place = 0; place < count; place++) {
    const index = from + place;
    const content = sampleMessage(index, place === large ? largeBytes : usualSize(random));
    const copies = configuration.copies && place % 4 === 0 ? 3 : 1;
    for (let copy = 0; copy < copies; copy++) {
      mails.push({
        uid: `crash-${index}-${copy}`,
        messageId: `<${index}.sample@sample.example>`,
        bytes: Buffer.concat([Buffer.from(traceOf(configuration, index, copy), "latin1"), content]),
        digest: contentDigest(content),
      });
    }
  }
  return mails;
}

/** Digest of a message without the Received fields at its top, in which copies differ. */
export function contentDigest(message: Buffer): string {
  const [trace] = /^(Received: [^\n]*\n([ \t][^\n]*\n)*)*/.exec(
    message.subarray(0, 4096).toString("latin1"),
  ) ?? [""];
  return createHash("sha256").update(message.subarray(trace.length)).digest("hex");
}

function traceOf(configuration: Configuration, index: number, copy: number): string {
  const { recipients, kind, copies } = configuration;
  const addresses = recipients.map((name) => `${name}@example.com`).join(", ");
  const received = copies
    ? `Received: from mx${copy}.isp.example by pop.isp.example id ${index}.${copy}\n`
    : "";
  return `${kind === "unified" ? `X-Real-To: ${addresses}\n` : ""}${received}`;
}

/** Mostly small ones: even on a logarithmic scale, with a bias. */
function usualSize(random: SeededRandom): number {
  return Math.floor(smallestBytes * (usualLargestBytes / smallestBytes) ** (random.fraction() ** 1.5));
}
