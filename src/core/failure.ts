/**
 * What went wrong, as a value: one type from the socket to the screen.
 *
 * A failure is made once, where the trouble is seen, and handed on unchanged; whoever shows it takes the
 * sentence for its code from `words/`. It says how far the trouble reaches (scope), whether waiting can help
 * (permanent), and what the other side said, word for word (remoteText). Trouble that nobody foresaw is
 * temporary: mail waits, it is not thrown away for our surprise.
 */

/**
 * How far the trouble reaches, and so what has to rest:
 * `host` every account there, `account` this one, `message` this one, `recipient` this delivery,
 * `local` ourselves: nothing remote is to blame and nothing remote is marked (R-9).
 */
export type FailureScope = "host" | "account" | "message" | "recipient" | "local";

/** Every code of the program. A code is stable: people search for it and scripts test it. */
export const failureCodes = [
  // reaching the host
  "dns",
  "host-unreachable",
  "timeout",
  "tls",
  "certificate",
  "no-starttls",
  "tls-injection",
  "greeting-refused",
  "protocol",
  "connection-lost",
  "limit-exceeded",
  // our own rules about where we go
  "self-poll",
  "private-host",
  // logging in and reading the maildrop
  "auth-refused",
  "auth-unavailable",
  "auth-needs-tls",
  "apop-not-offered",
  "bad-credentials-text",
  "in-use",
  "login-delay",
  "remote-temporary",
  "remote-permanent",
  "no-uidl",
  "no-top",
  "first-visit-impossible",
  "maildrop-refused",
  "quit-refused",
  // one message
  "message-refused",
  "message-empty",
  "message-too-large",
  "message-unacceptable",
  // one recipient
  "unknown-user",
  "not-ours",
  "no-relay",
  "mail-loop",
  "maildir-vanished",
  "maildir-unusable",
  "mailbox-full",
  "destination-unsupported",
  "destination-unusable",
  "destination-unreachable",
  "delivery-deferred",
  "destination-down",
  "outside-schedule",
  "delivery-refused",
  "expired",
  // ourselves
  "disk-full",
  "disk-low",
  "database",
  "database-newer",
  "database-in-use",
  "no-route",
  "out-of-descriptors",
  "io",
  "source-address",
  "secret-key-missing",
  "secret-key-wrong",
  "secret-unreadable",
  "module-stopped",
  "already-serving",
  "declared-dead",
  "listen-failed",
  "backup-target",
  "backup-under-way",
  "backup-damaged",
  "restore-target",
  "restore-unfinished",
  "cancelled",
  "unexpected",
  // what a person asked for
  "usage",
  "bad-file",
  "bad-value",
  "unknown-name",
  "ambiguous-name",
  "nothing-configured",
  "not-allowed",
  "not-unified",
  "number-differs",
  "too-soon",
  "visits-closed",
  "conflict",
] as const;

export type FailureCode = (typeof failureCodes)[number];

/** Names and numbers for the sentence: host, account, limit …; never secrets. */
export type FailureParams = Readonly<Record<string, string | number>>;

export interface Failure {
  readonly code: FailureCode;
  readonly params: FailureParams;
  readonly scope: FailureScope;
  /** true: trying again unchanged cannot help. Unknown trouble is false. */
  readonly permanent: boolean;
  /** Enhanced status code of RFC 3463 (`5.1.1`), for reports; null where none fits. */
  readonly status: string | null;
  /** The other side's own words, at most 500 bytes, unescaped; null when it said nothing. */
  readonly remoteText: string | null;
}

/** Builds a failure; what is left out is temporary, without status, without remote words. */
export function failure(
  code: FailureCode,
  scope: FailureScope,
  more: {
    params?: FailureParams;
    permanent?: boolean;
    status?: string | null;
    remoteText?: string | null;
  } = {},
): Failure {
  return {
    code,
    scope,
    params: more.params ?? {},
    permanent: more.permanent ?? false,
    status: more.status ?? null,
    remoteText: more.remoteText ?? null,
  };
}

/** A failure on its way up where a value cannot travel: thrown, and caught at a stage's door. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(value: Failure, options?: ErrorOptions) {
    super(
      `${value.code} (${value.scope})${value.remoteText === null ? "" : `: ${value.remoteText}`}`,
      options,
    );
    this.name = "FailureError";
    this.failure = value;
  }
}

/** The failure inside whatever was caught; an error that nobody foresaw becomes `unexpected`, temporary, local. */
export function failureOf(caught: unknown): Failure {
  if (typeof caught === "object" && caught !== null && "failure" in caught) {
    const inner = (caught as { failure: unknown }).failure;
    if (isFailure(inner)) return inner;
  }
  const local = localFailureOf(caught);
  if (local) return local;
  const text = caught instanceof Error ? caught.message : String(caught);
  return failure("unexpected", "local", { params: { detail: text.slice(0, 500) } });
}

/** Whether waiting cannot help: permanent, and not our own doing, which is never for good (R-9). */
export function isForGood(failure: Failure): boolean {
  return failure.permanent && failure.scope !== "local";
}

/** Names for the operating system's refusals on our own side; undefined when it is none of them (R-9). */
export function localFailureOf(caught: unknown): Failure | undefined {
  const code = caught instanceof Error && "code" in caught ? String(caught.code) : "";
  const detail = caught instanceof Error ? caught.message.slice(0, 500) : "";
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return failure("disk-full", "local", { params: { detail }, status: "4.3.1" });
    case "EMFILE":
    case "ENFILE":
    case "ENOBUFS":
      return failure("out-of-descriptors", "local", { params: { detail }, status: "4.3.0" });
    case "EIO":
    case "EROFS":
    case "EACCES":
    case "EPERM":
    case "ENOENT":
    case "ENOTDIR":
    case "EXDEV":
    case "ELOOP":
    case "EISDIR":
      return failure("io", "local", { params: { detail }, status: "4.3.0" });
    default:
      return undefined;
  }
}

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === "object" && value !== null && "code" in value && "scope" in value && "permanent" in value
  );
}

/** A value or the failure that stood in its way. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failed<T = never>(value: Failure): Result<T> {
  return { ok: false, failure: value };
}
