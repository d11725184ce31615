/**
 * The guide's first page, typed as it stands into one shell, in each language, against a Dovecot that holds a
 * domain's mail. Not run: its first block, which installs the program (`rpop` here is the one that was built).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startDovecot } from "../support/dovecot.ts";
import { codeBlocks, type GuideLanguage, guidePage } from "../support/guide.ts";
import { applyFile, command } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { lacks } from "../support/tools.ts";

/** As Postfix collects a domain's mail. */
function collected(subject: string, recipient: string, to = "everybody@far.example"): Buffer {
  return Buffer.from(
    `Return-Path: <far@far.example>\nX-Original-To: ${recipient}\nDelivered-To: all@isp.example\n` +
      `Received: from far.example by mx.isp.example; Wed, 25 Nov 2026 10:00:00 +0000\n` +
      `From: far@far.example\nTo: ${to}\nSubject: ${subject}\nMessage-ID: <${subject}-${recipient}>\n\n${subject}\n`,
  );
}

/** The page's commands as one script, with this reader's own values in the block that asks for them. */
function script(page: string, values: Readonly<Record<string, string>>): string {
  const [install, own, ...rest] = codeBlocks(page).filter(({ info }) => info === "sh");
  expect(install?.text).toMatch(/^npm ci$/m);
  let filled = own?.text ?? "";
  for (const [name, value] of Object.entries(values)) {
    expect(filled).toContain(`${name}=`);
    const quoted = `'${value.replaceAll("'", "'\\''")}'`;
    filled = filled.replace(new RegExp(`^${name}=.*$`, "m"), () => `${name}=${quoted}`);
  }
  return [filled, ...rest.map(({ text }) => text)].join("");
}

async function subjects(maildir: string): Promise<string[]> {
  const names = await readdir(join(maildir, "new"));
  const texts = await Promise.all(names.map((name) => readFile(join(maildir, "new", name), "utf8")));
  return texts.map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? "").sort();
}

const password = "s3 'cret' $1";

/** What the program says at two places of the page, as the page quotes it. */
const quotes: Readonly<Record<GuideLanguage, readonly string[]>> = {
  en: ["A visit would work.", "specialHeader: X-Original-To"],
  ja: ["ポーリングできます。", "specialHeader: X-Original-To"],
};

describe.skipIf(lacks("dovecot", "openssl", "bash"))("the guide's first page", () => {
  test.each(["en", "ja"] as const)("in %s: a domain-wide account, distributed", async (language) => {
    await using directory = await temporaryDirectory("guide");
    await using dovecot = await startDovecot({ users: [{ login: "example.com", password }] });
    await dovecot.addMail("example.com", [
      collected("lunch", "alice@example.com"),
      collected("lunch", "kenji@example.com"),
      collected("hidden", "kenji@example.com", "undisclosed-recipients:;"),
      collected("lost", "alice@elsewhere.example"),
    ]);
    const home = directory.path;
    const bin = join(home, "bin");
    await mkdir(bin);
    const words = command.map((word) => `'${word}'`).join(" ");
    await writeFile(join(bin, "rpop"), `#!/bin/sh\nexec ${words} "$@"\n`);
    await chmod(join(bin, "rpop"), 0o755);
    // Only a test has its provider on its own machine, and perhaps little room on its disk.
    const dataDir = join(home, "rpop");
    await applyFile(dataDir, {
      settings: { allowSelfPoll: true, allowPrivateHosts: true, minFreeSpace: "1MB" },
    });

    const page = guidePage(language, "first-steps.md");
    const typed = script(page, {
      server: `localhost:${dovecot.pop3sPort}`,
      password,
    });
    expect(typed.trimEnd()).toMatch(/^rpop serve$/m);
    const { RPOP_DATA: _data, ...inherited } = process.env;
    const shell = spawn("bash", ["-e", "-c", typed], {
      cwd: home,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...inherited,
        HOME: home,
        PATH: `${bin}:${process.env.PATH}`,
        LC_ALL: language === "ja" ? "ja_JP.UTF-8" : "C",
        NO_COLOR: "1",
        NODE_EXTRA_CA_CERTS: dovecot.certificates.caFile,
      },
    });
    let said = "";
    const serves = new Promise<void>((resolve) => {
      for (const stream of [shell.stdout, shell.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          said += text;
          if (said.includes("http://")) resolve();
        });
      }
    });
    const ended = once(shell, "close");
    await Promise.race([serves, ended]);
    // check, analyse, poll, and the visit that the server makes by itself.
    await Promise.race([dovecot.sessionsEnded(4), ended]);
    // Ctrl-C goes to everything in the terminal.
    if (shell.exitCode === null && shell.pid !== undefined) process.kill(-shell.pid, "SIGINT");
    await ended;

    expect(said).toContain("http://");
    for (const quote of quotes[language]) expect(said).toContain(quote);
    expect(page).toContain(quotes[language][0]);
    expect(await subjects(join(dataDir, "mail/alice@example.com"))).toEqual(["lost", "lunch"]);
    expect(await subjects(join(dataDir, "mail/kenji@example.com"))).toEqual(["hidden", "lunch"]);
    expect(await dovecot.mailbox("example.com")).toHaveLength(4);
    const fetched = dovecot.sessions.map(({ retrieved }) => retrieved);
    expect(fetched.filter((count) => count > 0)).toEqual([4]);
  });
});
