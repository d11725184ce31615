/**
 * The keys of a remote account's record (spec 4), by who may set them: options of the command line, fields of a form.
 *
 * Without the schema and its library, so that a command line can name them at once. A test holds both against each
 * other.
 */

/** What users set on their own records; every other key is for administrators and operators. */
const keysForUsers = [
  "account",
  "server",
  "password",
  "pollEvery",
  "tls",
  "leaveOnServer",
  "firstVisit",
  "deleteAfter",
  "apop",
  "auth",
  "allowPlain",
  "maxMessageSize",
  "newestFirst",
  "folder",
  "note",
] as const;

/** What vouches for a remote server, or reads files and runs commands of this machine: administrators alone. */
const keysThatVouch = [
  "passwordFile",
  "passwordEnv",
  "passwordCommand",
  "caFile",
  "tlsServerName",
  "tlsFingerprint",
  "tlsMinVersion",
  "tlsVerify",
] as const;

const keysOfAdministration = [
  "specialHeader",
  "specialHeaderPrefix",
  "relaySpecialHeader",
  "mergeCopies",
  "sourceAddress",
] as const;

/** Every key but the id, in the order in which people meet them. */
export const remoteAccountKeys = [...keysForUsers, ...keysOfAdministration, ...keysThatVouch] as const;

/** Keys that only somebody may set who vouches for servers and files. */
export const vouchingKeys: ReadonlySet<string> = new Set(keysThatVouch);

/** Keys that a user may set on a record of the own. */
export const userKeys: ReadonlySet<string> = new Set(keysForUsers);
