/**
 * Names on a command line, or `--all`: exactly one of the two.
 */
import type { Actor } from "../auth/policies.ts";
import { FailureError } from "../core/failure.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import { type Session, usageError } from "./cli.ts";

/** @throws FailureError `usage`. */
export function namesOrAll(
  { words }: Session,
  names: readonly string[],
  all: boolean | undefined,
  command: string,
): readonly string[] | "all" {
  if (all && names.length > 0) throw usageError(words.cli.usage.namesOrAll(), command);
  if (!all && names.length === 0) throw usageError(words.cli.usage.names(), command);
  return all ? "all" : names;
}

/** Among those that the actor may see; the command line's own unless given. @throws FailureError `unknown-name`, `ambiguous-name`: before any visit. */
export async function namedAccounts(
  session: Session,
  names: readonly string[] | "all",
  actor?: Actor,
): Promise<RemoteAccountRecord[]> {
  const { resolveRemoteAccounts, seenBy } = await import("../manage/remote-accounts.ts");
  const { manage } = await session.app();
  const seen = seenBy(actor ?? manage.actor, await manage.store.readConfiguration());
  const found = resolveRemoteAccounts(seen, names);
  if (!found.ok) throw new FailureError(found.failure);
  return found.value;
}

/** `name@domain` of every local account, for answers in JSON. */
export async function ownersOf(session: Session): Promise<ReadonlyMap<string, string>> {
  const { ownerNames } = await import("../manage/remote-accounts.ts");
  const { manage } = await session.app();
  return ownerNames(await manage.store.readConfiguration());
}
