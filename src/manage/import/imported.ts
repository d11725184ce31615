/**
 * What a file of another program says, in one shape for all of them: accounts to visit, and notes about what could
 * not be carried over. Readers make it from text, never throw, and know nothing of what stands here.
 */

/** Each has a sentence in `words/`. */
export const importNoteCodes = [
  // the text
  "not-understood",
  "unknown-column",
  // accounts that stay behind
  "not-pop3",
  "no-login",
  "no-server",
  "no-password",
  // what has no counterpart, and why
  "no-counterpart",
  "global-setting",
  "never-deletes",
  "delete-after",
  "weak-fingerprint",
  "certificate-checked",
  "starttls-demanded",
  "protocol-assumed",
  "read-all",
  "relative-path",
  // who receives, and where
  "delivery-lost",
  "delivery-kept",
  "delivery-each",
  "local-smtp",
  "received-envelope",
  "envelope-position",
  "domain-not-here",
  "other-name",
  "pattern-lost",
  "postmaster-name",
  "owner-not-needed",
  // remembered UIDs
  "no-uids",
  "uids-of-nobody",
  "uids-not-understood",
] as const;

export type ImportNoteCode = (typeof importNoteCodes)[number];

/** Something that could not be carried over, and what the sentence about it is made with; never a secret. */
export interface ImportNote {
  readonly code: ImportNoteCode;
  /** From 1, in the file that the note is about; 0: of the file as a whole. */
  readonly line: number;
  readonly params: Readonly<Record<string, string | number>>;
  /** The file, where it is not the configuration itself. */
  readonly file?: string;
}

/** Keys of a remote account with values as a configuration file has them. */
export type RecordKeys = Readonly<Record<string, string | boolean>>;

/** Somebody here who is named as a receiver. */
export interface NamedReceiver {
  /** As the file has it: a local part, or an address. */
  readonly name: string;
  /** Other names in the mail's addresses that mean the same person. */
  readonly aliases: readonly string[];
  /** Destination, where the file says one for this receiver alone. */
  readonly delivery: string | null;
}

/** One person gets everything (name null: the file does not say who), or the mail is distributed. */
export type Receiver =
  | { readonly kind: "person"; readonly name: string | null }
  | {
      readonly kind: "domain";
      readonly people: readonly NamedReceiver[];
      /** Domains that the file calls local. */
      readonly domains: readonly string[];
    };

export interface ImportedAccount {
  readonly line: number;
  readonly login: string;
  /** `host` or `host:port`. */
  readonly server: string;
  readonly receiver: Receiver;
  /** Where the file has the mail delivered, as a destination of ours; null: it does not say, or we cannot. */
  readonly delivery: string | null;
  /** The mail server of its own machine, where the program hands mail to without being told so. */
  readonly ownServer: string | null;
  /** All but account and server. */
  readonly keys: RecordKeys;
  /** Names under which the program files the UIDs of this account, folded as it compares them. */
  readonly uidNames: readonly string[];
}

export interface Reading {
  readonly accounts: readonly ImportedAccount[];
  readonly notes: readonly ImportNote[];
  /** Where the program keeps its UIDs unless told otherwise: paths, `~` for the home of the configuration's owner. */
  readonly uidPaths: readonly string[];
}

/** UIDs that a program remembered under one name. */
export interface UidList {
  readonly name: string;
  /** Bytes as latin1. */
  readonly uids: readonly string[];
  /** Other forms in which the server may have sent them: remembered as well, not counted. */
  readonly variants: readonly string[];
}

/** What the readers of passwords may ask: `machine` entries of a netrc file. */
export type PasswordLookup = (host: string, login: string) => string | undefined;

/** Collects notes as a reader goes along. */
export class Notes {
  readonly list: ImportNote[] = [];

  add(code: ImportNoteCode, line: number, params: ImportNote["params"] = {}): void {
    this.list.push({ code, line, params });
  }
}

/** `login@server`, as people name an account. */
export function accountName(login: string, server: string): string {
  return `${login}@${server}`;
}

/** The server as a file of ours has it: the port only where it is not the usual one. */
export function serverText(host: string, port: number | null, tls: "off" | "implicit" | "starttls"): string {
  if (port === null || port === (tls === "implicit" ? 995 : 110)) return host;
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}
