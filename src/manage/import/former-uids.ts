/**
 * The UIDs that former programs remembered, from the files where they keep them.
 *
 * - fetchmail, `.fetchids`: a line `LOGIN@HOST UID` for each message left on the server. The login may hold
 *   blanks and `@`, the UID may hold `@`: the first blank after the first `@` ends the name, whose last `@` parts
 *   login and host; a UID ends at white space. Both parts of the name are compared without case (its `uid.c`).
 * - getmail, `oldmail-SERVER-PORT-LOGIN`: a line `UID NUL TIME` for each message. It writes a `/` of a UID as `-`
 *   (its `_retrieverbases.py`), so each `-` may have been one.
 * - mpop, `uidls_file`: a line ` COUNT HOST LOGIN` (it begins with a blank), then COUNT lines with one UID each;
 *   `#` begins a comment (its manual and the head of the file itself).
 *
 * All are read as latin1: a UID is bytes.
 */
import type { ImportNote, UidList } from "./imported.ts";

export interface UidReading {
  readonly lists: readonly UidList[];
  readonly notes: readonly ImportNote[];
}

export type UidFormat = "fetchmail" | "getmail" | "mpop";

/** @param fileName without its folder: getmail says by it whose UIDs they are */
export function readUids(format: UidFormat, fileName: string, bytes: Uint8Array): UidReading {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  switch (format) {
    case "fetchmail":
      return fetchids(lines, fileName);
    case "getmail":
      return oldmail(lines, fileName);
    case "mpop":
      return uidls(lines, fileName);
  }
}

/** Which program wrote a file of UIDs; null: none that we know. */
export function uidFormatOf(fileName: string, bytes: Uint8Array): UidFormat | null {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString("latin1");
  if (/^[^\n\0]+\0\d+\r?$/m.test(text) || fileName.startsWith("oldmail-")) return "getmail";
  if (/^ \d+ \S+ \S+\r?$/m.test(text)) return "mpop";
  if (/^[ \t]*[^\n]*@[^\n]* \S+/m.test(text)) return "fetchmail";
  return null;
}

class Lists {
  readonly #lists = new Map<string, { uids: string[]; variants: string[] }>();
  readonly notes: ImportNote[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  of(name: string): { readonly uids: string[]; readonly variants: string[] } {
    const known = this.#lists.get(name) ?? { uids: [], variants: [] };
    this.#lists.set(name, known);
    return known;
  }

  odd(line: number): void {
    this.notes.push({ code: "uids-not-understood", line, params: {}, file: this.#file });
  }

  reading(): UidReading {
    return { lists: [...this.#lists].map(([name, list]) => ({ name, ...list })), notes: this.notes };
  }
}

function fetchids(lines: readonly string[], file: string): UidReading {
  const lists = new Lists(file);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const [, name, uid] = /^[ \t]*([^@]*@[^ ]*?)[ \t]+([^ \t\r]+)/.exec(line) ?? [];
    if (name === undefined || uid === undefined) lists.odd(index + 1);
    else lists.of(name.toLowerCase()).uids.push(uid);
  }
  return lists.reading();
}

/** More than so many dashes are a form like a UUID's: then either all of them were slashes, or none. */
const mostMixedDashes = 3;

function oldmail(lines: readonly string[], file: string): UidReading {
  const lists = new Lists(file);
  for (const [index, written] of lines.entries()) {
    const line = written.trim();
    if (line === "") continue;
    const end = line.indexOf("\0");
    if (end <= 0 || !/^\d+$/.test(line.slice(end + 1))) {
      lists.odd(index + 1);
      continue;
    }
    const uid = line.slice(0, end);
    const list = lists.of(file);
    list.uids.push(uid);
    list.variants.push(...slashForms(uid));
  }
  return lists.reading();
}

/** The forms that a UID with dashes may have had, without the one given. */
function slashForms(uid: string): string[] {
  const parts = uid.split("-");
  const dashes = parts.length - 1;
  if (dashes === 0) return [];
  if (dashes > mostMixedDashes) return [parts.join("/")];
  return Array.from({ length: 2 ** dashes - 1 }, (_, at) =>
    parts.reduce((form, part, place) => `${form}${((at + 1) >> (place - 1)) & 1 ? "/" : "-"}${part}`),
  );
}

function uidls(lines: readonly string[], file: string): UidReading {
  const lists = new Lists(file);
  let list: { readonly uids: string[] } | null = null;
  let left = 0;
  for (const [index, written] of lines.entries()) {
    const line = written.replace(/\r$/, "");
    if (line.startsWith("#")) continue;
    if (line.startsWith(" ")) {
      const [, count, host, login] = /^ (\d{1,9}) (\S+) (.+)$/.exec(line) ?? [];
      if (left > 0 || host === undefined || login === undefined) lists.odd(index + 1);
      list = host === undefined || login === undefined ? null : lists.of(`${host} ${login}`);
      left = Number(count ?? 0);
    } else if (list === null || left === 0 || line === "") {
      if (line !== "") lists.odd(index + 1);
    } else {
      list.uids.push(line);
      left--;
    }
  }
  if (left > 0) lists.odd(lines.length);
  return lists.reading();
}
