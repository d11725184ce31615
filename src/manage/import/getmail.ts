/**
 * getmail's configuration, a `getmailrc` (getmail 6, its configuration manual): one account a file.
 *
 * `SimplePOP3…` and `BrokenUIDLPOP3…` are one person's; `MultidropPOP3…` is a unified account, its special header the
 * field of `envelope_recipient`, unless all its mail goes into one mailbox. A `MultiSorter` names people and where each
 * one's mail goes.
 */

import type { ReadingPlace } from "./fetchmail.ts";
import { absolutePath, linesOf } from "./file-text.ts";
import {
  type Literal,
  readFlag,
  readSections,
  readStrings,
  readTuple,
  type Section,
} from "./getmail-values.ts";
import {
  accountName,
  type ImportedAccount,
  type NamedReceiver,
  Notes,
  type Reading,
  type Receiver,
  serverText,
} from "./imported.ts";

export function readGetmail(text: string, place: ReadingPlace): Reading {
  const notes = new Notes();
  const sections = readSections(linesOf(text), (line, odd) =>
    notes.add("not-understood", line, { text: odd.slice(0, 60) }),
  );
  const retriever = sections.find(({ name }) => name.toLowerCase() === "retriever");
  if (!retriever) return { accounts: [], notes: notes.list, uidPaths: [] };
  const account = new RcReader(sections, retriever, notes, place).account();
  return { accounts: account ? [account] : [], notes: notes.list, uidPaths: account?.uidNames ?? [] };
}

const retrieverRead: ReadonlySet<string> = new Set([
  ...["type", "server", "port", "username", "password", "password_command", "use_apop", "envelope_recipient"],
  ...[
    "ca_certs",
    "ssl_fingerprints",
    "ssl_cert_hostname",
    "timeout",
    "delete_dup_msgids",
    "ssl_version",
    "ssl_ciphers",
  ],
]);
const optionsRead: ReadonlySet<string> = new Set([
  ...[
    "delete",
    "delete_after",
    "read_all",
    "max_message_size",
    "delete_bigger_than",
    "use_netrc",
    "netrc_file",
  ],
  ...[
    "verbose",
    "message_log",
    "message_log_syslog",
    "message_log_verbose",
    "logfile",
    "delivered_to",
    "received",
  ],
  ...["max_messages_per_session", "max_bytes_per_session", "to_oldmail_on_each_mail", "fingerprint"],
]);

class RcReader {
  readonly #sections: readonly Section[];
  readonly #retriever: Section;
  readonly #options: Section | undefined;
  readonly #notes: Notes;
  readonly #place: ReadingPlace;
  readonly #keys: Record<string, string | boolean> = {};
  #name = "";

  constructor(sections: readonly Section[], retriever: Section, notes: Notes, place: ReadingPlace) {
    this.#sections = sections;
    this.#retriever = retriever;
    this.#options = sections.find(({ name }) => name.toLowerCase() === "options");
    this.#notes = notes;
    this.#place = place;
  }

  account(): ImportedAccount | null {
    const { line } = this.#retriever;
    const type = this.#text("type") ?? "";
    const host = this.#text("server") ?? "";
    const login = this.#text("username");
    this.#name = accountName(login ?? "?", host);
    if (!/POP3|SDPS/i.test(type)) {
      this.#note("not-pop3", this.#lineOf("type"), { protocol: type });
      return null;
    }
    if (login === undefined) {
      this.#note("no-login", line, { server: host });
      return null;
    }
    if (host === "") {
      this.#note("no-server", line);
      return null;
    }
    const tls = /SSL/i.test(type) ? "implicit" : "off";
    const port = Number(this.#text("port") ?? (tls === "implicit" ? 995 : 110));
    this.#keys.tls = tls;
    if (readFlag(this.#text("use_apop"), false)) this.#keys.apop = true;
    this.#password(host, login);
    this.#certificate();
    this.#retrieval();
    const { receiver, delivery } = this.#destination(/^Multidrop/i.test(type));
    if (receiver.kind === "domain") this.#envelope();
    this.#others();
    return {
      line,
      login,
      server: serverText(host, Number.isSafeInteger(port) ? port : null, tls),
      receiver,
      delivery,
      ownServer: null,
      keys: this.#keys,
      // The characters that its `_retrieverbases.py` takes out of file names.
      uidNames: [`oldmail-${host}-${port}-${login}`.replace(/[/:;<>|]+/g, "-")],
    };
  }

  #password(host: string, login: string): void {
    const password = this.#text("password");
    const command = this.#text("password_command");
    if (password !== undefined) this.#keys.password = password;
    else if (command !== undefined) {
      const words = readStrings(command);
      if (words === null)
        this.#note("not-understood", this.#lineOf("password_command"), { text: "password_command" });
      else this.#keys.passwordCommand = words.map(shellWord).join(" ");
    } else if (readFlag(this.#option("use_netrc"), false)) {
      const found = this.#place.netrc(host, login);
      if (found !== undefined) this.#keys.password = found;
    }
  }

  #certificate(): void {
    const authorities = this.#text("ca_certs");
    if (authorities !== undefined) {
      const path = absolutePath(authorities, this.#place.home);
      if (path === null) this.#note("relative-path", this.#lineOf("ca_certs"), { path: authorities });
      else this.#keys.caFile = path;
    }
    const name = this.#text("ssl_cert_hostname");
    if (name !== undefined) this.#keys.tlsServerName = name;
    const fingerprints = this.#text("ssl_fingerprints");
    if (fingerprints === undefined) return;
    const [only, second] = (readStrings(fingerprints) ?? []).map((one) =>
      one.replace(/^sha256[:=]/i, "").replaceAll(":", ""),
    );
    if (only !== undefined && /^[0-9a-f]{64}$/i.test(only)) this.#keys.tlsFingerprint = only.toLowerCase();
    else this.#note("weak-fingerprint", this.#lineOf("ssl_fingerprints"), { digest: "" });
    if (second !== undefined) this.#lost("ssl_fingerprints", this.#lineOf("ssl_fingerprints"));
  }

  #retrieval(): void {
    const remove = readFlag(this.#option("delete"), false);
    const days = Number(this.#option("delete_after") ?? 0);
    this.#keys.leaveOnServer = !remove;
    if (!remove && days > 0) this.#note("delete-after", this.#optionLine("delete_after"), { days });
    else if (!remove && readFlag(this.#option("read_all"), true)) {
      this.#note("read-all", this.#optionLine("read_all"), { option: "read_all" });
    }
    const size = this.#option("max_message_size");
    if (size !== undefined && size !== "0") this.#keys.maxMessageSize = size;
    if (!remove && Number(this.#option("delete_bigger_than") ?? 0) > 0) {
      this.#note("never-deletes", this.#optionLine("delete_bigger_than"), { option: "delete_bigger_than" });
    }
    if (this.#text("timeout") !== undefined) {
      this.#note("global-setting", this.#lineOf("timeout"), { option: "timeout", setting: "timeouts" });
    }
  }

  #envelope(): void {
    const [, field, position] = /^([^:]+?)\s*:\s*(-?\d+)$/.exec(this.#text("envelope_recipient") ?? "") ?? [];
    if (field === undefined) return;
    this.#keys.specialHeader = canonical(field);
    if (position !== "1") {
      this.#note("envelope-position", this.#lineOf("envelope_recipient"), {
        field,
        position: position ?? "",
      });
    }
  }

  #destination(multidrop: boolean): { receiver: Receiver; delivery: string | null } {
    const section = this.#sections.find(({ name }) => name.toLowerCase() === "destination");
    const person = { kind: "person", name: null } as const;
    if (!section) return { receiver: person, delivery: null };
    const type = section.values.get("type")?.text ?? "";
    const everybody = { kind: "domain", people: [], domains: [] } as const;
    switch (type) {
      case "MultiSorter":
      case "MultiGuesser":
        return { receiver: { ...everybody, people: this.#sorted(section) }, delivery: null };
      case "MDA_external":
      case "MDA_lmtp":
      case "MDA_qmaillocal": {
        const delivery = this.#delivery(section);
        if (!multidrop) return { receiver: person, delivery };
        if (delivery !== null) this.#note("delivery-each", section.line, { delivery });
        return { receiver: everybody, delivery: null };
      }
      default:
        return { receiver: person, delivery: this.#delivery(section) };
    }
  }

  /** `locals = (("jeff@company\.example", "[jeff]"), …)`: what is a plain address names a person. */
  #sorted(section: Section): NamedReceiver[] {
    const locals = section.values.get("locals");
    const people: NamedReceiver[] = [];
    const line = locals?.line ?? section.line;
    for (const pair of readTuple(locals?.text ?? "()") ?? []) {
      const [pattern, target] = Array.isArray(pair) ? (pair as readonly Literal[]) : [];
      if (typeof pattern !== "string" || typeof target !== "string") continue;
      const address = pattern.replace(/^\^/, "").replace(/\$$/, "").replaceAll("\\.", ".");
      if (!/^[\w.+-]+@[\w.-]+$/.test(address) || /[\w-]\+@/.test(address)) {
        this.#note("pattern-lost", line, { pattern });
        continue;
      }
      const named = this.#sections.find(({ name }) => `[${name}]` === target);
      people.push({ name: address, aliases: [], delivery: named ? this.#delivery(named) : null });
    }
    const standard = section.values.get("default");
    if (standard) this.#note("postmaster-name", standard.line, { name: standard.text });
    return people;
  }

  #delivery(section: Section): string | null {
    const type = section.values.get("type")?.text ?? "";
    const value = (key: string) => section.values.get(key)?.text;
    const lost = (delivery: string): null => {
      this.#note("delivery-lost", section.line, { delivery });
      return null;
    };
    if (value("user") !== undefined) this.#lost("user", section.values.get("user")?.line ?? section.line);
    switch (type) {
      case "Maildir": {
        const path = absolutePath(value("path") ?? "", this.#place.home);
        return path === null ? lost(`Maildir ${value("path") ?? ""}`) : `maildir:${path}`;
      }
      case "MDA_lmtp": {
        const host = value("host") ?? "";
        if (value("override") !== undefined) this.#lost("override", section.line);
        if (value("fallback") !== undefined) this.#lost("fallback", section.line);
        // 2003 is the port of Python's smtplib.LMTP.
        return host.startsWith("/") ? `lmtp+unix:${host}` : `lmtp://${host}:${value("port") ?? 2003}`;
      }
      case "MDA_external": {
        const path = absolutePath(value("path") ?? "", this.#place.home);
        const words = readStrings(value("arguments") ?? "()");
        if (path === null || words === null || words.some((word) => /^~|\$|%\(mailbox\)/.test(word))) {
          return lost(`MDA_external ${value("path") ?? ""}`);
        }
        if (readFlag(value("unixfrom"), false)) this.#lost("unixfrom", section.line);
        return `pipe:${[path, ...words].map(pipeWord).join(" ")}`;
      }
      default:
        return lost(type);
    }
  }

  #others(): void {
    for (const [key, { line }] of this.#retriever.values) {
      if (!retrieverRead.has(key)) this.#lost(key, line);
    }
    for (const [key, { line }] of this.#options?.values ?? [])
      if (!optionsRead.has(key)) this.#lost(key, line);
    for (const { name, line } of this.#sections) {
      if (/^filter/i.test(name)) this.#lost(`[${name}]`, line);
    }
  }

  #text(key: string): string | undefined {
    return this.#retriever.values.get(key)?.text;
  }

  #lineOf(key: string): number {
    return this.#retriever.values.get(key)?.line ?? this.#retriever.line;
  }

  #option(key: string): string | undefined {
    return this.#options?.values.get(key)?.text;
  }

  #optionLine(key: string): number {
    return this.#options?.values.get(key)?.line ?? this.#retriever.line;
  }

  #lost(option: string, line: number): void {
    this.#note("no-counterpart", line, { option });
  }

  #note(code: Parameters<Notes["add"]>[0], line: number, params: Parameters<Notes["add"]>[2] = {}): void {
    this.#notes.add(code, line, { account: this.#name, ...params });
  }
}

/** `delivered-to` as one writes it: getmail's examples are in lower case. */
function canonical(field: string): string {
  return field === field.toLowerCase()
    ? field.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => `${dash}${letter.toUpperCase()}`)
    : field;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** getmail's replacements as ours, and quotes where a blank would part the word. */
function pipeWord(word: string): string {
  const ours = word
    .replaceAll("%(sender)", "{sender}")
    .replaceAll("%(recipient)", "{recipient}")
    .replaceAll("%(local)", "{user}")
    .replaceAll("%(domain)", "{domain}");
  return ours === "" || /[\s"'\\]/.test(ours) ? `"${ours.replace(/(["\\])/g, "\\$1")}"` : ours;
}
