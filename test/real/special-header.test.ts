/**
 * The guide's page on the provider's side: its settings, as they stand there, in a real Postfix, Exim and sendmail.
 * Each is sent mail for two people who are named nowhere in the header, and mail whose sender forged the field; the
 * collected mail is fetched from Dovecot and distributed. Not tried: Exchange.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { afterAll, describe, expect, test } from "vitest";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { codeBlock, guidePage } from "../support/guide.ts";
import { startInstallation } from "../support/installation.ts";
import { lacksPostfix, startPostfix } from "../support/postfix.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { lacks } from "../support/tools.ts";
import { type UnpackedPackages, unpackPackages } from "../support/unpacked-packages.ts";

const page = guidePage("en", "special-header.md");
const nobody = 65534;

/** A message as it comes from elsewhere; `forged`: a field that its sender had no business to write. */
function message(subject: string, forged = ""): string {
  return (
    `Received: from outside by far.example; Wed, 25 Nov 2026 10:00:00 +0000\n${forged}` +
    `From: far@far.example\nTo: everybody@far.example\nSubject: ${subject}\n` +
    `Message-ID: <${subject}@far.example>\nDate: Wed, 25 Nov 2026 10:00:00 +0000\n\n${subject}\n`
  );
}

/** Says in one line what is skipped, and why; under CI=true nothing is. */
async function unpacked(server: string, names: readonly string[]): Promise<UnpackedPackages | undefined> {
  const packages = lacks("dovecot", "openssl") ? "Dovecot is missing" : await unpackPackages(names);
  if (typeof packages !== "string") return packages;
  if (process.env.CI === "true") throw new Error(`${server}: ${packages}`);
  console.log(`skipped: tests with ${server} (${packages})`);
  return undefined;
}

/** Fetches what stands in `collected`, sorts it by the field, and tells the subjects that each person got. */
async function distribute(
  dovecot: Dovecot,
  specialHeader: string,
  domain = "example.com",
): Promise<Record<string, string[]>> {
  await using rpop = await startInstallation();
  await rpop.apply({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB" },
    domains: [
      { name: domain, main: true, accounts: ["alice", "kenji", "postmaster"].map((name) => ({ name })) },
    ],
    unifiedAccounts: [
      {
        ...{ account: "collected", server: `127.0.0.1:${dovecot.pop3Port}`, password: "pw", tls: "off" },
        ...{ specialHeader, leaveOnServer: true },
      },
    ],
  });
  await rpop.poll();
  const of = async (name: string) => (await rpop.subjects(`${name}@${domain}`)).sort();
  return { alice: await of("alice"), kenji: await of("kenji"), postmaster: await of("postmaster") };
}

const users = [{ login: "collected", password: "pw" }];

describe.skipIf(lacksPostfix() || lacks("dovecot"))("Postfix", () => {
  test.each([
    { name: "a mailbox for the domain", domain: "example.com" },
    { name: "a domain sent on to that mailbox", domain: "example.org" },
  ])("$name: X-Original-To names each recipient", async ({ domain }) => {
    const owner = `static:${nobody}`;
    await using postfix = await startPostfix({
      main: (path) =>
        (codeBlock(page, "postfix") + codeBlock(page, "aliased"))
          .replace("hash:/etc/postfix/collected", `texthash:${path}/etc/collected`)
          .replace("/var/mail/collected", `${path}/mail`)
          .replaceAll("static:5000", owner),
      files: { collected: codeBlock(page, "collected") },
    });
    const transport = createTransport({ host: "127.0.0.1", port: postfix.port, ignoreTLS: true });
    const send = (to: readonly string[], raw: string) =>
      transport.sendMail({ envelope: { from: "far@far.example", to: [...to] }, raw });
    await send([`alice@${domain}`, `kenji@${domain}`], message("lunch"));
    await send([`alice@${domain}`], message("forged", `X-Original-To: kenji@${domain}\n`));
    transport.close();
    await using dovecot = await startDovecot({ users });
    await dovecot.addMail("collected", await postfix.messages("all", 3, "example.com"));
    expect(await distribute(dovecot, "X-Original-To", domain)).toEqual({
      alice: ["forged", "lunch"],
      kenji: ["lunch"],
      postmaster: [],
    });
  });
});

const exim = await unpacked("Exim", ["exim4-daemon-light", "exim4-base"]);
const sendmail = await unpacked("sendmail", ["sendmail-bin", "sendmail-cf", "sendmail-base", "m4"]);
afterAll(async () => {
  await exim?.[Symbol.asyncDispose]();
  await sendmail?.[Symbol.asyncDispose]();
});

describe.skipIf(exim === undefined)("Exim", () => {
  test("Envelope-to names each recipient, and takes the place of a forged one", async () => {
    if (exim === undefined) return;
    await using directory = await temporaryDirectory("exim");
    const { path } = directory;
    await chmod(path, 0o755);
    for (const name of ["spool", "log", "box"]) {
      await mkdir(join(path, name));
      await chown(join(path, name), nobody, nobody);
    }
    const program = join(exim.root, "usr/sbin/exim4");
    const box = join(path, "box/all");
    const transport = codeBlock(page, "exim-transport")
      .replace("/var/mail/collected/all", box)
      .replace("user = vmail", "user = nobody")
      .replace("group = vmail", "group = nogroup");
    const configuration = join(path, "exim.conf");
    await writeFile(
      configuration,
      `exim_path = ${program}
exim_user = nobody
exim_group = nogroup
keep_environment = LD_LIBRARY_PATH
spool_directory = ${path}/spool
log_file_path = ${path}/log/%slog
primary_hostname = mx.isp.example
begin routers
${codeBlock(page, "exim-router")}
begin transports
${transport}`,
    );
    // Debian's Exim looks for its own user, which only an installed one has.
    for (const file of ["passwd", "group"]) {
      const own = await readFile(`/etc/${file}`, "utf8");
      const line =
        file === "passwd" ? "Debian-exim:x:65533:65533::/:/usr/sbin/nologin" : "Debian-exim:x:65533:";
      await writeFile(join(path, file), `${own.trimEnd()}\n${line}\n`);
    }
    const send = (to: readonly string[], text: string) =>
      execFileSync(
        "unshare",
        [
          ...["--mount", "sh", "-e", "-c"],
          'mount --bind "$1/passwd" /etc/passwd; mount --bind "$1/group" /etc/group; shift; exec "$@"',
          ...["sh", path, program, "-C", configuration, "-odf", "-f", "far@far.example", ...to],
        ],
        { input: text, env: exim.env, stdio: ["pipe", "pipe", "pipe"] },
      );
    send(["alice@example.com", "kenji@example.com"], message("lunch"));
    send(["alice@example.com"], message("forged", "Envelope-To: kenji@example.com\n"));
    const names = await readdir(join(box, "new"));
    const collected = await Promise.all(names.map((name) => readFile(join(box, "new", name))));
    expect(collected).toHaveLength(3);
    await using dovecot = await startDovecot({ users });
    await dovecot.addMail("collected", collected);
    expect(await distribute(dovecot, "Envelope-To")).toEqual({
      alice: ["forged", "lunch"],
      kenji: ["lunch"],
      postmaster: [],
    });
  });
});

describe.skipIf(sendmail === undefined)("sendmail", () => {
  /** Sendmail with the page's settings, which hands mail to Dovecot; `field` in place of X-Real-To. */
  async function collect(field: string, forged: string) {
    if (sendmail === undefined) throw new Error("skipped");
    const directory = await temporaryDirectory("sendmail");
    const { path } = directory;
    await chmod(path, 0o755);
    await mkdir(join(path, "queue"));
    const anyone = "service auth {\n  unix_listener auth-userdb {\n    mode = 0666\n  }\n}";
    const dovecot = await startDovecot({ users, extraConfig: anyone });
    await dovecot.addMail("collected", []);
    const cf = join(sendmail.root, "usr/share/sendmail/cf");
    await writeFile(
      join(cf, "feature/xrealto.m4"),
      codeBlock(page, "xrealto").replace("H?T?X-Real-To:", `H?T?${field}:`),
    );
    const libexec = join(sendmail.root, "usr/libexec/sendmail");
    const configuration = join(path, "sendmail.cf");
    const source = `include(\`${cf}/m4/cf.m4')
OSTYPE(\`linux')
define(\`confDOMAIN_NAME', \`mx.isp.example')
define(\`QUEUE_DIR', \`${path}/queue')
define(\`ALIAS_FILE', \`/dev/null')
define(\`STATUS_FILE', \`${path}/statistics')
define(\`confPID_FILE', \`${path}/pid')
define(\`confDONT_PROBE_INTERFACES', \`True')
define(\`confDONT_BLAME_SENDMAIL', \`MapInUnsafeDirPath,RunProgramInUnsafeDirPath')
define(\`confTO_IDENT', \`0')
FEATURE(\`nocanonify')
${codeBlock(page, "sendmail-features").replace("/etc/mail", path)}
MAILER(\`smtp')
${codeBlock(page, "sendmail-mailer")
  .replace("U=vmail", "U=nobody")
  .replace("A=/usr/lib/dovecot/dovecot-lda", `$& -c ${dovecot.configurationFile}`)}`;
    const m4 = join(sendmail.root, "usr/bin/m4");
    await writeFile(configuration, execFileSync(m4, ["-"], { input: source, env: sendmail.env }));
    const table = codeBlock(page, "mailertable");
    execFileSync(join(libexec, "makemap"), ["-C", configuration, "hash", join(path, "mailertable")], {
      input: table,
      env: sendmail.env,
    });
    const program = join(libexec, "sendmail");
    // Without LD_LIBRARY_PATH a set-group-ID program would not find its libraries.
    await chmod(program, 0o755);
    // It waits for a machine that knows its whole name.
    const run = (args: readonly string[], input: string) => {
      const { stdout, stderr } = spawnSync(
        "unshare",
        [
          ...["--uts", "sh", "-c", 'hostname mx.isp.example; exec "$@"', "sh", program],
          ...["-C", configuration, ...args],
        ],
        { input, env: sendmail.env, encoding: "utf8" },
      );
      return stdout + stderr;
    };
    const send = (to: readonly string[], text: string) =>
      run(["-odi", "-oi", "-f", "far@far.example", ...to], text);
    send(["alice@example.com", "kenji@example.com"], message("lunch"));
    send(["alice@example.com"], message("forged", `${forged}: kenji@example.com\n`));
    return {
      dovecot,
      /** Answers of the page's two checks. */
      route: run(["-bt"], "3,0 alice@example.com\n"),
      mailer: /^Mcollect.*/m.exec(await readFile(configuration, "utf8"))?.[0] ?? "",
      async [Symbol.asyncDispose]() {
        await dovecot.stop();
        await directory[Symbol.asyncDispose]();
      },
    };
  }

  test("appendix A: X-Real-To names each recipient; a forged one is believed, as the page says", async () => {
    await using collected = await collect("X-Real-To", "X-Real-To");
    expect(collected.route).toContain("$# collect $@ collected $: alice < @ example . com . >");
    expect(collected.mailer).toMatch(/F=[^,]*T[^,]*,/);
    expect(await distribute(collected.dovecot, "X-Real-To")).toEqual({
      alice: ["lunch"],
      kenji: ["forged", "lunch"],
      postmaster: [],
    });
  });

  test("with a name that nobody knows, a forged field is worth nothing", async () => {
    await using collected = await collect("X-Real-To-k7q2", "X-Real-To");
    expect(await distribute(collected.dovecot, "X-Real-To-k7q2")).toEqual({
      alice: ["forged", "lunch"],
      kenji: ["lunch"],
      postmaster: [],
    });
  });
});
