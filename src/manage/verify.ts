/**
 * Does everything agree? The database with itself, the spool with the queue, the ledger with what is on its way, the
 * Maildirs with the ledger, and, for accounts that are named, the remote maildrop with what is remembered of it
 * (spec 8). Looks and changes nothing; a server may work meanwhile.
 *
 * A fault is something that no working server leaves behind. What readers do with their mail is none: mail that was
 * delivered and stands there no more was read and deleted, or moved.
 */
import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { demand } from "../auth/policies.ts";
import type { MessageId } from "../core/ids.ts";
import { mapParallel } from "../core/parallel.ts";
import { HOUR } from "../core/time.ts";
import { type CompareContext, type CompareResult, compareMaildrop } from "../poll/compare-maildrop.ts";
import { errorCode } from "../spool/file-system.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { ManageContext } from "./context.ts";

type VerifyContext = Pick<ManageContext, "dataDir" | "store" | "clock" | "actor">;

export type VerifyFault =
  /** The database's own words. */
  | { readonly code: "database-damaged"; readonly text: string }
  /** A message of the queue without its file: it cannot be delivered. */
  | { readonly code: "spool-missing"; readonly path: string; readonly messageId: string }
  /** Shorter or longer than it was written. */
  | {
      readonly code: "spool-size";
      readonly path: string;
      readonly messageId: string;
      readonly sizeBytes: number;
      readonly expectedBytes: number;
    }
  /** Taken, not on its way, and no word of how it ended. */
  | { readonly code: "message-lost"; readonly messageId: MessageId; readonly at: number }
  /** A local account's Maildir that mail was delivered into. */
  | { readonly code: "maildir-missing"; readonly path: string; readonly messages: number };

export interface VerifyReport {
  readonly faults: readonly VerifyFault[];
  /** Messages on their way or kept, each with its file where there is no fault. */
  readonly messages: number;
  /** Files in the spool that no message owns any more: removed when a server starts. */
  readonly leftovers: { readonly files: number; readonly bytes: number };
  /** What the history tells: messages taken, since when; null: it is empty. */
  readonly taken: { readonly messages: number; readonly since: number | null };
  /** Delivered into Maildirs since then, and how many of them stand there still. */
  readonly maildirs: { readonly since: number; readonly delivered: number; readonly there: number };
  readonly remote: readonly { readonly account: RemoteAccountRecord; readonly result: CompareResult }[];
}

const mostFaults = 100;
const filesAtOnce = 64;
const rowsAtOnce = 5000;
const accountsAtOnce = 8;
/** A file that was written just now may be about to get its row. */
const youngMs = HOUR;

/**
 * @param input.accounts whose maildrops are looked at besides
 * @param input.deliveredSince how far back Maildirs are looked through
 * @throws FailureError `not-allowed`, and the store's own trouble
 */
export async function verify(
  context: VerifyContext,
  connect: CompareContext,
  input: { readonly accounts: readonly RemoteAccountRecord[]; readonly deliveredSince: number },
  signal: AbortSignal,
): Promise<VerifyReport> {
  demand(context.actor, "see-server");
  if (input.accounts.length > 0) demand(context.actor, "poll");
  const { store } = context;
  await store.flush();
  const database = (await store.databaseFaults()).map(
    (text): VerifyFault => ({ code: "database-damaged", text }),
  );
  const spool = await verifySpool(context);
  const { lost, ...taken } = await store.takenMail(mostFaults);
  const maildirs = await verifyMaildirs(context, input.deliveredSince);
  const remote = await mapParallel(input.accounts, accountsAtOnce, async (account) => ({
    account,
    result: await compareMaildrop(connect, account, signal),
  }));
  return {
    faults: [
      ...database,
      ...spool.faults,
      ...lost.map((one): VerifyFault => ({ code: "message-lost", ...one })),
      ...maildirs.faults,
    ],
    messages: spool.messages,
    leftovers: spool.leftovers,
    taken,
    maildirs: maildirs.counts,
    remote,
  };
}

async function verifySpool({ dataDir, store, clock }: VerifyContext) {
  const folder = join(dataDir, "spool");
  const rows = await store.spoolMessages();
  const suspects = new Map<string, VerifyFault>();
  await mapParallel(rows, filesAtOnce, async ({ spoolRef, sizeBytes: expectedBytes }) => {
    const path = join(folder, spoolRef);
    const messageId = spoolRef.slice(0, spoolRef.lastIndexOf("."));
    const sizeBytes = await sizeOf(path);
    if (sizeBytes === null) suspects.set(spoolRef, { code: "spool-missing", path, messageId });
    else if (sizeBytes !== expectedBytes)
      suspects.set(spoolRef, { code: "spool-size", path, messageId, sizeBytes, expectedBytes });
  });
  const names = (await namesIn(folder)) ?? [];
  // Asked again: what a server delivered meanwhile has neither file nor row, what it took has both.
  const owned = new Set((await store.spoolMessages()).map(({ spoolRef }) => spoolRef));
  const faults = [...suspects].flatMap(([ref, one]) => (owned.has(ref) ? [one] : [])).slice(0, mostFaults);
  const leftovers = { files: 0, bytes: 0 };
  const unowned = names.filter((name) => name !== "tmp" && !owned.has(name));
  await mapParallel(unowned, filesAtOnce, async (name) => {
    const found = await statusOf(join(folder, name));
    if (found === null || clock.now() - found.mtimeMs < youngMs) return;
    leftovers.files++;
    leftovers.bytes += found.size;
  });
  return { faults, messages: rows.length, leftovers };
}

async function verifyMaildirs(context: VerifyContext, since: number) {
  const { store } = context;
  const byFolder = new Map<string, string[]>();
  let afterId = 0;
  for (;;) {
    const rows = await store.deliveredSince({ since, afterId, limit: rowsAtOnce });
    for (const { where } of rows) {
      const folder = maildirOf(where);
      if (folder === null) continue;
      const files = byFolder.get(folder);
      if (files) files.push(uniqueName(basename(where)));
      else byFolder.set(folder, [uniqueName(basename(where))]);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsAtOnce) break;
    afterId = last.id;
  }
  const counts = { since, delivered: 0, there: 0 };
  const faults: VerifyFault[] = [];
  const expected = await expectedMaildirs(context);
  for (const [folder, files] of byFolder) {
    const names = [await namesIn(join(folder, "new")), await namesIn(join(folder, "cur"))];
    if (names.every((list) => list === null) && expected.some((path) => isWithin(folder, path))) {
      faults.push({ code: "maildir-missing", path: folder, messages: files.length });
      continue;
    }
    counts.delivered += files.length;
    const there = new Set(names.flatMap((list) => list ?? []).map(uniqueName));
    counts.there += files.filter((name) => there.has(name)).length;
  }
  return { faults: faults.slice(0, mostFaults), counts };
}

/** Maildirs that local accounts have today: those of others may be gone with them. */
async function expectedMaildirs({ store, dataDir }: VerifyContext): Promise<string[]> {
  const { accounts } = await store.readDirectory();
  const own = accounts.flatMap(({ destination }) =>
    destination?.startsWith("maildir:") ? [destination.slice("maildir:".length)] : [],
  );
  return [join(dataDir, "mail"), ...own];
}

function isWithin(folder: string, path: string): boolean {
  return folder === path || folder.startsWith(path.endsWith(sep) ? path : `${path}${sep}`);
}

/** The Maildir of a delivered file; null: it went elsewhere. */
function maildirOf(where: string): string | null {
  return /^\/.*\/(new|cur)\/[^/]+$/.test(where) ? dirname(dirname(where)) : null;
}

/** A file's name without its flags, which readers change. */
function uniqueName(name: string): string {
  const end = name.indexOf(":");
  return end < 0 ? name : name.slice(0, end);
}

async function sizeOf(path: string): Promise<number | null> {
  return (await statusOf(path))?.size ?? null;
}

/** null: there is no such file. */
async function statusOf(path: string) {
  try {
    return await lstat(path);
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return null;
    throw caught;
  }
}

/** null: there is no such folder. */
async function namesIn(folder: string): Promise<string[] | null> {
  try {
    return await readdir(folder);
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return null;
    throw caught;
  }
}
