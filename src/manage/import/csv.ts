/**
 * A table with one remote account a row: the first row names the columns, with the keys of a configuration file
 * (`owner, account, server, password, pollEvery, leaveOnServer, tls, apop, specialHeader`, …) in any case and order.
 *
 * An owner makes it a personal account, a special header without an owner a unified one; `kind` says it outright.
 */
import { readCsvText } from "./csv-text.ts";
import { accountName, type ImportedAccount, Notes, type Reading } from "./imported.ts";

/** Keys whose value is true or false. */
const flags: ReadonlySet<string> = new Set([
  ...["leaveOnServer", "apop", "relaySpecialHeader", "mergeCopies", "newestFirst", "allowPlain", "tlsVerify"],
]);

/** @param knownKeys keys of a remote account in a configuration file */
export function readCsv(text: string, knownKeys: readonly string[]): Reading {
  const notes = new Notes();
  const [header, ...rows] = readCsvText(text);
  const columns = new Map([...knownKeys, "owner", "kind"].map((key) => [key.toLowerCase(), key]));
  const names = (header?.cells ?? []).map((cell) => {
    const key = columns.get(cell.replace(/[\s_-]/g, "").toLowerCase());
    if (key === undefined && cell !== "")
      notes.add("unknown-column", header?.line ?? 1, { column: cell.slice(0, 60) });
    return key;
  });
  const accounts = rows.flatMap(({ cells, line }) => {
    const given: Record<string, string> = {};
    for (const [index, name] of names.entries()) {
      const cell = cells[index];
      if (name !== undefined && cell !== undefined && cell !== "") given[name] = cell;
    }
    return readRow(given, line, notes) ?? [];
  });
  return { accounts, notes: notes.list, uidPaths: [] };
}

function readRow(
  given: Readonly<Record<string, string>>,
  line: number,
  notes: Notes,
): ImportedAccount | null {
  const { owner, kind, account: login, server, ...rest } = given;
  if (login === undefined || server === undefined) {
    const code = login === undefined ? "no-login" : "no-server";
    notes.add(code, line, { server: server ?? "?", account: login ?? "?" });
    return null;
  }
  const unified =
    kind === undefined ? owner === undefined && rest.specialHeader !== undefined : /^unified$/i.test(kind);
  if (unified && owner !== undefined) {
    notes.add("owner-not-needed", line, { account: accountName(login, server), owner });
  }
  const keys: Record<string, string | boolean> = {};
  for (const [key, value] of Object.entries(rest)) {
    const yes = /^(true|yes|y|on|1|x|はい)$/i.test(value);
    const no = /^(false|no|n|off|0|-|いいえ)$/i.test(value);
    keys[key] = flags.has(key) && (yes || no) ? yes : value;
  }
  // A spreadsheet makes TRUE and FALSE of what it takes for one, and people write yes.
  const { tls } = keys;
  if (typeof tls === "string")
    keys.tls = /^(true|yes|ssl|tls|on|1)$/i.test(tls)
      ? "implicit"
      : /^(false|no|none|0)$/i.test(tls)
        ? "off"
        : tls;
  return {
    line,
    login,
    server,
    receiver: unified ? { kind: "domain", people: [], domains: [] } : { kind: "person", name: owner ?? null },
    delivery: null,
    ownServer: null,
    keys,
    uidNames: [accountName(login, server).toLowerCase()],
  };
}
