/**
 * The queue as people see it, and their verbs on its entries: retry, hold, release, redirect, drop (spec 8).
 *
 * An entry is named `MESSAGE-ORDINAL`; the message's id alone means all its entries. What a person does is written
 * into the ledger with the person's name.
 */
import { type Action, demand } from "../auth/policies.ts";
import { type Address, formatAddress } from "../core/address.ts";
import { type Failure, failed, failure, ok, type Result } from "../core/failure.ts";
import type { MessageId } from "../core/ids.ts";
import { parseMailboxes } from "../message/mailbox-list.ts";
import { type Routing, route } from "../route/router.ts";
import { loadSettings } from "../settings/load.ts";
import type { EntryTarget, LedgerKind, MessageRecord, QueueEntryRecord } from "../store/records.ts";
import { auditRow } from "./audit.ts";
import type { ManageContext } from "./context.ts";
import { directoryOf } from "./directory.ts";

const mostHeaderBytes = 64 * 1024;

type QueueContext = Pick<ManageContext, "store" | "spool" | "clock" | "log" | "actor" | "dataDir">;

export interface QueueListing {
  /** `MESSAGE-ORDINAL`. */
  readonly id: string;
  readonly entry: QueueEntryRecord;
  readonly message: MessageRecord;
}

/** Entries in the order of the store. @param state only those; undefined: all. */
export async function listQueue(
  { store, actor }: Pick<QueueContext, "store" | "actor">,
  state?: QueueEntryRecord["state"],
): Promise<QueueListing[]> {
  demand(actor, "see-queue");
  return (await store.queueEntries(state ? { state } : {})).map(listing);
}

export interface QueueDetails {
  readonly listings: readonly QueueListing[];
  /** The header as it came, at most 64 KiB; null when the spool file cannot be read. */
  readonly header: string | null;
}

/** A message with its entries. @returns `unknown-name` when the queue has none of that name. */
export async function showQueueMessage(context: QueueContext, name: string): Promise<Result<QueueDetails>> {
  demand(context.actor, "see-queue");
  const found = await findEntries(context, name);
  if (!found.ok) return found;
  const message = found.value[0]?.message;
  return ok({ listings: found.value, header: message ? await readHeader(context, message) : null });
}

async function readHeader({ spool }: QueueContext, message: MessageRecord): Promise<string | null> {
  try {
    const bytes = Buffer.from(await spool.readStart(message.spoolRef, mostHeaderBytes));
    const end = bytes.indexOf("\n\n");
    return bytes.toString("latin1", 0, end < 0 ? bytes.length : end + 1);
  } catch {
    return null;
  }
}

export type QueueVerb =
  | { readonly kind: "retry" | "hold" | "release" | "drop" }
  | { readonly kind: "redirect"; readonly to: string };

export interface QueueVerbReport {
  readonly changed: readonly QueueListing[];
  /** A process is delivering them at this moment; they were left alone. */
  readonly busy: readonly QueueListing[];
}

const ledgerKinds: Record<QueueVerb["kind"], LedgerKind> = {
  retry: "retried",
  hold: "held",
  release: "released",
  redirect: "redirected",
  drop: "dropped",
};

const verbActions = {
  retry: "move-mail",
  hold: "move-mail",
  release: "move-mail",
  redirect: "drop-mail",
  drop: "drop-mail",
} as const satisfies Record<QueueVerb["kind"], Action>;

/**
 * Does one verb on entries.
 *
 * @param names entries or messages; `all`: every entry that the verb makes sense for
 * @returns `unknown-name` before anything is changed; for a redirect also `bad-value` (no address), `unknown-user`
 *   (a domain of ours, nobody's name), `no-relay`.
 */
export async function changeQueue(
  context: QueueContext,
  names: readonly string[] | "all",
  verb: QueueVerb,
): Promise<Result<QueueVerbReport>> {
  demand(context.actor, verbActions[verb.kind]);
  const entries =
    names === "all" ? ok(await everyEntryFor(context, verb.kind)) : await findAll(context, names);
  if (!entries.ok) return entries;
  const change = await changeOf(context, verb);
  if (!change.ok) return change;
  const changed: QueueListing[] = [];
  const busy: QueueListing[] = [];
  for (const one of entries.value) {
    const at = context.clock.now();
    const answer = await context.store.changeEntry(
      one.entry,
      change.value,
      at,
      [
        {
          at,
          kind: ledgerKinds[verb.kind],
          messageId: one.message.id,
          remoteAccountId: one.message.remoteAccountId,
          uid: null,
          messageIdField: one.message.messageIdField,
          recipient: formatAddress(one.entry.recipient),
          detail: { by: context.actor.name, ...(verb.kind === "redirect" ? { to: verb.to } : {}) },
        },
      ],
      [auditRow(context.actor, at, verb.kind, one.id, auditDetail(one, verb))],
    );
    if (answer === "busy") busy.push(one);
    else if (answer !== "gone") {
      changed.push(one);
      logChange(context, one, verb);
      await context.spool.remove(answer.freedRefs);
    }
  }
  return ok({ changed, busy });
}

function auditDetail({ entry, message }: QueueListing, verb: QueueVerb): Record<string, string | null> {
  return {
    recipient: formatAddress(entry.recipient),
    messageIdField: message.messageIdField,
    ...(verb.kind === "redirect" ? { to: verb.to } : {}),
  };
}

function logChange({ log, actor }: QueueContext, { entry, message }: QueueListing, verb: QueueVerb): void {
  log.write("entry-changed", () => ({
    change: ledgerKinds[verb.kind],
    by: actor.name,
    recipient: formatAddress(entry.recipient),
    ...(verb.kind === "redirect" ? { to: verb.to } : {}),
    messageId: message.id,
    ...(message.messageIdField === null ? {} : { messageIdField: message.messageIdField }),
  }));
}

async function everyEntryFor(context: QueueContext, kind: QueueVerb["kind"]): Promise<QueueListing[]> {
  const entries = await listQueue(context);
  switch (kind) {
    case "release":
      return entries.filter(({ entry }) => entry.state === "held");
    case "hold":
      return entries.filter(({ entry }) => entry.state === "queued");
    case "retry":
      return entries.filter(({ entry }) => entry.state === "queued" || entry.state === "undeliverable");
    default:
      return [];
  }
}

async function findAll(context: QueueContext, names: readonly string[]): Promise<Result<QueueListing[]>> {
  const found = new Map<string, QueueListing>();
  for (const name of names) {
    const entries = await findEntries(context, name);
    if (!entries.ok) return entries;
    for (const one of entries.value) found.set(one.id, one);
  }
  return ok([...found.values()]);
}

async function findEntries({ store }: QueueContext, name: string): Promise<Result<QueueListing[]>> {
  const match = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:-(\d{1,9}))?$/.exec(name);
  const entries = match ? await store.queueEntries({ messageId: match[1] as MessageId }) : [];
  const found = entries
    .filter(({ entry }) => match?.[2] === undefined || entry.ordinal === Number(match[2]))
    .map(listing);
  return found.length > 0
    ? ok(found)
    : failed(
        failure("unknown-name", "local", { permanent: true, params: { name, list: "rpop queue list" } }),
      );
}

function listing({ entry, message }: { entry: QueueEntryRecord; message: MessageRecord }): QueueListing {
  return { id: `${entry.messageId}-${entry.ordinal}`, entry, message };
}

type EntryChange = Parameters<ManageContext["store"]["changeEntry"]>[1];

/** A retry and a redirect begin a fresh lifetime. */
async function changeOf(context: QueueContext, verb: QueueVerb): Promise<Result<EntryChange>> {
  if (verb.kind === "hold" || verb.kind === "release" || verb.kind === "drop") return ok({ kind: verb.kind });
  const configuration = await context.store.readConfiguration();
  const settings = loadSettings(configuration.settings);
  const expiresAt = context.clock.now() + settings.queueLifetimeMs;
  if (verb.kind !== "redirect") return ok({ kind: "retry", expiresAt });
  const { mailboxes } = parseMailboxes([verb.to]);
  const [recipient, second] = mailboxes;
  if (!recipient || second || recipient.domain === "") {
    return failed(
      failure("bad-value", "local", { permanent: true, params: { value: verb.to, key: "ADDRESS" } }),
    );
  }
  const { router } = directoryOf(configuration, context.dataDir, settings.relay);
  const target = targetOf(route(router, recipient), recipient, settings.relay);
  return target.ok ? ok({ kind: "redirect", recipient, target: target.value, expiresAt }) : target;
}

function targetOf(routing: Routing, recipient: Address, relay: string | null): Result<EntryTarget> {
  switch (routing.kind) {
    case "local":
      return ok({ kind: "local", accountId: routing.account.id });
    case "postmaster":
      return ok({ kind: "postmaster" });
    case "unknown-user":
      return failed(refusal("unknown-user", recipient));
    case "remote":
    case "not-ours":
      return relay === null ? failed(refusal("no-relay", recipient)) : ok({ kind: "remote" });
  }
}

function refusal(code: "unknown-user" | "no-relay", recipient: Address): Failure {
  return failure(code, "recipient", { permanent: true, params: { recipient: formatAddress(recipient) } });
}
