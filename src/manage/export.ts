/**
 * The configuration as a file that `apply` takes back without a change (spec 9).
 *
 * Passwords kept here are never written: a comment stands in their place.
 */
import { Document, isNode, isScalar, type Pair, visit } from "yaml";
import { demand } from "../auth/policies.ts";
import type { LocalAccountId } from "../core/ids.ts";
import { settingKeys } from "../settings/definitions.ts";
import { settingsAt } from "../settings/log-level.ts";
import type { Configuration } from "../store/store.ts";
import {
  accountForm,
  domainForm,
  KEPT_PASSWORD,
  type RecordForm,
  remoteAccountForm,
} from "./configuration-file/record-forms.ts";
import type { ManageContext } from "./context.ts";

/**
 * @param keptPassword the comment that stands where a password is kept.
 * @returns the file's text (YAML), and the same as a value, for JSON.
 */
export async function exportConfiguration(
  { store, clock, actor }: Pick<ManageContext, "store" | "clock" | "actor">,
  keptPassword: string,
): Promise<{ readonly text: string; readonly value: unknown }> {
  demand(actor, "see-server");
  const stored = await store.readConfiguration();
  const settings = settingsAt(stored.settings, clock.now());
  const document = new Document(fileForm({ ...stored, settings }));
  visit(document, {
    Map(_key, map) {
      const at = map.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === "password");
      if (at < 0) return;
      map.items.splice(at, 1);
      commentBefore(map.items[at], keptPassword);
    },
  });
  return { text: document.toString({ lineWidth: 0 }), value: document.toJS() };
}

/** `pollEvery` follows the password in the form, so there is always a next key. */
function commentBefore(pair: Pair | undefined, comment: string): void {
  if (pair && isNode(pair.key)) pair.key.commentBefore = ` ${comment}`;
}

function fileForm(configuration: Configuration): RecordForm {
  const settings = settingKeys
    .filter((key) => key in configuration.settings)
    .map((key) => [key, configuration.settings[key]] as const);
  const accounts = groupBy(configuration.accounts, (account) => account.domainId);
  const remoteAccounts = groupBy(configuration.remoteAccounts, (record) => record.ownerId);
  const remoteForms = (ownerId: LocalAccountId | null) =>
    (remoteAccounts.get(ownerId) ?? []).map((record) => withPlaceholder(remoteAccountForm(record)));
  return {
    ...(settings.length > 0 ? { settings: Object.fromEntries(settings) } : {}),
    domains: configuration.domains.map((domain) => ({
      ...domainForm(domain),
      ...filled(
        "accounts",
        (accounts.get(domain.id) ?? []).map((account) => ({
          ...accountForm(account),
          ...filled("remoteAccounts", remoteForms(account.id)),
        })),
      ),
    })),
    rules: configuration.rules,
    unifiedAccounts: remoteForms(null),
  };
}

function withPlaceholder(form: RecordForm): RecordForm {
  return Object.fromEntries(
    Object.entries(form).map(([key, value]) => [key, value === KEPT_PASSWORD ? "" : value]),
  );
}

function filled(key: string, list: readonly RecordForm[]): RecordForm {
  return list.length > 0 ? { [key]: list } : {};
}

function groupBy<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
