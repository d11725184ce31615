/**
 * fetchmail's configuration, `.fetchmailrc` (fetchmail(1) of 6.4, "THE RUN CONTROL FILE").
 *
 * A POP3 user with one local name, or none, is one person's account; with several, with mappings or with `*` it is a
 * multidrop mailbox: a unified account, whose special header is the `envelope` field. Options that change nothing for
 * us (logging, `uidl`, `rewrite`, `stripcr`, …) are passed over in silence; each other one is carried over or noted.
 */

import {
  type FetchmailEntry,
  type FetchmailFile,
  type FetchmailUser,
  type OptionSet,
  readFetchmailEntries,
} from "./fetchmail-entries.ts";
import { absolutePath } from "./file-text.ts";
import {
  accountName,
  type ImportedAccount,
  Notes,
  type PasswordLookup,
  type Reading,
  type Receiver,
  serverText,
} from "./imported.ts";

export interface ReadingPlace {
  /** Home of the configuration's owner, for `~`. */
  readonly home: string | null;
  readonly netrc: PasswordLookup;
}

export function readFetchmail(text: string, place: ReadingPlace): Reading {
  const notes = new Notes();
  const file = readFetchmailEntries(text, notes);
  const accounts = file.entries.flatMap((entry) => entryAccounts(file, entry, notes, place));
  const postmaster = one(file.globals, "postmaster");
  if (postmaster !== undefined && postmaster !== "postmaster" && accounts.some(distributes)) {
    notes.add("postmaster-name", lineOf(file.globals, "postmaster", 1), { name: postmaster });
  }
  return { accounts, notes: notes.list, uidPaths: [one(file.globals, "idfile") ?? "~/.fetchids"] };
}

function distributes({ receiver }: ImportedAccount): boolean {
  return receiver.kind === "domain";
}

function entryAccounts(
  file: FetchmailFile,
  entry: FetchmailEntry,
  notes: Notes,
  place: ReadingPlace,
): ImportedAccount[] {
  const host = one(entry.options, "via") ?? entry.name;
  const protocol = (one(entry.options, "protocol") ?? "auto").toLowerCase();
  const service = one(entry.options, "service") ?? one(entry.options, "port");
  if (!["pop3", "apop", "sdps", "auto"].includes(protocol) || isOtherService(service)) {
    for (const user of entry.users) {
      const account = accountName(user.remote ?? "?", host);
      notes.add("not-pop3", user.line, {
        account,
        protocol: protocol === "auto" ? (service ?? "") : protocol,
      });
    }
    return [];
  }
  if (protocol === "auto" && entry.users.length > 0)
    notes.add("protocol-assumed", entry.line, { account: host });
  return entry.users.flatMap((user) => {
    if (user.remote === null) {
      notes.add("no-login", user.line, { server: host });
      return [];
    }
    return [new AccountReader(file, entry, user, user.remote, host, notes, place).account()];
  });
}

/** The names that services have in /etc/services, as far as they are not POP3's. */
function isOtherService(service: string | undefined): boolean {
  return (
    service !== undefined &&
    ["143", "993", "imap", "imaps", "imap2", "25", "smtp", "366", "odmr"].includes(service)
  );
}

/** Changes nothing for us: how fetchmail looks, logs, and mends what we do not break. */
const silent: ReadonlySet<string> = new Set([
  ...["uidl", "fastuidl", "dns", "checkalias", "tracepolls", "esmtpname", "esmtppassword", "bad-header"],
  ...["rewrite", "stripcr", "forcecr", "pass8bits", "dropstatus", "batchlimit", "expunge", "properties"],
  ...["warnings", "antispam", "idle", "aka", "principal"],
]);

/** Options that other lines below read. */
const read: ReadonlySet<string> = new Set([
  ...[
    "via",
    "protocol",
    "service",
    "port",
    "authenticate",
    "envelope",
    "qvirtual",
    "interval",
    "localdomains",
  ],
  ...["password", "passwordfile", "keep", "fetchall", "limit", "ssl", "sslproto", "sslcertck", "sslcertfile"],
  ...[
    "sslcommonname",
    "sslfingerprint",
    "smtphost",
    "lmtp",
    "mda",
    "smtpaddress",
    "smtpname",
    "flush",
    "limitflush",
  ],
  ...["timeout", "bsmtp"],
]);

class AccountReader {
  readonly #file: FetchmailFile;
  readonly #entry: FetchmailEntry;
  readonly #user: FetchmailUser;
  readonly #login: string;
  readonly #host: string;
  readonly #notes: Notes;
  readonly #place: ReadingPlace;
  readonly #keys: Record<string, string | boolean> = {};

  constructor(
    file: FetchmailFile,
    entry: FetchmailEntry,
    user: FetchmailUser,
    login: string,
    host: string,
    notes: Notes,
    place: ReadingPlace,
  ) {
    this.#file = file;
    this.#entry = entry;
    this.#user = user;
    this.#login = login;
    this.#host = host;
    this.#notes = notes;
    this.#place = place;
  }

  account(): ImportedAccount {
    const tls = this.#tls();
    const receiver = this.#receiver();
    const server = serverText(this.#host, this.#port(), tls);
    this.#keys.tls = tls;
    this.#password();
    this.#schedule();
    this.#retrieval();
    this.#signIn();
    if (receiver.kind === "domain") this.#envelope();
    this.#others();
    return {
      line: this.#user.line,
      login: this.#login,
      server,
      receiver,
      ...this.#delivery(),
      keys: this.#keys,
      // By the host that is asked, not by the name of the entry (as tried with `via`).
      uidNames: [`${this.#login}@${this.#host}`.toLowerCase()],
    };
  }

  /** Without `ssl`, fetchmail takes STARTTLS where it is offered; we demand it or do without (spec 4). */
  #tls(): "off" | "implicit" | "starttls" {
    const { options } = this.#user;
    const version = one(options, "sslproto");
    if (version !== undefined && /^tls1\.3/i.test(version)) this.#keys.tlsMinVersion = "TLSv1.3";
    if (isOn(options, "ssl")) return "implicit";
    const service = one(this.#entry.options, "service") ?? one(this.#entry.options, "port");
    if (service === "995" || service === "pop3s") return "implicit";
    if (version === "") return "off";
    if (version === undefined) this.#note("starttls-demanded", this.#user.line, {});
    return "starttls";
  }

  #port(): number | null {
    const service = one(this.#entry.options, "service") ?? one(this.#entry.options, "port");
    if (service === undefined) return null;
    if (service === "pop3" || service === "pop-3") return 110;
    if (service === "pop3s") return 995;
    if (/^\d{1,5}$/.test(service)) return Number(service);
    this.#lost(this.#entry.options, "service", service);
    return null;
  }

  #password(): void {
    const { options } = this.#user;
    const password = one(options, "password");
    const file = one(options, "passwordfile");
    if (password !== undefined) this.#keys.password = password;
    else if (file !== undefined) {
      const path = absolutePath(file, this.#place.home);
      if (path === null)
        this.#note("relative-path", lineOf(options, "passwordfile", this.#user.line), { path: file });
      else this.#keys.passwordFile = path;
    } else {
      const found =
        this.#place.netrc(this.#host, this.#login) ?? this.#place.netrc(this.#entry.name, this.#login);
      if (found !== undefined) this.#keys.password = found;
    }
  }

  #schedule(): void {
    const daemon = Number(one(this.#file.globals, "daemon") ?? Number.NaN);
    const interval = Number(one(this.#entry.options, "interval") ?? 1);
    if (!this.#entry.poll) this.#keys.pollEvery = "disabled";
    else if (daemon > 0 && Number.isSafeInteger(daemon * interval) && interval > 0) {
      this.#keys.pollEvery = `${daemon * interval}s`;
    }
  }

  #retrieval(): void {
    const { options } = this.#user;
    const keep = isOn(options, "keep");
    this.#keys.leaveOnServer = keep;
    if (keep && isOn(options, "fetchall"))
      this.#note("read-all", lineOf(options, "fetchall", 0), { option: "fetchall" });
    const limit = one(options, "limit");
    if (limit !== undefined && limit !== "0") this.#keys.maxMessageSize = limit;
    for (const option of ["flush", "limitflush"]) {
      if (isOn(options, option)) this.#note("never-deletes", lineOf(options, option, 0), { option });
    }
    if (one(this.#entry.options, "timeout") !== undefined) {
      const line = lineOf(this.#entry.options, "timeout", 0);
      this.#note("global-setting", line, { option: "timeout", setting: "timeouts" });
    }
  }

  #signIn(): void {
    const { options } = this.#entry;
    if ((one(options, "protocol") ?? "").toLowerCase() === "apop") this.#keys.apop = true;
    const method = one(options, "authenticate")?.toLowerCase();
    if (method === "cram-md5" || method === "ntlm" || method === "msn") this.#keys.auth = method;
    else if (method !== undefined && method !== "any" && method !== "password") {
      this.#lost(options, "authenticate", method);
    }
    this.#certificate(this.#user.options);
  }

  #certificate(options: OptionSet): void {
    const authorities = one(options, "sslcertfile");
    if (authorities !== undefined) {
      const path = absolutePath(authorities, this.#place.home);
      const line = lineOf(options, "sslcertfile", 0);
      if (path === null) this.#note("relative-path", line, { path: authorities });
      else this.#keys.caFile = path;
    }
    const name = one(options, "sslcommonname");
    if (name !== undefined) this.#keys.tlsServerName = name;
    if (one(options, "sslfingerprint") !== undefined) {
      this.#note("weak-fingerprint", lineOf(options, "sslfingerprint", 0), { digest: "MD5" });
    }
    if (options.values.get("sslcertck") === null) {
      this.#note("certificate-checked", lineOf(options, "sslcertck", 0), { option: "no sslcertck" });
    }
  }

  #receiver(): Receiver {
    const { local, wildcard } = this.#user;
    const [only, second] = local;
    const mapped = local.some(({ from, to }) => from !== to);
    if (!wildcard && !mapped && !second) return { kind: "person", name: only?.to ?? null };
    const people = [...new Set(local.map(({ to }) => to))].map((name) => ({
      name,
      aliases: local.filter(({ from, to }) => to === name && from !== name).map(({ from }) => from),
      delivery: null,
    }));
    return { kind: "domain", people, domains: this.#entry.options.values.get("localdomains") ?? [] };
  }

  /** fetchmail looks at X-Envelope-To and at Received; `no envelope` leaves To and Cc. */
  #envelope(): void {
    const { options } = this.#entry;
    const values = options.values.get("envelope");
    const line = lineOf(options, "envelope", this.#entry.line);
    const prefix = one(options, "qvirtual");
    if (prefix !== undefined) this.#keys.specialHeaderPrefix = prefix;
    if (values === null) return;
    const field = values?.at(-1)?.replace(/:$/, "");
    if (field === undefined || field.toLowerCase() === "received") {
      this.#keys.specialHeader = "X-Envelope-To";
      this.#note("received-envelope", line, {});
      return;
    }
    this.#keys.specialHeader = field;
    const skipped = values !== undefined && values.length > 1 ? Number(values[0]) : 0;
    if (skipped > 0) this.#note("envelope-position", line, { field, position: skipped + 1 });
  }

  #delivery(): { delivery: string | null; ownServer: string | null } {
    const { options, line } = this.#user;
    const mda = one(options, "mda");
    const bsmtp = one(options, "bsmtp");
    if (mda !== undefined || bsmtp !== undefined) {
      const delivery = mda === undefined ? null : pipeOf(mda);
      const lost = mda === undefined ? "bsmtp" : `mda ${mda}`;
      const at = lineOf(options, mda === undefined ? "bsmtp" : "mda", line);
      if (delivery === null) this.#note("delivery-lost", at, { delivery: lost });
      return { delivery, ownServer: null };
    }
    for (const option of ["smtpaddress", "smtpname"]) {
      if (one(options, option) !== undefined) this.#lost(options, option, one(options, option) ?? "");
    }
    const scheme = isOn(options, "lmtp") ? "lmtp" : "smtp";
    const given = options.values.get("smtphost")?.[0];
    if (given === undefined) return { delivery: null, ownServer: `${scheme}://localhost` };
    if (given.startsWith("/")) return { delivery: `lmtp+unix:${given}`, ownServer: null };
    const [host = "", port] = given.split("/");
    const name = host.includes(":") ? `[${host}]` : host;
    const suffix = port === undefined || port === "smtp" ? "" : `:${port}`;
    return { delivery: `${scheme}://${name}${suffix}`, ownServer: null };
  }

  #others(): void {
    for (const options of [this.#entry.options, this.#user.options]) {
      for (const [option, values] of options.values) {
        if (values !== null && !silent.has(option) && !read.has(option))
          this.#lost(options, option, values[0] ?? "");
      }
    }
  }

  #lost(options: OptionSet, option: string, value: string): void {
    const line = lineOf(options, option, this.#user.line);
    // What a command or a folder says may hold a secret; its name is enough.
    const shown =
      value !== "" && ["authenticate", "service"].includes(option) ? `${option} ${value}` : option;
    this.#note("no-counterpart", line, { option: shown });
  }

  #note(code: Parameters<Notes["add"]>[0], line: number, params: Parameters<Notes["add"]>[2]): void {
    this.#notes.add(code, line === 0 ? this.#user.line : line, {
      account: accountName(this.#login, this.#host),
      ...params,
    });
  }
}

/** `mda "/usr/bin/maildrop -d %T"` as a pipe without a shell: null where it needs one. */
function pipeOf(command: string): string | null {
  const plain = command
    .replace(/(["']?)%T\1/g, "{user}")
    .replace(/(["']?)%s\1/g, "{user}")
    .replace(/(["']?)%F\1/g, "{sender}");
  if (!plain.startsWith("/") || /[$`|&;<>*?()%~\\]/.test(plain)) return null;
  return `pipe:${plain}`;
}

function one(options: OptionSet, key: string): string | undefined {
  return options.values.get(key)?.[0];
}

function isOn(options: OptionSet, key: string): boolean {
  return (options.values.get(key) ?? null) !== null;
}

function lineOf(options: OptionSet, key: string, otherwise: number): number {
  return options.lines.get(key) ?? otherwise;
}
