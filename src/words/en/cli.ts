/**
 * English sentences of the command line: results, progress, notes.
 */
const plural = (n: number, one: string, many: string) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const messages = (n: number) => plural(n, "message", "messages");

export const cli = {
  apply: {
    nothing: () => "Nothing to change: everything stands as the file says.",
    done: (n: number) => `${plural(n, "change", "changes")} made, in effect at once; no restart is needed.`,
    dryRun: (n: number) =>
      `${plural(n, "change", "changes")} would be made. Nothing was changed (--dry-run).`,
    refused: (n: number) => `${plural(n, "mistake", "mistakes")}; nothing was applied.`,
    of: (owner: string) => `of ${owner}`,
    passwordSet: () => "(kept, not shown)",
    passwordChanged: () => "(changed)",
  },
  import: {
    nothing: () => "Nothing to change: everything stands as the file says.",
    remembered: (n: number, account: string) =>
      `${messages(n)} at ${account} had been taken before; ${n === 1 ? "it is" : "they are"} not taken again.`,
    uidFile: (path: string) => `Remembered UIDs were read from ${path}.`,
    notCarriedOver: () => "What could not be carried over:",
    line: (n: number) => `line ${n}`,
  },
  exportPassword: () => "password: kept in RPOP, never exported",
  poll: {
    outsideSchedule: () => "The activity schedule does not bind this command: all accounts are visited now.",
    nothingToVisit: () => "No remote account to visit.",
    taken: (n: number, size: string) => `${messages(n)} taken (${size})`,
    nothingNew: () => "nothing new",
    known: (n: number) => `${plural(n, "copy", "copies")} recognised`,
    skipped: (n: number) => `${messages(n)} skipped, left at the provider`,
    troubled: (n: number) => `${messages(n)} could not be taken this time`,
    deleted: (n: number) => `${n.toLocaleString("en")} deleted there`,
    left: (n: number) => `${n.toLocaleString("en")} left there`,
    elsewhere: () => "visited by the running server",
    progress: (done: number, total: number) => `${done.toLocaleString("en")} of ${messages(total)}`,
    summary: (delivered: number, deferred: number, undeliverable: number) =>
      `${messages(delivered)} delivered, ${deferred.toLocaleString("en")} waiting in the queue, ${undeliverable.toLocaleString("en")} undeliverable.`,
    reported: (n: number) => `${plural(n, "error report", "error reports")} sent.`,
    toPostmaster: (n: number) => `${messages(n)} went to postmaster, because no address was ours.`,
    failed: (n: number) => `${plural(n, "visit", "visits")} failed.`,
  },
  serve: {
    ready: (accounts: number, dataDir: string, address: string) =>
      `rpop serves ${dataDir}: ${plural(accounts, "remote account", "remote accounts")}${address ? `, http://${address}` : ""}.`,
  },
  check: {
    count: (n: number, size: string) => `${messages(n)}, ${size}`,
    encrypted: (protocol: string) => `encrypted (${protocol})`,
    plain: () => "no encryption: password and mail travel in clear",
    method: (name: string) => `login method ${name}`,
    certificate: (subject: string, issuer: string, until: string, sha256: string) =>
      `certificate of ${subject}, signed by ${issuer}, valid until ${until}, SHA-256 ${sha256}`,
    uidl: () => "messages have lasting ids (UIDL)",
    noUidl: () => "no lasting ids (no UIDL): mail cannot be left there",
    good: () => "A visit would work.",
    unchanged: () => "Nothing was fetched or changed.",
  },
  backup: {
    steps: {
      database: "Copying the database",
      spool: "Copying messages on their way",
      mail: "Copying Maildirs",
    },
    copied: (step: string, files: number, size: string) =>
      `${step}: ${plural(files, "file", "files")}, ${size} so far`,
    made: (path: string, onTheirWay: number, mailFiles: number | null, size: string) =>
      `Backup made in ${path}: ${messages(onTheirWay)} on the way` +
      `${mailFiles === null ? "" : `, ${plural(mailFiles, "file", "files")} from DATA/mail`}, ${size} in all.`,
    withoutMail: () => "DATA/mail is not in it (--without-mail).",
    elsewhere: (n: number) =>
      n === 1
        ? "The Maildir of 1 account stands outside of the data directory and is not in it; back it up by other means."
        : `The Maildirs of ${n.toLocaleString("en")} accounts stand outside of the data directory and are not in it; back them up by other means.`,
    withKey: () => "The key is in it: keep the folder as safe as the passwords themselves.",
    withoutKey: (path: string) =>
      `The key is not in it. Without ${path} nobody can read the passwords in the backup; keep a copy of it elsewhere.`,
  },
  restore: {
    done: (dataDir: string, madeAt: string, onTheirWay: number) =>
      `${dataDir} stands as it was at ${madeAt}, with ${messages(onTheirWay)} on the way.`,
    next: () =>
      "What was delivered since then is looked for in the Maildirs at the first visit of each account, and not delivered again.",
    withoutMail: () =>
      "The backup holds no Maildirs. Where they are lost, restore them first: else mail that was left at the provider and taken before the backup does not come again.",
    withoutKey: (dataDir: string) =>
      `The backup holds no key. Put yours at ${dataDir}/secret.key, or name it in RPOP_KEY_FILE, before you start RPOP.`,
    alone: () => "The installation that was backed up must not run any more.",
  },
  marks: {
    none: () => "No host and no account rests.",
    rests: (since: string, until: string) => `rests until ${until}, failing since ${since}`,
    tried: (since: string) => `is tried again now, failing since ${since}`,
    cleared: (hosts: number, accounts: number) =>
      hosts + accounts === 0
        ? "There was no mark to clear."
        : `${plural(hosts, "host mark", "host marks")} and ${plural(accounts, "account mark", "account marks")} cleared; a running server tries at once.`,
  },
  remote: {
    empty: () => "No remote account yet.",
    failedWith: (code: string) => `failed: ${code}`,
    noMessages: () => "Nothing of this account was passed over: every message there was taken.",
    wishes: { take: "take it", header: "its header", delete: "delete it there" },
    noted: {
      take: (n: number) => `${messages(n)} will be taken at the next visit.`,
      header: (n: number) =>
        `The header of ${messages(n)} will be delivered at the next visit; the rest stays there.`,
      delete: (n: number) =>
        `${messages(n)} will be deleted at the provider at the next visit, without being taken.`,
      none: (n: number) => `Nothing more is asked of ${messages(n)}.`,
    },
    warnings: {
      specialHeaderAbsent: (field: string, n: number) =>
        `the special header ${field} was in none of the last ${messages(n)}; "rpop analyse" tells which field to use.`,
      tooLarge: (n: number) =>
        `${messages(n)} larger than maxMessageSize left at the provider; see "rpop remote messages".`,
      refused: (n: number) =>
        `${messages(n)} that the provider does not give out; see "rpop remote messages".`,
      sameMaildrop: (other: string) =>
        `this mailbox is fetched by another record (${other}) as well: the two take each other's mail.`,
    },
  },
  analyse: {
    read: (n: number) =>
      `The headers of the newest ${messages(n)} were read (TOP). Nothing was fetched or changed.`,
    guess: "To, Cc, Bcc",
    empty: () => "There is no message there to judge by. Try again when some mail has come.",
    nothing: () =>
      "No field names anybody here. Check that the domains and accounts are configured, then try again.",
    use: (field: string, all: number) => `Use ${field}: with it ${all} % of the messages reach an account.`,
    useWithPrefix: (field: string, prefix: string, all: number) =>
      `Use ${field} with the prefix ${prefix} stripped: with it ${all} % of the messages reach an account.`,
    useGuess: (all: number) =>
      `Use no special header: To, Cc and Bcc bring ${all} % of the messages to an account, more than any field.`,
    goOn: (field: string, all: number) =>
      `${field} is the right one, and set: ${all} % of the messages reach an account.`,
    goOnGuessing: (all: number) =>
      `No special header is better than To, Cc and Bcc, which bring ${all} % of the messages to an account. Nothing is to be changed.`,
  },
  queue: {
    empty: () => "The queue is empty.",
    retried: (n: number) => `${messages(n)} will be tried now by a running server, else at the next poll.`,
    held: (n: number) => `${messages(n)} held.`,
    released: (n: number) => `${messages(n)} released.`,
    redirected: (n: number, to: string) => `${messages(n)} will go to ${to}.`,
    dropped: (n: number) => `${messages(n)} dropped.`,
    busy: (n: number) => `${messages(n)} being delivered at this moment; left alone.`,
    none: () => "No message was concerned.",
  },
  status: {
    dataDirectory: "Data directory",
    accounts: "Remote accounts",
    accountCounts: (ok: number, failed: number, notYet: number, disabled: number) =>
      `${ok} OK, ${failed} failed, ${notYet} not yet visited, ${disabled} disabled`,
    server: "Server",
    serverRuns: (since: string, pid: number, address: string) =>
      `runs since ${since} (process ${pid})${address ? `, http://${address}` : ""}`,
    serverNone: 'not running; "rpop serve" visits on schedule',
    visits: "Visits under way",
    visitsOf: (running: number, channels: number) =>
      `${running} of ${plural(channels, "channel", "channels")}`,
    paused: "Paused",
    pausedSince: (since: string, why: string) => `no visit starts since ${since}: ${why}`,
    resting: "Resting after failures",
    nextVisit: "Next visit",
    noVisit: "none",
    noVisitServer: (dueAt: string) => `none without a server (an account is due ${dueAt})`,
    queue: "Queue",
    queueCounts: (waiting: number, held: number) => `${waiting} waiting, ${held} held`,
    undeliverable: "Undeliverable",
    endingSoon: (n: number) => `${n} will be removed within three days`,
    destinationDown: "Takes no mail",
    destinationSince: (destination: string, since: string, waiting: number, why: string) =>
      `${destination} since ${since}, ${messages(waiting)} waiting: ${why}`,
    doubtful: "Doubtful",
    doubtfulCount: (n: number) =>
      `${messages(n)} sent again because the answer was lost; at most so many arrived twice`,
    postmaster: "Mail for postmaster",
    disk: "Free space",
    history: "History",
    historySince: (since: string, rows: number, kept: string) =>
      `since ${since}, ${plural(rows, "entry", "entries")}; kept for ${kept}`,
    diskShort: (wanted: string) => `below ${wanted} fetching stops`,
    diskLow: (wanted: string) => `below ${wanted}: fetching is paused`,
    stopped: "The module is stopped: channels is 0.",
    scheduled: "Visits start only inside the activity schedule.",
    processes: "Processes at work",
    needs: "Needs attention",
    needsNone: "No account needs attention.",
    warned: "Worth a look",
  },
  trace: {
    accepted: (from: string, size: string) => `taken from ${from} (${size})`,
    distributed: (recipient: string, target: string, why: string) =>
      `for ${recipient}${target ? ` → ${target}` : ""}${why ? `, named in ${why}` : ""}`,
    merged: (recipient: string) =>
      `a copy of a message that ${recipient || "the recipient"} has already; left out`,
    imported: (from: string) => `taken by ${from || "a former program"} before; not to be taken again`,
    headerOnly: (from: string) => `only the header was taken from ${from}; the message stays there`,
    known: () => "fetched again and recognised; not delivered twice",
    skipped: (reason: string) => `not taken: ${reason}`,
    refused: (why: string) => `could not be taken: ${why}`,
    retrieved: () => "fetched",
    delivered: (recipient: string, where: string) => `delivered to ${recipient}${where ? `: ${where}` : ""}`,
    found: (recipient: string, where: string) =>
      `found after a restore, delivered to ${recipient} before: ${where}`,
    deferred: (recipient: string, why: string) => `${recipient} has to wait: ${why}`,
    undeliverable: (recipient: string, why: string) => `undeliverable to ${recipient}, kept here: ${why}`,
    reported: (to: string, recipient: string, why: string) =>
      `${recipient} was not reached, and ${to || "the sender"} was told: ${why}`,
    mayHaveArrived: "it may have arrived all the same",
    notReported: {
      "never-report": "",
      "null-sender": "no report: there is no sender to tell",
      "unusable-sender": "no report: the sender's address cannot be used",
      automatic: "no report: a program wrote the message",
      list: "no report: it came through a mailing list",
      spam: "no report: it is flagged as spam",
      "header-oversized": "no report: its header is too large",
      "rate-sender": "no report: the sender got ten within an hour",
      "rate-all": "no report: a hundred went out within an hour",
      unreadable: "no report: its file cannot be read",
      unwritable: "no report: our disk took none",
    } as Record<string, string>,
    deleted: (by: string) =>
      by ? `deleted at the provider without being taken, as ${by} wished` : "deleted at the provider",
    asked: (by: string, wish: string) => `${by} wishes: ${wish}`,
    wishes: {
      take: "take it at the next visit",
      header: "take its header at the next visit",
      delete: "delete it at the provider at the next visit",
      none: "leave it as it is",
    } as Readonly<Record<string, string>>,
    held: (by: string) => `held by ${by}`,
    released: (by: string) => `released by ${by}`,
    retried: (by: string) => `retry asked for by ${by}`,
    redirected: (by: string, to: string) => `redirected to ${to} by ${by}`,
    dropped: (by: string) => `dropped by ${by}`,
    expired: () => "the time it was to be kept is over",
    skipReasons: {
      tooLarge: "too large",
      failing: "the provider does not give it out",
      stuck: "stuck: three tries failed",
      markedSeen: "marked as seen before the first visit",
    } as Readonly<Record<string, string>>,
  },
  envelope: {
    sender: "Envelope sender",
    nobody: "<> (nobody is told of a failure)",
    recipients: "Recipients",
    addresses: "Address by address",
    guessed: "The recipients are read from To, Cc and Bcc.",
    absent: (field: string) =>
      `The special header ${field} is not in this message, so To, Cc and Bcc are read.`,
    postmaster: "postmaster of the main domain",
    relay: "through the relay",
    personal: (owner: string) => `A personal account: all mail goes to ${owner}.`,
    verdicts: {
      recipient: "is a recipient",
      repeated: "reaches a recipient that there is already",
      "unknown-user": "unknown user here: reported to the sender",
      foreign: "not our domain: neither relayed nor reported",
      ignored: "ignored: not an account here",
      "no-domain": "ignored: no domain",
      unreadable: "skipped: cannot be read",
    },
    reasons: {
      "nobody-left": "No address is ours, so the message goes to postmaster.",
      "no-readable-address":
        "The special header holds no readable address, so the message goes to postmaster.",
      "header-oversized": "The header is too large to be trusted, so the message goes to postmaster.",
      "too-many-addresses": "There are too many addresses, so the message goes to postmaster.",
      "too-deep": "The addresses are nested too deeply, so the message goes to postmaster.",
      "owner-missing": "The owner's account is gone, so the message goes to postmaster.",
    },
    rules: {
      "domain-alias": "domain alias of",
      "domain-wide-account": "domain-wide account",
      account: "account",
      alias: "alias of",
      detail: "name+detail of",
      route: "route to",
      "wildcard-route": "route * to",
      postmaster: "postmaster of",
      "main-postmaster": "postmaster of the main domain",
      "built-in-postmaster": "the built-in mailbox",
      "catch-all": "catch-all",
      "unknown-user": "unknown user",
      "not-ours": "not our domain",
      loop: "routes in a circle at",
      "unreadable-route": "a route that cannot be read",
    },
  },
  usage: {
    unknownOption: (name: string, near: string) =>
      `There is no option ${name}${near ? `; did you mean ${near}?` : "."}`,
    unknownCommand: (name: string, near: string) =>
      `There is no command ${name}${near ? `; did you mean ${near}?` : "."}`,
    missingArgument: (name: string) => `${name} is missing.`,
    missingValue: (name: string) => `${name} needs a value.`,
    tooMany: () => "There are more arguments than this command takes.",
    language: (value: string) => `There is no language ${value}; use en or ja.`,
    state: (value: string, known: string) => `There is no state ${value}; use one of ${known}.`,
    names: () => "Name one or more, or use --all.",
    namesOrAll: () => "Names and --all exclude each other.",
    number: (option: string) => `${option} needs a whole number.`,
    command: () => "Name a command.",
    listenAddress: (value: string) => `${value} is no address to listen on; write HOST:PORT, or off.`,
    noTerminalInput: () => "A message is expected on standard input, or as FILE.",
  },
};
