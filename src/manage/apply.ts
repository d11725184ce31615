/**
 * Applies a configuration file: merges it over what stands, all of it or nothing (spec 9).
 *
 * Every mistake is named with line and column before anything is written; then all changes are one commit. When
 * somebody else changed the configuration meanwhile, the plan is made anew against what stands then.
 */
import { demand } from "../auth/policies.ts";
import { failed, failure, ok, type Result } from "../core/failure.ts";
import { passwordPlace } from "../secrets/secrets.ts";
import { settingsAt } from "../settings/log-level.ts";
import type { Configuration, ConfigurationChange } from "../store/store.ts";
import { auditOfChanges } from "./audit.ts";
import { checkDesired } from "./configuration-file/check-desired.ts";
import type { DesiredConfiguration, Passwords } from "./configuration-file/desired.ts";
import { mergeFile } from "./configuration-file/merge-file.ts";
import type { Mistake, Warning } from "./configuration-file/mistake.ts";
import { type DiffEntry, planChanges } from "./configuration-file/plan.ts";
import { byPlace, type ReadFile, readConfigurationFile } from "./configuration-file/read-file.ts";
import type { ManageContext } from "./context.ts";
import { withLeftMessages } from "./left-messages.ts";

export interface ApplyInput {
  /** The file's bytes. */
  readonly bytes: Uint8Array;
  /** Says what would change and changes nothing. */
  readonly dryRun: boolean;
  /** What the file lacks goes: records, and values back to their defaults; never passwords. */
  readonly prune: boolean;
  /**
   * Where accounts will leave no more mail at the provider: how many messages that they left there before are to be
   * deleted there. Another number than there are changes nothing; undefined: they stay.
   */
  readonly deleteLeft?: number;
}

export interface ApplyReport {
  /** Not empty: nothing was applied. */
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Warning[];
  /** Empty: everything stands already as the file wants it. */
  readonly diff: readonly DiffEntry[];
  /** Something was written. */
  readonly applied: boolean;
}

const ATTEMPTS = 5;

export type ApplyContext = Pick<ManageContext, "store" | "secrets" | "clock" | "ids" | "log" | "actor">;

/** What is to be applied, made for the configuration that stands: its names decide what is new. */
export interface Wanted {
  readonly read: ReadFile;
  /** Changes beside those of the configuration itself, in the same commit. */
  moreChanges?(desired: DesiredConfiguration): Promise<readonly ConfigurationChange[]>;
}

/**
 * @returns `conflict` when others kept changing the configuration, `number-differs` when `deleteLeft` is not the number
 *   of messages that would be deleted; the store's own trouble is thrown.
 */
export async function apply(context: ApplyContext, input: ApplyInput): Promise<Result<ApplyReport>> {
  const read = readConfigurationFile(input.bytes);
  return applyWanted(context, () => ({ read }), input);
}

/** The same for what comes from elsewhere than a file of ours. */
export async function applyWanted(
  context: ApplyContext,
  wantedOver: (current: Configuration) => Wanted,
  input: Pick<ApplyInput, "dryRun" | "prune" | "deleteLeft">,
): Promise<Result<ApplyReport>> {
  demand(context.actor, "change-settings");
  const { store, clock, ids } = context;
  const passwords = passwordsOf(context);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await store.readConfiguration();
    const { read, moreChanges } = wantedOver(current);
    if (!read.file) return ok(refused(read.mistakes));
    const now = clock.now();
    const merged = mergeFile({
      current: { ...current, settings: settingsAt(current.settings, now) },
      file: read.file,
      prune: input.prune,
      newId: () => ids.next(),
      passwords,
    });
    const checked = checkDesired(merged.desired);
    const faults = [...merged.faults, ...checked.faults].filter((fault) => !read.excuses(fault));
    if (faults.length > 0 || read.mistakes.length > 0) {
      return ok(refused([...read.mistakes, ...faults.map(read.place)].sort(byPlace)));
    }
    const plan = planChanges(current, merged.desired, now);
    const wishes = { leaveNoMore: plan.leaveNoMore, deleteLeft: input.deleteLeft };
    const left = await withLeftMessages(context, current.remoteAccounts, wishes, plan.changes);
    if (!left.ok) return left;
    const warnings = [...checked.warnings, ...left.value.warnings];
    const report = { mistakes: [], warnings, diff: plan.diff };
    const changes = [...left.value.changes, ...((await moreChanges?.(merged.desired)) ?? [])];
    if (input.dryRun || changes.length === 0) return ok({ ...report, applied: false });
    const audit = auditOfChanges(context.actor, now, plan.diff);
    const written = await store.applyChanges(current.version, changes, audit);
    if (written === "conflict") continue;
    context.log.write("configuration-changed", () => ({
      by: context.actor.name,
      changes: plan.diff.map(changeText),
      version: written.version,
    }));
    return ok({ ...report, applied: true });
  }
  return failed(failure("conflict", "local"));
}

/** `change setting logLevel`, `add personal alice@pop.example.com`: no values, so no secrets. */
function changeText({ change, kind, name, fields }: DiffEntry): string {
  const keys = change === "change" && kind !== "setting" ? fields.map(({ key }) => key) : [];
  return `${change} ${kind} ${name}${keys.length === 0 ? "" : ` (${keys.join(", ")})`}`;
}

function refused(mistakes: readonly Mistake[]): ApplyReport {
  return { mistakes, warnings: [], diff: [], applied: false };
}

/** Passwords of records, over this installation's key. */
export function passwordsOf({ secrets }: Pick<ManageContext, "secrets">): Passwords {
  return {
    isKept(record, password) {
      if (record.secret.kind !== "sealed") return false;
      const kept = secrets.open(record.secret.sealed, passwordPlace(record.id));
      return kept.ok && Buffer.from(password, "utf8").equals(kept.value);
    },
    seal: (id, password) => ({
      kind: "sealed",
      sealed: secrets.seal(Buffer.from(password, "utf8"), passwordPlace(id)),
    }),
  };
}
