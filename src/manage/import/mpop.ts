/**
 * mpop's configuration, `~/.mpoprc` or `~/.config/mpop/config` (mpop(1), "USAGE"): `defaults`, then accounts, each a
 * list of commands; `account NAME : OTHER[,OTHER]` begins with what those have.
 */

import type { ReadingPlace } from "./fetchmail.ts";
import { absolutePath, linesOf } from "./file-text.ts";
import { accountName, type ImportedAccount, Notes, type Reading, serverText } from "./imported.ts";

interface Command {
  readonly value: string;
  readonly line: number;
}

interface Account {
  readonly line: number;
  readonly commands: Map<string, Command>;
}

export function readMpop(text: string, place: ReadingPlace): Reading {
  const notes = new Notes();
  const accounts = readAccounts(linesOf(text), notes);
  const found: ImportedAccount[] = [];
  const uidPaths = new Set<string>();
  for (const account of accounts) {
    const read = readAccount(account, notes, place);
    if (!read) continue;
    found.push(read);
    const host = account.commands.get("host")?.value ?? "";
    const path = account.commands.get("uidls_file")?.value || "~/.mpop_uidls/%U_at_%H";
    uidPaths.add(path.replaceAll("%U", () => read.login).replaceAll("%H", () => host));
  }
  return { accounts: found, notes: notes.list, uidPaths: [...uidPaths] };
}

function readAccounts(lines: readonly string[], notes: Notes): Account[] {
  const accounts: Account[] = [];
  const named = new Map<string, Account>();
  let defaults: ReadonlyMap<string, Command> = new Map();
  let open: Account | null = null;
  for (const [index, written] of lines.entries()) {
    const line = index + 1;
    const text = written.trim();
    if (text === "" || text.startsWith("#")) continue;
    const [, command = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
    const value = rest.replace(/^"(.*)"$/, "$1");
    if (command === "defaults") {
      open = { line, commands: new Map() };
      defaults = open.commands;
    } else if (command === "account") {
      const [name = "", others = ""] = value.split(/\s*:\s*/, 2);
      open = { line, commands: new Map(defaults) };
      for (const other of others.split(/\s*,\s*/).filter(Boolean)) {
        for (const [key, one] of named.get(other)?.commands ?? []) open.commands.set(key, one);
      }
      named.set(name.trim(), open);
      accounts.push(open);
    } else if (!known.has(command) || open === null) {
      notes.add("not-understood", line, { text: command.slice(0, 60) });
    } else open.commands.set(command, { value, line });
  }
  return accounts;
}

/** Commands that other lines below read. */
const read = [
  ...[
    "host",
    "port",
    "user",
    "password",
    "passwordeval",
    "tls",
    "tls_starttls",
    "tls_trust_file",
    "tls_fingerprint",
  ],
  ...["tls_certcheck", "tls_host_override", "auth", "delivery", "uidls_file", "only_new", "keep", "killsize"],
  ...["skipsize", "source_ip", "timeout"],
];
/** Changes nothing for us. */
const silent = ["pipelining", "received_header", "tls_min_dh_prime_bits", "tls_crl_file"];
const lost = [
  ...[
    "eval",
    "proxy_host",
    "proxy_port",
    "socket",
    "ntlmdomain",
    "tls_key_file",
    "tls_cert_file",
    "tls_priorities",
  ],
  "filter",
];
const known: ReadonlySet<string> = new Set([...read, ...silent, ...lost]);

function readAccount({ line, commands }: Account, notes: Notes, place: ReadingPlace): ImportedAccount | null {
  const value = (key: string) => commands.get(key)?.value || undefined;
  const host = value("host");
  const login = value("user");
  const account = accountName(login ?? "?", host ?? "?");
  const note = (code: Parameters<Notes["add"]>[0], key: string, params: Parameters<Notes["add"]>[2] = {}) =>
    notes.add(code, commands.get(key)?.line ?? line, { account, ...params });
  if (host === undefined) {
    note("no-server", "host");
    return null;
  }
  if (login === undefined) {
    note("no-login", "user", { server: host });
    return null;
  }
  const keys: Record<string, string | boolean> = {};
  const tls = !isOn(commands, "tls", false)
    ? "off"
    : isOn(commands, "tls_starttls", true)
      ? "starttls"
      : "implicit";
  keys.tls = tls;
  keys.leaveOnServer = isOn(commands, "keep", false);
  const command = value("passwordeval");
  const password = value("password") ?? (command === undefined ? place.netrc(host, login) : undefined);
  if (password !== undefined) keys.password = password;
  else if (command !== undefined) keys.passwordCommand = command;
  readSignIn(value("auth"), keys, (method) => note("no-counterpart", "auth", { option: `auth ${method}` }));
  readCertificate(commands, keys, note, place);
  const address = value("source_ip");
  if (address !== undefined) keys.sourceAddress = address;
  const size = value("skipsize");
  if (size !== undefined && size !== "off")
    keys.maxMessageSize = size.replace(/k$/, "KiB").replace(/m$/, "MiB");
  const kill = value("killsize");
  if (kill !== undefined && kill !== "off") note("never-deletes", "killsize", { option: "killsize" });
  if (!isOn(commands, "only_new", true)) note("read-all", "only_new", { option: "only_new off" });
  if (value("timeout") !== undefined)
    note("global-setting", "timeout", { option: "timeout", setting: "timeouts" });
  for (const option of lost) if (value(option) !== undefined) note("no-counterpart", option, { option });

  const delivery = deliveryOf(value("delivery") ?? "", place);
  if (delivery === null && value("delivery") !== undefined) {
    note("delivery-lost", "delivery", { delivery: value("delivery") ?? "" });
  }
  const port = Number(value("port") ?? Number.NaN);
  return {
    line,
    login,
    server: serverText(host, Number.isSafeInteger(port) ? port : null, tls),
    receiver: { kind: "person", name: null },
    delivery,
    ownServer: null,
    keys,
    uidNames: [`${host} ${login}`],
  };
}

const methods: Readonly<Record<string, string>> = {
  user: "user",
  plain: "plain",
  login: "login",
  apop: "apop",
  "cram-md5": "cram-md5",
  "scram-sha-1": "scram-sha-1",
  "scram-sha-256": "scram-sha-256",
  ntlm: "ntlm",
  xoauth2: "xoauth2",
  oauthbearer: "oauthbearer",
};

function readSignIn(
  method: string | undefined,
  keys: Record<string, string | boolean>,
  unknown: (method: string) => void,
): void {
  if (method === undefined || method === "on") return;
  const ours = methods[method];
  if (ours === undefined) unknown(method);
  else keys.auth = ours;
  if (ours === "apop") keys.apop = true;
}

function readCertificate(
  commands: ReadonlyMap<string, Command>,
  keys: Record<string, string | boolean>,
  note: (code: Parameters<Notes["add"]>[0], key: string, params?: Parameters<Notes["add"]>[2]) => void,
  place: ReadingPlace,
): void {
  const value = (key: string) => commands.get(key)?.value || undefined;
  const authorities = value("tls_trust_file");
  if (authorities !== undefined && authorities !== "system") {
    const path = absolutePath(authorities, place.home);
    if (path === null) note("relative-path", "tls_trust_file", { path: authorities });
    else keys.caFile = path;
  }
  const fingerprint = value("tls_fingerprint")?.replaceAll(":", "");
  if (fingerprint !== undefined) {
    if (/^[0-9a-f]{64}$/i.test(fingerprint)) keys.tlsFingerprint = fingerprint.toLowerCase();
    else note("weak-fingerprint", "tls_fingerprint", { digest: fingerprint.length === 40 ? "SHA-1" : "MD5" });
  }
  if (!isOn(commands, "tls_certcheck", true)) {
    note("certificate-checked", "tls_certcheck", { option: "tls_certcheck off" });
  }
  const name = value("tls_host_override");
  if (name !== undefined) keys.tlsServerName = name;
}

/** `delivery maildir PATH`, `delivery mda COMMAND`: a command that needs no shell becomes a pipe. */
function deliveryOf(text: string, place: ReadingPlace): string | null {
  const [, method, rest = ""] = /^(\S+)\s+(.*)$/.exec(text) ?? [];
  const argument = rest.replace(/^"(.*)"$/, "$1");
  if (method === "maildir") {
    const path = absolutePath(argument, place.home);
    return path === null ? null : `maildir:${path}`;
  }
  const command = argument.replace(/(["']?)%F\1/g, "{sender}");
  return method === "mda" && command.startsWith("/") && !/[$`|&;<>*?()%~\\]/.test(command)
    ? `pipe:${command}`
    : null;
}

/** A command without an argument is switched on. */
function isOn(commands: ReadonlyMap<string, Command>, key: string, otherwise: boolean): boolean {
  const command = commands.get(key);
  return command === undefined ? otherwise : command.value !== "off";
}
