/**
 * Restore: a data directory from a backup.
 *
 * Everything is put together and looked through in `DATA/restore.unfinished`; then the parts get their names, the
 * database last, so that until then there is nothing that could be started. A restore that was killed while it placed
 * them is finished by the next one.
 *
 * The database that comes out begins anew: nobody works on it, and every entry, and what the first whole visit of
 * each account brings, is looked for in its Maildir before it is delivered (`deliver/maildir-found.ts`).
 */
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  type Failure,
  FailureError,
  failed,
  failure,
  failureOf,
  ok,
  type Result,
} from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { mapParallel } from "../../core/parallel.ts";
import type { Clock } from "../../core/time.ts";
import { errorCode, type Owner } from "../../spool/file-system.ts";
import { openStore } from "../../store/open.ts";
import { type CopyWishes, copyFolder, copyOne, syncFolder } from "./copy-tree.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { unfinishedRestore } from "./unfinished.ts";

const filesAtOnce = 16;
/** Written when everything is whole and only names are left to give. */
const placingName = "placing";
/** What may stand in a data directory that is to be filled: a mount point's own folder, and a key put there before. */
const allowed = new Set(["lost+found", "secret.key", unfinishedRestore]);
/** In the order of placing; the database makes it a data directory. */
const parts = ["spool", "maildirs", "mail", "secret.key", "rpop.db"];

export interface RestoreContext {
  /** Absolute; made when missing. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly thread: "worker" | "inline";
  /** Of the data directory that is made. */
  readonly log: Log;
}

export interface RestoreReport {
  readonly dataDir: string;
  readonly installationId: string;
  readonly madeAt: number;
  readonly messages: number;
  /** Whether Maildirs came along. */
  readonly mail: boolean;
  /** Whether the key is in place. */
  readonly key: boolean;
}

export interface RestoreProgress {
  step(step: "database" | "spool" | "mail"): void;
  copied(files: number, bytes: number): void;
}

/**
 * @returns `backup-damaged`, `restore-target` where the data directory holds something, `database-newer`, `io`,
 * `disk-full`, `cancelled`: the data directory is then as empty as it was.
 */
export async function restore(
  context: RestoreContext,
  from: string,
  progress: RestoreProgress,
  signal: AbortSignal,
): Promise<Result<RestoreReport>> {
  const source = resolve(from);
  const manifest = await readManifest(source);
  if (!manifest.ok) return manifest;
  const { dataDir } = context;
  const staging = join(dataDir, unfinishedRestore);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const placing = await placingOf(staging);
    if (placing !== null && placing !== manifest.value.id) {
      return failed(failure("restore-unfinished", "local", { permanent: true, params: { path: staging } }));
    }
    if (placing === null) {
      const names = await readdir(dataDir);
      if (names.some((name) => !allowed.has(name))) {
        return failed(failure("restore-target", "local", { permanent: true, params: { path: dataDir } }));
      }
      await rm(staging, { recursive: true, force: true });
      await mkdir(staging, { mode: 0o700 });
      await prepare(context, source, manifest.value, staging, progress, signal);
    }
    await place(dataDir, staging);
  } catch (caught) {
    // Whole parts that have their names already stay for the next try.
    if ((await placingOf(staging)) === null)
      await rm(staging, { recursive: true, force: true }).catch(() => {});
    return failed(signal.aborted ? failure("cancelled", "local") : failureOf(caught));
  }
  const { installationId, madeAt, messages, mail } = manifest.value;
  const key = await exists(join(dataDir, "secret.key"));
  context.log.write("restored", () => ({ path: source, madeAt: Date.parse(madeAt), messages }));
  return ok({ dataDir, installationId, madeAt: Date.parse(madeAt), messages, mail, key });
}

async function prepare(
  { dataDir, clock, thread }: RestoreContext,
  source: string,
  manifest: Manifest,
  staging: string,
  progress: RestoreProgress,
  signal: AbortSignal,
): Promise<void> {
  let files = 0;
  let bytes = 0;
  const { uid, gid } = await stat(dataDir);
  const owner: Owner = { uid, gid };
  const copying: CopyWishes = {
    owner,
    signal,
    copied(size) {
      files++;
      bytes += size;
      progress.copied(files, bytes);
    },
  };
  progress.step("database");
  const path = join(staging, "rpop.db");
  if (!(await copyOne(join(source, "rpop.db"), path, copying))) throw damaged(source, "rpop.db");
  // Brings it up to date, where the backup is of an earlier version.
  const store = await openStore({ path, thread, clock, quickCheck: true });
  let messages: Awaited<ReturnType<typeof store.spoolMessages>>;
  try {
    if (store.installationId !== manifest.installationId) throw damaged(source, "rpop.db");
    messages = await store.spoolMessages();
    await store.beginRestored({ restoredAt: clock.now(), madeAt: Date.parse(manifest.madeAt) });
  } finally {
    await store.close();
  }
  await endWriteAheadLog(staging);

  progress.step("spool");
  await mkdir(join(staging, "spool"), { mode: 0o700 });
  await mapParallel(messages, filesAtOnce, async ({ spoolRef, sizeBytes }) => {
    signal.throwIfAborted();
    const copy = join(staging, "spool", spoolRef);
    const found = await copyOne(join(source, "spool", spoolRef), copy, copying);
    if (!found || (await stat(copy)).size !== sizeBytes) throw damaged(source, `spool/${spoolRef}`);
  });
  await syncFolder(join(staging, "spool"));
  if (await exists(join(source, "maildirs"))) {
    await copyFolder(join(source, "maildirs"), join(staging, "maildirs"), copying);
  }
  if (manifest.mail && (await exists(join(source, "mail")))) {
    progress.step("mail");
    // People's own: whoever reads them reads them again.
    await copyFolder(join(source, "mail"), join(staging, "mail"), { ...copying, owner: "same" });
  }
  if (manifest.key && !(await exists(join(dataDir, "secret.key")))) {
    const copied = await copyOne(join(source, "secret.key"), join(staging, "secret.key"), copying);
    if (!copied) throw damaged(source, "secret.key");
  }
  for (const name of await readdir(staging)) {
    if (!parts.includes(name)) await rm(join(staging, name), { force: true });
  }
  await syncFolder(staging);
  signal.throwIfAborted();
  await writeFile(join(staging, placingName), manifest.id, { flush: true });
  await syncFolder(staging);
}

/** The log's content is in the file; one that is not empty would be lost with its name. */
async function endWriteAheadLog(staging: string): Promise<void> {
  for (const name of ["rpop.db-wal", "rpop.db-shm"]) {
    const path = join(staging, name);
    if (!(await exists(path))) continue;
    if (name.endsWith("-wal") && (await stat(path)).size > 0) {
      const detail = `${name} is not empty`;
      throw new FailureError(failure("database", "local", { params: { detail }, status: "4.3.0" }));
    }
    await rm(path);
  }
}

async function place(dataDir: string, staging: string): Promise<void> {
  for (const name of parts) {
    if (await exists(join(staging, name))) await rename(join(staging, name), join(dataDir, name));
    if (name === "secret.key") await syncFolder(dataDir);
  }
  await syncFolder(dataDir);
  await rm(staging, { recursive: true, force: true });
  await syncFolder(dirname(dataDir)).catch(() => {});
}

/** Id of the backup whose parts are being placed; null: none is. */
async function placingOf(staging: string): Promise<string | null> {
  try {
    return await readFile(join(staging, placingName), "utf8");
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (caught) {
    if (errorCode(caught) === "ENOENT") return false;
    throw caught;
  }
}

function damaged(path: string, detail: string): FailureError {
  const why: Failure = failure("backup-damaged", "local", { permanent: true, params: { path, detail } });
  return new FailureError(why);
}
