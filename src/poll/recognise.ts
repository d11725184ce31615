/**
 * Recognises messages by their headers, without fetching them: TOP only.
 *
 * Two uses: before a message that we have is deleted there, and when a mailbox looks as if it had moved, so
 * that it is not fetched whole (spec 5.4, F10). Where TOP is refused or says otherwise, the message is retrieved and
 * its bytes decide.
 */
import { headerDigest } from "../message/digest.ts";
import type { Pop3Client } from "../pop3/client.ts";
import { Pop3CommandError } from "../pop3/errors.ts";
import type { RememberedUid } from "../store/records.ts";
import type { Retrieval } from "./intake.ts";
import { equalBytes } from "./maildrop-listing.ts";
import type { Action, Candidate } from "./new-messages.ts";

interface Recognised {
  readonly candidate: Candidate;
  readonly row: RememberedUid;
}

/** Those whose header is the remembered one, and those that have to be retrieved to be sure. */
export interface Recognition {
  readonly same: readonly Recognised[];
  readonly doubtful: readonly Retrieval[];
}

/** UID and size agree already; does the header? */
export async function verifyKnown(
  client: Pop3Client,
  actions: readonly Extract<Action, { kind: "delete-known" }>[],
): Promise<Recognition> {
  const same: Recognised[] = [];
  const doubtful: Retrieval[] = [];
  const digests = await headerDigests(client, actions);
  for (const { candidate, row } of actions) {
    const digest = digests.get(candidate.number);
    if (digest !== undefined && row.headerDigest !== null && equalBytes(digest, row.headerDigest)) {
      same.push({ candidate, row });
    } else {
      doubtful.push({ kind: "retrieve", candidate, rows: [row] });
    }
  }
  return { same, doubtful };
}

/**
 * F10: a message with the header and the size of a remembered one that this listing lacks is that message; each
 * remembered one stands for one message.
 *
 * @param lookUp rows with one of these header digests
 * @param listed whether a UID stands in this session's listing
 */
export async function recogniseMoved(
  client: Pop3Client,
  actions: readonly Extract<Action, { kind: "compare-header" }>[],
  lookUp: (digests: readonly Uint8Array[]) => Promise<readonly RememberedUid[]>,
  listed: (uid: string) => boolean,
): Promise<Recognition> {
  const same: Recognised[] = [];
  const doubtful: Retrieval[] = [];
  if (actions.length === 0) return { same, doubtful };
  const digests = await headerDigests(client, actions);
  const free = new Map<string, RememberedUid[]>();
  for (const row of await lookUp([...digests.values()])) {
    if (row.headerDigest === null || (row.uid !== null && listed(row.uid))) continue;
    const key = keyOf(row.headerDigest);
    free.set(key, [...(free.get(key) ?? []), row]);
  }
  for (const { candidate } of actions) {
    const digest = digests.get(candidate.number);
    const alike = digest === undefined ? [] : (free.get(keyOf(digest)) ?? []);
    const at = alike.findIndex((row) => row.sizeBytes !== null && row.sizeBytes === candidate.sizeBytes);
    const [row] = at === -1 ? [] : alike.splice(at, 1);
    if (row === undefined) doubtful.push({ kind: "retrieve", candidate, rows: [] });
    else same.push({ candidate, row });
  }
  return { same, doubtful };
}

/** By message number; a message whose TOP is refused has none. */
async function headerDigests(
  client: Pop3Client,
  actions: readonly Action[],
): Promise<Map<number, Uint8Array>> {
  const digests = new Map<number, Uint8Array>();
  if (actions.length === 0) return digests;
  const numbers = actions.map(({ candidate }) => candidate.number);
  await client.topAll(numbers, 0, (number, answer) => {
    if (!(answer instanceof Pop3CommandError)) digests.set(number, headerDigest(answer));
  });
  return digests;
}

function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString("hex");
}
