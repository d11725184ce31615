/**
 * What would happen to a message, address by address, and why; nothing is taken or sent (spec 6).
 */
import { demand } from "../auth/policies.ts";
import { failed, failure, ok, type Result } from "../core/failure.ts";
import { distribute } from "../distribute/distribute.ts";
import type { Distribution, DistributionInput } from "../distribute/distribution.ts";
import { Header } from "../message/header.ts";
import { loadSettings } from "../settings/load.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { Configuration } from "../store/store.ts";
import type { ManageContext } from "./context.ts";
import { directoryOf } from "./directory.ts";
import { resolveRemoteAccounts } from "./remote-accounts.ts";

export interface EnvelopeReport {
  readonly account: RemoteAccountRecord;
  readonly distribution: Distribution;
}

/**
 * @param bytes the message, or its header alone; CRLF or LF
 * @param name of the remote account it is thought to come from; null: the one unified account there is
 * @returns `unknown-name`, `ambiguous-name`; `nothing-configured` where there is no unified account.
 */
export async function explainEnvelope(
  { store, dataDir, actor }: Pick<ManageContext, "store" | "dataDir" | "actor">,
  bytes: Uint8Array,
  name: string | null,
): Promise<Result<EnvelopeReport>> {
  demand(actor, "see-server");
  const configuration = await store.readConfiguration();
  const account = accountFor(configuration, name);
  if (!account.ok) return account;
  const { header } = Header.parse(withLineFeeds(bytes));
  const { relay } = loadSettings(configuration.settings);
  const { router } = directoryOf(configuration, dataDir, relay);
  return ok({ account: account.value, distribution: distribute(ruleOf(account.value), header, router) });
}

function accountFor(configuration: Configuration, name: string | null): Result<RemoteAccountRecord> {
  const unified = configuration.remoteAccounts.filter((record) => record.kind === "unified");
  const [only, second] = unified;
  if (name === null && !only) {
    return failed(failure("nothing-configured", "local", { permanent: true }));
  }
  const names = name ?? (second ? undefined : only?.id);
  if (names === undefined) {
    const candidates = unified.slice(0, 5).map(({ id }) => id);
    const params = { name: "--account", candidates: candidates.join(", ") };
    return failed(failure("ambiguous-name", "local", { permanent: true, params }));
  }
  const found = resolveRemoteAccounts(configuration, [names]);
  if (!found.ok) return found;
  const [record] = found.value;
  return record
    ? ok(record)
    : failed(failure("unknown-name", "local", { permanent: true, params: { name: names } }));
}

function ruleOf(account: RemoteAccountRecord): DistributionInput {
  return account.ownerId === null
    ? {
        kind: "unified",
        specialHeader: account.specialHeader,
        specialHeaderPrefix: account.extras.specialHeaderPrefix ?? null,
        relaySpecialHeader: account.extras.relaySpecialHeader ?? false,
      }
    : { kind: "personal", owner: account.ownerId };
}

/** As the spool keeps it: LF line ends; a lone CR stays. */
function withLineFeeds(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}
