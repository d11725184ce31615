/**
 * Somebody else's view, for support: what a user or another role may do is seen by trying it (spec 9).
 */
import { type Actor, demand } from "../auth/policies.ts";
import { failed, failure, ok, type Result } from "../core/failure.ts";
import type { ManageContext } from "./context.ts";
import { localAccountNamed, ownerNames } from "./remote-accounts.ts";

/**
 * The same actor with no more than a user's rights.
 *
 * @param name a local account: `name@domain`; a name alone means the main domain
 * @returns the actor, whose name in the records says who it really was; `unknown-name`
 */
export async function actAs(
  { store, actor }: Pick<ManageContext, "store" | "actor">,
  name: string,
): Promise<Result<Actor>> {
  demand(actor, "manage-people");
  const directory = await store.readDirectory();
  const account = localAccountNamed(directory, name);
  if (account === null)
    return failed(failure("unknown-name", "local", { permanent: true, params: { name } }));
  const full = ownerNames(directory).get(account.id) ?? name;
  return ok({ role: "user", name: `${actor.name} as ${full}`, accountId: account.id });
}
