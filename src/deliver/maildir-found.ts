/**
 * After a restore: is this entry's message in its Maildir already?
 *
 * The database is as old as its backup; the Maildirs are not. Mail that was delivered in between is found again: by
 * its file's name, or by our id in its Received where somebody renamed it, or, where the message was taken again from
 * the provider and so has another id, by its bytes behind our own fields.
 *
 * A file speaks for an entry by its bytes only if its delivery is unknown to the database, and so was made after the
 * backup by the installation that was lost; each file speaks for one entry. So two messages with equal bytes stay two,
 * and what was delivered before the backup hides nothing. `new` and `cur` are read, those of subfolders (`.Name`) too.
 * Mail that its reader has deleted since is nowhere, and comes once more.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { failed, ok, type Result } from "../core/failure.ts";
import { mapParallel } from "../core/parallel.ts";
import { DAY } from "../core/time.ts";
import { findOurReceived, ourFieldsAtMostBytes } from "../message/our-received.ts";
import { errorCode, type FileSystem, type OpenFile } from "../spool/file-system.ts";
import type { DeliveryItem, Found } from "./delivery.ts";
import type { KnownMaildirs } from "./known-maildirs.ts";
import { maildirFailure } from "./maildir-failure.ts";
import { standingMaildir } from "./maildir-folder.ts";
import { searchMaildir } from "./maildir-search.ts";

/** For clocks that were set back between the backup and the loss. */
const slackMs = DAY;
const filesAtOnce = 8;
const readBytes = 64 * 1024;

/** What tells deliveries of the lost installation from others. */
export interface FormerLife {
  readonly installationId: string;
  /** When the backup was made; null: this data directory was never restored. */
  madeAt(): Promise<number | null>;
  knownMessages(ids: readonly string[]): Promise<{ readonly queued: string[]; readonly former: string[] }>;
  /** File names in this destination that entries turned out to be. */
  foundFiles(destination: string): Promise<string[]>;
}

/** A delivered file of ours. */
interface Delivered {
  /** Its Maildir, or a subfolder of that. */
  readonly folder: string;
  /** Without what readers append. */
  readonly name: string;
  readonly path: string;
  readonly messageId: string;
  /** null: it bears another name than ours. */
  readonly ordinal: number | null;
}

interface Index {
  /** Messages that still have entries here, by id. */
  readonly byMessage: ReadonlyMap<string, readonly Delivered[]>;
  /** Deliveries that the database knows nothing of, by what stands behind our fields. */
  readonly byContent: ReadonlyMap<string, readonly Delivered[]>;
  /** File names and the entries that they turned out to be. */
  readonly taken: Map<string, string>;
}

export interface FinderOptions {
  readonly fs: FileSystem;
  readonly known: KnownMaildirs;
  readonly former: FormerLife;
}

/** Looks for an item in its Maildir: the file, null where it is not there, or why that cannot be said now. */
export type MaildirFinder = (item: DeliveryItem, path: string) => Promise<Result<Found | null>>;

/** Reads each Maildir once in a process: the lost installation adds nothing to it any more. */
export function maildirFinder(options: FinderOptions): MaildirFinder {
  const indexes = new Map<string, Promise<Index>>();
  const indexOf = (path: string, destination: string): Promise<Index> => {
    const known = indexes.get(path);
    if (known !== undefined) return known;
    const made = readMaildir(options, path, destination);
    indexes.set(path, made);
    made.catch(() => indexes.delete(path));
    return made;
  };
  return async (item, path) => {
    try {
      const standing = await standingMaildir(options.fs, path);
      // A folder that was used and is not there must not pass for an empty one.
      if (!standing.ok) return (await options.known.wasUsed(path)) ? standing : ok(null);
      const index = await indexOf(path, item.destination);
      const own = ourName(item.fileName, options.former.installationId);
      const content =
        index.byContent.size === 0 ? null : await contentOf(options.fs, item.spoolPath, options.former);
      // Nothing is awaited from here on: no other entry can take the same file.
      const candidates = [
        ...(index.byMessage.get(own?.messageId ?? "") ?? []).filter(
          ({ ordinal }) => ordinal === null || ordinal === own?.ordinal,
        ),
        ...((content === null ? undefined : index.byContent.get(content.digest)) ?? []),
      ];
      const file = candidates.find(({ name }) => (index.taken.get(name) ?? item.key) === item.key);
      if (file === undefined) return ok(null);
      index.taken.set(file.name, item.key);
      return ok({ path: file.path, fileName: file.name });
    } catch (caught) {
      return failed(maildirFailure(caught, path));
    }
  };
}

async function readMaildir({ fs, former }: FinderOptions, path: string, destination: string): Promise<Index> {
  const madeAt = await former.madeAt();
  const since = madeAt === null ? Number.POSITIVE_INFINITY : madeAt - slackMs;
  const files = await deliveredFiles(fs, path, former.installationId, since);
  const ids = [...new Set(files.map((file) => file.messageId))];
  const known = await former.knownMessages(ids);
  const queued = new Set(known.queued);
  const spoken = new Set([...known.queued, ...known.former]);
  const byMessage = new Map<string, Delivered[]>();
  const unknown: Delivered[] = [];
  for (const file of files) {
    if (queued.has(file.messageId)) put(byMessage, file.messageId, file);
    // What the ledger has forgotten is older than the backup: its id says so.
    else if (!spoken.has(file.messageId) && bornAt(file.messageId) >= since) unknown.push(file);
  }
  const byContent = new Map<string, Delivered[]>();
  await mapParallel(unknown, filesAtOnce, async (file) => {
    const content = await contentWherever(fs, file, former);
    if (content !== null) put(byContent, content.digest, file);
  });
  const taken = new Map((await former.foundFiles(destination)).map((name) => [name, ""]));
  return { byMessage, byContent, taken };
}

/** Everything of ours in a Maildir and its subfolders; what bears a foreign name, only if it is young enough. */
async function deliveredFiles(
  fs: FileSystem,
  path: string,
  installationId: string,
  since: number,
): Promise<Delivered[]> {
  const below = (await fs.readdir(path)).filter((name) => name.startsWith("."));
  const folders = [path, ...below.map((name) => join(path, name))];
  const found = new Map<string, { folder: string; name: string; path: string }>();
  for (const folder of folders) {
    // Twice: a reader that renames meanwhile can hide a name from one reading.
    for (const part of ["new", "cur", "new", "cur"]) {
      for (const file of await namesIn(fs, join(folder, part))) {
        const name = file.replace(/[:,].*$/s, "");
        const key = `${folder}\0${name}`;
        if (!found.has(key)) found.set(key, { folder, name, path: join(folder, part, file) });
      }
    }
  }
  const files: Delivered[] = [];
  await mapParallel([...found.values()], filesAtOnce, async (file) => {
    const own = ourName(file.name, installationId);
    if (own !== null) files.push({ ...file, ...own });
    else {
      const mark = await youngMark(fs, file.path, installationId, since);
      if (mark !== null) files.push({ ...file, messageId: mark, ordinal: null });
    }
  });
  return files;
}

async function namesIn(fs: FileSystem, folder: string): Promise<string[]> {
  try {
    return (await fs.readdir(folder)).filter((name) => !name.startsWith("."));
  } catch (caught) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(caught))) return [];
    throw caught;
  }
}

/** Our id in a file under a foreign name; null: not ours, too old, or gone. */
async function youngMark(
  fs: FileSystem,
  path: string,
  installationId: string,
  since: number,
): Promise<string | null> {
  try {
    const { kind, modifiedAt } = await fs.lstat(path);
    if (kind !== "file" || modifiedAt < since) return null;
    const file = await fs.open(path);
    try {
      return findOurReceived(await readStart(file), installationId)?.messageId ?? null;
    } finally {
      await file.close();
    }
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return null;
    throw caught;
  }
}

/** A reader may have renamed the file since it was listed. */
async function contentWherever(
  fs: FileSystem,
  file: Delivered,
  former: FormerLife,
): Promise<{ readonly digest: string } | null> {
  const content = await contentOf(fs, file.path, former);
  if (content !== null) return content;
  const search = await searchMaildir(fs, file.folder, file.name);
  return search.kind === "found" ? contentOf(fs, search.path, former) : null;
}

/** Digest of what stands behind our Received; null: there is none of ours, or no such file. */
async function contentOf(
  fs: FileSystem,
  path: string,
  { installationId }: FormerLife,
): Promise<{ readonly digest: string } | null> {
  let file: OpenFile;
  try {
    file = await fs.open(path);
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return null;
    throw caught;
  }
  try {
    const start = await readStart(file);
    const received = findOurReceived(start, installationId);
    if (received === null) return null;
    const hash = createHash("sha256").update(start.subarray(received.end));
    const buffer = Buffer.allocUnsafe(readBytes);
    for (;;) {
      const count = await file.read(buffer);
      if (count === 0) return { digest: hash.digest("hex") };
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    await file.close();
  }
}

async function readStart(file: OpenFile): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(ourFieldsAtMostBytes);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** `seconds.R<message id>-<ordinal>.<installation id>` (reliability 7). */
function ourName(name: string, installationId: string): { messageId: string; ordinal: number } | null {
  const [, messageId, ordinal, installation] = /^\d+\.R([\w-]+)-(\d+)\.([\w-]+)$/.exec(name) ?? [];
  if (messageId === undefined || ordinal === undefined || installation !== installationId) return null;
  return { messageId, ordinal: Number(ordinal) };
}

/** When a UUIDv7 was made; what is none counts as young. */
function bornAt(messageId: string): number {
  const [, high, low] = /^([\da-f]{8})-([\da-f]{4})-7/i.exec(messageId) ?? [];
  return high === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(`${high}${low}`, 16);
}

function put<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
