/**
 * English: a remote account's record on the command line: its keys, and what became of a change.
 */
const keys: Readonly<Record<string, string>> = {
  account: "login name on the remote server",
  server: "the POP server: HOST, HOST:PORT or [IPv6]:PORT",
  password: "the password; - reads it from standard input, where no other user of this machine sees it",
  pollEvery: "interval such as 15s, 5m, 1h; disabled keeps the record, ----- deletes it",
  tls: "implicit, starttls or off",
  leaveOnServer: "true: the mail stays there as well",
  apop: "true: APOP where the server offers it",
  auth: "login method; auto finds one",
  allowPlain: "true: the password may go in clear, without TLS",
  maxMessageSize: "larger messages stay there, as 10MB",
  newestFirst: "true: the newest message first",
  folder: "folder of the destination",
  note: "a note for people",
  firstVisit: "what the first visit takes: all, markSeen, or since DATE",
  deleteAfter: "days after which mail left there is deleted",
  specialHeader: "unified accounts: the field with the true recipients, as X-Real-To",
  specialHeaderPrefix: "unified accounts: taken off the addresses in that field",
  relaySpecialHeader: "unified accounts, true: also relay addresses there that are not ours",
  mergeCopies: "unified accounts, false: deliver every copy that the provider stored",
  sourceAddress: "the address of this machine to connect from",
  passwordFile: "a file with the password, read at each visit",
  passwordEnv: "an environment variable with the password",
  passwordCommand: "a command that prints the password",
  caFile: "a file with the certificate authority of that server (PEM)",
  tlsServerName: "the name expected in the certificate, where it is not the server's",
  tlsFingerprint: "SHA-256 of the one certificate that is trusted",
  tlsMinVersion: "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3",
  tlsVerify: "false: any certificate will do",
};

export const records = {
  help: {
    keys,
    add: {
      summary: "add a remote account",
      description:
        "Adds a remote account: of the local account OWNER, or without --owner a unified one. It is visited at once by a " +
        "running server. An empty value means the default.",
      owner: "the local account that gets its mail: NAME@DOMAIN; NAME alone in the main domain",
    },
    change: {
      summary: "change a remote account",
      description:
        "Changes what is given, and nothing else; an empty value means the default. A change ends the failure mark, so " +
        "the next visit comes at once.",
      version: "only if the record still is at this version (see remote list --json)",
    },
    remove: {
      summary: "delete remote accounts",
      description:
        "Deletes remote accounts and what they remember of their mailboxes. Mail that was taken stays; mail at the provider " +
        "is not touched.",
    },
    as: "act as this local account, with no more than its rights",
  },
  added: (name: string) => `${name} added; a running server visits it at once.`,
  changed: (name: string) => `${name} changed, in effect at once.`,
  removed: (name: string) => `${name} deleted.`,
  unchanged: (name: string) => `Nothing to change: ${name} stands so already.`,
  option: (flag: string) => `${flag} is missing.`,
};
