/**
 * Whether a visit's lease still stands: what every write of a visit asks first, in its own transaction.
 */
import { foldName } from "../core/address.ts";
import type { VisitLease } from "./records.ts";
import { first, prepared, type StatementBuilder, type Steps } from "./steps.ts";
import { wireBytes } from "./uid-key.ts";

/** What is visited, as its lease is keyed. */
export interface Maildrop {
  readonly host: string;
  readonly port: number;
  readonly login: Uint8Array;
}

export function maildropOf(lease: VisitLease): Maildrop {
  return { host: foldName(lease.host), port: lease.port, login: wireBytes(lease.login) };
}

/**
 * @returns the epoch of the lease's account while the lease is its holder's and the account still names that maildrop;
 * null once the token was taken over, the node fenced, the record removed, or edited to another maildrop.
 */
export type HeldEpoch = (lease: VisitLease) => Steps<number | null>;

export function heldEpochOver(db: StatementBuilder): HeldEpoch {
  const held = prepared((input: Maildrop & { accountId: string; nodeId: number; token: number }) =>
    db
      .selectFrom("visit_lease")
      .innerJoin("remote_account", (join) =>
        join
          .onRef("remote_account.host_folded", "=", "visit_lease.host")
          .onRef("remote_account.port", "=", "visit_lease.port")
          .onRef("remote_account.login", "=", "visit_lease.login"),
      )
      .select("remote_account.epoch")
      .where("remote_account.id", "=", input.accountId)
      .where("visit_lease.host", "=", input.host)
      .where("visit_lease.port", "=", input.port)
      .where("visit_lease.login", "=", input.login)
      .where("visit_lease.lease_owner", "=", input.nodeId)
      .where("visit_lease.lease_token", "=", input.token),
  );
  return function* (lease) {
    const found = yield* first(
      held({ ...maildropOf(lease), accountId: lease.accountId, nodeId: lease.nodeId, token: lease.token }),
    );
    return found?.epoch ?? null;
  };
}
