/**
 * Imports the configuration of another program: importing is applying, with the UIDs it remembered (spec 9).
 *
 * Nothing of the file is lost without a word: what could not be carried over comes back as notes. A record without a
 * password is left out, with a note, unless it stands here already. All changes, remembered UIDs too, are one commit;
 * a second import of the same files changes nothing.
 */
import { demand } from "../../auth/policies.ts";
import type { Result } from "../../core/failure.ts";
import { ok } from "../../core/failure.ts";
import { lackingUids } from "../../store/lacking-uids.ts";
import type { Configuration, ConfigurationChange } from "../../store/store.ts";
import { type ApplyContext, type ApplyReport, applyWanted, type Wanted } from "../apply.ts";
import type { DesiredConfiguration } from "../configuration-file/desired.ts";
import type { Fault, Mistake } from "../configuration-file/mistake.ts";
import { pathText } from "../configuration-file/mistake.ts";
import { readConfigurationTree } from "../configuration-file/read-file.ts";
import { remoteAccountSchema } from "../configuration-file/schema.ts";
import { wireText } from "../wire-text.ts";
import { readCommunigate } from "./communigate.ts";
import { type ImportTarget, type ImportTree, importTree, placeKey } from "./configuration.ts";
import { readCsv } from "./csv.ts";
import { readFetchmail } from "./fetchmail.ts";
import { fileText } from "./file-text.ts";
import { guessFormat, type ImportFormat } from "./format.ts";
import { readUids, uidFormatOf } from "./former-uids.ts";
import { readGetmail } from "./getmail.ts";
import {
  accountName,
  type ImportedAccount,
  type ImportNote,
  type Reading,
  type UidList,
} from "./imported.ts";
import { readMpop } from "./mpop.ts";
import { readNetrc } from "./netrc.ts";

export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface ImportInput extends ImportTarget {
  readonly file: SourceFile;
  /** null: guessed. */
  readonly format: ImportFormat | null;
  /** Files of remembered UIDs; null: those that stand where the program keeps them. */
  readonly uidFiles: readonly SourceFile[] | null;
  /** Text of the netrc file; null: there is none. */
  readonly netrc: SourceFile | null;
  /** Home of whoever uses the configuration, for `~` in it; null: not known. */
  readonly home: string | null;
  readonly dryRun: boolean;
  /** Reads a file that the configuration names or that the program keeps; null: there is none. */
  readFile(path: string): Promise<SourceFile | null>;
}

export interface ImportReport extends ApplyReport {
  readonly format: ImportFormat | null;
  readonly notes: readonly ImportNote[];
  /** Messages that the former program had taken, by account: those that were not remembered yet. */
  readonly remembered: readonly { readonly account: string; readonly messages: number }[];
  /** Files that UIDs were read from. */
  readonly uidFiles: readonly string[];
}

interface Prepared {
  readonly accounts: readonly ImportedAccount[];
  readonly uids: ReadonlyMap<ImportedAccount, UidList>;
  readonly format: ImportFormat;
}

/**
 * @returns as `apply`: `conflict`; the store's own trouble is thrown.
 * @throws FailureError `not-allowed`
 */
export async function importFile(context: ApplyContext, input: ImportInput): Promise<Result<ImportReport>> {
  demand(context.actor, "change-settings");
  const text = fileText(input.file.bytes);
  const format = input.format ?? guessFormat(input.file.path, text);
  if (format === null) return ok(refused(null, mistake("import-format-unknown", 1, {}), []));
  const reading = readWith(format, text, input);
  if (reading.accounts.length === 0) {
    return ok(refused(format, mistake("import-nothing", 1, { format }), reading.notes));
  }
  const uids = await uidsFor(reading, input);
  let notes: ImportNote[] = [...reading.notes, ...uids.notes];
  let { accounts } = reading;
  // At most twice: the records that `apply` misses a password for are left out the second time.
  for (;;) {
    const run = new ImportRun(context, { accounts, uids: uids.lists, format }, input);
    const applied = await applyWanted(context, (current) => run.wanted(current), {
      dryRun: input.dryRun,
      prune: false,
    });
    if (!applied.ok) return applied;
    const withoutPassword = applied.value.mistakes.flatMap((one) => run.withoutPassword(one));
    if (withoutPassword.length > 0) {
      for (const { line, login, server } of withoutPassword) {
        // What else could be said of an account that stays behind is beside the point.
        const name = accountName(login, server.replace(/:\d+$/, ""));
        notes = notes.filter(({ params }) => params.account !== name);
        notes.push({ code: "no-password", line, params: { account: accountName(login, server) } });
      }
      accounts = accounts.filter((account) => !withoutPassword.includes(account));
      if (accounts.length > 0) continue;
      return ok(refused(format, mistake("import-nothing", 1, { format }), inOrder(notes)));
    }
    return ok({
      ...applied.value,
      format,
      notes: inOrder([...notes, ...run.notes]),
      remembered: applied.value.mistakes.length > 0 ? [] : run.remembered,
      uidFiles: uids.files,
    });
  }
}

function readWith(format: ImportFormat, text: string, { home, netrc }: ImportInput): Reading {
  const place = { home, netrc: readNetrc(netrc === null ? "" : fileText(netrc.bytes)) };
  switch (format) {
    case "fetchmail":
      return readFetchmail(text, place);
    case "getmail":
      return readGetmail(text, place);
    case "mpop":
      return readMpop(text, place);
    case "communigate":
      return readCommunigate(text);
    case "csv":
      return readCsv(text, Object.keys(remoteAccountSchema.shape));
  }
}

interface FoundUids {
  readonly lists: ReadonlyMap<ImportedAccount, UidList>;
  readonly notes: ImportNote[];
  readonly files: readonly string[];
}

/** The remembered UIDs of each account; what is nobody's is told. */
async function uidsFor(reading: Reading, input: ImportInput): Promise<FoundUids> {
  const notes: ImportNote[] = [];
  const lists = new Map<ImportedAccount, UidList>();
  const files = input.uidFiles ?? (await filesOfProgram(reading, input));
  for (const { path, bytes } of files) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const uidFormat = uidFormatOf(name, bytes);
    if (uidFormat === null) {
      if (bytes.length > 0) notes.push({ code: "uids-not-understood", line: 1, params: {}, file: path });
      continue;
    }
    const found = readUids(uidFormat, name, bytes);
    notes.push(...found.notes.map((note) => ({ ...note, file: path })));
    for (const list of found.lists) {
      const account = ownerOf(list, uidFormat, reading.accounts, input.uidFiles?.length === 1);
      if (account) lists.set(account, joined(lists.get(account), list));
      else {
        const params = { name: list.name, count: list.uids.length };
        notes.push({ code: "uids-of-nobody", line: 0, params, file: path });
      }
    }
  }
  return { lists, notes, files: files.map(({ path }) => path) };
}

async function filesOfProgram(reading: Reading, input: ImportInput): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of reading.uidPaths) {
    const file = await input.readFile(path);
    if (file) files.push(file);
  }
  return files;
}

/** @param onlyFile one file was named for it, so it needs no right name where there is one account */
function ownerOf(
  list: UidList,
  format: string,
  accounts: readonly ImportedAccount[],
  onlyFile: boolean,
): ImportedAccount | undefined {
  // Logins in a configuration are text, in a file of UIDs they are bytes.
  const named = accounts.find(({ uidNames }) => uidNames.some((name) => sameName(name, list.name)));
  if (named) return named;
  return format === "getmail" && onlyFile && accounts.length === 1 ? accounts[0] : undefined;
}

function sameName(name: string, bytes: string): boolean {
  return name === bytes || wireText(name) === bytes;
}

function joined(one: UidList | undefined, other: UidList): UidList {
  if (!one) return other;
  return {
    name: one.name,
    uids: [...one.uids, ...other.uids],
    variants: [...one.variants, ...other.variants],
  };
}

/** One attempt to apply: the tree over what stands, and the UIDs that go with it. */
class ImportRun {
  readonly #context: ApplyContext;
  readonly #prepared: Prepared;
  readonly #target: ImportTarget;
  #tree: ImportTree | null = null;
  #withoutUids: readonly ImportNote[] = [];
  remembered: ImportReport["remembered"] = [];

  constructor(context: ApplyContext, prepared: Prepared, target: ImportTarget) {
    this.#context = context;
    this.#prepared = prepared;
    this.#target = target;
  }

  get notes(): readonly ImportNote[] {
    return [...(this.#tree?.notes ?? []), ...this.#withoutUids];
  }

  wanted(current: Configuration): Wanted {
    const tree = importTree(this.#prepared.accounts, current, this.#target);
    this.#tree = tree;
    const place = (fault: Fault): Mistake => ({
      code: fault.code,
      line: tree.lineOf(fault.path),
      column: 1,
      path: pathText(fault.path),
      params: fault.params,
    });
    const read = readConfigurationTree({ value: tree.value, mistakes: [], place });
    return {
      read: {
        ...read,
        mistakes: [...read.mistakes, ...tree.faults.map(place)],
        // Without the domain that is asked for there is none.
        excuses: (fault) =>
          read.excuses(fault) || (fault.code === "no-main-domain" && tree.faults.length > 0),
      },
      moreChanges: (desired) => this.#uidChanges(desired, tree),
    };
  }

  /** The account that a mistake says has no password. */
  withoutPassword({ code, path }: Mistake): ImportedAccount[] {
    if (code !== "missing-password") return [];
    for (const [key, account] of this.#tree?.places ?? []) {
      if (pathText(pathOf(key)) === path) return [account];
    }
    return [];
  }

  async #uidChanges(desired: DesiredConfiguration, tree: ImportTree): Promise<ConfigurationChange[]> {
    const { store, clock } = this.#context;
    const changes: ConfigurationChange[] = [];
    const remembered: { account: string; messages: number }[] = [];
    const withoutUids: ImportNote[] = [];
    this.#withoutUids = withoutUids;
    for (const { value, current, path } of desired.remoteAccounts) {
      const account = path === null ? undefined : tree.places.get(placeKey(path));
      const list = account && this.#prepared.uids.get(account);
      if (!account) continue;
      if (!list) {
        const { line, login, server } = account;
        // A new account that leaves mail there would fetch all of it again.
        if (current === null && value.leaveOnServer && this.#prepared.format !== "csv") {
          withoutUids.push({ code: "no-uids", line, params: { account: accountName(login, server) } });
        }
        continue;
      }
      const all = [...list.uids, ...new Set(list.variants)];
      const rows = await store.rememberedByUid(value.id, all);
      const there = rows.map(({ uid }) => uid);
      const lacking = lackingUids(all, there);
      if (lacking.length === 0) continue;
      const from = this.#prepared.format;
      changes.push({ kind: "import-uids", id: value.id, uids: all, from, at: clock.now() });
      const messages = lackingUids(list.uids, there).length;
      remembered.push({ account: accountName(account.login, account.server), messages });
    }
    this.remembered = remembered;
    return changes;
  }
}

function pathOf(key: string): (string | number)[] {
  return key.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function mistake(code: Mistake["code"], line: number, params: Mistake["params"]): Mistake {
  return { code, line, column: 1, path: "", params };
}

function refused(format: ImportFormat | null, why: Mistake, notes: readonly ImportNote[]): ImportReport {
  return {
    mistakes: [why],
    warnings: [],
    diff: [],
    applied: false,
    format,
    notes,
    remembered: [],
    uidFiles: [],
  };
}

/** The configuration's notes first, by line; then those of other files. What `defaults` says is said once. */
function inOrder(notes: readonly ImportNote[]): ImportNote[] {
  const rank = ({ file }: ImportNote) => (file === undefined ? 0 : 1);
  const once = new Map<string, ImportNote>();
  for (const note of notes) {
    const { account: _account, ...params } = note.params;
    const key = JSON.stringify([note.code, note.file, note.line, params]);
    const known = once.get(key);
    once.set(key, known && known.params.account !== note.params.account ? { ...note, params } : note);
  }
  return [...once.values()].toSorted((a, b) => rank(a) - rank(b) || a.line - b.line);
}
