/**
 * `--as NAME`: the services in the hands of a local account, for support (spec 9).
 */
import { FailureError } from "../core/failure.ts";
import type { ManageContext } from "../manage/context.ts";
import type { Session } from "./cli.ts";

/** @throws FailureError `unknown-name` */
export async function manageAs(session: Session, name: string | undefined): Promise<ManageContext> {
  const { manage } = await session.app();
  if (name === undefined) return manage;
  const { actAs } = await import("../manage/act-as.ts");
  const actor = await actAs(manage, name);
  if (!actor.ok) throw new FailureError(actor.failure);
  return { ...manage, actor: actor.value };
}
