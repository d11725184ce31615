/**
 * English sentences for what of another program's configuration could not be carried over, and why.
 */
import type { Params, Sentence } from "../params.ts";

const of = (p: Params) => (p.account ? `${p.account}: ` : "");

export const importNotes = {
  "not-understood": (p) =>
    `${p.text ? `"${p.text}" is` : "What stands here is"} not understood; it was passed over.`,
  "unknown-column": (p) => `There is no key for the column ${p.column}; it was passed over.`,
  "not-pop3": (p) =>
    `${of(p)}this is not POP3${p.protocol ? ` (${p.protocol})` : ""}; RPOP fetches by POP3 only. The account was left out.`,
  "no-login": (p) =>
    `${p.server || "This account"}: no login name is given; the former program takes the name of whoever runs it. The account was left out.`,
  "no-server": (p) => `${of(p)}no server is given. The account was left out.`,
  "no-password": (p) =>
    `${of(p)}no password was found (it may be in a key ring, or be asked for each time). The account was left out; add the password to the file, or name a netrc file with --netrc, and import again.`,
  "no-counterpart": (p) => `${of(p)}${p.option} has no counterpart in RPOP.`,
  "global-setting": (p) =>
    `${of(p)}${p.option} holds for all accounts in RPOP; see the setting ${p.setting}.`,
  "never-deletes": (p) =>
    `${of(p)}${p.option} deletes more than was just fetched. RPOP deletes only what it takes itself; other mail stays at the provider.`,
  "delete-after": (p) =>
    `${of(p)}deleting after ${p.days} days was not carried over; mail stays at the provider until you change leaveOnServer.`,
  "weak-fingerprint": (p) =>
    `${of(p)}the fingerprint is ${p.digest ? `made with ${p.digest}` : "not made with SHA-256"}; tlsFingerprint takes SHA-256 only. "rpop check" shows it once the certificate is trusted.`,
  "certificate-checked": (p) =>
    `${of(p)}${p.option} was not carried over: RPOP checks the certificate. Where it cannot be checked, set tlsFingerprint or caFile.`,
  "starttls-demanded": (p) =>
    `${of(p)}STARTTLS was used where it was offered; RPOP demands it (tls: starttls). Where the server has none, set tls to implicit, or to off.`,
  "protocol-assumed": (p) => `${of(p)}no protocol is given; POP3 is assumed.`,
  "read-all": (p) =>
    `${of(p)}with ${p.option}, mail that is left there was fetched at every run. RPOP takes each message once.`,
  "relative-path": (p) => `${of(p)}${p.path} is not an absolute path; it was left out.`,
  "delivery-lost": (p) =>
    `${of(p)}RPOP cannot deliver by "${p.delivery}". A new local account gets a Maildir; set its destination if mail is to go elsewhere.`,
  "delivery-kept": (p) =>
    `${p.name} exists here already and keeps its destination; the file has its mail delivered to ${p.delivery}.`,
  "delivery-each": (p) =>
    `${of(p)}to deliver as before, set the destination of each local account to ${p.delivery}.`,
  "local-smtp": (p) =>
    `${of(p)}mail went to the mail server of this machine. A new local account gets a Maildir; to go on as before, set its destination to ${p.destination}.`,
  "received-envelope": (p) =>
    `${of(p)}recipients were also read from Received fields. RPOP reads X-Envelope-To, else To, Cc and Bcc; if the provider writes another field, set specialHeader.`,
  "envelope-position": (p) =>
    `${of(p)}number ${p.position} of the ${p.field} fields was read. RPOP reads all of the topmost hop; see what it makes of a message with "rpop envelope".`,
  "domain-not-here": (p) =>
    `Mail for ${p.domain} goes to postmaster, as that domain is not one of ours. Add it as a domain or an alias.`,
  "other-name": (p) =>
    `Mail for ${p.alias} went to ${p.name}. That account exists already: add the alias to it.`,
  "pattern-lost": (p) =>
    `${of(p)}the pattern ${p.pattern} is no plain address; add an account or an alias for what it means.`,
  "postmaster-name": (p) =>
    `Mail that is nobody's went to ${p.name}; in RPOP it goes to postmaster of the main domain. To have it as before, add the alias postmaster to an account.`,
  "owner-not-needed": (p) =>
    `${of(p)}the mail of a unified account is distributed; its owner ${p.owner} was passed over.`,
  "no-uids": (p) =>
    `${of(p)}no remembered UIDs were found: all mail that is there now will be fetched again. Name their file with --uids to avoid it.`,
  "uids-of-nobody": (p) =>
    `The UIDs of ${p.name} (${p.count}) belong to no account that was imported; they were passed over.`,
  "uids-not-understood": () => "No UID could be read here; the line was passed over.",
} satisfies Record<string, Sentence>;
