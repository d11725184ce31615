/**
 * From another program to RPOP: fetchmail, getmail and mpop fetch from Dovecot and keep the mail there, more arrives,
 * their configuration and UIDs are imported, and a poll takes only what they had not (spec 9).
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { lacks } from "../support/tools.ts";

/** A message for somebody, as the provider of a whole domain stores it. */
function message(subject: string, to: string): Buffer {
  return Buffer.from(
    `Return-Path: <far@far.example>\nX-Original-To: corp-${to}\nFrom: far@far.example\nTo: list@far.example\nSubject: ${subject}\nMessage-ID: <${subject}@far.example>\n\n${subject}\n`,
  );
}

interface World extends AsyncDisposable {
  readonly dovecot: Dovecot;
  /** Home of whoever used the other program. */
  readonly home: string;
  write(name: string, text: string): Promise<string>;
  /** Runs another program with that home; throws unless it ends with one of the codes. */
  former(program: string, args: readonly string[], exitCodes?: readonly number[]): Promise<string>;
  arrive(login: string, subjects: readonly string[], to?: string): Promise<void>;
  /** Runs `rpop` and expects it to end well. */
  rpop(...args: readonly string[]): Promise<string>;
  /** Messages fetched since this was last asked, by login: by RETR, or by TOP as fetchmail does to keep them unseen. */
  fetched(sessions: number): Promise<Record<string, number>>;
  /** Subjects in a Maildir, sorted. */
  subjects(maildir: string): Promise<string[]>;
  /** The Maildir of a local account. */
  mailOf(name: string): string;
}

const logins = ["alice@isp", "bob", "corp", "mail user"];
const passwordOf = (login: string) => `pw "${login}"`;

async function world(): Promise<World> {
  const directory = await temporaryDirectory("import");
  const dovecot = await startDovecot({
    users: logins.map((login) => ({ login, password: passwordOf(login) })),
  });
  const home = join(directory.path, "home");
  const data = join(directory.path, "data");
  await mkdir(home);
  await applyFile(data, {
    settings: { allowSelfPoll: true, allowPrivateHosts: true, minFreeSpace: "1MB" },
    domains: [{ name: "example.com", main: true, accounts: [{ name: "alice" }] }],
  });
  let counted = 0;
  return {
    dovecot,
    home,
    async write(name, text) {
      const path = join(home, name);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    },
    former: (program, args, exitCodes = [0]) =>
      new Promise((resolve, reject) => {
        const env = { PATH: process.env.PATH, HOME: home, FETCHMAILHOME: home, USER: "tester", LC_ALL: "C" };
        execFile(program, args, { env, cwd: home }, (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
          if (exitCodes.includes(code)) resolve(`${stdout}${stderr}`);
          else reject(new Error(`${program} ended with ${code}:\n${stdout}${stderr}`));
        });
      }),
    arrive: (login, subjects, to = "somebody@example.com") =>
      dovecot.addMail(
        login,
        subjects.map((subject) => message(subject, to)),
      ),
    async rpop(...args) {
      const { code, stdout, stderr } = await rpop(data, args);
      if (code !== 0) throw new Error(`rpop ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
      return stdout;
    },
    async fetched(sessions) {
      const ended = (await dovecot.sessionsEnded(counted + sessions)).slice(counted);
      counted += ended.length;
      return Object.fromEntries(ended.map(({ login, retrieved, topped }) => [login, retrieved + topped]));
    },
    async subjects(maildir) {
      const paths = (await readdir(join(maildir, "new"))).map((name) => join(maildir, "new", name));
      const texts = await Promise.all(paths.map((path) => readFile(path, "latin1")));
      return texts.map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? "").sort();
    },
    mailOf: (name) => join(data, "mail", `${name}@example.com`),
    async [Symbol.asyncDispose]() {
      await dovecot.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(lacks("dovecot", "openssl", "fetchmail"))("from fetchmail", () => {
  test("several accounts, a multidrop mailbox, .fetchids: only what it had not is fetched", async () => {
    await using w = await world();
    const { pop3Port, pop3sPort, certificates } = w.dovecot;
    const rc = await w.write(
      ".fetchmailrc",
      `set daemon 300
defaults proto pop3, uidl
poll isp via localhost service ${pop3sPort}
  user 'alice@isp' there with password '${passwordOf("alice@isp")}' is alice here
    options keep ssl sslcertck sslcertfile "${certificates.caFile}"
  user 'bob' there with password '${passwordOf("bob")}' is bob here
    options no keep ssl sslcertck sslcertfile "${certificates.caFile}"
poll 127.0.0.1 service ${pop3Port} envelope "X-Original-To" qvirtual "corp-" localdomains example.com no dns
  user 'corp' there with password '${passwordOf("corp")}' to alice * here keep sslproto ''
poll imap.isp.example proto imap user alice password x is alice here
`,
    );
    await w.arrive("alice@isp", ["a1", "a2"]);
    await w.arrive("bob", ["b1"]);
    await w.arrive("corp", ["c1"], "alice@example.com");
    await w.arrive("corp", ["c2"], "bob@example.com");
    // Named, so that the mailbox on the IMAP server is left alone; one run without a daemon. 1: nothing to fetch.
    const once = ["--fetchmailrc", rc, "--nodetach", "--nosyslog", "-d0", "--mda", "/bin/cat >> fetched"];
    await w.former("fetchmail", [...once, "isp", "127.0.0.1"]);
    expect((await readFile(join(w.home, "fetched"), "utf8")).match(/^Subject: .*/gm)?.length).toBe(5);
    expect(await w.fetched(3)).toEqual({ "alice@isp": 2, bob: 1, corp: 2 });
    expect(await readFile(join(w.home, ".fetchids"), "utf8")).toContain("alice@isp@localhost ");

    await w.arrive("alice@isp", ["a3"]);
    await w.arrive("bob", ["b2"]);
    await w.arrive("corp", ["c3"], "bob@example.com");
    await w.arrive("corp", ["c4"], "alice@example.com");
    const said = await w.rpop("import", rc);
    expect(said).toContain("+ unified account corp@127.0.0.1");
    expect(said).toContain(`2 messages at alice@isp@localhost:${pop3sPort} had been taken before`);
    expect(said).toContain("line 10: alice@imap.isp.example: this is not POP3 (imap)");
    expect(said).toContain("line 6: bob@localhost");
    expect(said).not.toContain("pw ");

    await w.rpop("poll", "--all");
    expect(await w.fetched(3)).toEqual({ "alice@isp": 1, bob: 1, corp: 2 });
    expect(await w.subjects(w.mailOf("alice"))).toEqual(["a3", "c4"]);
    expect(await w.subjects(w.mailOf("bob"))).toEqual(["b2", "c3"]);
    expect(await w.dovecot.mailbox("alice@isp")).toHaveLength(3);
    expect(await w.dovecot.mailbox("bob")).toEqual([]);
    expect(await w.dovecot.mailbox("corp")).toHaveLength(4);

    expect(await w.rpop("import", rc)).toContain("Nothing to change");
    await w.rpop("poll", "--all");
    expect(await w.fetched(3)).toEqual({ "alice@isp": 0, bob: 0, corp: 0 });
  });
});

describe.skipIf(lacks("dovecot", "openssl", "getmail"))("from getmail", () => {
  test("its oldmail file comes along, its password command and its pinned CA too", async () => {
    await using w = await world();
    const { pop3sPort, certificates } = w.dovecot;
    await mkdir(join(w.home, ".getmail"));
    await w.write("password", passwordOf("mail user"));
    const rc = await w.write(
      ".getmail/getmailrc",
      `[retriever]
type = SimplePOP3SSLRetriever
server = 127.0.0.1
port = ${pop3sPort}
username = mail user
password_command = ("/bin/cat", "${join(w.home, "password")}")
ca_certs = ${certificates.caFile}
[destination]
type = MDA_external
path = /usr/bin/tee
arguments = ("-a", "${join(w.home, "fetched")}")
allow_root_commands = true
[options]
read_all = false
delete = false
`,
    );
    await w.arrive("mail user", ["m1", "m2"]);
    await w.former("getmail", [`--getmaildir=${join(w.home, ".getmail")}`, `--rcfile=${rc}`]);
    expect((await readFile(join(w.home, "fetched"), "utf8")).match(/^Subject: .*/gm)?.length).toBe(2);
    expect(await w.fetched(1)).toEqual({ "mail user": 2 });

    await w.arrive("mail user", ["m3"]);
    const said = await w.rpop("import", rc, "--owner", "alice");
    expect(said).toContain(`Remembered UIDs were read from ${join(w.home, ".getmail")}/oldmail-`);
    expect(said).toContain("alice exists here already and keeps its destination");
    await w.rpop("poll", "--all");
    expect(await w.fetched(1)).toEqual({ "mail user": 1 });
    expect(await w.subjects(w.mailOf("alice"))).toEqual(["m3"]);
    expect(await w.dovecot.mailbox("mail user")).toHaveLength(3);
  });
});

describe.skipIf(lacks("dovecot", "openssl", "mpop"))("from mpop", () => {
  test("its UID file comes along, and mail goes on into its Maildir", async () => {
    await using w = await world();
    const { pop3Port, pop3sPort, certificates } = w.dovecot;
    const maildir = join(w.home, "Mail");
    for (const part of ["cur", "new", "tmp"]) await mkdir(join(maildir, part), { recursive: true });
    const rc = await w.write(
      ".mpoprc",
      `defaults
keep
delivery maildir ~/Mail
tls on
tls_trust_file ${certificates.caFile}

account isp
host localhost
port ${pop3sPort}
tls_starttls off
user alice@isp
password ${passwordOf("alice@isp")}

account other : isp
port ${pop3Port}
tls_starttls on
user bob
passwordeval printf '%s' '${passwordOf("bob")}'
password
`,
    );
    await w.arrive("alice@isp", ["a1", "a2"]);
    await w.arrive("bob", ["b1"]);
    await w.former("mpop", ["-q", "-a"]);
    expect(await w.fetched(2)).toEqual({ "alice@isp": 2, bob: 1 });

    await w.arrive("alice@isp", ["a3"]);
    await w.arrive("bob", ["b2"]);
    const said = await w.rpop("import", rc, "--owner", "carol@example.com");
    expect(said).toContain(`destination: maildir:${maildir}`);
    expect(said).toContain(`2 messages at alice@isp@localhost:${pop3sPort} had been taken before`);
    await w.rpop("poll", "--all");
    expect(await w.fetched(2)).toEqual({ "alice@isp": 1, bob: 1 });
    expect(await w.subjects(maildir)).toEqual(["a1", "a2", "a3", "b1", "b2"]);
  });
});
