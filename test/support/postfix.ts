/**
 * Debian 12's Postfix as an SMTP server for tests, on ports of 127.0.0.1, with a configuration and a queue of its own
 * in one temporary directory. It needs root.
 *
 * At example.com: `alice` and `bob` have Maildirs, `later` is answered 450 4.2.1, anybody else 550 5.1.1. All mail for
 * collected.example stands in one mailbox, `all`, as providers collect a domain's mail.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { freePort } from "./free-port.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { findProgram, lacks } from "./tools.ts";

/** For `describe.skipIf`: true where the server cannot be started and this is no CI run. */
export function lacksPostfix(): boolean {
  const root = process.getuid?.() === 0 || process.env.CI === "true";
  return lacks("postfix", "openssl") || !root;
}

export interface Postfix extends AsyncDisposable {
  /** No TLS; DSN offered. */
  readonly port: number;
  /** The same without DSN. */
  readonly portWithoutDsn: number;
  /** STARTTLS with a certificate of `certificates.caFile` for localhost and 127.0.0.1. */
  readonly portWithTls: number;
  /** STARTTLS with a certificate that has expired, and no mail without it. */
  readonly portExpired: number;
  /** TLS from the first byte, with the valid certificate. */
  readonly portImplicit: number;
  readonly certificates: Certificates;
  /** Messages in a user's Maildir, once there are so many; in `all`, so many of the collected domain. */
  messages(user: string, count: number, domain?: string): Promise<Buffer[]>;
}

/** Nobody. */
const mailOwner = 65534;

export interface PostfixOptions {
  /** Lines of main.cf that come after ours, and so win; given the directory in which `etc` and `mail` are. */
  main?(path: string): string;
  /** More files in `etc`, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts a server; resolves when it answers. */
export async function startPostfix(options: PostfixOptions = {}): Promise<Postfix> {
  const program = findProgram("postfix");
  if (program === undefined) throw new Error("Postfix is not installed (apt-get install postfix)");
  const directory = await temporaryDirectory("postfix");
  const { path } = directory;
  await chmod(path, 0o755);
  for (const name of ["etc", "queue", "data", "mail"]) await mkdir(join(path, name), { mode: 0o755 });
  await chown(join(path, "mail"), mailOwner, mailOwner);
  const certificates = makeCertificates(path);
  const ports = {
    plain: await freePort(),
    withoutDsn: await freePort(),
    tls: await freePort(),
    expired: await freePort(),
    implicit: await freePort(),
  };
  const etc = join(path, "etc");
  await writeFile(
    join(etc, "mailboxes"),
    "alice@example.com alice/\nbob@example.com bob/\nlater@example.com later/\n@collected.example all/\n",
  );
  await writeFile(join(etc, "access"), "later@example.com 450 4.2.1 try again later\n");
  for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(etc, name), text);
  await writeFile(join(etc, "main.cf"), mainConfiguration(path) + (options.main?.(path) ?? ""));
  await writeFile(join(etc, "master.cf"), services(ports, certificates));
  await chownData(join(path, "data"));
  // Postfix opens its log as a file, which a pipe of the shell is and one of Node's, a socket, is not.
  const child = spawn("/bin/sh", ["-c", '"$1" -c "$2" start-fg 2>&1 | cat', "sh", program, etc], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  const killAtExit = (): void => stop(path, child);
  process.once("exit", killAtExit);
  const log = new Log(child);
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    await log.until((lines) => lines.some((line) => line.includes("daemon started")));
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
  return {
    port: ports.plain,
    portWithoutDsn: ports.withoutDsn,
    portWithTls: ports.tls,
    portExpired: ports.expired,
    portImplicit: ports.implicit,
    certificates,
    async messages(user, count, domain = "collected.example") {
      const delivered =
        user === "all"
          ? new RegExp(`to=<\\S+@${domain.replaceAll(".", "\\.")}>, .*relay=virtual`)
          : new RegExp(`to=<${user}@example\\.com>, relay=virtual`);
      await log.until((lines) => lines.filter((line) => delivered.test(line)).length >= count);
      const folder = join(path, "mail", user, "new");
      const names = (await readdir(folder).catch(() => [])).sort();
      return Promise.all(names.map((name) => readFile(join(folder, name))));
    },
    async [Symbol.asyncDispose]() {
      process.removeListener("exit", killAtExit);
      stop(path, child);
      await exited;
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Postfix wants its data directory to be its own. */
async function chownData(path: string): Promise<void> {
  const passwd = await readFile("/etc/passwd", "utf8");
  const [, uid, gid] = /^postfix:[^:]*:(\d+):(\d+):/m.exec(passwd) ?? [];
  await chown(path, Number(uid), Number(gid));
}

function mainConfiguration(path: string): string {
  return `
compatibility_level = 3.6
queue_directory = ${path}/queue
data_directory = ${path}/data
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.example
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.com collected.example
virtual_mailbox_maps = texthash:${path}/etc/mailboxes
virtual_mailbox_base = ${path}/mail
virtual_uid_maps = static:${mailOwner}
virtual_gid_maps = static:${mailOwner}
virtual_minimum_uid = 1
smtpd_recipient_restrictions = check_recipient_access texthash:${path}/etc/access, reject_unauth_destination
default_transport = error:nothing leaves this machine
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
message_size_limit = 5000000
`;
}

interface Ports {
  readonly plain: number;
  readonly withoutDsn: number;
  readonly tls: number;
  readonly expired: number;
  readonly implicit: number;
}

function services(ports: Ports, { valid, expired }: Certificates): string {
  const smtpd = (port: number, ...options: string[]): string =>
    [`127.0.0.1:${port} inet n - n - - smtpd`, ...options.map((one) => `  -o ${one}`)].join("\n");
  const tls = (certificate: typeof valid): string[] => [
    "smtpd_tls_security_level=may",
    `smtpd_tls_cert_file=${certificate.certificateFile}`,
    `smtpd_tls_key_file=${certificate.keyFile}`,
  ];
  return `${smtpd(ports.plain)}
${smtpd(ports.withoutDsn, "smtpd_discard_ehlo_keywords=dsn")}
${smtpd(ports.tls, ...tls(valid))}
${smtpd(ports.expired, ...tls(expired), "smtpd_tls_security_level=encrypt")}
${smtpd(ports.implicit, ...tls(valid), "smtpd_tls_wrappermode=yes")}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
`;
}

/** What Postfix logs; whoever waits for a line is told by events. */
class Log {
  readonly #lines: string[] = [];
  #waiting: {
    readonly ready: (lines: readonly string[]) => boolean;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  #ended = false;

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        this.#lines.push(line);
        this.#settle();
      });
    }
    child.once("close", () => {
      this.#ended = true;
      this.#settle();
    });
  }

  until(ready: (lines: readonly string[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ready, resolve, reject });
      this.#settle();
    });
  }

  #settle(): void {
    this.#waiting = this.#waiting.filter(({ ready, resolve, reject }) => {
      if (ready(this.#lines)) resolve();
      else if (this.#ended) reject(new Error(`Postfix ended:\n${this.#lines.slice(-20).join("\n")}`));
      else return true;
      return false;
    });
  }
}

/** The master has a process group of its own, and ends its daemons when it is told to end. */
function stop(path: string, child: ChildProcess): void {
  try {
    process.kill(Number(readFileSync(join(path, "queue", "pid", "master.pid"), "utf8")), "SIGTERM");
  } catch {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }
}
