/**
 * English sentences for every failure: what happened, what happens now, what you can do.
 *
 * No blame, one cause, one act. "No password was sent" where that is true.
 */
import type { FailureCode } from "../../core/failure.ts";
import type { FailureWords, Params } from "../params.ts";

const host = (p: Params) => `${p.host ?? "The server"}`;
const again = (p: Params) => (p.time ? `The next try is at ${p.time}.` : "The next visit tries again.");
const safe = (p: Params) => `${again(p)} Your mail waits at the provider; nothing is lost.`;
const retried = () => "The message stays in the queue and is tried again.";
const kept = () => "The message is kept here as undeliverable; nothing is lost.";
const nothingDone = () => "Nothing was changed.";
const notStarted = () => "RPOP does not start. Nothing was changed.";
const detail = (p: Params) => (p.detail ? ` (${p.detail})` : "");
const redirect = () => 'See it with "rpop queue show", then redirect, retry or drop it.';
const none = () => "Nothing, usually.";

const backupTargets: Readonly<Record<string, string>> = {
  exists: "there is something already",
  above: "the data directory itself stands in it",
  inside: "it would be copied into itself",
  "no-parent": "the folder above it is missing",
};

export const failures: Record<FailureCode, FailureWords> = {
  dns: {
    what: (p) => `No server has the name ${p.host ?? "given"}${detail(p)}.`,
    now: safe,
    do: () =>
      "Enter the name of the POP server, not the provider's domain; often pop. or mail. before the domain.",
  },
  "host-unreachable": {
    what: (p) => `${host(p)} cannot be reached${p.port ? ` on port ${p.port}` : ""}${detail(p)}.`,
    now: (p) => `All accounts there wait. ${safe(p)}`,
    do: () => "Check the server name and port, or wait if the provider has an outage.",
  },
  timeout: {
    what: (p) => `${host(p)} did not answer within ${p.timeout ?? "the time allowed"}.`,
    now: safe,
    do: () => "Check the server name and port, or wait if the provider has an outage.",
  },
  tls: {
    what: (p) => `${host(p)} does not speak TLS${p.port ? ` on port ${p.port}` : ""}${detail(p)}.`,
    now: (p) => `No password was sent. ${again(p)}`,
    do: () => "Set tls to starttls, or use port 995.",
  },
  certificate: {
    what: (p) =>
      `${host(p)} shows a certificate that is not valid${p.reason || p.detail ? `: ${p.reason ?? p.detail}` : ""}.`,
    now: (p) => `No password was sent. ${again(p)}`,
    do: () => "Ask the provider. An administrator can trust this one certificate (tlsFingerprint or caFile).",
  },
  "no-starttls": {
    what: (p) => `${host(p)} offers no STARTTLS.`,
    now: (p) => `No password was sent. ${again(p)}`,
    do: () => "Set tls to implicit and use port 995, if the provider has it.",
  },
  "tls-injection": {
    what: (p) => `${host(p)} sent clear text after the start of TLS, as somebody between us would.`,
    now: (p) => `No password was sent. ${again(p)}`,
    do: () => "Try from another network. If it stays, tell the provider.",
  },
  "greeting-refused": {
    what: (p) => `${host(p)} does not take connections now.`,
    now: safe,
    do: () => "Wait, or ask the provider if it stays.",
  },
  protocol: {
    what: (p) => `${host(p)} answered something that is not POP3${detail(p)}.`,
    now: safe,
    do: () => "Check the port. The exact answer is in the protocol dialogue (logLevel lowLevel).",
  },
  "connection-lost": {
    what: (p) => `The connection to ${p.host ?? "the server"} broke off.`,
    now: safe,
    do: () => "Nothing, usually. If it stays, ask the provider.",
  },
  "limit-exceeded": {
    what: (p) => `${host(p)} sent more than is allowed${p.limit ? ` (limit ${p.limit})` : ""}.`,
    now: safe,
    do: () => "Ask the provider what its server sends; the limit protects this server.",
  },
  "self-poll": {
    what: (p) => `${host(p)} is this server. Fetching from it would be a mail loop.`,
    now: () => "No password was sent. The account is not visited.",
    do: () => "Enter the provider's server. An administrator can allow self-poll (allowSelfPoll).",
  },
  "private-host": {
    what: (p) => `${host(p)} is inside a private network.`,
    now: () => "No password was sent. The account is not visited.",
    do: () => "Only an administrator can allow that (allowPrivateHosts).",
  },
  "auth-refused": {
    what: (p) => `${host(p)} refused the password.`,
    now: safe,
    do: () => "Enter the password again. Some providers want an app password made in their settings.",
  },
  "auth-unavailable": {
    what: (p) =>
      `${host(p)} offers no way to log in that we may use${p.method ? ` (asked for: ${p.method})` : ""}.`,
    now: (p) => `No password was sent. ${again(p)}`,
    do: () => "Set auth to auto and turn on TLS.",
  },
  "auth-needs-tls": {
    what: (p) =>
      `${p.method ? `The login method ${p.method}` : "This login method"} is not used without TLS.`,
    now: (p) => `No password was sent. ${again(p)}`,
    do: () => "Set tls to implicit or starttls. Without TLS an administrator can allow it (allowPlain).",
  },
  "apop-not-offered": {
    what: (p) => `${host(p)} offers no APOP, and without TLS we do not send the password in clear.`,
    now: (p) => `No password was sent. ${again(p)}`,
    do: () => "Turn on TLS, or turn off APOP.",
  },
  "bad-credentials-text": {
    what: () => "The login name or password holds characters that this way of logging in cannot send.",
    now: () => "No password was sent. The account is not visited.",
    do: () => "Enter them again without line breaks, or choose another auth.",
  },
  "in-use": {
    what: () => "The mailbox is open elsewhere (locked).",
    now: safe,
    do: () => "Nothing, usually. If it stays, another program fetches the same mailbox too often.",
  },
  "login-delay": {
    what: (p) => `${host(p)} allows a visit only every so often.`,
    now: safe,
    do: () => "Choose a longer pollEvery.",
  },
  "remote-temporary": {
    what: (p) => `${host(p)} has trouble of its own and says it will pass.`,
    now: safe,
    do: none,
  },
  "remote-permanent": {
    what: (p) => `${host(p)} says that it needs a person's help.`,
    now: safe,
    do: () => "Ask the provider; its own words are below.",
  },
  "no-uidl": {
    what: (p) => `${host(p)} does not number its messages (no UIDL), so mail cannot be left there.`,
    now: () => "Nothing was fetched.",
    do: () => "Turn off leaveOnServer, or ask the provider for UIDL.",
  },
  "no-top": {
    what: (p) => `${host(p)} shows no headers (no TOP).`,
    now: () => "Nothing was fetched or changed.",
    do: () => "Ask the provider which header field names the recipients.",
  },
  "first-visit-impossible": {
    what: (p) =>
      p.command === "TOP"
        ? `${host(p)} shows no headers (no TOP), so the dates of its messages are not known.`
        : `${host(p)} does not number its messages (no UIDL), so none can be marked as seen.`,
    now: () => "Nothing was fetched and nothing marked.",
    do: (p) =>
      p.command === "TOP"
        ? "Set firstVisit to all or markSeen."
        : "Set firstVisit to all: everything is then fetched.",
  },
  "maildrop-refused": {
    what: (p) => `${host(p)} did not let us look into the mailbox.`,
    now: safe,
    do: () => "Wait, or ask the provider if it stays.",
  },
  "quit-refused": {
    what: (p) => `${host(p)} could not finish deleting what was fetched.`,
    now: () => "What was fetched is here. The next visit deletes the rest and takes nothing twice.",
    do: none,
  },
  "message-refused": {
    what: (p) => `${host(p)} did not give out one message${p.number ? ` (number ${p.number})` : ""}.`,
    now: () => "The other messages were fetched; this one is tried again.",
    do: () => "Look at it in the provider's webmail if it stays.",
  },
  "message-empty": {
    what: () => "One message came without a single byte.",
    now: () => "It stays at the provider and is tried again.",
    do: () => "Look at it in the provider's webmail if it stays.",
  },
  "message-too-large": {
    what: (p) => `One message is larger than ${p.limit ?? "the limit"}.`,
    now: () => "It stays at the provider and is never deleted there.",
    do: () => "Raise maxMessageSize, or fetch it in the provider's webmail.",
  },
  "message-unacceptable": {
    what: () => "One message could not be taken because of its content.",
    now: () => "It stays at the provider; the other messages were fetched.",
    do: () => "Look at it in the provider's webmail.",
  },
  "unknown-user": {
    what: (p) => `There is no account ${p.address ?? "of that name"} here.`,
    now: kept,
    do: () => "Add the account or an alias, then retry; or redirect it.",
  },
  "not-ours": {
    what: (p) => `${p.address ?? "The address"} is not in a domain of ours.`,
    now: () => "Mail is not relayed there.",
    do: () => "Add the domain or a domain alias if it is ours.",
  },
  "no-relay": {
    what: (p) => `${p.address ?? "The recipient"} is elsewhere, and no relay is set.`,
    now: kept,
    do: () => "Set relay, then retry.",
  },
  "outside-schedule": {
    what: () => "The activity schedule is closed, so no mail goes out by SMTP.",
    now: () => "The message waits in the queue until it opens.",
    do: () => "Nothing, or change activitySchedule.",
  },
  "mail-loop": {
    what: () => "The message has been here before: it goes round in a circle.",
    now: kept,
    do: () => "Find who forwards it back to the provider; then drop or redirect it.",
  },
  "maildir-vanished": {
    what: (p) => `The Maildir ${p.path ?? "of the account"} was there and has vanished.`,
    now: retried,
    do: () => "Mount or restore it. For a fresh start, make an empty folder there.",
  },
  "maildir-unusable": {
    what: (p) => `The Maildir ${p.path ?? "of the account"} cannot be used${detail(p)}.`,
    now: retried,
    do: () => "Check what stands there, and its owner and rights.",
  },
  "mailbox-full": {
    what: (p) => `There is no room left in ${p.path ?? "the mailbox"} (quota).`,
    now: retried,
    do: () => "Make room or raise the quota.",
  },
  "destination-unsupported": {
    what: (p) =>
      `The destination ${p.destination ?? "of the account"} is of a kind that this version cannot deliver to.`,
    now: retried,
    do: () => "Set the destination to one that this version knows: maildir, lmtp, smtp or pipe.",
  },
  "destination-unusable": {
    what: (p) => `The destination ${p.destination ?? "of the account"} cannot be used${detail(p)}.`,
    now: retried,
    do: () => "Correct the destination, and check the files and programs that it names.",
  },
  "destination-unreachable": {
    what: (p) => `${p.host ?? p.destination ?? "The destination"} takes no mail now${detail(p)}.`,
    now: () => "Mail for it stays in the queue and is tried again.",
    do: () => "Check that the server runs, its address, and its certificate and login if it asks for them.",
  },
  "delivery-deferred": {
    what: (p) => `${p.destination ?? "The destination"} does not take the message yet${detail(p)}.`,
    now: retried,
    do: () => "Nothing, usually. Its own words tell what it waits for.",
  },
  "destination-down": {
    what: (p) =>
      `Mail cannot go on to ${p.destination ?? "its destination"}${p.deferred ? `: ${p.deferred} wait for it` : ""}.`,
    now: () =>
      "No mail is fetched for it: it is safest at the provider. Visits go on as soon as mail arrives there.",
    do: () => 'See why with "rpop queue list", and mend the destination.',
  },
  "delivery-refused": {
    what: (p) => `${p.destination ?? "The destination"} refused the message${detail(p)}.`,
    now: kept,
    do: redirect,
  },
  expired: {
    what: () => "The message could not be delivered for the whole of its time in the queue.",
    now: kept,
    do: redirect,
  },
  "disk-full": {
    what: () => "The disk of this server is full.",
    now: () => "Fetching is paused. Your mail waits at the provider; nothing is lost.",
    do: () => "Free some space; fetching goes on by itself.",
  },
  "disk-low": {
    what: (p) =>
      `The disk of this server is nearly full${p.free ? `: ${p.free} free, ${p.limit} wanted` : ""}.`,
    now: () => "Fetching is paused, deliveries go on. Your mail waits at the provider.",
    do: () => "Free some space, or lower minFreeSpace.",
  },
  database: {
    what: (p) => `The database could not do what was asked${detail(p)}.`,
    now: () => "Nothing was left half done. Visits pause.",
    do: () => "Check the disk under the data directory; restore a backup if the file is damaged.",
  },
  "database-newer": {
    what: (p) =>
      `The database was written by a newer version of RPOP${p.found ? ` (format ${p.found}, known here: ${p.known})` : ""}.`,
    now: notStarted,
    do: () => "Run that newer version, or restore the backup made before the upgrade.",
  },
  "database-in-use": {
    what: () => "Another server runs on this data directory.",
    now: notStarted,
    do: () => "Stop it first, or choose another directory with --data.",
  },
  "no-route": {
    what: (p) => `This server has no way to the network${detail(p)}.`,
    now: () => "No host is blamed. Visits are tried again.",
    do: () => "Check this server's network.",
  },
  "out-of-descriptors": {
    what: () => "This server has run out of open files.",
    now: () => "Visits pause and go on by themselves.",
    do: () => "Raise the limit of open files (ulimit -n), or lower channels.",
  },
  io: {
    what: (p) => `A file of this server could not be read or written${p.detail ? `: ${p.detail}` : ""}.`,
    now: () => "Nothing was left half done.",
    do: () => "Check that the path exists, its owner and its rights.",
  },
  "source-address": {
    what: (p) => `${p.address ?? "The source address"} is not an address of this server.`,
    now: (p) => `No connection was made. ${again(p)}`,
    do: () => "Correct defaultIpAddress, the domain's ipAddresses or the record's sourceAddress.",
  },
  "secret-key-missing": {
    what: (p) =>
      `The key file ${p.path ?? "secret.key"} is missing, and passwords sealed with it are in the database.`,
    now: notStarted,
    do: () => "Put the file back from your backup, or point RPOP_KEY_FILE at it.",
  },
  "secret-key-wrong": {
    what: (p) =>
      `The key in ${p.path ?? "secret.key"} is not the one that the passwords in the database were sealed with.`,
    now: notStarted,
    do: () => "Put the right file back from your backup, or point RPOP_KEY_FILE at it.",
  },
  "secret-unreadable": {
    what: (p) =>
      `The password of this account could not be read${p.source ? ` from ${p.source}` : ""}${detail(p)}.`,
    now: safe,
    do: () => "Check the file, variable or command, or enter the password again.",
  },
  "already-serving": {
    what: (p) => `Process ${p.pid ?? "?"} serves this data directory already.`,
    now: () => "This one does not start; the other goes on.",
    do: () => "Stop the other one first, or name another data directory (--data).",
  },
  "backup-target": {
    what: (p) =>
      `A backup cannot be made in ${p.path ?? "this folder"}: ${backupTargets[String(p.reason)] ?? "it cannot be used"}.`,
    now: nothingDone,
    do: () => "Name a folder that is not there yet, outside of the data directory.",
  },
  "backup-under-way": {
    what: () => "Another backup of this data directory is under way.",
    now: () => "This one was not made; the other goes on.",
    do: () => "Wait until it is through.",
  },
  "backup-damaged": {
    what: (p) => `${p.path ?? "The folder"} is no whole backup${detail(p)}.`,
    now: nothingDone,
    do: () => 'Name a folder made by "rpop backup", or use an older one.',
  },
  "restore-target": {
    what: (p) => `${p.path ?? "The data directory"} is not empty.`,
    now: nothingDone,
    do: () => "Name a folder that is empty or missing (--data), or move what is there out of the way.",
  },
  "restore-unfinished": {
    what: (p) => `A restore did not come to its end: ${p.path ?? "restore.unfinished"} is still there.`,
    now: notStarted,
    do: () => 'Run "rpop restore" again with the same backup; it goes on where it stopped.',
  },
  "declared-dead": {
    what: () => "Another process has declared this one dead and taken over its work.",
    now: () => "It stops; what was accepted stays accepted.",
    do: () => "Start it again. If this happens often, look for pauses of the machine.",
  },
  "listen-failed": {
    what: (p) => `Cannot listen on ${p.address ?? "the address"}${detail(p)}.`,
    now: notStarted,
    do: () => "Stop what uses the port, or choose another address with --http.",
  },
  "module-stopped": {
    what: () => "The module is stopped: channels is 0.",
    now: () => "No visit was made.",
    do: () => "Set channels to 1 or more.",
  },
  cancelled: {
    what: () => "Stopped on request.",
    now: () => "What was accepted stays accepted.",
    do: () => "Run it again to go on.",
  },
  unexpected: {
    what: (p) => `Something happened that RPOP did not foresee${p.detail ? `: ${p.detail}` : ""}.`,
    now: () => "It counts as temporary: mail waits and is tried again.",
    do: () => "Report it with the lines above if it stays.",
  },
  usage: {
    what: (p) => `${p.detail ?? "The command line could not be understood."}`,
    now: nothingDone,
    do: (p) => `See "${p.help ?? "rpop --help"}".`,
  },
  "bad-file": {
    what: (p) => `${p.path ?? "The file"} could not be read${detail(p)}.`,
    now: nothingDone,
    do: () => "Check the path and its rights.",
  },
  "bad-value": {
    what: (p) => `${p.value ?? "The value"} is not possible for ${p.key ?? "this"}.`,
    now: nothingDone,
    do: (p) => `See "${p.help ?? "rpop --help"}" for what is.`,
  },
  "unknown-name": {
    what: (p) => `Nothing here is called ${p.name ?? "so"}.`,
    now: nothingDone,
    do: (p) => (p.list ? `"${p.list}" shows what there is.` : "Check how it is written."),
  },
  "ambiguous-name": {
    what: (p) => `${p.name ?? "The name"} fits more than one: ${p.candidates ?? ""}.`,
    now: nothingDone,
    do: () => "Name it in full, as one of these.",
  },
  "nothing-configured": {
    what: () => "There is nothing to visit yet: no remote account is set up.",
    now: nothingDone,
    do: () => 'Describe your accounts in a file and run "rpop apply FILE.yaml".',
  },
  "not-allowed": {
    what: (p) => `Your role${p.role ? ` (${p.role})` : ""} may not do this.`,
    now: nothingDone,
    do: () => "Ask an administrator.",
  },
  "not-unified": {
    what: (p) => `${p.name ?? "This"} is a personal account: all its mail goes to its owner.`,
    now: nothingDone,
    do: () => "Name a unified account.",
  },
  "number-differs": {
    what: (p) =>
      `--delete-left says ${p.given ?? "?"}, but ${p.found ?? "?"} messages would be deleted at the provider.`,
    now: nothingDone,
    do: (p) => `To confirm that number, repeat the command with --delete-left ${p.found ?? "N"}.`,
  },
  "too-soon": {
    what: (p) => `${p.account ?? "The account"} was visited a moment ago.`,
    now: () => "It is visited at its interval.",
    do: (p) =>
      `Ask again in ${p.wait ?? "a while"}: your administrator allows a visit every ${p.min ?? "while"}.`,
  },
  "visits-closed": {
    what: () => "The activity schedule is closed, so no visit starts.",
    now: () => "The accounts are visited when it opens.",
    do: () => "Wait until then; an administrator may visit at any time.",
  },
  conflict: {
    what: () => "Somebody else changed the same thing at the same time.",
    now: nothingDone,
    do: () => "Look at it again and repeat the command.",
  },
};
