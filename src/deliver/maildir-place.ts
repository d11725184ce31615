/**
 * Step 2 of reliability 7: the message under its name in `tmp`, by a hard link where R-47 allows one, else by a copy.
 *
 * After it, the bytes are durable (a link's were before); the name is so after the fsync of `tmp`. Trouble is thrown
 * as the system's error, and nothing of a copy is left behind then.
 */
import { FailureError, failure } from "../core/failure.ts";
import { errorCode, type FileSystem, type OpenFile, type Owner } from "../spool/file-system.ts";
import type { DeliveryItem } from "./delivery.ts";

/** So young a file's times need no setting: whoever clears `tmp` waits 36 hours. */
const FRESH_MS = 10 * 60_000;
const COPY_BYTES = 256 * 1024;

export interface Placing {
  readonly fs: FileSystem;
  /** Our effective user. */
  readonly uid: number;
  /** Owner of a spool file: that of its directory, whoever staged it. Looked up once a batch. */
  spoolOwner(spoolPath: string): Promise<number>;
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Links the item's spool file to `path`, where it may be.
 *
 * A leftover of this very claim under that name is replaced: nobody else uses our token.
 *
 * @param owner the Maildir's
 * @returns false where a copy has to do: for several recipients, with fields of its own, for another owner, on another
 *   file system, or on one without links.
 * @throws the system's errors; FailureError `io` when the spool file is gone.
 */
export async function linkMessage(
  { fs, uid, now, spoolOwner }: Placing,
  item: DeliveryItem,
  path: string,
  owner: Owner,
): Promise<boolean> {
  const { spoolPath } = item;
  if (!item.sole || item.extraFields !== "") return false;
  try {
    // Spool files are ours, unless we are root beside a server with a user of its own.
    if (owner.uid !== (uid === 0 ? await spoolOwner(spoolPath) : uid)) return false;
    // A link keeps the times of the file, and others clear `tmp` by them. Set before the link: so they are part
    // of what the fsync of `tmp` makes durable.
    // A file staged a moment ago has such times already.
    if (Math.abs(now - item.stagedAt) > FRESH_MS) await fs.setTimes(spoolPath, now);
    await replacing(fs, path, () => fs.link(spoolPath, path));
    return true;
  } catch (caught) {
    if (["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(errorCode(caught)))
      return false;
    throw await spoolFileMissing(fs, spoolPath, caught);
  }
}

/**
 * Copies the item's spool file to `path`, its own fields above it. A leftover is replaced, as by `linkMessage`.
 *
 * @returns true
 * @throws the system's errors; FailureError `io` when the spool file is gone or shorter than the item says.
 */
export async function copyMessage(
  { fs, uid }: Placing,
  item: DeliveryItem,
  path: string,
  owner: Owner,
): Promise<boolean> {
  try {
    await copyDurably(fs, item, path, uid === 0 && (owner.uid !== 0 || owner.gid !== 0) ? owner : null);
    return true;
  } catch (caught) {
    throw await spoolFileMissing(fs, item.spoolPath, caught);
  }
}

async function copyDurably(
  fs: FileSystem,
  item: DeliveryItem,
  path: string,
  owner: Owner | null,
): Promise<void> {
  const source = await fs.open(item.spoolPath);
  try {
    const target = await replacing(fs, path, () => fs.create(path, 0o600));
    try {
      if (owner) await target.changeOwner(owner);
      await copyBytes(source, target, item);
      await target.sync();
    } catch (caught) {
      await target.close().catch(ignore);
      await fs.unlink(path).catch(ignore);
      throw caught;
    }
    await target.close();
  } finally {
    await source.close().catch(ignore);
  }
}

async function copyBytes(source: OpenFile, target: OpenFile, item: DeliveryItem): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(COPY_BYTES, item.sizeBytes)));
  const above = Buffer.from(item.extraFields, "utf8");
  let copiedBytes = 0;
  let first = true;
  while (first || copiedBytes < item.sizeBytes) {
    const count = item.sizeBytes === 0 ? 0 : await source.read(buffer);
    if (count === 0 && copiedBytes < item.sizeBytes) {
      throw spoolTrouble(`${item.spoolPath}: ${copiedBytes} of ${item.sizeBytes} bytes`);
    }
    copiedBytes += count;
    const bytes = buffer.subarray(0, count);
    await target.write(first ? [above, bytes] : [bytes]);
    first = false;
  }
}

/** Runs `create`; where the name is taken, removes it and runs it once more. */
async function replacing<T>(fs: FileSystem, path: string, create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (caught) {
    if (errorCode(caught) !== "EEXIST") throw caught;
    await fs.unlink(path);
    return await create();
  }
}

/** What to throw for `caught`: a name was missing; if it was the spool file's, the trouble is our own. */
async function spoolFileMissing(fs: FileSystem, spoolPath: string, caught: unknown): Promise<unknown> {
  if (errorCode(caught) !== "ENOENT") return caught;
  try {
    await fs.lstat(spoolPath);
    return caught;
  } catch (missing) {
    return spoolTrouble(`${spoolPath}: ${errorCode(missing)}`);
  }
}

function spoolTrouble(detail: string): FailureError {
  return new FailureError(failure("io", "local", { params: { detail }, status: "4.3.0" }));
}

function ignore(): void {}
