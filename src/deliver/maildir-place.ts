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
 * Links or copies the item's spool file to `path`.
 *
 * A leftover of this very claim under that name is replaced: nobody else uses our token.
 *
 * @param owner the Maildir's
 * @throws the system's errors; FailureError `io` when the spool file is gone or shorter than the item says.
 */
export async function placeMessage(
  placing: Placing,
  item: DeliveryItem,
  path: string,
  owner: Owner,
): Promise<void> {
  const { fs } = placing;
  try {
    if (item.sole && item.extraFields === "" && (await linkMessage(placing, item, path, owner))) return;
    await copyMessage(placing, item, path, owner);
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") await requireSpoolFile(fs, item.spoolPath);
    throw caught;
  }
}

/** @returns false where a copy has to do: another owner, another file system, or one without links. */
async function linkMessage(
  { fs, uid, now, spoolOwner }: Placing,
  item: DeliveryItem,
  path: string,
  owner: Owner,
): Promise<boolean> {
  const { spoolPath } = item;
  // Spool files are ours, unless we are root beside a server with a user of its own.
  if (owner.uid !== (uid === 0 ? await spoolOwner(spoolPath) : uid)) return false;
  try {
    // A link keeps the times of the file, and others clear `tmp` by them. Set before the link: so they are part
    // of what the fsync of `tmp` makes durable.
    // A file staged a moment ago has such times already.
    if (Math.abs(now - item.stagedAt) > FRESH_MS) await fs.setTimes(spoolPath, now);
    await replacing(fs, path, () => fs.link(spoolPath, path));
    return true;
  } catch (caught) {
    if (["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(errorCode(caught)))
      return false;
    throw caught;
  }
}

async function copyMessage(
  { fs, uid }: Placing,
  item: DeliveryItem,
  path: string,
  owner: Owner,
): Promise<void> {
  const source = await fs.open(item.spoolPath);
  try {
    const target = await replacing(fs, path, () => fs.create(path, 0o600));
    try {
      if (uid === 0 && (owner.uid !== 0 || owner.gid !== 0)) await target.changeOwner(owner);
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

async function requireSpoolFile(fs: FileSystem, spoolPath: string): Promise<void> {
  try {
    await fs.lstat(spoolPath);
  } catch (caught) {
    throw spoolTrouble(`${spoolPath}: ${errorCode(caught)}`);
  }
}

function spoolTrouble(detail: string): FailureError {
  return new FailureError(failure("io", "local", { params: { detail }, status: "4.3.0" }));
}

function ignore(): void {}
