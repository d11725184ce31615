/**
 * Debian 12's Dovecot as an LMTP server for tests, on 127.0.0.1 and a Unix socket, its whole life in one temporary
 * directory. It needs root, to deliver as another user.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { makeCertificates } from "./certificates.ts";
import { freePort } from "./free-port.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { findProgram, lacks } from "./tools.ts";

const lmtpProgram = "/usr/lib/dovecot/lmtp";

/** For `describe.skipIf`: true where the server cannot be started and this is no CI run. */
export function lacksLmtp(): boolean {
  const able = existsSync(lmtpProgram) && process.getuid?.() === 0;
  return lacks("dovecot", "openssl") || (process.env.CI !== "true" && !able);
}

export interface DovecotLmtp extends AsyncDisposable {
  readonly port: number;
  readonly socketPath: string;
  /** PEM of the authority behind its certificate, which names localhost and 127.0.0.1. */
  readonly caFile: string;
  /** Messages of a user, as stored. */
  messages(user: string): Promise<Buffer[]>;
}

export interface LmtpOptions {
  /** Local parts at example.com; a number is the mailbox's quota in bytes, null none. */
  readonly users: Readonly<Record<string, number | null>>;
  /** Over quota: 452 instead of 552. */
  readonly quotaFullTempfail?: boolean;
}

/** Nobody: Dovecot refuses to write mail as root. */
const owner = 65534;

/** Starts a server; resolves when it listens. */
export async function startDovecotLmtp(options: LmtpOptions): Promise<DovecotLmtp> {
  const program = findProgram("dovecot");
  if (program === undefined) throw new Error("Dovecot is not installed (apt-get install dovecot-lmtpd)");
  const directory = await temporaryDirectory("lmtp");
  const { path } = directory;
  await chmod(path, 0o755);
  for (const name of ["run", "mail"]) await mkdir(join(path, name));
  await chown(join(path, "mail"), owner, owner);
  const { caFile, valid } = makeCertificates(path);
  const users = Object.entries(options.users).map(([user, quota]) => {
    const rule = quota === null ? "" : `userdb_quota_rule=*:bytes=${quota}`;
    return `${user}@example.com:{PLAIN}x:${owner}:${owner}::${path}/mail/${user}::${rule}\n`;
  });
  await writeFile(join(path, "users"), users.join(""));
  const port = await freePort();
  const socketPath = join(path, "lmtp");
  await writeFile(
    join(path, "dovecot.conf"),
    `
base_dir = ${path}/run
state_dir = ${path}/run
log_path = /dev/stderr
protocols = lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <${valid.certificateFile}
ssl_key = <${valid.keyFile}
first_valid_uid = 1
mail_location = maildir:~/Maildir
auth_username_format = %Lu
quota_full_tempfail = ${options.quotaFullTempfail === true ? "yes" : "no"}
mail_plugins = quota
plugin {
  quota = maildir:User quota
}
passdb {
  driver = passwd-file
  args = ${path}/users
}
userdb {
  driver = passwd-file
  args = ${path}/users
}
service lmtp {
  inet_listener lmtp {
    port = ${port}
  }
  unix_listener ${socketPath} {
    mode = 0600
  }
}
`,
  );
  const child = spawn(program, ["-F", "-c", join(path, "dovecot.conf")], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const killAtExit = (): void => kill(child);
  process.once("exit", killAtExit);
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await started(child);
  return {
    port,
    socketPath,
    caFile,
    async messages(user) {
      const folder = join(path, "mail", user, "Maildir", "new");
      const names = (await readdir(folder).catch(() => [])).sort();
      return Promise.all(names.map((name) => readFile(join(folder, name))));
    },
    async [Symbol.asyncDispose]() {
      process.removeListener("exit", killAtExit);
      kill(child);
      await exited;
      await directory[Symbol.asyncDispose]();
    },
  };
}

function started(child: ChildProcess): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      if (line.includes("starting up")) resolve();
    });
    child.once("close", () => reject(new Error(`Dovecot ended:\n${lines.slice(-20).join("\n")}`)));
  });
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
