/**
 * Backup: everything that brings an installation back, consistent while it works.
 *
 * The order makes it so: 1 spool files are held, 2 the database is copied as it stands at one moment, 3 the spool
 * files that the copy names, 4 the Maildirs below the data directory, 5 `backup.json`, 6 the folder gets its name.
 * Mail that is delivered while 4 goes on stands in the Maildirs and still in the copied queue; a restore finds it
 * there. Nothing half: until 6 the folder is called `NAME.unfinished`.
 */
import { mkdir, readdir, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { demand } from "../../auth/policies.ts";
import {
  type Failure,
  FailureError,
  failed,
  failure,
  failureOf,
  ok,
  type Result,
} from "../../core/failure.ts";
import { mapParallel } from "../../core/parallel.ts";
import { MINUTE, SECOND } from "../../core/time.ts";
import { errorCode } from "../../spool/file-system.ts";
import type { Snapshot, SnapshotOptions } from "../../store/snapshot.ts";
import type { ManageContext } from "../context.ts";
import { type CopyWishes, copyFolder, copyOne, syncFolder } from "./copy-tree.ts";
import { type Manifest, manifestName } from "./manifest.ts";

const holdMs = 5 * MINUTE;
const renewEveryMs = 30 * SECOND;
const freedAtOnce = 1000;
const filesAtOnce = 16;

export interface BackupContext extends ManageContext {
  readonly nodeId: number;
  /** Copies the database. */
  snapshot(options: SnapshotOptions): Promise<Snapshot>;
}

export interface BackupWishes {
  /** The folder to make. */
  readonly target: string;
  /** Also the key that passwords are sealed with. */
  readonly withKey: boolean;
  /** Also the Maildirs below the data directory. */
  readonly withMail: boolean;
}

export interface BackupReport {
  /** Absolute. */
  readonly path: string;
  readonly madeAt: number;
  /** Messages on their way. */
  readonly messages: number;
  /** Files below `mail`; null: left out. */
  readonly mailFiles: number | null;
  readonly bytes: number;
  readonly key: boolean;
  readonly keyPath: string;
  /** Local accounts whose Maildir stands elsewhere, and so is not in it. */
  readonly maildirsElsewhere: number;
}

export interface BackupProgress {
  step(step: "database" | "spool" | "mail"): void;
  copied(files: number, bytes: number): void;
}

/**
 * @returns `backup-target` where the folder is there already or would stand inside of what it copies,
 * `backup-under-way`, `disk-full`, `database`, `io`, `cancelled`: nothing is left behind then.
 * @throws FailureError `not-allowed`
 */
export async function backup(
  context: BackupContext,
  wishes: BackupWishes,
  progress: BackupProgress,
  signal: AbortSignal,
): Promise<Result<BackupReport>> {
  demand(context.actor, "backup");
  const { store, clock, nodeId } = context;
  const path = resolve(wishes.target);
  const unfit = await unfitTarget(path, context.dataDir);
  if (unfit !== null) return failed(unfit);
  if (!(await store.holdSpool(nodeId, clock.now(), clock.now() + holdMs))) {
    return failed(failure("backup-under-way", "local"));
  }
  const lost = new AbortController();
  const stopRenewal = keepHold(context, lost);
  const unfinished = `${path}.unfinished`;
  try {
    // Ours alone, by the hold: what stands there was left by a backup that died.
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    const report = await fill(
      context,
      wishes,
      unfinished,
      path,
      progress,
      AbortSignal.any([signal, lost.signal]),
    );
    const { madeAt, messages, bytes } = report;
    const by = context.actor.name;
    context.log.write("backup-made", () => ({ by, path, madeAt, messages, bytes }));
    return ok(report);
  } catch (caught) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    return failed(signal.aborted ? failure("cancelled", "local") : failureOf(caught));
  } finally {
    stopRenewal();
    await endHold(context);
  }
}

async function fill(
  context: BackupContext,
  wishes: BackupWishes,
  folder: string,
  path: string,
  progress: BackupProgress,
  signal: AbortSignal,
): Promise<BackupReport> {
  const { dataDir, store, spool, clock, ids, secrets } = context;
  let files = 0;
  let bytes = 0;
  const copying: CopyWishes = {
    owner: "same",
    signal,
    copied(size) {
      files++;
      bytes += size;
      progress.copied(files, bytes);
    },
  };
  progress.step("database");
  await requireRoom(join(dataDir, "rpop.db"), folder);
  await store.flush();
  // Before the copy: what is delivered from now on must count as later.
  const madeAt = clock.now();
  const database = join(folder, "rpop.db");
  const snapshot = await context.snapshot({ path: join(dataDir, "rpop.db"), target: database });
  bytes += (await stat(database)).size;

  progress.step("spool");
  await mkdir(join(folder, "spool"), { mode: 0o700 });
  await mapParallel(snapshot.messages, filesAtOnce, async ({ spoolRef, sizeBytes }) => {
    signal.throwIfAborted();
    const copy = join(folder, "spool", spoolRef);
    const found = await copyOne(spool.path(spoolRef), copy, copying);
    const copied = found ? (await stat(copy)).size : null;
    if (copied !== sizeBytes) throw new FailureError(notWhole(spool.path(spoolRef), copied, sizeBytes));
  });
  await syncFolder(join(folder, "spool"));
  await copyIfThere(join(dataDir, "maildirs"), join(folder, "maildirs"), copying);

  const beforeMail = files;
  if (wishes.withMail) {
    progress.step("mail");
    await copyIfThere(join(dataDir, "mail"), join(folder, "mail"), copying);
  }
  const mailFiles = wishes.withMail ? files - beforeMail : null;
  if (wishes.withKey && !(await copyOne(secrets.keyPath, join(folder, "secret.key"), copying))) {
    throw new FailureError(failure("secret-key-missing", "local", { params: { path: secrets.keyPath } }));
  }
  const manifest: Manifest = {
    format: 1,
    id: ids.next(),
    installationId: snapshot.installationId,
    madeAt: new Date(madeAt).toISOString(),
    schema: snapshot.schema,
    messages: snapshot.messages.length,
    mail: wishes.withMail,
    key: wishes.withKey,
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(join(folder, manifestName), text, { mode: 0o600, flush: true });
  await syncFolder(folder);
  signal.throwIfAborted();
  await rename(folder, path);
  await syncFolder(dirname(path));
  const maildirsElsewhere = await countElsewhere(context);
  const { length: messages } = snapshot.messages;
  const { keyPath } = secrets;
  return { path, madeAt, messages, mailFiles, bytes, key: wishes.withKey, keyPath, maildirsElsewhere };
}

/** A folder that is there may hold the only good backup: it is never written into. */
async function unfitTarget(path: string, dataDir: string): Promise<Failure | null> {
  const unfit = (reason: string) =>
    failure("backup-target", "local", { permanent: true, params: { path, reason } });
  if (path === dataDir || dataDir.startsWith(`${path}${sep}`)) return unfit("above");
  if (path.startsWith(`${join(dataDir, "mail")}${sep}`) || path.startsWith(`${join(dataDir, "spool")}${sep}`))
    return unfit("inside");
  try {
    const names = await readdir(path);
    // An empty folder is given way to, as rename(2) does.
    return names.length > 0 ? unfit("exists") : null;
  } catch (caught) {
    if (errorCode(caught) !== "ENOENT") return unfit("exists");
  }
  try {
    await stat(dirname(path));
    return basename(path) === "" ? unfit("exists") : null;
  } catch {
    return unfit("no-parent");
  }
}

async function requireRoom(database: string, folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const { size } = await stat(database);
  if (bavail * bsize > size) return;
  throw new FailureError(failure("disk-full", "local", { params: { detail: folder }, status: "4.3.1" }));
}

async function copyIfThere(from: string, to: string, wishes: CopyWishes): Promise<void> {
  try {
    await stat(from);
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return;
    throw caught;
  }
  await copyFolder(from, to, wishes);
}

async function countElsewhere({ store, dataDir }: BackupContext): Promise<number> {
  const { accounts } = await store.readDirectory();
  const mail = `maildir:${join(dataDir, "mail")}${sep}`;
  return accounts.filter(
    ({ destination }) => destination?.startsWith("maildir:") && !destination.startsWith(mail),
  ).length;
}

/** The hold is renewed while we copy; once it is lost, files may be missing, and the backup ends. */
function keepHold({ store, clock, nodeId }: BackupContext, lost: AbortController): () => void {
  let cancel = () => {};
  let ended = false;
  const arm = () => {
    if (ended) return;
    cancel = clock.setTimer(renewEveryMs, () => {
      store.renewSpoolHold(nodeId, clock.now() + holdMs).then(
        (held) => (held ? arm() : lost.abort(new FailureError(failure("backup-under-way", "local")))),
        () => arm(),
      );
    });
  };
  arm();
  return () => {
    ended = true;
    cancel();
  };
}

async function endHold({ store, spool, clock, nodeId }: BackupContext): Promise<void> {
  try {
    await store.endSpoolHold(nodeId);
    for (;;) {
      const refs = await store.freedRefs(clock.now(), freedAtOnce);
      if (refs.length === 0) return;
      await spool.remove(refs);
      await store.forgetFreedRefs(refs);
    }
  } catch {
    // A server, or the next poll, clears up.
  }
}

function notWhole(path: string, found: number | null, expected: number): Failure {
  const detail = `${path}: ${found ?? "missing"}/${expected}`;
  return failure("io", "local", { params: { detail }, status: "4.3.0" });
}
