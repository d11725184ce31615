/**
 * The order of system calls that the promise rests on, checked for one message in a strace log.
 *
 * | step | call | before |
 * | --- | --- | --- |
 * | written | fsync `spool/tmp/ID.P` | renamed |
 * | renamed | rename `spool/tmp/ID.P` → `spool/ID.P` | named |
 * | named | fsync `spool/` | accept written |
 * | accept written | first write to the WAL that holds the accepted row | accepted |
 * | accepted | fsync of the WAL | DELE, placed |
 * | DELE | write to the socket | |
 * | placed | link to, or fsync of the copy at, Maildir `tmp/NAME.L` | placed name |
 * | placed name | fsync Maildir `tmp` | ready written |
 * | ready written | first write to the WAL that holds the ready entry | ready |
 * | ready | fsync of the WAL | shown |
 * | shown | rename `tmp/NAME.L` → `new/NAME` | shown name, witness gone |
 * | shown name | fsync Maildir `new` | done written |
 * | witness gone | fsync Maildir `tmp` | done written |
 * | done written | first write to the WAL that tells of the delivery | done |
 * | done | fsync of the WAL | spool file removed |
 * | spool file removed | unlink `spool/ID.P` | |
 *
 * A step is over when its call has returned; the next one may be entered only then. Rows are found in the pages that
 * SQLite writes: columns stand side by side there, so `accepted` is followed by its id, and the state of an entry
 * by its file name.
 */
import { basename } from "node:path";
import { descriptorFile, quoted, type SystemCall } from "./strace-log.ts";

export interface OrderOf {
  /** Message id. */
  readonly id: string;
  /** Its number in the maildrop; null: it is left there. */
  readonly number: number | null;
  /** Ordinals of its entries, each with its Maildir. */
  readonly entries: readonly { readonly ordinal: number; readonly maildir: string }[];
}

/**
 * @returns what is out of order, in words; empty: all of it was in order.
 */
export function disorder(calls: readonly SystemCall[], dataDir: string, message: OrderOf): string[] {
  const complaints: string[] = [];
  const log = new Log(calls, dataDir, (words) => complaints.push(`${message.id}: ${words}`));
  const { id } = message;

  const written = log.syncOf("written", (file) => file.startsWith(`${dataDir}/spool/tmp/${id}.`));
  const renamed = log.after("renamed", written, (call) =>
    log.isRename(call, `${dataDir}/spool/tmp/${id}.`, `${dataDir}/spool/${id}.`),
  );
  const named = log.syncAfter("named", renamed, (file) => file === `${dataDir}/spool`);
  const accepted = log.committed("accepted", named, new RegExp(`accepted${id}`));
  if (message.number !== null) {
    const dele = new RegExp(`(^|\\\\n)DELE ${message.number}\\\\r`);
    log.notBefore("DELE", accepted, (call) => isWrite(call) && quoted(call).some((text) => dele.test(text)));
  }

  let done = accepted;
  for (const { ordinal, maildir } of message.entries) {
    const name = `R${id}-${ordinal}`;
    const inTmp = (path: string) => path.startsWith(`${maildir}/tmp/`) && path.includes(name);
    const placed = log.after(`placed ${ordinal}`, accepted, (call) => {
      const file = descriptorFile(call);
      if (isSync(call) && file !== null) return inTmp(file);
      return call.name.startsWith("link") && inTmp(quoted(call).at(-1) ?? "");
    });
    const placedName = log.syncAfter(`placed name ${ordinal}`, placed, (file) => file === `${maildir}/tmp`);
    const ready = log.committed(`ready ${ordinal}`, placedName, new RegExp(`ready\\d+\\.${name}`));
    const shown = log.after(`shown ${ordinal}`, ready, (call) =>
      log.isRename(call, `${maildir}/tmp/`, `${maildir}/new/`, name),
    );
    const shownName = log.syncAfter(`shown name ${ordinal}`, shown, (file) => file === `${maildir}/new`);
    const witnessGone = log.syncAfter(`witness gone ${ordinal}`, shown, (file) => file === `${maildir}/tmp`);
    const bothGone = later(shownName, witnessGone);
    const ended = log.committed(`done ${ordinal}`, bothGone, new RegExp(`where[^{}]*/new/[^{}]*${name}\\.`));
    done = later(done, ended);
  }
  log.notBefore(
    "spool file removed",
    done,
    (call) => call.name.startsWith("unlink") && basename(quoted(call)[0] ?? "").startsWith(`${id}.`),
  );
  return complaints;
}

/** Looks for steps; complains where one is missing or comes too early. */
class Log {
  readonly #calls: readonly SystemCall[];
  readonly #dataDir: string;
  readonly #complain: (words: string) => void;

  constructor(calls: readonly SystemCall[], dataDir: string, complain: (words: string) => void) {
    this.#calls = calls.filter((call) => call.succeeded);
    this.#dataDir = dataDir;
    this.#complain = complain;
  }

  /** The first such call of all, wherever it stands. */
  syncOf(step: string, isFile: (file: string) => boolean): number {
    const found = this.#calls.find((call) => isSync(call) && isFile(descriptorFile(call) ?? ""));
    if (found === undefined) this.#complain(`never ${step}`);
    return found?.left ?? Number.POSITIVE_INFINITY;
  }

  /** A call that happens once: it must not have been entered before `since`. @returns when it was left. */
  after(step: string, since: number, is: (call: SystemCall) => boolean): number {
    const found = this.#calls.find(is);
    if (found === undefined) this.#complain(`never ${step}`);
    else if (found.entered <= since) this.#complain(`${step} too early`);
    return found?.left ?? Number.POSITIVE_INFINITY;
  }

  /** A call that may never happen here, or several times; none of them before `since`. */
  notBefore(step: string, since: number, is: (call: SystemCall) => boolean): void {
    this.after(step, since, is);
  }

  /** The next sync of a file that is synced again and again. */
  syncAfter(step: string, since: number, isFile: (file: string) => boolean): number {
    const found = this.#calls.find(
      (call) => call.entered > since && isSync(call) && isFile(descriptorFile(call) ?? ""),
    );
    if (found === undefined) this.#complain(`never ${step}`);
    return found?.left ?? Number.POSITIVE_INFINITY;
  }

  /** The row is not written before `since`, and is synced after it was written. */
  committed(step: string, since: number, row: RegExp): number {
    const file = `${this.#dataDir}/rpop.db-wal`;
    const write = this.#calls.find(
      (call) =>
        call.name === "pwrite64" &&
        descriptorFile(call) === file &&
        quoted(call).some((text) => row.test(text)),
    );
    if (write === undefined) this.#complain(`${step}: never written`);
    else if (write.entered <= since) this.#complain(`${step}: written too early`);
    return this.syncAfter(`${step}: synced`, write?.left ?? Number.POSITIVE_INFINITY, (one) => one === file);
  }

  isRename(call: SystemCall, from: string, to: string, part = ""): boolean {
    const [old = "", now = ""] = quoted(call);
    return call.name.startsWith("rename") && old.startsWith(from) && now.startsWith(to) && now.includes(part);
  }
}

function isSync(call: SystemCall): boolean {
  return call.name === "fsync" || call.name === "fdatasync";
}

function isWrite(call: SystemCall): boolean {
  return ["write", "writev", "sendto", "sendmsg"].includes(call.name);
}

function later(one: number, other: number): number {
  return Math.max(one, other);
}
