/**
 * `~/.netrc`: passwords by machine and login, as ftp(1), fetchmail, getmail and mpop read them (the format of ftp's
 * manual; fetchmail(1), "netrc"). A `macdef` and what follows it up to the next empty line is passed over.
 */
import type { PasswordLookup } from "./imported.ts";

interface Entry {
  /** null: `default`, for every machine not named before. */
  readonly machine: string | null;
  login: string | null;
  password: string | null;
}

export function readNetrc(text: string): PasswordLookup {
  const entries: Entry[] = [];
  const tokens = text
    .replace(/^[ \t]*macdef\b[\s\S]*?(\n[ \t]*\n|(?![\s\S]))/gm, "\n")
    .matchAll(/#[^\n]*|"((?:[^"\\]|\\.)*)"|\S+/g);
  const words: string[] = [];
  for (const [token, quoted] of tokens) {
    // A comment stands where an entry's keyword could; inside a value `#` is a character like others.
    if (token.startsWith("#") && !valued.has(words.at(-1) ?? "")) continue;
    words.push(quoted === undefined ? token : quoted.replace(/\\(.)/g, "$1"));
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    const entry = entries.at(-1);
    if (word === "machine") entries.push({ machine: words[++at] ?? "", login: null, password: null });
    else if (word === "default") entries.push({ machine: null, login: null, password: null });
    else if (word === "login" && entry) entry.login = words[++at] ?? null;
    else if ((word === "password" || word === "passwd") && entry) entry.password = words[++at] ?? null;
    else if (word === "account") at++;
  }
  return (host, login) =>
    entries.find(
      (entry) =>
        (entry.machine === null || entry.machine.toLowerCase() === host.toLowerCase()) &&
        (entry.login === null || entry.login === login) &&
        entry.password !== null,
    )?.password ?? undefined;
}

const valued: ReadonlySet<string> = new Set(["machine", "login", "password", "passwd", "account"]);
