/**
 * English help: what each command does, and the page behind `rpop --help`.
 */
export const help = {
  titles: {
    "Usage:": "Usage:",
    "Options:": "Options:",
    "Global Options:": "Global options:",
    "Arguments:": "Arguments:",
    "Commands:": "Commands:",
  } as Readonly<Record<string, string>>,
  groups: { configuration: "Configuration:", mail: "Mail:", look: "Looking:", safety: "Safe-keeping:" },
  options: {
    data: "the data directory",
    json: "answer in JSON, for scripts",
    lang: "en or ja; else from LC_ALL, LC_MESSAGES or LANG",
    quiet: "no progress, no lines about what went well",
    help: "show help",
    version: "show the version",
    helpCommand: "show help about a command",
  },
  program: {
    description:
      "rpop takes mail from mailboxes on POP3 servers and delivers it to the right people here: nothing is lost, and nothing comes twice.\n\n" +
      "Commands work on the data directory, beside a running server or without one. Begin with a file that names " +
      'your domain, its accounts and the remote accounts to visit: "rpop apply FILE.yaml", then "rpop poll --all".',
    after: `
Files in the data directory:
  rpop.db       everything that is configured and remembered
  secret.key    the key that passwords are sealed with; back it up apart from rpop.db
  spool/        messages on their way
  mail/         Maildirs of accounts without a destination of their own
  maildirs/     which Maildirs were ever used
  log/          what happened: rpop-DATE.log, the newest 14 files

Environment:
  RPOP_DATA        the data directory; else /var/lib/rpop for root, $XDG_DATA_HOME/rpop for others
  RPOP_KEY_FILE    the key file, where it is not DATA/secret.key
  NO_COLOR         no colours

Exit codes:
  0    all is well
  1    something failed for good: login refused, certificate, undeliverable mail
  64   the command line is wrong
  65   the file is wrong; nothing was applied
  67   there is no such name, or it fits more than one
  75   something is temporary: try again later

Examples:
  rpop apply mail.yaml --dry-run          what would change?
  rpop poll --all                         visit every account now
  rpop poll alice@pop.example.com         visit one
  rpop queue list --state undeliverable   what could not be delivered
  rpop trace '<id@example.com>'           where did this message go?
`,
  },
  apply: {
    summary: "apply a configuration file",
    description:
      "Merges FILE (YAML) over what is configured: all of it or, with any mistake, nothing. What the file does not " +
      "name stays as it is; null means the default; pollEvery: ----- deletes a remote account; an absent password " +
      "stays unchanged. Applying the same file again changes nothing.",
    file: "the file; - reads standard input",
    dryRun: "say what would change, and change nothing",
    prune: "also remove what the file lacks",
    deleteLeft:
      "also delete at the provider what was taken and left there, of accounts that leave no more mail there; NUMBER says how many messages that are",
  },
  import: {
    summary: "import the accounts of another program",
    description:
      "Takes over the POP3 accounts of fetchmail, getmail, mpop or CommuniGate Pro, or a table (CSV), with the UIDs " +
      "of mail that was taken before, so that none comes twice. Works as apply does, and says what could not be " +
      "carried over and why. Stop the other program first. What RPOP finds there as taken before stays there: it " +
      "deletes only what it takes itself.",
    file: "the configuration: .fetchmailrc, a getmailrc, .mpoprc, a dictionary of RPOP records, a CSV file",
    format: "fetchmail, getmail, mpop, communigate or csv; else told by name and text",
    uids: "files of remembered UIDs; else those where the program keeps them",
    owner: "the local account that receives where the file does not say it",
    domain: "the domain of names without one; else the main domain",
    netrc: "passwords that the file lacks; else .netrc in the same home",
    dryRun: "say what would change, and change nothing",
  },
  export: {
    summary: "write the configuration as a file",
    description:
      "Writes everything that is configured as YAML that apply takes back. Passwords kept here are not written; a " +
      "comment stands in their place. With --json the same as JSON.",
  },
  poll: {
    summary: "visit accounts now and deliver",
    description:
      "Visits the named accounts, or with --all every account that is not disabled, once: regardless of schedule, " +
      "interval and failures before. Then delivers what was taken and every due message of the queue, one attempt " +
      "each. A visit that a running server has under way is waited for, and its result counts.",
    names: "an id, a login name, login@server or owner/login@server",
    all: "every account that is not disabled",
  },
  backup: {
    summary: "copy everything into a new folder",
    description:
      "Makes DIR, a folder that brings this installation back: the database as it stands at one moment, the messages on " +
      "their way, and the Maildirs in DATA/mail. A running server goes on meanwhile. DIR is there whole or not at all.",
    dir: "the folder to make; it must not be there yet",
    withKey: "also the key that passwords are sealed with: then whoever reads the folder can read them",
    withoutMail: "leave out DATA/mail, where Maildirs are backed up by other means",
  },
  restore: {
    summary: "make a data directory from a backup",
    description:
      "Makes the data directory (--data), which must be empty or missing, from a backup. Mail that was delivered after the " +
      "backup and lies in the Maildirs is recognised at the first visit and not delivered again. The old installation " +
      "must not run any more.",
    backup: 'a folder made by "rpop backup"',
  },
  serve: {
    summary: "visit all accounts on schedule, until stopped",
    description:
      "Runs until it is stopped: visits every account at its interval and delivers. Other commands work beside it, and " +
      "what they change takes effect at once. SIGTERM and SIGINT stop it in good order; SIGHUP reads the configuration " +
      "again. /health and /ready are answered over HTTP.",
    http: "where HTTP listens: HOST:PORT, or off",
    logStderr:
      "also write the log's records to standard error, up to level major, as sentences: for a journal",
  },
  check: {
    summary: "try a login without touching mail",
    description: "Logs in to the named accounts and looks. Nothing is fetched, deleted or changed.",
  },
  log: {
    summary: "show the log",
    description:
      "Shows what happened, oldest first, as sentences or, with --json, as the lines stand in DATA/log/. The setting " +
      "logLevel says what is written; --level shows less of it. Works also when the database does not.",
    follow: "go on with what comes, until ^C",
    level:
      "crashesOnly, failures, major, problems, lowLevel or allInfo: only records of that level and quieter ones",
    account: "only one remote account: an id, a login name, login@server or owner/login@server",
    since: "how far back, as 30m, 1h, 7d",
  },
  marks: {
    summary: "hosts and accounts that rest after failures",
    description:
      "A host that cannot be reached rests with all its accounts; an account that cannot be opened rests alone. They " +
      "are tried again by themselves when the time of their mark is over, or at once when it is cleared.",
  },
  marksList: { summary: "list them", description: "Lists what rests: why, since when, until when." },
  marksClear: {
    summary: "try them again at once",
    description: "Clears marks; a running server tries at once, others at the next poll.",
    names: "a host, HOST:PORT, or an account's name",
    all: "every mark",
  },
  remoteList: {
    summary: "list the remote accounts",
    description: "Lists every remote account with its last and next visit, and why the last one failed.",
  },
  remote: {
    summary: "remote accounts and what stays at their providers",
    description:
      "Shows and changes the remote accounts, and shows the messages that stay at a provider because they were never taken: too large, " +
      "refused by the provider, or marked as seen at the first visit. What is asked of them is done at the next visit.",
  },
  remoteMessages: {
    summary: "list what was never taken",
    description:
      "Lists the messages of an account that were never taken, and so are never deleted at the provider: why, what the " +
      "provider said, and when they are tried again.",
  },
  remoteUids: 'a UID that "rpop remote messages" shows',
  remoteRetry: {
    summary: "take them at the next visit",
    description:
      "Takes messages at the next visit that were passed over, whatever their size; one that fails again rests again.",
    all: "every message that the provider did not give out",
  },
  remoteTakeHeader: {
    summary: "take only their headers",
    description:
      "Delivers the headers of messages at the next visit, as messages that say what they are. The messages stay there.",
  },
  remoteDeleteThere: {
    summary: "delete them at the provider, untaken",
    description:
      "Deletes messages at the provider at the next visit, for good and without taking them: those very messages, by " +
      "UID and size. Until then leave-there takes it back.",
  },
  remoteLeaveThere: {
    summary: "ask nothing of them any more",
    description: "Takes back what was asked of messages and not done yet.",
  },
  status: {
    summary: "show how things stand",
    description: "Accounts, queue, disk, and what needs a person's attention.",
  },
  queue: {
    summary: "see and move messages of the queue",
    description:
      "The queue holds messages on their way, and undeliverable ones until a person decides. ENTRY is the id that " +
      '"rpop queue list" shows; without its last number it means all recipients of that message.',
  },
  queueList: {
    summary: "list the queue",
    description: "Lists every entry: one message for one recipient.",
    state: "only entries in this state: queued, ready, sending, held, undeliverable",
  },
  queueShow: {
    summary: "show a message of the queue",
    description: "Shows a message, its recipients and its header.",
  },
  queueRetry: {
    summary: "try again",
    description: "Makes entries due at once, undeliverable ones too, with a fresh lifetime.",
    all: "every waiting and undeliverable entry",
  },
  queueHold: {
    summary: "keep back",
    description: "Keeps entries back until they are released.",
    all: "every waiting entry",
  },
  queueRelease: {
    summary: "let held ones go",
    description: "Lets held entries go on.",
    all: "every held entry",
  },
  queueRedirect: {
    summary: "send to another address",
    description: "Sends entries to another address instead, with a fresh lifetime.",
    to: "the address",
  },
  queueDrop: {
    summary: "drop for good",
    description: "Drops entries for good. They cannot be brought back.",
  },
  entry: "an id of the queue",
  trace: {
    summary: "tell what happened to a message",
    description: "Tells a message's way from the provider to the mailbox, every decision with its time.",
    what: "a Message-ID, a UID, a recipient's address, or our own message id",
  },
  analyse: {
    summary: "find the right special header of a unified account",
    description:
      "Reads the headers of the newest 50 messages and says for each known special header, and for To, Cc and Bcc, in " +
      "how many it stands and how many it would bring to an account here; then what to set. Nothing is fetched or changed.",
  },
  envelope: {
    summary: "explain where a message would go",
    description:
      "Reads a message and explains, address by address, where it would go and why. Nothing is taken or sent.",
    file: "the message; else standard input",
    account:
      "the remote account it is thought to come from; may be left out when there is one unified account",
  },
};
