/**
 * One look at everything: accounts, queue, what needs a person, what the disk holds (spec 9).
 */
import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { demand } from "../auth/policies.ts";
import { endsSoonMs, isSpaceShort } from "../queue/house-warnings.ts";
import { settingDefinitions } from "../settings/definitions.ts";
import { loadSettings } from "../settings/load.ts";
import type { DestinationTrouble, EntryState, NodeRecord, ServingState } from "../store/records.ts";
import type { ManageContext } from "./context.ts";
import { type Marks, markedOf } from "./marks.ts";
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
  /** Accounts with something worth a look, though they work. */
  readonly warned: readonly RemoteAccountListing[];
  readonly nextVisitAt: number | null;
  /** The process that serves; null: none. */
  readonly server: {
    readonly pid: number;
    readonly startedAt: number;
    /** Of HTTP; null: none. */
    readonly listen: string | null;
    /** Why it starts no visit at present, and since when. */
    readonly pause: ServingState["pause"];
  } | null;
  /** Visits under way, by every process. */
  readonly visitsUnderWay: number;
  readonly marks: Marks;
  readonly queue: Readonly<Record<EntryState, number>>;
  /** Destinations that take no mail at present. */
  readonly destinations: readonly DestinationTrouble[];
  /** Deliveries over a wire whose answer was lost: so many may have arrived twice. */
  readonly doubtfulDeliveries: number;
  /** Undeliverable mail whose keeping time ends within three days. */
  readonly undeliverableEndingSoon: number;
  /** Messages in `DATA/mail/postmaster`: mail that was nobody's, where no account of that name exists. */
  readonly postmasterMessages: number;
  readonly freeBytes: number | null;
  readonly minFreeSpaceBytes: number;
  /** Half of it may go before visits stop. */
  readonly spaceShort: boolean;
  /** What `rpop trace` can tell of: since when, in how many rows; it is kept for `keepLedger`. */
  readonly history: { readonly oldestAt: number | null; readonly rows: number; readonly keptMs: number };
  readonly channels: number;
  /** As in a file. */
  readonly activitySchedule: unknown;
  /** Processes at work on this data directory. */
  readonly processes: readonly { readonly pid: number; readonly startedAt: number }[];
}

export async function status(
  context: Pick<ManageContext, "store" | "dataDir" | "clock" | "actor">,
): Promise<StatusReport> {
  demand(context.actor, "see-server");
  const { store, dataDir, clock } = context;
  const [{ settings }, listing, hosts, visitsUnderWay, queue, nodes, postmasterMessages, freeBytes] =
    await Promise.all([
      store.readDirectory(),
      listRemoteAccounts(context),
      store.markedHosts(),
      store.openVisits(context.clock.now()),
      store.queueCounts(),
      store.nodes(),
      countMessages(join(dataDir, "mail", "postmaster")),
      freeBytesOf(dataDir),
    ]);
  const [destinations, doubtfulDeliveries, undeliverableEndingSoon, span] = await Promise.all([
    store.destinationTroubles(),
    store.doubtCount(),
    store.undeliverableEndingBy(clock.now() + endsSoonMs),
    store.ledgerSpan(),
  ]);
  const { minFreeSpaceBytes, channels, activitySchedule, keepLedgerMs } = loadSettings(settings);
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
    warned: enabled.filter(({ warnings }) => warnings.length > 0),
    nextVisitAt: next.length > 0 ? next.reduce((a, b) => Math.min(a, b)) : null,
    server: serverOf(nodes),
    visitsUnderWay,
    marks: { hosts, accounts: markedOf(listing) },
    queue,
    destinations: destinations.filter(({ deferred }) => deferred > 0),
    doubtfulDeliveries,
    undeliverableEndingSoon,
    postmasterMessages,
    freeBytes,
    minFreeSpaceBytes,
    spaceShort: freeBytes !== null && isSpaceShort(freeBytes, minFreeSpaceBytes),
    history: { ...span, keptMs: keepLedgerMs },
    channels,
    activitySchedule: settingDefinitions.activitySchedule.write(activitySchedule),
    processes: nodes.filter((node) => !node.fenced).map(({ pid, startedAt }) => ({ pid, startedAt })),
  };
}

function serverOf(nodes: readonly NodeRecord[]): StatusReport["server"] {
  const node = nodes.find((one) => !one.fenced && one.serving !== null);
  if (!node || node.serving === null) return null;
  return { pid: node.pid, startedAt: node.startedAt, ...node.serving };
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
