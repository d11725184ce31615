/**
 * The composition root: builds every object of a process in order, and takes them down in reverse. The only file
 * that knows all of them.
 *
 * Each process that opens a data directory works on the same store (spec 9): it registers as a node when it begins
 * to visit or deliver, clears up behind dead ones first, and leaves when it closes.
 */
import { mkdir, readFile } from "node:fs/promises";
import { homedir, hostname, networkInterfaces, userInfo } from "node:os";
import { join } from "node:path";
import type { Actor } from "./auth/policies.ts";
import { FailureError, failureOf } from "./core/failure.ts";
import type { IdSource, LocalAccountId, MessageId } from "./core/ids.ts";
import { failureFields, type Log } from "./core/log.ts";
import { type Clock, DAY, MINUTE, SECOND } from "./core/time.ts";
import { knownMaildirsIn } from "./deliver/known-maildirs.ts";
import { maildirDelivery } from "./deliver/maildir.ts";
import type { FormerLife } from "./deliver/maildir-found.ts";
import { deliveryPicker } from "./deliver/pick.ts";
import { pipeDelivery } from "./deliver/pipe.ts";
import { smtpDelivery } from "./deliver/smtp.ts";
import { refuseUnfinished } from "./manage/backup/unfinished.ts";
import type { ManageContext } from "./manage/context.ts";
import type { Directory } from "./manage/directory.ts";
import { type LiveConfiguration, liveConfiguration } from "./manage/live-configuration.ts";
import type { PollContext } from "./manage/poll.ts";
import { ownIdentity, provenDead } from "./nodes/identity.ts";
import { recover } from "./nodes/recovery.ts";
import { type OpenLog, openLog } from "./observe/log.ts";
import { nodeLogDirectory } from "./observe/log-directory.ts";
import type { ConnectContext } from "./poll/connect.ts";
import { accountFields, transcriptFor } from "./poll/visit-log.ts";
import type { VisitsContext } from "./poll/visits.ts";
import { SecureContextCache, TlsSessionCache } from "./pop3/tls.ts";
import { Backlog } from "./queue/backlog.ts";
import { GroupCommit } from "./queue/group-commit.ts";
import { reportingOver } from "./queue/reporting.ts";
import { QueueRunner } from "./queue/runner.ts";
import type { SubmitContext } from "./queue/submit.ts";
import { postmasterOf } from "./route/router.ts";
import { readSecret } from "./secrets/read-secret.ts";
import { openSecrets, passwordPlace, type Secrets } from "./secrets/secrets.ts";
import type { Settings } from "./settings/definitions.ts";
import { chosenLogLevel } from "./settings/log-level.ts";
import { openDirectorySpool } from "./spool/directory.ts";
import { diskThread } from "./spool/disk-thread.ts";
import type { FileSystem } from "./spool/file-system.ts";
import { nodeFileSystem } from "./spool/node-file-system.ts";
import type { Spool } from "./spool/spool.ts";
import { openStore } from "./store/open.ts";
import type { Store } from "./store/store.ts";
import { systemClock } from "./system/clock.ts";
import { dnsLookup } from "./system/dns-lookup.ts";
import { uuidSource } from "./system/ids.ts";
import { keptAnswer, keptAnswers } from "./system/kept-answer.ts";
import { systemTimeZone } from "./system/time-zone.ts";
import { wordsIn } from "./words/words.ts";

/** How long claimed entries stay ours; deliveries into Maildirs take moments. */
const claimMs = 5 * MINUTE;
const heartbeatMs = 10 * SECOND;
const mergeWindowMs = 7 * DAY;
/** An address that this machine gets, and a certificate that is renewed, count after this long. */
const addressesKeptMs = SECOND;
const caFileKeptMs = 5 * SECOND;

export interface AppOptions {
  /** Absolute; made when missing (0700). */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Where the calls of the database, and those that write mail, wait for the disk; default: threads of their own. */
  readonly storeThread?: "worker" | "inline";
}

export interface App {
  readonly manage: ManageContext;
  /** The settings in force: the same object always, which follows the configuration while a process serves. */
  readonly settings: Settings;
  readonly directory: Directory;
  /** Where both come from, and how they are read again. */
  readonly live: LiveConfiguration;
  readonly log: OpenLog;
  /** What a check needs: no node, no lease. */
  readonly connect: ConnectContext;
  /** Registers this process and builds what visits and deliveries need; the same object at each call. */
  work(): Promise<PollContext>;
  close(): Promise<void>;
}

/**
 * Opens a data directory.
 *
 * @throws FailureError: `database…`, `secret-key-missing`, `secret-key-wrong`, `io`. Nothing stays open then.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const { dataDir, env } = options;
  const clock = options.clock ?? systemClock;
  const ids = uuidSource(clock);
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  // Until the configuration is read, the level is the default's.
  let live: LiveConfiguration | null = null;
  const quiet = chosenLogLevel({});
  const log = openLog({
    directory: nodeLogDirectory(join(dataDir, "log")),
    clock,
    pid: process.pid,
    level: () => live?.logLevel ?? quiet,
    timeZone: () => live?.settings.timeZone ?? null,
  });
  undo.push(() => log.close());
  try {
    refuseUnfinished(dataDir);
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const store = await openStore({
      path: join(dataDir, "rpop.db"),
      thread: options.storeThread ?? "worker",
      clock,
    });
    undo.push(() => store.close());
    const configuration = await store.readConfiguration();
    const opened = liveConfiguration(store, configuration, dataDir);
    live = opened;
    const { settings, directory } = opened;
    const secrets = await openSecretsOf(dataDir, env, configuration.remoteAccounts);
    const connect = connectContext({ clock, log, settings, secrets, directory, env });
    const openSpool = spoolOpener(dataDir);
    const actor: Actor = { role: "administrator", name: userName(), accountId: null };
    const manage: ManageContext = {
      dataDir,
      store,
      spool: await openSpool(nodeFileSystem, 0),
      secrets,
      clock,
      ids,
      log,
      actor,
    };
    let work: Promise<PollContext> | null = null;
    return {
      manage,
      settings,
      directory,
      live: opened,
      log,
      connect,
      work: () => {
        work ??= startWork({
          store,
          openSpool,
          threads: options.storeThread ?? "worker",
          clock,
          log,
          ids,
          settings,
          directory,
          connect,
          secrets,
          env,
          dataDir,
          actor,
          undo,
        });
        return work;
      },
      close,
    };
  } catch (error) {
    log.write("start-failed", () => failureFields(failureOf(error)));
    await close();
    throw error;
  }
}

interface WorkParts {
  readonly store: Store;
  readonly openSpool: ReturnType<typeof spoolOpener>;
  readonly threads: "worker" | "inline";
  readonly clock: Clock;
  readonly log: OpenLog;
  readonly ids: IdSource;
  readonly settings: Settings;
  readonly directory: Directory;
  readonly connect: ConnectContext;
  readonly secrets: Secrets;
  readonly env: AppOptions["env"];
  readonly dataDir: string;
  readonly actor: Actor;
  readonly undo: (() => Promise<void>)[];
}

async function startWork(parts: WorkParts): Promise<PollContext> {
  const { store, clock, log, ids, settings, directory, dataDir, undo } = parts;
  const own = ownIdentity();
  const nodeId = await store.registerNode({ ...own, startedAt: clock.now() });
  undo.push(() => store.leaveNode(nodeId));
  log.setNode(nodeId);
  undo.push(keepLastWords(log));
  undo.push(keepHeartbeat(store, clock, nodeId));
  // What a visit writes goes through a thread for the disk; what only looks needs none.
  const disk = parts.threads === "worker" ? diskThread() : null;
  if (disk !== null) undo.push(() => disk.close());
  const fs = disk?.fs ?? nodeFileSystem;
  const spool = await parts.openSpool(fs, nodeId);
  const clearUp = async () => {
    const cleared = await recover({ store, spool, nodeId, provenDead: (node) => provenDead(node, own) });
    if (cleared.nodes > 0) log.write("recovered", () => cleared);
    return cleared;
  };
  // Before the first visit.
  await clearUp();

  const uid = effectiveUid();
  const known = knownMaildirsIn(fs, join(dataDir, "maildirs"), uid);
  const smtp = smtpDelivery({
    fs,
    clock,
    serverName: () => settings.serverName ?? hostname(),
    readPassword: (source) => readSecret(source, "", { secrets: parts.secrets, env: parts.env }),
    readCaFile: (path) => readFile(path, "utf8"),
  });
  undo.push(() => smtp.close());
  const pick = deliveryPicker({
    maildir: maildirDelivery({ fs, clock, known, uid, former: formerLife(store) }),
    lmtp: smtp,
    "lmtp+unix": smtp,
    smtp,
    smtps: smtp,
    pipe: pipeDelivery({ fs, clock, home: homedir() }),
  });
  const backlog = new Backlog();
  const group = new GroupCommit({
    store,
    spool,
    clock,
    nodeId,
    claimMs,
    deliver: (entries) => runner.deliver(entries),
  });
  const submit: SubmitContext = {
    clock,
    spool,
    group,
    backlog,
    installationId: store.installationId,
    serverName: () => settings.serverName ?? hostname(),
    timeZone: () => settings.timeZone ?? systemTimeZone(),
    queueLifetimeMs: () => settings.queueLifetimeMs,
    mergeWindowMs,
    router: () => directory.router,
    newMessageId: () => ids.next() as MessageId,
  };
  const runner = new QueueRunner({
    store,
    spool,
    clock,
    log,
    nodeId,
    leaseMs: claimMs,
    random: Math.random,
    resolve: (entry) => directory.resolve(entry),
    pick,
    keepUndeliverableMs: () => settings.keepUndeliverableMs,
    keepLedgerMs: () => settings.keepLedgerMs,
    reporting: reportingOver({
      store,
      spool,
      clock,
      nodeId,
      claimMs,
      submit,
      postmaster: () => postmasterOf(directory.router),
      words: (language) => wordsIn(language).report,
    }),
  });
  undo.push(() => runner.stop());
  const visits: VisitsContext = {
    ...parts.connect,
    store,
    spool,
    submit,
    nodeId,
    log,
    random: Math.random,
    headerOnlyText: (language, { login, host, sizeBytes, reason }) => {
      const size = sizeBytes === null ? "" : `${Math.ceil(sizeBytes / 1000).toLocaleString("en")} kB`;
      // English follows, so that every postmaster can read it.
      const languages = language === "en" ? ["en" as const] : [language, "en" as const];
      const texts = languages.map((one) => wordsIn(one).report.headerOnly(login, host, size, reason));
      return texts.join(`\n${"-".repeat(60)}\n\n`);
    },
    room: async () => {
      await backlog.room();
      await runner.room();
    },
    recover: clearUp,
  };
  return { actor: parts.actor, visits, runner };
}

function connectContext(parts: {
  clock: Clock;
  log: Log;
  settings: Settings;
  secrets: Secrets;
  directory: Directory;
  env: AppOptions["env"];
}): ConnectContext {
  const { clock, log, settings, secrets, directory, env } = parts;
  const ownerAddress = (owner: LocalAccountId) => directory.router.accountsById.get(owner)?.address ?? owner;
  return {
    clock,
    settings: () => settings,
    password: (account) => readSecret(account.secret, passwordPlace(account.id), { secrets, env }),
    readCaFile: keptAnswers(clock, caFileKeptMs, 1000, (path) => readFile(path, "utf8")),
    interfaceAddresses: keptAnswer(clock, addressesKeptMs, () =>
      Object.values(networkInterfaces()).flatMap((list) => list?.map((one) => one.address) ?? []),
    ),
    domainAddresses: (owner) => directory.domainAddresses(owner),
    ownerAddress,
    transcript: (account) => transcriptFor(log, clock, () => accountFields(account, ownerAddress)),
    lookup: dnsLookup(() => settings.dnsServers),
    tlsSessions: new TlsSessionCache(),
    secureContexts: new SecureContextCache(),
  };
}

async function openSecretsOf(
  dataDir: string,
  env: AppOptions["env"],
  accounts: Awaited<ReturnType<Store["readConfiguration"]>>["remoteAccounts"],
): Promise<Secrets> {
  const sealed = accounts.flatMap(({ secret }) => (secret.kind === "sealed" ? [secret.sealed] : []));
  const opened = await openSecrets({ dataDir, env, sealed });
  if (!opened.ok) throw new FailureError(opened.failure);
  return opened.value;
}

/** What the store knows of the time before a restore. */
function formerLife(store: Store): FormerLife {
  return {
    installationId: store.installationId,
    madeAt: async () => (await store.restoration())?.madeAt ?? null,
    knownMessages: (ids) => store.knownMessages(ids),
    foundFiles: (destination) => store.foundFiles(destination),
  };
}

function spoolOpener(dataDir: string): (fs: FileSystem, nodeId: number) => Promise<Spool> {
  return (fs, nodeId) =>
    openDirectorySpool({
      fs,
      directory: join(dataDir, "spool"),
      nodeId,
      uid: effectiveUid(),
    });
}

/** An error that nobody caught ends the process: the log says so first. */
function keepLastWords(log: OpenLog): () => Promise<void> {
  const tell = (error: unknown) => log.crashed(error);
  process.on("uncaughtExceptionMonitor", tell);
  return async () => {
    process.off("uncaughtExceptionMonitor", tell);
  };
}

/** Says that this process lives, for those who cannot look at its pid. */
function keepHeartbeat(store: Store, clock: Clock, nodeId: number): () => Promise<void> {
  let cancel = () => {};
  const beat = () => {
    cancel = clock.setTimer(heartbeatMs, () => {
      store.heartbeat(nodeId, clock.now()).then(beat, beat);
    });
  };
  beat();
  return async () => cancel();
}

/** Not 0 where the system knows no users. */
function effectiveUid(): number {
  return process.geteuid?.() ?? -1;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
