/**
 * English sentences for mistakes in a configuration file, and for what is allowed but worth a word.
 */
import type { Sentence } from "../params.ts";

export const mistakes = {
  "expected-choice": (p) => `${p.key} must be one of: ${p.choices}.`,
  "expected-integer": (p) => `${p.key} must be a whole number from ${p.min} to ${p.max}.`,
  "expected-duration": (p) =>
    `${p.key} must be a length of time such as 15s, 5m, 1h or 1d, from ${p.min} to ${p.max}.`,
  "expected-size": (p) =>
    `${p.key} must be a size such as 10MB, 512MiB or a number of bytes, from ${p.min} to ${p.max}.`,
  "expected-rate": (p) => `${p.key} must be a rate such as "1KiB/s over 5m".`,
  "expected-flag": (p) => `${p.key} must be true or false.`,
  "expected-text": (p) => `${p.key} must be text on one line.`,
  "expected-list": (p) => `${p.key} must be a list: [a, b], or one item a line with a dash in front.`,
  "expected-map": (p) => `${p.key || "The file"} must hold keys with values: ${p.keys}.`,
  "expected-name-server": (p) =>
    `${p.key} must be the address of a name server such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.`,
  "expected-ip-address": (p) => `${p.key} must be an IP address such as 192.0.2.7 or 2001:db8::7.`,
  "expected-source-address": (p) => `${p.key} must be osDefault or an IP address of this server.`,
  "expected-time-zone": (p) =>
    `${p.key} must be the name of a time zone such as Europe/Berlin or Asia/Tokyo.`,
  "expected-host-name": (p) => `${p.key} must be a host name such as mail.example.com.`,
  "expected-destination": (p) => `${p.key} must be one of: ${p.schemes}.`,
  "expected-schedule": (p) =>
    `${p.key} must be always, or { windows: [{ days: [mon, tue], from: "08:00", to: "20:00" }] }.`,
  "expected-days": (p) => `${p.key} must list one or more of: ${p.days}.`,
  "expected-time-of-day": (p) =>
    `${p.key} must be a time such as "08:00"; a window may end at "24:00" and not where it starts.`,
  "unknown-key": (p) =>
    `There is no key ${p.key} here.${p.suggestion ? ` Did you mean ${p.suggestion}?` : ` Known: ${p.known}.`}`,
  "not-utf8": () => "The file is not UTF-8 text.",
  "empty-file": () => "The file is empty.",
  "yaml-syntax": (p) => `This is not YAML as it stands: ${p.detail}.`,
  "duplicate-key": (p) => `The key ${p.key} stands here for the second time; one of the two must go.`,
  "alias-not-allowed": (p) => `References (*${p.alias}) are not allowed; write the value out.`,
  "not-available": (p) => `${p.key} is not available in this version.`,
  "missing-key": (p) => `${p.key} is missing.`,
  "expected-login": (p) => `${p.key} must be a login name of at most 248 bytes without line breaks.`,
  "expected-password": (p) => `${p.key} must be a password without line breaks, not empty.`,
  "expected-interval": (p) =>
    `${p.key} must be a length of time such as 15s, 5m, 1h or 1d, or disabled, or ----- to delete the record.`,
  "expected-server": (p) => `${p.server} is not a server name: use host, host:port or [IPv6]:port.`,
  "expected-port": (p) => `The port in ${p.server} must be a number from 1 to 65535.`,
  "expected-domain-name": (p) => `${p.key} must be a domain name such as example.com.`,
  "expected-account-name": (p) =>
    `${p.key} must be the part of an address before the @, without blanks or slashes.`,
  "expected-address": (p) => `${p.key} must be a mail address such as alice@example.com.`,
  "expected-field-name": (p) => `${p.key} must be the name of a header field such as X-Real-To.`,
  "expected-fingerprint": (p) =>
    `${p.key} must be a SHA-256 fingerprint: 64 hexadecimal digits, colons allowed.`,
  "expected-absolute-path": (p) => `${p.key} must be a path that begins with /.`,
  "expected-id": (p) => `${p.key} must be an id: letters, digits, dots, dashes, at most 64.`,
  "expected-first-visit": (p) =>
    `${p.key} must be all, markSeen, or since with a date: since 2026-11-01, since 2026-11-01 08:00.`,
  "expected-keeping-time": (p) =>
    `${p.key} must be a number of days or a length of time such as 30d or 12h, from 1h to 3650d.`,
  "missing-password": (p) =>
    `${p.name} is new and has no password: add password, passwordFile, passwordEnv or passwordCommand.`,
  "several-passwords": (p) => `Only one of ${p.keys} may be given.`,
  "unified-only": (p) =>
    `${p.key} is for unified accounts only; all mail of a personal account goes to its owner.`,
  "two-main-domains": (p) => `${p.name} cannot be the main domain as well: there is only one.`,
  "no-main-domain": () =>
    "No domain is the main one: add main: true to a domain. Mail that is nobody's goes to postmaster there.",
  "name-taken": (p) => `${p.name} is already a name of ${p.owner}.`,
  "domain-taken": (p) => `${p.name} is already a name of the domain ${p.owner}.`,
  "unknown-local-account": (p) => `${p.key} names ${p.name}, but ${p.domain} has no such account.`,
  "named-twice": (p) => `${p.name} stands in this file for the second time.`,
  "import-format-unknown": () =>
    "The file is none that can be imported, as far as its name and its text tell. Say what it is with --format.",
  "import-nothing": (p) => `No account that RPOP can visit was found in this file, read as ${p.format}.`,
  "import-owner-missing": (p) =>
    `The file does not say who receives the mail of ${p.name}. Name a local account with --owner NAME@DOMAIN.`,
  "import-domain-missing": (p) =>
    `${p.name} is the name of somebody here, but no domain is configured yet. Name one with --domain.`,
  "import-domain-unknown": (p) =>
    `${p.name} receives mail, but ${p.domain} is not one of our domains. Correct the name, or add the domain with --domain.`,
  "administrators-only": (p) => `Only an administrator may set ${p.key}.`,
  "interval-too-short": (p) => `${p.value} is shorter than the ${p.min} that your administrator allows.`,
  "too-many-accounts": (p) =>
    `You have ${p.max} accounts, the most that your administrator allows. Delete one to add another.`,
  "port-not-allowed": (p) => `Port ${p.port} is not allowed here; use one of: ${p.ports}.`,
  "private-host": (p) => `${p.host} is inside a private network. Only an administrator can allow that.`,
  "password-again": () =>
    "Give the password of that account as well: a new server, a new login or a connection without TLS needs it again.",
  "account-exists": (p) => `${p.name} is already in the list${p.owner ? ` of ${p.owner}` : ""}.`,
  "destination-form": (p) => `Write this destination as ${p.form}.`,
  "destination-host": (p) =>
    `${p.host || "Nothing"} is no host name or address; an IPv6 address stands in brackets: [::1].`,
  "destination-port": (p) => `The port ${p.port} must be a number from 1 to 65535.`,
  "destination-socket": (p) =>
    `After lmtp+unix: stands the absolute path of a socket, at most ${p.max} bytes long.`,
  "destination-no-user": () => "LMTP knows no login: take the user out of the destination.",
  "destination-password-in-text": () =>
    "A password in a destination would be stored and shown in clear: put it into a file and add ?passwordFile=/PATH, or into a variable and add ?passwordEnv=NAME.",
  "destination-needs-password": (p) =>
    `The user ${p.user} needs a password: add ?passwordFile=/PATH or ?passwordEnv=NAME. An @ in a user is written %40.`,
  "destination-needs-user": () =>
    "A password needs a user: write it before the host, as in smtp://USER@HOST (an @ in it as %40).",
  "destination-two-passwords": () => "Only one of passwordFile and passwordEnv may be given.",
  "destination-tls": (p) => `tls must be one of: ${p.choices}.`,
  "destination-user-tls": (p) =>
    `With a user, the password goes over checked TLS only: leave out tls=${p.tls}, or write tls=required.`,
  "destination-option": (p) => `There is no option ${p.option || "without a name"} here. Known: ${p.known}.`,
  "destination-option-twice": (p) => `The option ${p.option} stands here twice.`,
  "destination-option-empty": (p) =>
    `The option ${p.option} needs a value, percent-encoded where it holds &, % or #.`,
  "destination-option-path": (p) => `The option ${p.option} must be a path that begins with /.`,
  "destination-quote": () => "A quote in the command does not end, or it ends in a backslash.",
  "destination-program": (p) =>
    `The command must begin with the absolute path of a program, not ${p.program || "nothing"}; there is no shell and no search path.`,
  "destination-placeholder": (p) => `There is no placeholder ${p.placeholder}. Known: ${p.known}.`,
  "destination-placeholder-option": (p) =>
    `${p.argument} would make an option of what mail brings: give the placeholder as an argument of its own.`,
} satisfies Record<string, Sentence>;

export const warnings = {
  "same-maildrop": (p) =>
    `${p.account} at ${p.server} is already fetched by another record (${p.id}): the two take each other's mail.`,
  "destination-unsupported": (p) =>
    `${p.account}: this version cannot deliver to ${p.destination}; its mail waits in the queue.`,
  "first-visit-over": (p) =>
    `${p.account} at ${p.server} has had its first visit: firstVisit changes nothing any more.`,
  "delete-after-unused": (p) =>
    `${p.account} at ${p.server}: deleteAfter does nothing without leaveOnServer; mail is deleted there as soon as it is taken.`,
  "left-stays": (p) =>
    `${p.account} at ${p.server} leaves no more mail at the provider. What it left there before (${p.count} taken) stays; with --delete-left ${p.total} in the same command it is deleted there.`,
  "left-goes": (p) =>
    `${p.account} at ${p.server}: ${p.count} messages that were taken before are deleted at the provider at the next visits.`,
  "rules-unsupported": (p) =>
    `${p.account ? `${p.account}: the` : "The server-wide"} rules are kept, but this version does not apply rules yet.`,
} satisfies Record<string, Sentence>;
