/**
 * A `.fetchmailrc` as entries with their options, before anything is made of them (fetchmail(1), "THE RUN CONTROL
 * FILE"). What `defaults` says holds for all entries after it. A word that is no option where one should stand is
 * noted, and reading goes on behind it.
 */
import { fetchmailTokens, type Token } from "./fetchmail-tokens.ts";
import type { Notes } from "./imported.ts";

/** Values of an option in their order; of a flag none. `null`: switched off with `no`. */
type OptionValues = readonly string[] | null;

export interface OptionSet {
  readonly values: Map<string, OptionValues>;
  readonly lines: Map<string, number>;
}

export interface FetchmailUser {
  readonly line: number;
  readonly options: OptionSet;
  /** Login at the provider; null: whoever runs fetchmail. */
  remote: string | null;
  /** Local names; `from` is the name in the mail's addresses. */
  readonly local: { readonly from: string; readonly to: string }[];
  /** `to * here`: unknown names are passed through. */
  wildcard: boolean;
}

export interface FetchmailEntry {
  readonly line: number;
  readonly poll: boolean;
  readonly name: string;
  readonly options: OptionSet;
  readonly users: readonly FetchmailUser[];
}

export interface FetchmailFile {
  readonly globals: OptionSet;
  readonly entries: readonly FetchmailEntry[];
}

/** How many values an option takes: none, one, or all up to the next keyword. */
type Arity = "flag" | "one" | "list";

const globalOptions: Readonly<Record<string, Arity>> = {
  daemon: "one",
  postmaster: "one",
  logfile: "one",
  pidfile: "one",
  idfile: "one",
  properties: "one",
  bouncemail: "flag",
  spambounce: "flag",
  softbounce: "flag",
  syslog: "flag",
  invisible: "flag",
  showdots: "flag",
};

const serverOptions: Readonly<Record<string, Arity>> = {
  via: "one",
  protocol: "one",
  port: "one",
  service: "one",
  authenticate: "one",
  timeout: "one",
  envelope: "one",
  qvirtual: "one",
  interval: "one",
  interface: "one",
  monitor: "one",
  plugin: "one",
  plugout: "one",
  principal: "one",
  esmtpname: "one",
  esmtppassword: "one",
  "bad-header": "one",
  localdomains: "list",
  aka: "list",
  dns: "flag",
  checkalias: "flag",
  uidl: "flag",
  tracepolls: "flag",
};

const userOptions: Readonly<Record<string, Arity>> = {
  password: "one",
  passwordfile: "one",
  passwordfd: "one",
  folder: "list",
  smtphost: "list",
  fetchdomains: "list",
  antispam: "list",
  smtpaddress: "one",
  smtpname: "one",
  mda: "one",
  bsmtp: "one",
  preconnect: "one",
  postconnect: "one",
  sslkey: "one",
  sslcert: "one",
  sslproto: "one",
  sslcertfile: "one",
  sslcertpath: "one",
  sslcommonname: "one",
  sslfingerprint: "one",
  limit: "one",
  warnings: "one",
  batchlimit: "one",
  fetchlimit: "one",
  fetchsizelimit: "one",
  fastuidl: "one",
  expunge: "one",
  properties: "one",
  keep: "flag",
  flush: "flag",
  limitflush: "flag",
  fetchall: "flag",
  rewrite: "flag",
  stripcr: "flag",
  forcecr: "flag",
  pass8bits: "flag",
  dropstatus: "flag",
  dropdelivered: "flag",
  mimedecode: "flag",
  idle: "flag",
  lmtp: "flag",
  ssl: "flag",
  sslcertck: "flag",
};

const shortForms: Readonly<Record<string, string>> = {
  proto: "protocol",
  auth: "authenticate",
  local: "localdomains",
  badheader: "bad-header",
  pass: "password",
  user: "username",
  preconn: "preconnect",
  postconn: "postconnect",
  server: "poll",
};

const noise: ReadonlySet<string> = new Set(["and", "with", "has", "wants", "options"]);
const structure: ReadonlySet<string> = new Set([
  "poll",
  "skip",
  "defaults",
  "set",
  "username",
  "is",
  "to",
  "here",
  "there",
  "no",
]);

const has = (options: Readonly<Record<string, Arity>>, word: string) => Object.hasOwn(options, word);

export function readFetchmailEntries(text: string, notes: Notes): FetchmailFile {
  return new Parser(fetchmailTokens(text), notes).file();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #notes: Notes;
  #at = 0;

  constructor(tokens: readonly Token[], notes: Notes) {
    this.#tokens = tokens;
    this.#notes = notes;
  }

  file(): FetchmailFile {
    const globals = optionSet();
    const entries: FetchmailEntry[] = [];
    let defaults: FetchmailEntry | null = null;
    for (let token = this.#next(); token; token = this.#next()) {
      switch (wordOf(token)) {
        case "set":
          this.#global(globals);
          break;
        case "defaults":
          defaults = this.#entry(token, "", false, null);
          break;
        case "poll":
        case "skip": {
          const name = this.#next();
          if (name) entries.push(this.#entry(token, name.text, wordOf(token) === "poll", defaults));
          break;
        }
        default:
          if (!isNoise(token)) this.#odd(token);
      }
    }
    return { globals, entries };
  }

  #global(globals: OptionSet): void {
    const token = this.#next();
    const negated = token !== undefined && wordOf(token) === "no";
    const option = negated ? this.#next() : token;
    if (!option) return;
    const word = wordOf(option);
    if (has(globalOptions, word)) this.#take(globals, globalOptions, option, word, negated);
    else this.#odd(option);
  }

  #entry(begin: Token, name: string, poll: boolean, defaults: FetchmailEntry | null): FetchmailEntry {
    const options = copyOf(defaults?.options);
    const standard = defaults?.users[0];
    const users: FetchmailUser[] = [];
    const newUser = (line: number): FetchmailUser => {
      const user = {
        line,
        options: copyOf(standard?.options),
        remote: null,
        local: [...(standard?.local ?? [])],
        wildcard: standard?.wildcard ?? false,
      };
      users.push(user);
      return user;
    };
    for (let token = this.#peek(); token; token = this.#peek()) {
      const word = wordOf(token);
      if (word === "poll" || word === "skip" || word === "defaults" || word === "set") break;
      this.#at++;
      if (isNoise(token)) continue;
      const negated = word === "no";
      const option = negated ? this.#next() : token;
      if (!option) break;
      const key = negated ? wordOf(option) : word;
      if (key === "username" && !negated) this.#describe(newUser(option.line));
      else if ((key === "is" || key === "to") && !negated) this.#names(users.at(-1) ?? newUser(option.line));
      else if (has(userOptions, key)) {
        const user = users.at(-1) ?? newUser(option.line);
        this.#take(user.options, userOptions, option, key, negated);
      } else if (has(serverOptions, key)) this.#take(options, serverOptions, option, key, negated);
      else if (key !== "here" && key !== "there") this.#odd(option);
    }
    return { line: begin.line, poll, name, options, users };
  }

  /** `user NAME`, `user NAME there`, `user NAME… here`; the names that follow with `is` or `to` are the other side. */
  #describe(user: FetchmailUser): void {
    const names = this.#mappings();
    const [first] = names;
    const where = this.#peek();
    if (where && wordOf(where) === "here") {
      this.#at++;
      this.#addLocal(user, names);
    } else user.remote = first?.to ?? null;
  }

  /** `is NAME… here`, `is NAME there`, `to NAME…`. */
  #names(user: FetchmailUser): void {
    const names = this.#mappings();
    const where = this.#peek();
    if (where && wordOf(where) === "there") {
      this.#at++;
      user.remote = names[0]?.to ?? user.remote;
    } else this.#addLocal(user, names);
  }

  #addLocal(user: FetchmailUser, names: readonly { readonly from: string; readonly to: string }[]): void {
    for (const name of names) {
      if (name.to === "*") user.wildcard = true;
      else user.local.push(name);
    }
  }

  /** `NAME` and `NAME=LOCAL`, as many as stand there. The first word is a name, whatever it is. */
  #mappings(): { from: string; to: string }[] {
    const found: { from: string; to: string }[] = [];
    for (let token = this.#peek(); token; token = this.#peek()) {
      if (found.length > 0 && isKeyword(token)) break;
      this.#at++;
      if (found.length > 0 && isNoise(token)) continue;
      const equals = this.#peek();
      if (equals && isMap(equals)) {
        this.#at++;
        const local = this.#next();
        found.push({ from: token.text, to: local?.text ?? token.text });
      } else found.push({ from: token.text, to: token.text });
    }
    return found;
  }

  #take(
    into: OptionSet,
    table: Readonly<Record<string, Arity>>,
    option: Token,
    key: string,
    negated: boolean,
  ): void {
    into.lines.set(key, option.line);
    if (negated) into.values.set(key, null);
    else if (table[key] === "flag") into.values.set(key, []);
    else into.values.set(key, this.#values(key, table[key] === "list"));
  }

  #values(key: string, list: boolean): string[] {
    const values: string[] = [];
    // `envelope 1 "Delivered-To"`: how many such fields to skip stands before the name.
    const count = this.#peek();
    const most = key === "envelope" && count && !count.quoted && /^\d+$/.test(count.text) ? 2 : 1;
    for (let token = this.#peek(); token; token = this.#peek()) {
      if (list ? values.length > 0 && isKeyword(token) : values.length === most) break;
      this.#at++;
      if (!isMap(token) && !(values.length > 0 && isNoise(token))) values.push(token.text);
    }
    return values;
  }

  #odd(token: Token): void {
    this.#notes.add("not-understood", token.line, { text: token.text.slice(0, 60) });
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }
}

function optionSet(): OptionSet {
  return { values: new Map(), lines: new Map() };
}

function copyOf(options: OptionSet | undefined): OptionSet {
  return { values: new Map(options?.values), lines: new Map(options?.lines) };
}

/** The keyword that a token is; a quoted string is none. */
function wordOf(token: Token): string {
  if (token.quoted) return "";
  const word = token.text.toLowerCase();
  return Object.hasOwn(shortForms, word) ? (shortForms[word] ?? word) : word;
}

function isKeyword(token: Token): boolean {
  const word = wordOf(token);
  return structure.has(word) || has(userOptions, word) || has(serverOptions, word);
}

/** Words that may stand anywhere but where a name is due. */
function isNoise({ text, quoted }: Token): boolean {
  return !quoted && noise.has(text);
}

function isMap(token: Token): boolean {
  return token.text === "=" && !token.quoted;
}
