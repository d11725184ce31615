/**
 * The server side of a campaign: one maildrop, by our sample provider in this process or by Dovecot, and what stands
 * in it now. The server outlives every kill.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { chown, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MemoryMaildrop, type StoredMessage, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { startDovecot } from "../support/dovecot.ts";
import { type Configuration, crashLogin, crashPassword } from "./configurations.ts";
import { contentDigest, type Mail } from "./mail.ts";

export interface Remote extends AsyncDisposable {
  readonly port: number;
  add(mails: readonly Mail[]): Promise<void>;
  /** What stands in the maildrop now, in its order: the first is message number 1 of a session that begins now. */
  standing(): Mail[];
}

export function startRemote(configuration: Configuration): Promise<Remote> {
  return configuration.server === "dovecot" ? dovecotRemote() : sampleRemote(configuration.uidl);
}

async function sampleRemote(uidl: boolean): Promise<Remote> {
  const maildrop = new MemoryMaildrop();
  const mailOf = new Map<StoredMessage, Mail>();
  const account = { password: crashPassword, maildrop };
  const provider = await startProvider({
    accounts: (login) => (login === crashLogin ? account : undefined),
    uidl,
  });
  return {
    port: provider.port,
    async add(mails) {
      for (const mail of mails) {
        const stored = storedMessage(mail.uid, mail.bytes);
        mailOf.set(stored, mail);
        maildrop.add(stored);
      }
    },
    standing: () => maildrop.messages.flatMap((stored) => mailOf.get(stored) ?? []),
    [Symbol.asyncDispose]: () => provider.stop(),
  };
}

/** Dovecot reads a Maildir of its own; mail arrives there as a delivery agent brings it. */
async function dovecotRemote(): Promise<Remote> {
  const dovecot = await startDovecot({ users: [{ login: crashLogin, password: crashPassword }] });
  const mailOf = new Map<string, Mail>();
  const known = new Map<string, Mail>();
  let maildir: string | null = null;
  let second = 1_800_000_000;
  const place = async (folder: string, mail: Mail) => {
    const { uid, gid } = statSync(folder);
    const name = `${second}.P1.crash`;
    second += 1;
    const path = join(folder, "tmp", name);
    await writeFile(path, mail.bytes);
    if (process.getuid?.() === 0) await chown(path, uid, gid);
    await rename(path, join(folder, "new", name));
  };
  /** Dovecot moves files and adds flags to their names; the name itself stays. */
  const find = (path: string, name: string): Mail[] => {
    const base = name.split(":", 1)[0] ?? name;
    const found = known.get(base) ?? mailOf.get(contentDigest(readFileSync(join(path, name))));
    if (found === undefined) return [];
    known.set(base, found);
    return [found];
  };
  return {
    port: dovecot.pop3Port,
    async add(mails) {
      let rest = mails;
      for (const mail of mails) mailOf.set(mail.digest, mail);
      if (maildir === null) {
        // The first one goes in by the server's own helper, which makes the folders and so tells where they are.
        await dovecot.addMail(
          crashLogin,
          mails.slice(0, 1).map((mail) => mail.bytes),
        );
        const [path = ""] = await dovecot.mailbox(crashLogin);
        maildir = dirname(dirname(path));
        rest = mails.slice(1);
      }
      for (const mail of rest) await place(maildir, mail);
    },
    standing() {
      if (maildir === null) return [];
      const folder = maildir;
      return ["new", "cur"]
        .flatMap((part) =>
          readdirSync(join(folder, part)).map((name) => ({ path: join(folder, part), name })),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap(({ path, name }) => find(path, name));
    },
    [Symbol.asyncDispose]: () => dovecot.stop(),
  };
}
