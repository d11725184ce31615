/**
 * One look at everything: accounts, queue, what needs a person, what the disk holds (spec 9).
 */
import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { settingDefinitions } from "../settings/definitions.ts";
import { loadSettings } from "../settings/load.ts";
import type { EntryState } from "../store/records.ts";
import type { ManageContext } from "./context.ts";
import { listRemoteAccounts, type RemoteAccountListing } from "./remote-accounts.ts";

export interface StatusReport {
  readonly dataDir: string;
  readonly installationId: string;
  readonly remoteAccounts: {
    readonly total: number;
    readonly ok: number;
    readonly failed: number;
    readonly disabled: number;
    readonly notYet: number;
  };
  /** Accounts whose last visit failed: what will not heal by itself first. */
  readonly failing: readonly RemoteAccountListing[];
  readonly nextVisitAt: number | null;
  readonly queue: Readonly<Record<EntryState, number>>;
  /** Messages in `DATA/mail/postmaster`: mail that was nobody's, where no account of that name exists. */
  readonly postmasterMessages: number;
  readonly freeBytes: number | null;
  readonly minFreeSpaceBytes: number;
  readonly channels: number;
  /** As in a file. */
  readonly activitySchedule: unknown;
  /** Processes at work on this data directory. */
  readonly processes: readonly { readonly pid: number; readonly startedAt: number }[];
}

export async function status(context: Pick<ManageContext, "store" | "dataDir">): Promise<StatusReport> {
  const { store, dataDir } = context;
  const [{ settings }, listing, queue, nodes, postmasterMessages, freeBytes] = await Promise.all([
    store.readConfiguration(),
    listRemoteAccounts(context),
    store.queueCounts(),
    store.nodes(),
    countMessages(join(dataDir, "mail", "postmaster")),
    freeBytesOf(dataDir),
  ]);
  const { minFreeSpaceBytes, channels, activitySchedule } = loadSettings(settings);
  const enabled = listing.filter((account) => account.pollEveryMs !== null);
  const failing = enabled.filter((account) => account.failure !== null);
  const next = enabled.flatMap((account) => account.nextVisitAt ?? []);
  return {
    dataDir,
    installationId: store.installationId,
    remoteAccounts: {
      total: listing.length,
      ok: enabled.filter((account) => account.failure === null && account.successAt !== null).length,
      failed: failing.length,
      disabled: listing.length - enabled.length,
      notYet: enabled.filter((account) => account.failure === null && account.successAt === null).length,
    },
    failing: failing.sort((a, b) => Number(b.failure?.permanent) - Number(a.failure?.permanent)),
    nextVisitAt: next.length > 0 ? next.reduce((a, b) => Math.min(a, b)) : null,
    queue,
    postmasterMessages,
    freeBytes,
    minFreeSpaceBytes,
    channels,
    activitySchedule: settingDefinitions.activitySchedule.write(activitySchedule),
    processes: nodes.filter((node) => !node.fenced).map(({ pid, startedAt }) => ({ pid, startedAt })),
  };
}

async function countMessages(maildir: string): Promise<number> {
  const counts = await Promise.all(
    ["new", "cur"].map(async (folder) => {
      try {
        return (await readdir(join(maildir, folder))).filter((name) => !name.startsWith(".")).length;
      } catch {
        return 0;
      }
    }),
  );
  return counts.reduce((a, b) => a + b, 0);
}

async function freeBytesOf(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
