/**
 * `rpop backup` and `rpop restore` as people run them: backups while a server works under load, the machine lost, the
 * last backup brought back elsewhere; every message exactly once in the Maildirs (R-70).
 */
import { once } from "node:events";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { splitDelivered } from "../support/delivered.ts";
import { applyFile, type RunningRpop, rpop, startRpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const logins = ["ann", "bob", "cas"];

interface World extends AsyncDisposable {
  /** The data directory at work. */
  readonly data: string;
  at(name: string): string;
  arrive(many: number): void;
  serve(dataDir: string): Promise<RunningRpop>;
  /** What arrived and is not in the Maildirs exactly as often, by subject: how often it is there. */
  wrong(): Promise<Record<string, number>>;
}

async function world(leaveOnServer: boolean): Promise<World> {
  const folder = await temporaryDirectory("backup");
  const at = (name: string) => join(folder.path, name);
  const maildrops = new Map(logins.map((login) => [login, new MemoryMaildrop()]));
  const provider = await startProvider({
    accounts: (login) => {
      const maildrop = maildrops.get(login);
      return maildrop && { password: "secret", maildrop };
    },
  });
  await applyFile(at("data"), {
    settings: { allowSelfPoll: true, minFreeSpace: "1MB" },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: logins.map((name) => ({
          name,
          // Maildirs outlive the data directory.
          destination: `maildir:${at(`mail/${name}`)}`,
          remoteAccounts: [
            {
              account: name,
              server: `127.0.0.1:${provider.port}`,
              password: "secret",
              tls: "off",
              pollEvery: "1s",
              leaveOnServer,
            },
          ],
        })),
      },
    ],
  });
  const running: RunningRpop[] = [];
  const arrived = new Map<string, number>();
  let count = 0;
  return {
    data: at("data"),
    at,
    arrive(many) {
      for (let more = 0; more < many; more++) {
        count++;
        for (const [login, maildrop] of maildrops) {
          // Two of three are equal, byte for byte.
          const subject = `${login} ${Math.floor(count / 3) * 3 === count ? count - 1 : count}`;
          // With a Return-Path, which is not part of what is delivered.
          const text = `Return-Path: <list@example.org>\nSubject: ${subject}\n\n${"text ".repeat(100)}\n`;
          maildrop.add(storedMessage(`uid-${count}`, Buffer.from(text)));
          arrived.set(subject, (arrived.get(subject) ?? 0) + 1);
        }
      }
    },
    async serve(dataDir) {
      const started = startRpop(dataDir, ["serve", "--http", "off"]);
      running.push(started);
      await once(started.child.stdout ?? started.child, "data");
      return started;
    },
    async wrong() {
      const found = new Map<string, number>();
      for (const login of logins) {
        for (const part of ["new", "cur"]) {
          for (const name of await readdir(at(`mail/${login}/${part}`))) {
            const path = at(`mail/${login}/${part}/${name}`);
            const { message } = splitDelivered(path, await readFile(path));
            const subject = /^Subject: (.*)$/m.exec(message.toString("latin1"))?.[1] ?? path;
            found.set(subject, (found.get(subject) ?? 0) + 1);
          }
        }
      }
      const all = new Set([...arrived.keys(), ...found.keys()]);
      return Object.fromEntries(
        [...all]
          .filter((subject) => found.get(subject) !== arrived.get(subject))
          .map((subject) => [`${subject} (${arrived.get(subject) ?? 0})`, found.get(subject) ?? 0]),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const { child, outcome } of running) {
        child.kill("SIGKILL");
        await outcome;
      }
      await provider.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("mail left at the provider: killed under load, restored from the last of several backups", async () => {
  await using w = await world(true);
  const server = await w.serve(w.data);
  for (let round = 1; round <= 3; round++) {
    w.arrive(20);
    const made = rpop(w.data, ["backup", w.at(`backup-${round}`), "--with-key", "--json"]);
    w.arrive(20);
    expect(await made).toMatchObject({ code: 0, stderr: "" });
  }
  w.arrive(20);
  expect((await rpop(w.data, ["poll", "ann", "--quiet"])).code).toBe(0);
  server.child.kill("SIGKILL");
  await server.outcome;
  await rm(w.data, { recursive: true });
  // Readers move mail, also under names of their own.
  const [first = "", second = ""] = await readdir(w.at("mail/ann/new"));
  await rename(w.at(`mail/ann/new/${first}`), w.at(`mail/ann/cur/${first}:2,S`));
  await rename(w.at(`mail/ann/new/${second}`), w.at("mail/ann/cur/1.another.host:2,S"));

  expect(await rpop(w.at("other"), ["restore", w.at("backup-3")])).toMatchObject({ code: 0, stderr: "" });
  w.arrive(5);
  expect(await rpop(w.at("other"), ["poll", "--all", "--quiet"])).toMatchObject({ code: 0, stderr: "" });
  expect(await w.wrong()).toEqual({});
  // And from here on as ever.
  w.arrive(5);
  expect((await rpop(w.at("other"), ["poll", "--all", "--quiet"])).code).toBe(0);
  expect(await w.wrong()).toEqual({});
});

test("mail deleted at the provider: what was on its way at the backup and delivered since comes once", async () => {
  await using w = await world(false);
  w.arrive(9);
  // On its way: the Maildirs' folder cannot be written to while it is a file.
  await writeFile(w.at("mail"), "");
  expect((await rpop(w.data, ["poll", "--all", "--quiet"])).code).toBe(75);
  const made = await rpop(w.data, ["backup", w.at("backup"), "--json"]);
  expect(JSON.parse(made.stdout)).toMatchObject({ messages: 27, key: false });
  await rm(w.at("mail"));
  await mkdir(w.at("mail"));
  expect((await rpop(w.data, ["queue", "retry", "--all"])).code).toBe(0);
  w.arrive(9);
  expect((await rpop(w.data, ["poll", "--all", "--quiet"])).code).toBe(0);
  expect(await w.wrong()).toEqual({});

  // Its reader has seen all of it: no name in `new` could be overwritten.
  for (const login of logins) {
    for (const name of await readdir(w.at(`mail/${login}/new`))) {
      await rename(w.at(`mail/${login}/new/${name}`), w.at(`mail/${login}/cur/${name}:2,S`));
    }
  }
  const key = await readFile(join(w.data, "secret.key"));
  await rm(w.data, { recursive: true });
  await mkdir(w.at("other"), { mode: 0o700 });
  await writeFile(w.at("other/secret.key"), key, { mode: 0o600 });
  expect((await rpop(w.at("other"), ["restore", w.at("backup")])).code).toBe(0);
  w.arrive(9);
  expect((await rpop(w.at("other"), ["queue", "retry", "--all"])).code).toBe(0);
  expect((await rpop(w.at("other"), ["poll", "--all", "--quiet"])).code).toBe(0);
  expect(await w.wrong()).toEqual({});
});

test("refused in one sentence: a backup over a backup, a restore over something, half a backup", async () => {
  await using w = await world(true);
  expect((await rpop(w.data, ["backup", w.at("backup")])).code).toBe(0);
  const again = await rpop(w.data, ["backup", w.at("backup")]);
  expect(again).toMatchObject({ code: 1, stdout: "" });
  expect(again.stderr).toContain("there is something already");
  const over = await rpop(w.data, ["restore", w.at("backup")]);
  expect(over).toMatchObject({ code: 1, stdout: "" });
  expect(over.stderr).toContain("is not empty");
  await rm(w.at("backup/backup.json"));
  const half = await rpop(w.at("other"), ["restore", w.at("backup")]);
  expect(half).toMatchObject({ code: 1, stdout: "" });
  expect(half.stderr).toContain("is no whole backup");
  expect(await readdir(w.at("other")).catch(() => [])).toEqual([]);
});

test("a backup that was killed holds no spool file for ever, and leaves no folder of that name", async () => {
  await using w = await world(true);
  w.arrive(30);
  for (let round = 0; round < 4; round++) {
    const backup = startRpop(w.data, ["backup", w.at("killed")]);
    const poll = rpop(w.data, ["poll", "--all", "--quiet"]);
    w.arrive(10);
    await poll;
    backup.child.kill("SIGKILL");
    await backup.outcome;
  }
  expect((await rpop(w.data, ["poll", "--all", "--quiet"])).code).toBe(0);
  expect(await w.wrong()).toEqual({});
  expect((await readdir(join(w.data, "spool"))).filter((name) => name !== "tmp")).toEqual([]);
});
