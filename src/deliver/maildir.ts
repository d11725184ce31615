/**
 * Delivery into Maildirs, exactly once (reliability 7).
 *
 * Owns steps 2, 3, 5 and 6; the queue owns 1, 4, 7 and 8, and calls in this order:
 *
 *   claim (token L) → prepare: 2 link or copy to tmp/NAME.L, 3 fsync tmp → 4 commit ready(W := L)
 *   → commit: 5 rename tmp/NAME.W to new/NAME, 6 fsync new and tmp → 7 commit done → 8 row, spool file
 *
 * The name in `tmp` is the witness. It is made durable before `ready` says that it is there; so where the entry is
 * ready(W) and tmp/NAME.W is gone, the rename happened, whatever readers did since. Steps 3, 4 and 6 are never merged
 * or swapped (`test/model` shows what each of them prevents); batched they are, one fsync a folder for all items.
 *
 * The window: others clear `tmp` of files 36 h old. A witness older than 30 h that is gone proves nothing, so `new`
 * and `cur` are searched; not there is `witness-lost`, and may be a double where the owner removed the mail.
 *
 * Every trouble is an answer, temporary, for the item or folder that met it. A directory whose fsync failed is `io`
 * with `params.fatal` 1. Who owns a Maildir could exchange its folders for links while we write: they are
 * looked at before each batch, not held.
 */
import { dirname, join } from "node:path";
import { type Failure, failed, failure, failureOf, ok, type Result } from "../core/failure.ts";
import { groupBy } from "../core/group-by.ts";
import { mapParallel } from "../core/parallel.ts";
import { type Clock, HOUR } from "../core/time.ts";
import { syncNames } from "../spool/directory-sync.ts";
import { errorCode, type FileSystem, type Owner } from "../spool/file-system.ts";
import type { Committed, DeliveryItem, Prepared, TwoStepDelivery } from "./delivery.ts";
import { maildirPath } from "./destination.ts";
import type { KnownMaildirs } from "./known-maildirs.ts";
import { maildirFailure, maildirUnusable } from "./maildir-failure.ts";
import { openMaildir, standingMaildir } from "./maildir-folder.ts";
import { type FormerLife, maildirFinder } from "./maildir-found.ts";
import { copyMessage, linkMessage } from "./maildir-place.ts";
import { searchMaildir } from "./maildir-search.ts";

/** Others clear `tmp` after 36 h (maildir(5)); six less for clocks, and for messages long under way. */
const WITNESS_TRUSTED_MS = 30 * HOUR;
/** Bounds the buffers of copies to 2 MiB. */
const COPIES_AT_ONCE = 8;
/** Calls without buffers, a batch at least: a thread for the disk takes all of them in one message. */
const AT_ONCE = 128;

export interface MaildirOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly known: KnownMaildirs;
  readonly former: FormerLife;
  /** Our effective user. Where it is 0, files get the Maildir's owner. */
  readonly uid: number;
}

/** The Delivery for destinations `maildir:/PATH`. Its verbs never reject. */
export function maildirDelivery(options: MaildirOptions): TwoStepDelivery {
  const finder = maildirFinder(options);
  return {
    kind: "two-step",
    find: (items) =>
      mapParallel(items, 1, async (item) => {
        const { path, trouble } = taskFor(item);
        return trouble === null ? finder(item, path) : failed(trouble);
      }),
    prepare: (items) => prepare(options, items),
    commit: (items) => commit(options, items),
    abandon: (items) => abandon(options, items),
    sweep: (items) => sweep(options, items),
  };
}

/** Owners of the directories that spool files stand in, each looked up once. */
function ownersOnce(fs: FileSystem): (spoolPath: string) => Promise<number> {
  const known = new Map<string, Promise<number>>();
  return (spoolPath) => {
    const directory = dirname(spoolPath);
    const owner = known.get(directory) ?? fs.stat(directory).then(({ uid }) => uid);
    known.set(directory, owner);
    return owner;
  };
}

/** An item, the folder it goes to, and how far it came. */
interface Task {
  readonly item: DeliveryItem;
  readonly path: string;
  /** What stopped it. */
  trouble: Failure | null;
}

async function prepare(options: MaildirOptions, items: readonly DeliveryItem[]): Promise<Prepared[]> {
  const { fs, known, uid } = options;
  const tasks = items.map(taskFor);
  const owners = new Map<string, Owner>();

  await eachFolder(tasks, async (path, theirs) => {
    const folder = await openMaildir(options, path);
    if (folder.ok) owners.set(path, folder.value.owner);
    else stop(theirs, folder.failure);
  });
  try {
    await known.noteUsed([...owners.keys()]);
  } catch (caught) {
    stop(tasks, failureOf(caught));
  }
  const placing = { fs, uid, now: options.clock.now(), spoolOwner: ownersOnce(fs) };
  const copies: Task[] = [];
  /** Marks the task where its placing fails. */
  const place = async (task: Task, how: typeof linkMessage | typeof copyMessage): Promise<boolean> => {
    const { item, path } = task;
    const owner = owners.get(path);
    if (!owner) return true;
    try {
      return await how(placing, item, partialPath(path, item, item.leaseToken), owner);
    } catch (caught) {
      task.trouble = maildirFailure(caught, path);
      return true;
    }
  };
  await mapParallel(tasks.filter(isOpen), AT_ONCE, async (task) => {
    if (!(await place(task, linkMessage))) copies.push(task);
  });
  await mapParallel(copies, COPIES_AT_ONCE, (task) => place(task, copyMessage));
  await eachFolder(tasks, async (path, theirs) => {
    try {
      await syncNames(fs, join(path, "tmp"));
    } catch (caught) {
      stop(theirs, maildirFailure(caught, path));
    }
  });
  return tasks.map(({ trouble }) => (trouble ? { kind: "failed", failure: trouble } : { kind: "prepared" }));
}

async function commit(options: MaildirOptions, items: readonly DeliveryItem[]): Promise<Committed[]> {
  const { fs } = options;
  const tasks = items.map(taskFor);
  const looks = new Map<string, Promise<Result<unknown>>>();
  /** At most one look a batch: where the folder was not just prepared, or a name is missing in it. */
  const isStanding = (path: string): Promise<Result<unknown>> => {
    const look = looks.get(path) ?? standingMaildir(fs, path);
    looks.set(path, look);
    return look;
  };
  /** null: the witness was lost. */
  const places = new Map<Task, string | null>();

  await mapParallel(tasks.filter(isOpen), AT_ONCE, async (task) => {
    try {
      const shown = await show(options, task, isStanding);
      if (shown.ok) places.set(task, shown.value);
      else task.trouble = shown.failure;
    } catch (caught) {
      task.trouble = maildirFailure(caught, task.path);
    }
  });
  const shownTasks = tasks.filter((task) => typeof places.get(task) === "string");
  await eachFolder(shownTasks, async (path, theirs) => {
    try {
      const folders = [join(path, "new"), join(path, "tmp")];
      await mapParallel(folders, folders.length, (folder) => syncNames(fs, folder));
    } catch (caught) {
      stop(theirs, maildirFailure(caught, path));
    }
  });
  return tasks.map((task) => {
    if (task.trouble) return { kind: "failed", failure: task.trouble };
    const where = places.get(task) ?? null;
    return where === null ? { kind: "witness-lost" } : { kind: "delivered", where };
  });
}

/**
 * Step 5, and what its absence means.
 *
 * @returns where the message is, or was when it was delivered; null when the witness was cleared and the message is
 *   nowhere.
 */
async function show(
  { fs, clock }: MaildirOptions,
  { item, path }: Task,
  isStanding: (path: string) => Promise<Result<unknown>>,
): Promise<Result<string | null>> {
  const { ready, fileName } = item;
  if (ready === null)
    return failed(failure("unexpected", "local", { params: { detail: `${item.key} is not ready` } }));
  const witness = partialPath(path, item, ready.token);
  const place = `${path}/new/${fileName}`;
  // Under the first token the folder was looked at a moment ago, and nobody can have shown this name before us.
  const mayBeShown = item.leaseToken > 1;
  if (mayBeShown) {
    const folder = await isStanding(path);
    if (!folder.ok) return folder;
  }
  try {
    await fs.rename(witness, place);
    // Between two links of one inode rename does nothing, and says that it did.
    if (mayBeShown) await unlinkIfThere(fs, witness);
    return ok(place);
  } catch (caught) {
    if (errorCode(caught) !== "ENOENT") throw caught;
  }
  // Gone, or the whole folder is: a disk that is not mounted must not look like delivered mail.
  const folder = await isStanding(path);
  if (!folder.ok) return folder;
  // The wall clock may have jumped either way: then the moment proves nothing and the search decides.
  if (Math.abs(clock.now() - ready.at) <= WITNESS_TRUSTED_MS) return ok(place);
  const search = await searchMaildir(fs, path, fileName);
  if (search.kind === "restless") return failed(maildirUnusable(path, "restless"));
  return ok(search.kind === "found" ? search.path : null);
}

/** Ours alone; where the witness is our own after all, it stays. */
async function abandon({ fs }: MaildirOptions, items: readonly DeliveryItem[]): Promise<void> {
  const tasks = items.filter((item) => item.ready?.token !== item.leaseToken).map(taskFor);
  await mapParallel(tasks.filter(isOpen), AT_ONCE, async ({ item, path }) => {
    await fs.unlink(partialPath(path, item, item.leaseToken)).catch(() => undefined);
  });
}

/**
 * Lower tokens than the item's can become ready no more, so what they left in `tmp` is nobody's; the witness of
 * ready(W) stays.
 */
async function sweep({ fs }: MaildirOptions, items: readonly DeliveryItem[]): Promise<void> {
  const tasks = items.filter((item) => item.leaseToken > 1).map(taskFor);
  await eachFolder(tasks, async (path, theirs) => {
    const tmp = join(path, "tmp");
    const names = await fs.readdir(tmp).catch((): string[] => []);
    const byFileName = new Map(theirs.map(({ item }) => [item.fileName, item]));
    await mapParallel(names, AT_ONCE, async (name) => {
      const dot = name.lastIndexOf(".");
      const item = byFileName.get(name.slice(0, dot));
      const token = Number(name.slice(dot + 1));
      if (item && token < item.leaseToken && token !== item.ready?.token) {
        await fs.unlink(join(tmp, name)).catch(() => undefined);
      }
    });
  });
}

function taskFor(item: DeliveryItem): Task {
  const path = maildirPath(item.destination);
  if (!path.ok) return { item, path: "", trouble: path.failure };
  // Ours, and made of letters, digits, dots and hyphens; checked because a `/` in it would lead out of the folder.
  if (/^[^/\0:.][^/\0:]{0,239}$/.test(item.fileName)) return { item, path: path.value, trouble: null };
  const detail = `${item.key}: a file name that cannot stand in a Maildir`;
  return { item, path: "", trouble: failure("unexpected", "local", { params: { detail } }) };
}

/** `tmp/NAME.TOKEN`; of a path that `maildirPath` made plain. */
function partialPath(path: string, item: DeliveryItem, token: number): string {
  return `${path}/tmp/${item.fileName}.${token}`;
}

function isOpen(task: Task): boolean {
  return task.trouble === null;
}

/** Runs `work` once for each folder that still has open tasks. */
async function eachFolder(
  tasks: readonly Task[],
  work: (path: string, theirs: Task[]) => Promise<void>,
): Promise<void> {
  const folders = [...groupBy(tasks.filter(isOpen), (task) => task.path)];
  await mapParallel(folders, AT_ONCE, ([path, theirs]) => work(path, theirs));
}

function stop(tasks: readonly Task[], trouble: Failure): void {
  for (const task of tasks) task.trouble ??= trouble;
}

async function unlinkIfThere(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (caught) {
    if (errorCode(caught) !== "ENOENT") throw caught;
  }
}
