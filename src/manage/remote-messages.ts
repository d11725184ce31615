/**
 * Messages that stay at a provider because they were never taken: seen, and what a person wants of them (spec 5.3,
 * F20). A wish is noted now and done at the next visit; it is written into the ledger with the person's name.
 */
import { failed, failure, ok, type Result } from "../core/failure.ts";
import type { RememberedWish, RemoteAccountRecord } from "../store/records.ts";
import type { SkippedMessage } from "../store/store.ts";
import { auditRow } from "./audit.ts";
import { remoteName } from "./configuration-file/plan.ts";
import type { ManageContext } from "./context.ts";
import { demandDefinition, findRecord, ownerNames } from "./remote-accounts.ts";
import { peopleText, wireText } from "./wire-text.ts";

const mostUidsTold = 20;

type MessagesContext = Pick<ManageContext, "store" | "clock" | "log" | "actor">;

export interface RemoteMessages {
  readonly account: RemoteAccountRecord;
  /** In the order in which they were found. */
  readonly messages: readonly SkippedMessage[];
}

/**
 * @param name as in `resolveRemoteAccounts`, among those that the actor may see
 * @returns `unknown-name`, `ambiguous-name`.
 * @throws FailureError `not-allowed`
 */
export async function listRemoteMessages(
  context: Pick<MessagesContext, "store" | "actor">,
  name: string,
): Promise<Result<RemoteMessages>> {
  const found = findRecord(context.actor, await context.store.readConfiguration(), name);
  if (!found.ok) return found;
  const account = found.value;
  return ok({ account, messages: await context.store.skippedMessages(account.id) });
}

/**
 * Notes what a person wants of messages that were never taken.
 *
 * @param uids as people write them; of several messages with one UID all are meant. `failed`: every message that the
 *   provider did not give out
 * @param wish null takes a former wish back
 * @returns the messages concerned; `unknown-name` before anything is noted, `ambiguous-name`.
 * @throws FailureError `not-allowed`
 */
export async function wishForMessages(
  context: MessagesContext,
  name: string,
  uids: readonly string[] | "failed",
  wish: RememberedWish | null,
): Promise<Result<RemoteMessages>> {
  const configuration = await context.store.readConfiguration();
  const found = findRecord(context.actor, configuration, name);
  if (!found.ok) return found;
  const account = found.value;
  demandDefinition(context.actor, configuration, account.ownerId);
  const messages = await context.store.skippedMessages(account.id);
  const chosen = uids === "failed" ? ok(messages.filter(wasRefused)) : chosenBy(messages, uids, name);
  if (!chosen.ok) return chosen;
  const ids = chosen.value.map(({ id }) => id);
  const { store, clock, log, actor } = context;
  const at = clock.now();
  const owner = account.ownerId === null ? undefined : ownerNames(configuration).get(account.ownerId);
  const audit = auditRow(
    actor,
    at,
    `ask ${wish ?? "none"}`,
    owner === undefined ? remoteName(account) : `${owner}/${remoteName(account)}`,
    { uids: uidsText(chosen.value) },
  );
  const noted = await store.wishSkipped(account.id, { ids, wish, by: actor.name, at }, [audit]);
  if (noted > 0) {
    log.write("messages-asked", () => ({
      accountId: account.id,
      account: peopleText(account.login),
      host: `${account.host}:${account.port}`,
      by: actor.name,
      messages: noted,
      wish: wish ?? "none",
    }));
  }
  const after = new Map((await store.skippedMessages(account.id)).map((message) => [message.id, message]));
  return ok({ account, messages: ids.flatMap((id) => after.get(id) ?? []) });
}

/** Of very many, the first ones and how many more there are. */
function uidsText(messages: readonly SkippedMessage[]): string {
  const shown = messages.slice(0, mostUidsTold).map(({ uid }) => (uid === null ? "?" : peopleText(uid)));
  const more = messages.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? `, … +${more}` : ""}`;
}

function wasRefused({ reason }: SkippedMessage): boolean {
  return reason === "failing" || reason === "stuck";
}

function chosenBy(
  messages: readonly SkippedMessage[],
  uids: readonly string[],
  name: string,
): Result<SkippedMessage[]> {
  const chosen = new Map<number, SkippedMessage>();
  for (const uid of uids) {
    const wire = wireText(uid);
    const named = messages.filter((message) => message.uid === wire);
    if (named.length === 0) return unknown(uid, `rpop remote messages ${name}`);
    for (const message of named) chosen.set(message.id, message);
  }
  return ok([...chosen.values()]);
}

function unknown(name: string, list: string): Result<never> {
  return failed(failure("unknown-name", "local", { permanent: true, params: { name, list } }));
}
