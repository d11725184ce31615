/**
 * CommuniGate Pro's RPOP records: a dictionary of records by their names, as in an account's settings (under `RPOP`)
 * or as its command line interface shows them (seed 21 to 36): `authName`, `domain`, `password`, `period`, `leave`,
 * `APOP`, `TLS`, and `Special` for a unified domain-wide account.
 */
import { type CgpDictionary, type CgpValue, isDictionary, readCgpText } from "./communigate-text.ts";
import { accountName, type ImportedAccount, Notes, type Reading } from "./imported.ts";

export function readCommunigate(text: string): Reading {
  const notes = new Notes();
  const { value, stoppedAt } = readCgpText(text);
  if (stoppedAt !== null) notes.add("not-understood", stoppedAt, { text: lineAt(text, stoppedAt) });
  const accounts = records(value).flatMap(([name, record]) => readRecord(name, record, notes) ?? []);
  return { accounts, notes: notes.list, uidPaths: [] };
}

/** The secrets of a line are its values: up to the first `=` at most. */
function lineAt(text: string, line: number): string {
  return (text.split(/\r?\n/)[line - 1] ?? "").split("=", 1)[0]?.trim().slice(0, 60) ?? "";
}

function records(value: CgpValue): [string, CgpDictionary][] {
  if (!isDictionary(value)) return Array.isArray(value) ? (value as CgpValue[]).flatMap(records) : [];
  const inner = keyed(value).get("rpop");
  if (isDictionary(inner)) return records(inner);
  const found: [string, CgpDictionary][] = [];
  for (const [name, one] of value.entries) if (isDictionary(one)) found.push([name, one]);
  return found;
}

/** Names of keys differ in case between versions. */
function keyed({ entries }: CgpDictionary): Map<string, CgpValue> {
  return new Map([...entries].map(([key, value]) => [key.toLowerCase(), value]));
}

const read: ReadonlySet<string> = new Set([
  ...["authname", "domain", "password", "period", "leave", "apop", "tls", "special", "specialheader"],
  // What it writes down itself.
  ...["lastused", "last", "lasterror"],
]);

function readRecord(name: string, record: CgpDictionary, notes: Notes): ImportedAccount | null {
  const { line } = record;
  const values = keyed(record);
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const login = text("authname");
  const server = text("domain");
  if (login === undefined || server === undefined) {
    notes.add(login === undefined ? "no-login" : "no-server", line, {
      server: server ?? name,
      account: login ?? name,
    });
    return null;
  }
  const account = accountName(login, server);
  const keys: Record<string, string | boolean> = {
    tls: isYes(text("tls")) ? "implicit" : "off",
    leaveOnServer: isYes(text("leave")),
    apop: isYes(text("apop")),
  };
  const password = text("password");
  // A data block is a password as CommuniGate seals it: only it can open that.
  if (password !== undefined && !password.startsWith("[")) keys.password = password;
  const interval = intervalOf(text("period"));
  if (interval !== null) keys.pollEvery = interval;
  else if (text("period") !== undefined) {
    notes.add("no-counterpart", line, { account, option: `period ${text("period") ?? ""}` });
  }
  const special = text("special") ?? text("specialheader");
  const unified = values.has("special") || values.has("specialheader");
  if (special !== undefined) keys.specialHeader = special.replace(/:$/, "");
  for (const key of record.entries.keys()) {
    if (!read.has(key.toLowerCase())) notes.add("no-counterpart", line, { account, option: key });
  }
  return {
    line,
    login,
    server,
    receiver: unified ? { kind: "domain", people: [], domains: [] } : { kind: "person", name: null },
    delivery: null,
    ownServer: null,
    keys,
    uidNames: [],
  };
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && /^(yes|true|on|1)$/i.test(text);
}

/** `5m`, `30s`, `2h`, `1d`, a number of seconds, `Disabled`. */
function intervalOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^(disabled|never|off|-----?)$/i.test(text)) return "disabled";
  if (/^\d{1,9}$/.test(text)) return `${text}s`;
  return /^\d{1,9}[smhdw]$/i.test(text) ? text.toLowerCase() : null;
}
