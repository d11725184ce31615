/**
 * Records as they stand in a file: keys in the file's order, what is at its default left out. Pure.
 *
 * The same forms make the export and the diff, so that what a person sees is what the file says.
 */
import { formatDuration } from "../../core/time.ts";
import { formatSize } from "../../settings/size.ts";
import type { DomainRecord, LocalAccountRecord, SecretRecord } from "../../store/records.ts";
import { peopleText } from "../wire-text.ts";
import type { DesiredRemote } from "./desired.ts";

export type RecordForm = Readonly<Record<string, unknown>>;

/** Stands where a sealed password would: the password itself is never shown, logged or exported. */
export const KEPT_PASSWORD = Symbol("a password is kept");

export function domainForm(domain: Omit<DomainRecord, "version">): RecordForm {
  return withoutDefaults({
    name: domain.name,
    main: domain.main || undefined,
    aliases: domain.aliases,
    ipAddresses: domain.ipAddresses,
    catchAll: domain.catchAll,
    domainWideAccount: domain.domainWideAccount,
    routes: domain.routes,
  });
}

export function accountForm(account: Omit<LocalAccountRecord, "version">): RecordForm {
  return withoutDefaults({
    name: account.name,
    aliases: account.aliases,
    destination: account.destination,
    rules: account.rules,
    language: account.language,
    mayUseRemoteAccounts: account.mayUseRemoteAccounts || undefined,
  });
}

export function remoteAccountForm(record: DesiredRemote): RecordForm {
  const { maxMessageSizeBytes, deleteAfterMs, ...extras } = record.extras;
  return withoutDefaults({
    id: record.id,
    account: peopleText(record.login),
    server: record.server,
    ...passwordForm(record.secret),
    pollEvery: record.pollEveryMs === null ? "disabled" : formatDuration(record.pollEveryMs),
    tls: record.tls,
    leaveOnServer: record.leaveOnServer,
    apop: record.apop,
    specialHeader: record.specialHeader,
    ...extras,
    deleteAfter: deleteAfterMs === undefined ? undefined : formatDuration(deleteAfterMs),
    maxMessageSize: maxMessageSizeBytes === undefined ? undefined : formatSize(maxMessageSizeBytes),
  });
}

function passwordForm(secret: SecretRecord): RecordForm {
  switch (secret.kind) {
    case "sealed":
      return { password: KEPT_PASSWORD };
    case "file":
      return { passwordFile: secret.path };
    case "env":
      return { passwordEnv: secret.name };
    case "command":
      return { passwordCommand: secret.command };
  }
}

function withoutDefaults(form: RecordForm): RecordForm {
  return Object.fromEntries(
    Object.entries(form).filter(
      ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
