/**
 * A remote account's record as a row and back.
 */
import type { Selectable } from "kysely";
import { foldName } from "../core/address.ts";
import type { Failure } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import { flag, fromJson, fromJsonOrNull, markOf } from "./columns.ts";
import type { RemoteAccountRecord, RemoteAccountSettings, SecretRecord } from "./records.ts";
import type { RemoteAccountTable } from "./schema.ts";
import { wireBytes, wireText } from "./uid-key.ts";

/** The columns that a person sets. */
export function settingsColumns(settings: RemoteAccountSettings) {
  return {
    kind: settings.kind,
    owner_id: settings.ownerId,
    poll_every_ms: settings.pollEveryMs,
    login: wireBytes(settings.login),
    server: settings.server,
    host: settings.host,
    host_folded: foldName(settings.host),
    port: settings.port,
    tls: settings.tls,
    ...secretColumns(settings.secret),
    leave_on_server: flag(settings.leaveOnServer),
    apop: flag(settings.apop),
    special_header: settings.specialHeader,
    extras: JSON.stringify(settings.extras),
  };
}

export function remoteAccountOf(row: Selectable<RemoteAccountTable>): RemoteAccountRecord {
  return {
    id: row.id as RemoteAccountId,
    kind: row.kind,
    ownerId: row.owner_id as LocalAccountId | null,
    pollEveryMs: row.poll_every_ms,
    login: wireText(row.login),
    server: row.server,
    host: row.host,
    port: row.port,
    tls: row.tls,
    secret: secretOf(row),
    leaveOnServer: row.leave_on_server === 1,
    apop: row.apop === 1,
    specialHeader: row.special_header,
    extras: fromJson(row.extras),
    setBy: row.set_by,
    serverSetBy: row.server_set_by,
    last: {
      successAt: row.last_success_at,
      failure: fromJsonOrNull<Failure>(row.last_failure),
      endedAt: row.last_ended_at,
      taken: row.last_taken,
    },
    mark: markOf(row),
    dueAt: row.due_at,
    firstDeliveredAt: row.first_delivered_at,
    withoutSpecialHeader: row.without_special_header,
    firstVisit: row.first_visit,
    version: row.version,
  };
}

function secretColumns(secret: SecretRecord) {
  const columns = { secret_kind: secret.kind, secret_sealed: null, secret_text: null };
  switch (secret.kind) {
    case "sealed":
      return { ...columns, secret_sealed: secret.sealed };
    case "file":
      return { ...columns, secret_text: secret.path };
    case "env":
      return { ...columns, secret_text: secret.name };
    case "command":
      return { ...columns, secret_text: secret.command };
  }
}

function secretOf(row: Selectable<RemoteAccountTable>): SecretRecord {
  const text = row.secret_text ?? "";
  switch (row.secret_kind) {
    case "sealed":
      return { kind: "sealed", sealed: row.secret_sealed ?? new Uint8Array() };
    case "file":
      return { kind: "file", path: text };
    case "env":
      return { kind: "env", name: text };
    case "command":
      return { kind: "command", command: text };
  }
}
