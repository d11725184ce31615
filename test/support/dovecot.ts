/**
 * Debian 12's Dovecot as a POP3 server for tests: plain, STLS and implicit TLS on 127.0.0.1, its whole life in one
 * temporary directory, as root or as an ordinary user. Reports what each session fetched and deleted.
 *
 * Order of calls: `startDovecot`, `addMail`, visits, `sessionsEnded`, `stop` (or `await using`).
 */
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { chmod, chown, mkdir, readdir, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type CertificateKind, type Certificates, makeCertificates } from "./certificates.ts";
import { freePort } from "./free-port.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { findProgram } from "./tools.ts";

export interface DovecotUser {
  /** No colon, no slash, no line end: Dovecot's passwd-file cannot hold them, and it names a folder. */
  readonly login: string;
  readonly password: string;
}

export interface DovecotOptions {
  readonly users: readonly DovecotUser[];
  /** `auth_mechanisms`; APOP is offered in the greeting only when named here. */
  readonly mechanisms?: readonly string[];
  /** Which certificate the server shows; `valid` unless said. */
  readonly certificate?: CertificateKind;
  /** `pop3_uidl_format`; Dovecot's own default unless said. */
  readonly uidlFormat?: string;
  /** Lines appended to the configuration. */
  readonly extraConfig?: string;
}

/** What one session did, by Dovecot's own count (`pop3_logout_format`). */
export interface DovecotSession {
  readonly login: string;
  /** RETR commands answered. */
  readonly retrieved: number;
  /** TOP commands answered. */
  readonly topped: number;
  /** Messages deleted for good at the end of the session. */
  readonly deleted: number;
  /** Messages that were in the maildrop. */
  readonly messages: number;
  /** How it ended: "Logged out" after QUIT, "Connection closed" without. */
  readonly ending: string;
}

export interface Dovecot extends AsyncDisposable {
  /** Plain, with STLS. */
  readonly pop3Port: number;
  /** Implicit TLS. */
  readonly pop3sPort: number;
  readonly certificates: Certificates;
  /** Its configuration, for other programs of Dovecot. */
  readonly configurationFile: string;
  readonly processId: number;
  /** Puts messages (LF line ends) into the maildrop in this order. */
  addMail(login: string, messages: Iterable<Buffer>): Promise<void>;
  /** Paths of the files in the maildrop, in its order. */
  mailbox(login: string): Promise<string[]>;
  /** Sessions that ended so far, in the order of their end. */
  readonly sessions: readonly DovecotSession[];
  /** Waits until `count` sessions have ended (Dovecot counts a moment after the client left). */
  sessionsEnded(count: number): Promise<readonly DovecotSession[]>;
  /** Lines that Dovecot logged. */
  readonly log: readonly string[];
  /** Ends the server and removes its directory. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a server; resolves when it answers.
 *
 * @throws when Dovecot is missing, is not 2.3 (2.4 has another configuration language), or does not start.
 */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const program = findProgram("dovecot");
  if (program === undefined) throw new Error("Dovecot is not installed (apt-get install dovecot-pop3d)");
  const version = execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
  if (!version.startsWith("2.3.")) throw new Error(`tests need Dovecot 2.3 (Debian 12), found ${version}`);

  const directory = await temporaryDirectory("dovecot");
  const owner = mailOwner();
  await chmod(directory.path, 0o755);
  for (const name of ["run", "mail"]) await mkdir(join(directory.path, name));
  await chown(join(directory.path, "mail"), owner.uid, owner.gid);
  const certificates = makeCertificates(directory.path);
  await writeFile(join(directory.path, "users"), options.users.map(passwordLine).join(""));

  let lastError: unknown;
  for (let attempt = 0; attempt < 3; attempt++) {
    const ports = { pop3: await freePort(), pop3s: await freePort() };
    const file = join(directory.path, "dovecot.conf");
    await writeFile(file, configuration(directory.path, owner, ports, certificates, options));
    const child = spawn(program, ["-F", "-c", file], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    const log = new DovecotLog(child);
    try {
      await log.started();
      return running(directory, owner, ports, certificates, child, log);
    } catch (error) {
      lastError = error;
      killAll(child);
    }
  }
  await directory[Symbol.asyncDispose]();
  throw lastError;
}

interface MailOwner {
  readonly uid: number;
  readonly gid: number;
  /** Set for an ordinary user: every service runs as this user. */
  readonly name?: string;
  readonly group?: string;
}

/** Dovecot refuses to read mail as root: there the mail belongs to nobody. */
function mailOwner(): MailOwner {
  const { uid, gid, username } = userInfo();
  if (uid === 0) return { uid: 65534, gid: 65534 };
  return { uid, gid, name: username, group: execFileSync("id", ["-gn"], { encoding: "utf8" }).trim() };
}

function passwordLine({ login, password }: DovecotUser): string {
  if (/[:/\r\n]/.test(login)) throw new Error(`login not possible with a passwd-file: ${login}`);
  return `${login}:{PLAIN.b64}${Buffer.from(password).toString("base64")}\n`;
}

function configuration(
  directory: string,
  owner: MailOwner,
  ports: { readonly pop3: number; readonly pop3s: number },
  certificates: Certificates,
  options: DovecotOptions,
): string {
  const certificate = certificates[options.certificate ?? "valid"];
  const ordinaryUser = `
default_internal_user = ${owner.name}
default_login_user = ${owner.name}
default_internal_group = ${owner.group}
service anvil {
  chroot =
}
service pop3-login {
  chroot =
}`;
  return `
base_dir = ${directory}/run
state_dir = ${directory}/run
log_path = /dev/stderr
protocols = pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <${certificate.certificateFile}
ssl_key = <${certificate.keyFile}
disable_plaintext_auth = no
auth_mechanisms = ${(options.mechanisms ?? ["plain", "login"]).join(" ")}
auth_username_chars =
auth_failure_delay = 0
first_valid_uid = 1
mail_max_userip_connections = 0
mail_location = maildir:~/Maildir
pop3_no_flag_updates = yes
${options.uidlFormat === undefined ? "" : `pop3_uidl_format = ${options.uidlFormat}`}
passdb {
  driver = passwd-file
  args = ${directory}/users
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${directory}/mail/%u
}
# Without its memory of wrong passwords: Dovecot answers an address that had some only after seconds.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = ${ports.pop3s}
    ssl = yes
  }
}
${owner.name === undefined ? "" : ordinaryUser}
${options.extraConfig ?? ""}
`;
}

type DovecotProcess = ChildProcessByStdio<null, null, Readable>;

const sessionLine =
  /pop3\((?<login>.*?)\)<.*?>: Info: Disconnected: (?<ending>.*) top=(?<topped>\d+)\/\d+, retr=(?<retrieved>\d+)\/\d+, del=(?<deleted>\d+)\/(?<messages>\d+),/;

/** Reads the log as it is written; what waits for a line is told by events, not by looking again and again. */
class DovecotLog {
  readonly lines: string[] = [];
  readonly sessions: DovecotSession[] = [];
  readonly exited: Promise<void>;
  #waiting: {
    readonly ready: () => boolean;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  #ended = false;

  constructor(child: DovecotProcess) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.lines.push(line);
      const session = readSession(line);
      if (session) this.sessions.push(session);
      this.#settle();
    });
    this.exited = new Promise<void>((resolve) => {
      child.once("error", () => resolve());
      child.once("close", () => resolve());
    }).then(() => {
      this.#ended = true;
      this.#settle();
    });
  }

  started(): Promise<void> {
    return this.#until(() => this.lines.some((line) => line.includes("starting up")));
  }

  sessionsEnded(count: number): Promise<void> {
    return this.#until(() => this.sessions.length >= count);
  }

  #until(ready: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ready, resolve, reject });
      this.#settle();
    });
  }

  #settle(): void {
    this.#waiting = this.#waiting.filter(({ ready, resolve, reject }) => {
      if (ready()) resolve();
      else if (this.#ended) reject(new Error(`Dovecot ended:\n${this.lines.slice(-20).join("\n")}`));
      else return true;
      return false;
    });
  }
}

function readSession(line: string): DovecotSession | undefined {
  const found = sessionLine.exec(line)?.groups;
  if (!found) return undefined;
  const count = (name: string) => Number(found[name]);
  return {
    login: found.login ?? "",
    retrieved: count("retrieved"),
    topped: count("topped"),
    deleted: count("deleted"),
    messages: count("messages"),
    ending: found.ending ?? "",
  };
}

/**
 * Ends Dovecot and its helpers, which share the process group that `detached` gave it. Asked politely it takes
 * seconds to wait for its helpers, and nothing of it is needed any more.
 */
function killAll(child: DovecotProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

function running(
  directory: { readonly path: string } & AsyncDisposable,
  owner: MailOwner,
  ports: { readonly pop3: number; readonly pop3s: number },
  certificates: Certificates,
  child: DovecotProcess,
  log: DovecotLog,
): Dovecot {
  const killAtExit = () => killAll(child);
  process.once("exit", killAtExit);
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    process.removeListener("exit", killAtExit);
    killAll(child);
    await log.exited;
    await directory[Symbol.asyncDispose]();
  };
  const maildir = (login: string) => join(directory.path, "mail", login, "Maildir");
  return {
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    certificates,
    configurationFile: join(directory.path, "dovecot.conf"),
    processId: child.pid ?? 0,
    addMail: (login, messages) => fillMaildir(maildir(login), owner, messages),
    mailbox: (login) => listMaildir(maildir(login)),
    sessions: log.sessions,
    log: log.lines,
    sessionsEnded: async (count) => {
      await log.sessionsEnded(count);
      return log.sessions;
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}

async function fillMaildir(maildir: string, owner: MailOwner, messages: Iterable<Buffer>): Promise<void> {
  for (const folder of ["", "cur", "new", "tmp"]) await makeFolder(join(maildir, folder), owner);
  let second = 1_700_000_000 + (await listMaildir(maildir)).length;
  let writing: Promise<void>[] = [];
  for (const message of messages) {
    // S= and W= (size with CRLF) spare Dovecot reading every file for STAT and LIST; the time orders the maildrop.
    const name = `${second}.P1.test,S=${message.length},W=${message.length + bareLineFeeds(message)}:2,`;
    second += 1;
    writing.push(writeMessage(join(maildir, "cur", name), message, owner));
    if (writing.length === filesAtOnce) {
      await Promise.all(writing);
      writing = [];
    }
  }
  await Promise.all(writing);
}

/** Enough to keep the thread pool busy, few enough to hold only some large messages. */
const filesAtOnce = 16;

async function writeMessage(path: string, message: Buffer, owner: MailOwner): Promise<void> {
  await writeFile(path, message);
  if (userInfo().uid === 0) await chown(path, owner.uid, owner.gid);
}

/** Folders above the Maildir are the user's home, made on the way. */
async function makeFolder(path: string, owner: MailOwner): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  if (made === undefined || userInfo().uid !== 0) return;
  await chown(path, owner.uid, owner.gid);
  await chown(made, owner.uid, owner.gid);
}

async function listMaildir(maildir: string): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of ["new", "cur"]) {
    const names = await readdir(join(maildir, folder)).catch(() => []);
    paths.push(...names.map((name) => join(maildir, folder, name)));
  }
  return paths.sort((a, b) => (baseName(a) < baseName(b) ? -1 : 1));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function bareLineFeeds(message: Buffer): number {
  let count = 0;
  for (let at = message.indexOf(10); at !== -1; at = message.indexOf(10, at + 1)) {
    if (at === 0 || message[at - 1] !== 13) count += 1;
  }
  return count;
}
