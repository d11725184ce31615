/**
 * The store as the suites meet it: each implementation that can run here, and records to fill it with.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "vitest";
import type { Address } from "../../src/core/address.ts";
import { failure } from "../../src/core/failure.ts";
import type { DomainId, LocalAccountId, MessageId, RemoteAccountId } from "../../src/core/ids.ts";
import type { Clock } from "../../src/core/time.ts";
import { sqliteFrom } from "../../src/store/dialect/sqlite-module.ts";
import { openStore } from "../../src/store/open.ts";
import type { AcceptItem, EntryKey, NewEntry } from "../../src/store/queue-contract.ts";
import type {
  DomainRecord,
  LocalAccountRecord,
  MessageRecord,
  RemoteAccountSettings,
  VisitLease,
} from "../../src/store/records.ts";
import type { Store, VisitStart } from "../../src/store/store.ts";
import { ManualClock } from "./manual-clock.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
  readonly path: string;
  readonly clock: ManualClock;
  /** Our own node in it. */
  readonly nodeId: number;
  /** Another connection to the same file, closed with the first. */
  again(): Promise<Store>;
}

export interface StoreImplementation {
  readonly name: string;
  openAt(path: string, clock: Clock): Promise<Store>;
  open(): Promise<OpenedStore>;
}

/** The compiled worker: only a build has one, since a thread runs no TypeScript on the oldest Node. */
const compiled = resolve(process.env.RPOP_DIST ?? "dist", "modules/store/open.js");

const builtIn = await sqliteFrom("built-in");

const inline: StoreImplementation[] = [
  implementation("inline, package", (path, clock) =>
    openStore({ path, thread: "inline", clock, sqlite: "package" }),
  ),
  ...(builtIn === null
    ? []
    : [
        implementation("inline, built-in", (path, clock) =>
          openStore({ path, thread: "inline", clock, sqlite: "built-in" }),
        ),
      ]),
];

const worker: StoreImplementation[] = existsSync(compiled)
  ? [
      implementation("worker", async (path, clock) => {
        const module = (await import(pathToFileURL(compiled).href)) as { openStore: typeof openStore };
        return module.openStore({ path, thread: "worker", clock });
      }),
    ]
  : [];

/**
 * Runs a suite once for each implementation. `threads`: also in a worker, which runs the same verbs: only what
 * crosses between threads needs it, and a thread takes its time to start.
 */
export function describeStore(
  name: string,
  suite: (implementation: StoreImplementation) => void,
  { threads = false }: { threads?: boolean } = {},
): void {
  for (const one of [...inline, ...(threads ? worker : [])])
    describe(`${name} (${one.name})`, () => suite(one));
}

/** The implementation that is there on every machine, for tests that need only one. */
export function inlineStore(): StoreImplementation {
  const [first] = inline;
  if (!first) throw new Error("no store to test");
  return first;
}

function implementation(
  name: string,
  openAt: (path: string, clock: Clock) => Promise<Store>,
): StoreImplementation {
  return {
    name,
    openAt,
    async open() {
      const directory = await temporaryDirectory("store");
      const clock = new ManualClock();
      const path = join(directory.path, "rpop.db");
      const stores = [await openAt(path, clock)];
      const [store] = stores as [Store];
      const nodeId = await store.registerNode(sampleNode(1));
      return {
        store,
        path,
        clock,
        nodeId,
        async again() {
          const other = await openAt(path, clock);
          stores.push(other);
          return other;
        },
        async [Symbol.asyncDispose]() {
          for (const one of stores) await one.close();
          await directory[Symbol.asyncDispose]();
        },
      };
    },
  };
}

export const sampleFailure = failure("auth-refused", "account", { remoteText: "-ERR no \0 such \u{1f4a9}" });

export function sampleNode(pid: number) {
  return { machineId: "m", bootId: "b", pidNamespace: "p", pid, processStart: "77", startedAt: 1000 };
}

export function sampleDomain(change: Partial<DomainRecord> = {}): Omit<DomainRecord, "version"> {
  return {
    id: "domain-1" as DomainId,
    name: "Example.com",
    main: true,
    aliases: ["example.net"],
    ipAddresses: ["192.0.2.7"],
    catchAll: "alice",
    domainWideAccount: null,
    routes: [{ address: "sales", to: "sales@crm.example" }],
    ...change,
  };
}

export function sampleLocalAccount(
  change: Partial<LocalAccountRecord> = {},
): Omit<LocalAccountRecord, "version"> {
  return {
    id: "local-1" as LocalAccountId,
    domainId: "domain-1" as DomainId,
    name: "Alice",
    aliases: ["al"],
    destination: "maildir:/srv/mail/alice",
    rules: null,
    language: "ja",
    mayUseRemoteAccounts: true,
    ...change,
  };
}

export function sampleSettings(change: Partial<RemoteAccountSettings> = {}): RemoteAccountSettings {
  return {
    kind: "unified",
    ownerId: null,
    pollEveryMs: 300_000,
    login: "user\xff@isp",
    server: "POP.isp.example:1110",
    host: "POP.isp.example",
    port: 1110,
    tls: "off",
    secret: { kind: "sealed", sealed: new Uint8Array([0, 1, 255]) },
    leaveOnServer: true,
    apop: false,
    specialHeader: "X-Real-To",
    extras: { mergeCopies: false, note: "n" },
    ...change,
  };
}

export const firstAccount = "account-1" as RemoteAccountId;

/** Adds or edits remote accounts, each as a change of its own. */
export async function putAccount(
  store: Store,
  id: RemoteAccountId = firstAccount,
  settings: Partial<RemoteAccountSettings> = {},
  more: { maildropChanged?: boolean; dueAt?: number | null } = {},
): Promise<void> {
  const answer = await store.applyChanges(await store.configurationVersion(), [
    {
      kind: "put-remote-account",
      id,
      settings: sampleSettings(settings),
      setBy: "administrator",
      maildropChanged: more.maildropChanged ?? false,
      dueAt: more.dueAt ?? null,
    },
  ]);
  if (answer === "conflict") throw new Error("conflict");
}

export async function begin(
  store: Store,
  nodeId: number,
  accountId: RemoteAccountId = firstAccount,
  at = 1000,
): Promise<VisitStart> {
  const start = await store.beginVisit({ accountId, nodeId, at, leaseMs: 1000 });
  if (typeof start === "string") throw new Error(start);
  return start;
}

export async function end(
  store: Store,
  lease: VisitLease,
  change: Partial<Parameters<Store["endVisit"]>[0]> = {},
): Promise<void> {
  await store.endVisit({
    lease,
    last: { successAt: 2000, failure: null, endedAt: 2000, taken: 0 },
    mark: null,
    dueAt: 9000,
    withoutSpecialHeader: 0,
    ...change,
  });
}

export function address(text: string): Address {
  const at = text.lastIndexOf("@");
  return { localPart: text.slice(0, at), domain: text.slice(at + 1) };
}

export function digest(seed: string): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes.set(new TextEncoder().encode(seed).subarray(0, 32));
  return bytes;
}

function sampleMessage(id: string, change: Partial<MessageRecord> = {}): MessageRecord {
  return {
    id: id as MessageId,
    spoolRef: `${id}.1`,
    sizeBytes: 4711,
    prefixBytes: 210,
    reversePath: address("foo..\0bar.@docomo.ne.jp"),
    remoteAccountId: firstAccount,
    receivedAt: 5000,
    digest: digest(`d ${id}`),
    messageIdField: `<${id}@x>`,
    subject: "caf\xe9 \0 \ud800",
    from: "",
    firstVisit: false,
    ...change,
  };
}

export function sampleEntry(ordinal: number, change: Partial<NewEntry> = {}): NewEntry {
  return {
    ordinal,
    recipient: address(`user${ordinal}@example.com`),
    target: { kind: "local", accountId: `local-${ordinal}` as LocalAccountId },
    notify: "never",
    fileName: `5.Rx-${ordinal}.abc`,
    expiresAt: 432_000_000,
    failure: null,
    ...change,
  };
}

/** A message of one visit, with as many entries as asked for. */
export function sampleItem(
  id: string,
  lease: VisitLease | null,
  more: {
    uid?: string | null;
    entries?: readonly NewEntry[];
    state?: "left" | "deletePending";
    replaces?: number;
    copyDigest?: Uint8Array;
    mergeSince?: number;
    sizeBytes?: number;
    message?: Partial<MessageRecord>;
    ledger?: AcceptItem["ledger"];
  } = {},
): AcceptItem {
  const message = sampleMessage(id, lease === null ? { remoteAccountId: null } : more.message);
  return {
    message,
    headerDigest: digest(`h ${id}`),
    copyDigest: more.copyDigest ?? digest(`c ${id}`),
    entries: more.entries ?? [sampleEntry(0)],
    visit:
      lease === null
        ? null
        : {
            lease,
            uid: more.uid === undefined ? `uid ${id}` : more.uid,
            sizeBytes: more.sizeBytes ?? 4500,
            state: more.state ?? "left",
            replaces: more.replaces ?? null,
          },
    mergeSince: more.mergeSince ?? null,
    ledger: more.ledger ?? [],
  };
}

export function entryKey(id: string, ordinal = 0, leaseToken = 1): EntryKey {
  return { messageId: id as MessageId, ordinal, leaseToken };
}

/** Accepts messages of our own making, claimed by our node until 60,000. */
export async function queueOwn(opened: OpenedStore, ...ids: string[]): Promise<void> {
  const items = ids.map((id) => sampleItem(id, null));
  await opened.store.accept(items, opened.nodeId, 60_000, opened.nodeId);
}
