/**
 * One remote account added, changed or removed by a person: the same keys, checks and diff as a file has (spec 4, 9),
 * within what the person's role allows (spec 3, 7, 10). All of it or nothing; the audit row is of the same commit.
 */
import { demand } from "../auth/policies.ts";
import { failed, failure, ok, type Result } from "../core/failure.ts";
import { loadSettings } from "../settings/load.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { Configuration, ConfigurationChange } from "../store/store.ts";
import { passwordsOf } from "./apply.ts";
import { auditOfChanges } from "./audit.ts";
import { checkDesired } from "./configuration-file/check-desired.ts";
import { desiredOf } from "./configuration-file/desired.ts";
import { mergeRemoteAccount, Standing } from "./configuration-file/merge-remote-accounts.ts";
import { type Fault, fault, type Warning } from "./configuration-file/mistake.ts";
import { type DiffEntry, leavesNoMore, planRemoteAccount, remoteName } from "./configuration-file/plan.ts";
import { faultsOf } from "./configuration-file/read-file.ts";
import { type FileRemoteAccount, remoteAccountSchema } from "./configuration-file/schema.ts";
import type { ManageContext } from "./context.ts";
import { withLeftMessages } from "./left-messages.ts";
import { limited } from "./remote-account-limits.ts";
import { demandDefinition, findRecord, localAccountNamed, ownerNames, seenBy } from "./remote-accounts.ts";

type ChangeContext = Pick<ManageContext, "store" | "secrets" | "clock" | "ids" | "log" | "actor">;

/** Values under the keys of a file; null is the default, a key that is not there stays as it is. */
export type RecordValues = Readonly<Record<string, unknown>>;

export interface RemoteAccountReport {
  /** Not empty: nothing was changed. */
  readonly mistakes: readonly Fault[];
  readonly warnings: readonly Warning[];
  /** Empty: the record stands so already. */
  readonly diff: readonly DiffEntry[];
  readonly account: RemoteAccountRecord | null;
}

const ATTEMPTS = 5;

/**
 * Adds a remote account.
 *
 * @param owner `name@domain` or, in the main domain, `name`; null: a unified account
 * @returns `not-allowed`, `unknown-name` (no such owner), `conflict`
 */
export async function addRemoteAccount(
  context: ChangeContext,
  input: { readonly owner: string | null; readonly values: RecordValues },
): Promise<Result<RemoteAccountReport>> {
  return repeated(context, async (configuration) => {
    const owner = input.owner === null ? null : localAccountNamed(configuration, input.owner);
    if (input.owner !== null && owner === null) {
      demand(context.actor, "define-personal");
      return failed(unknownName(input.owner));
    }
    demandDefinition(context.actor, configuration, owner?.id ?? null);
    const given = read(input.values);
    if (!given.ok) return refused(given.faults);
    const { id } = given.value;
    const taken = id ? configuration.remoteAccounts.some((record) => record.id === id) : false;
    const same = taken
      ? null
      : new Standing(configuration.remoteAccounts).find(owner?.id ?? null, given.value);
    if (taken || same) {
      const name = same ? remoteName(same) : `${id}`;
      const params = { name, owner: owner === null ? "" : (ownerNames(configuration).get(owner.id) ?? "") };
      return refused([fault("account-exists", [taken ? "id" : "server"], params)]);
    }
    return decide(context, configuration, owner?.id ?? null, given.value, null);
  });
}

/**
 * Changes a remote account; `pollEvery: -----` removes it.
 *
 * @param name as in `resolveRemoteAccounts`, among those that the actor may see
 * @param version the record's, as it was seen; undefined: whatever stands
 * @param deleteLeft where it will leave no more mail at the provider: so many messages that it left are deleted there
 * @returns `not-allowed`, `unknown-name`, `ambiguous-name`, `conflict` (also: the record is at another version),
 *   `number-differs`
 */
export async function changeRemoteAccount(
  context: ChangeContext,
  input: {
    readonly name: string;
    readonly values: RecordValues;
    readonly version?: number;
    readonly deleteLeft?: number;
  },
): Promise<Result<RemoteAccountReport>> {
  return repeated(context, async (configuration) => {
    const found = findRecord(context.actor, configuration, input.name);
    if (!found.ok) return found;
    const current = found.value;
    demandDefinition(context.actor, configuration, current.ownerId);
    if (input.version !== undefined && input.version !== current.version) {
      return failed(failure("conflict", "local", { permanent: true }));
    }
    const given = read(input.values);
    if (!given.ok) return refused(given.faults);
    if (given.value.id && given.value.id !== current.id) {
      return refused([
        fault("unknown-key", ["id"], { key: "id", known: Object.keys(remoteAccountSchema.shape).join(", ") }),
      ]);
    }
    if (given.value.pollEvery === "delete") return remove(configuration, [current]);
    return decide(context, configuration, current.ownerId, given.value, current, input.deleteLeft);
  });
}

/**
 * Removes remote accounts and what they remembered; mail that was taken stays. All of them or none.
 *
 * @param names as in `resolveRemoteAccounts`
 * @returns as `changeRemoteAccount`
 */
export async function removeRemoteAccounts(
  context: ChangeContext,
  input: { readonly names: readonly string[] },
): Promise<Result<RemoteAccountReport>> {
  return repeated(context, async (configuration) => {
    const records: RemoteAccountRecord[] = [];
    for (const name of input.names) {
      const found = findRecord(context.actor, configuration, name);
      if (!found.ok) return found;
      demandDefinition(context.actor, configuration, found.value.ownerId);
      if (!records.includes(found.value)) records.push(found.value);
    }
    return remove(configuration, records);
  });
}

interface Decision {
  readonly report: RemoteAccountReport;
  readonly changes: readonly ConfigurationChange[];
}

/** Decides against what stands, and again when somebody else was faster. */
async function repeated(
  context: ChangeContext,
  decision: (configuration: Configuration) => Promise<Result<Decision>>,
): Promise<Result<RemoteAccountReport>> {
  const { store, actor, clock, log } = context;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const configuration = await store.readConfiguration();
    const decided = await decision(configuration);
    if (!decided.ok) return decided;
    const { report, changes } = decided.value;
    if (changes.length === 0) return ok(report);
    const audit = auditOfChanges(actor, clock.now(), report.diff);
    const written = await store.applyChanges(configuration.version, changes, audit);
    if (written === "conflict") continue;
    log.write("configuration-changed", () => ({
      by: actor.name,
      changes: audit.map(({ action, subject }) => `${action} ${subject}`),
      version: written.version,
    }));
    const id = changes.flatMap((change) => ("id" in change ? [change.id] : []))[0];
    const account = id === undefined ? null : await store.remoteAccount(id as RemoteAccountRecord["id"]);
    return ok({ ...report, account });
  }
  return failed(failure("conflict", "local"));
}

async function decide(
  context: ChangeContext,
  configuration: Configuration,
  ownerId: RemoteAccountRecord["ownerId"],
  given: FileRemoteAccount,
  current: RemoteAccountRecord | null,
  deleteLeft?: number,
): Promise<Result<Decision>> {
  const faults: Fault[] = [];
  const passwords = passwordsOf(context);
  const value = mergeRemoteAccount(
    { prune: false, newId: () => context.ids.next(), passwords },
    ownerId,
    given,
    current,
    [],
    faults,
  );
  if (value === null) return refused(faults);
  const own = configuration.remoteAccounts.filter((record) => record.ownerId === ownerId);
  const limits = limited({
    actor: context.actor,
    settings: loadSettings(configuration.settings),
    given,
    value,
    current,
    others: own.filter(({ id }) => id !== value.id).length,
  });
  if (limits.faults.length > 0) return refused(limits.faults);
  const changes: ConfigurationChange[] = [];
  const diff: DiffEntry[] = [];
  const names = ownerNames(configuration);
  planRemoteAccount(
    { value: limits.value, current, path: [] },
    context.clock.now(),
    names,
    changes,
    diff,
    limits.by,
  );
  const leaveNoMore = leavesNoMore(limits.value, current) ? [limits.value.id] : [];
  const left = await withLeftMessages(
    context,
    current === null ? [] : [current],
    { leaveNoMore, deleteLeft },
    changes,
  );
  if (!left.ok) return left;
  // Others' records are no user's business: what is warned about is seen already.
  const seen = seenBy(context.actor, configuration);
  const { warnings } = checkDesired(desiredOf(seen, { value: limits.value, current, path: [] }));
  const report = { mistakes: [], warnings: [...warnings, ...left.value.warnings], diff, account: current };
  return ok({ report, changes: left.value.changes });
}

function remove(configuration: Configuration, records: readonly RemoteAccountRecord[]): Result<Decision> {
  const names = ownerNames(configuration);
  const diff: DiffEntry[] = records.map((record) => ({
    change: "remove",
    kind: record.kind,
    name: remoteName(record),
    owner: record.ownerId === null ? null : (names.get(record.ownerId) ?? null),
    fields: [],
  }));
  return ok({
    report: { mistakes: [], warnings: [], diff, account: null },
    changes: records.map(({ id }) => ({ kind: "remove-remote-account", id })),
  });
}

type Reading =
  | { readonly ok: true; readonly value: FileRemoteAccount }
  | { readonly ok: false; readonly faults: readonly Fault[] };

function read(values: RecordValues): Reading {
  const parsed = remoteAccountSchema.safeParse(values);
  if (parsed.success) return { ok: true, value: parsed.data };
  const known = Object.keys(remoteAccountSchema.shape).join(", ");
  const faults = parsed.error.issues
    .flatMap(faultsOf)
    .map((one) => (one.code === "unknown-key" ? { ...one, params: { ...one.params, known } } : one));
  return { ok: false, faults };
}

function refused(mistakes: readonly Fault[]): Result<Decision> {
  return ok({ report: { mistakes, warnings: [], diff: [], account: null }, changes: [] });
}

function unknownName(name: string) {
  return failure("unknown-name", "local", { permanent: true, params: { name, list: "rpop remote list" } });
}
