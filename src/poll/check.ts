/**
 * Would a visit succeed, and what would it find? Looks without touching mail: login, STAT, UIDL, QUIT; never RETR,
 * never DELE (spec 5.2, F5).
 */
import { type Failure, failureOf } from "../core/failure.ts";
import type { LoginMethod } from "../pop3/login.ts";
import type { TlsFacts } from "../pop3/tls-facts.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { type ConnectContext, openMaildrop } from "./connect.ts";

export interface CheckContext extends ConnectContext {
  readonly store: Pick<Store, "host">;
}

export type CheckResult =
  | {
      readonly ok: true;
      /** Messages in the maildrop, and their octets as the server counts them. */
      readonly messages: number;
      readonly octets: number;
      readonly uidl: boolean;
      /** How the login went (spec 5, login order). */
      readonly method: LoginMethod;
      /** null: the connection is not encrypted. */
      readonly tls: TlsFacts | null;
    }
  | { readonly ok: false; readonly failure: Failure };

/** Opens the account's maildrop and leaves it as it was. Never throws. */
export async function checkAccount(
  context: CheckContext,
  account: RemoteAccountRecord,
  signal: AbortSignal,
): Promise<CheckResult> {
  try {
    const host = await context.store.host(account.host, account.port);
    // What was remembered of the host is asked again: a check is for when something looks wrong.
    const opened = await openMaildrop(context, account, { ...host, capabilities: {} }, signal);
    const { client, method, stat, uidl } = opened;
    // The certificate is gone with the connection.
    const { tls } = client;
    await client.quit();
    return { ok: true, messages: stat.count, octets: stat.octets, uidl: uidl !== null, method, tls };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
