/**
 * What stands around the server in the hour: a sample provider and a Dovecot with a thousand mailboxes each, an LMTP
 * server behind it, and switches for their faults. Every message that is put anywhere is known by its subject.
 */
import { chown, mkdir, rename, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { type Provider, startProvider } from "../../src/demo/provider.ts";
import { type Dovecot, startDovecot } from "../../test/support/dovecot.ts";
import { type DovecotLmtp, startDovecotLmtp } from "../../test/support/dovecot-lmtp.ts";

/** Dovecot serves these mailboxes with few processes, kept alive, as a provider does. */
const dovecotTuning = `
service pop3-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 1000
}
service pop3 {
  process_limit = 200
  service_count = 100
}
service anvil {
  client_limit = 4000
}
service auth {
  client_limit = 4000
}
`;

/** One remote mailbox and whose it is. */
export interface Box {
  readonly login: string;
  readonly owner: string;
  readonly at: "sample" | "dovecot";
  /** The owner's mail goes on by LMTP. */
  readonly lmtp: boolean;
}

export interface World {
  readonly boxes: readonly Box[];
  /** Where the server is to look for each kind of mailbox. */
  readonly samplePort: number;
  readonly dovecotPort: number;
  readonly lmtpPort: number;
  /** Puts a message into a mailbox. */
  put(box: Box, subject: string): Promise<void>;
  /** Connections and logins that the providers saw so far; of the sample provider, second logins to one mailbox. */
  counts(): { connections: number; collisions: number };
  /** Messages still at the providers. */
  standing(): Promise<number>;
  setSampleUp(up: boolean): Promise<void>;
  setLmtpUp(up: boolean): Promise<void>;
  /** These sample mailboxes refuse every password from now on. */
  setRefused(logins: ReadonlySet<string>): void;
  /** Subjects that arrived by LMTP, each time. */
  arrivedByLmtp(): Promise<string[]>;
  stop(): Promise<void>;
}

const password = "s3cret";

export { password as worldPassword };

export async function startWorld(accounts: number): Promise<World> {
  const boxes = boxesOf(accounts);
  const sampleBoxes = boxes.filter(({ at }) => at === "sample");
  const dovecotBoxes = boxes.filter(({ at }) => at === "dovecot");
  const maildrops = new Map(sampleBoxes.map(({ login }) => [login, new MemoryMaildrop()]));
  let refused: ReadonlySet<string> = new Set();
  let sample: Provider | null = null;
  let former = 0;
  const openSample = (port: number) =>
    startProvider({
      port,
      accounts: (login) => {
        const maildrop = maildrops.get(login);
        if (maildrop === undefined) return undefined;
        return { password: refused.has(login) ? "another" : password, maildrop };
      },
    });
  sample = await openSample(0);
  const samplePort = sample.port;
  const dovecot: Dovecot = await startDovecot({
    users: dovecotBoxes.map(({ login }) => ({ login, password })),
    extraConfig: dovecotTuning,
  });
  const folders = await makeMaildirs(dovecot, dovecotBoxes);
  const owners = new Set(boxes.filter(({ lmtp }) => lmtp).map(({ owner }) => owner));
  const lmtp: DovecotLmtp = await startDovecotLmtp({
    users: Object.fromEntries([...owners].map((owner) => [owner, null])),
  });
  const gate = await openGate(lmtp.port);
  let serial = 0;
  return {
    boxes,
    samplePort,
    dovecotPort: dovecot.pop3Port,
    lmtpPort: gate.port,
    async put(box, subject) {
      const bytes = Buffer.from(
        `From: sender@far.example\nTo: ${box.owner}@example.com\nSubject: ${subject}\nMessage-ID: <${subject}@far.example>\n\n${"line of text\n".repeat(40 + (serial % 200))}`,
      );
      serial++;
      const maildrop = maildrops.get(box.login);
      if (maildrop !== undefined) maildrop.add(storedMessage(subject, bytes));
      else await place(folders.get(box.login) ?? "", `${1_800_000_000 + serial}.P1.hour`, bytes);
    },
    counts: () => ({
      connections: former + (sample?.connections ?? 0) + dovecot.sessions.length,
      collisions: dovecot.log.filter((line) => line.includes("is locked")).length,
    }),
    async standing() {
      let count = 0;
      for (const maildrop of maildrops.values()) count += maildrop.messages.length;
      for (const { login } of dovecotBoxes) count += (await dovecot.mailbox(login)).length;
      return count;
    },
    async setSampleUp(up) {
      if (!up && sample !== null) {
        former += sample.connections;
        await sample.stop();
        sample = null;
      } else if (up && sample === null) sample = await openSample(samplePort);
    },
    setLmtpUp: (up) => gate.set(up),
    setRefused(logins) {
      refused = logins;
    },
    async arrivedByLmtp() {
      const subjects: string[] = [];
      for (const owner of owners) {
        for (const message of await lmtp.messages(owner)) {
          subjects.push(/^Subject: (.*?)\r?$/m.exec(message.toString("latin1"))?.[1] ?? "none");
        }
      }
      return subjects;
    },
    async stop() {
      await sample?.stop();
      await gate.stop();
      await dovecot.stop();
      await lmtp[Symbol.asyncDispose]();
    },
  };
}

/** Half of the mailboxes at each provider; each tenth owner has mail sent on by LMTP; two mailboxes an owner. */
function boxesOf(accounts: number): Box[] {
  return Array.from({ length: accounts }, (_, index) => {
    const owner = Math.floor(index / 2);
    return {
      login: `box${index}`,
      owner: `user${owner}`,
      at: index % 2 === 0 ? "sample" : "dovecot",
      lmtp: owner % 10 === 0,
    } as const;
  });
}

async function makeMaildirs(dovecot: Dovecot, boxes: readonly Box[]): Promise<Map<string, string>> {
  const [first] = boxes;
  const folders = new Map<string, string>();
  if (first === undefined) return folders;
  // The first one's path tells where all of them stand.
  await dovecot.addMail(first.login, [Buffer.from("Subject: none\n\n")]);
  const [path = ""] = await dovecot.mailbox(first.login);
  const mail = dirname(dirname(dirname(dirname(path))));
  for (const { login } of boxes) {
    const folder = join(mail, login, "Maildir");
    for (const part of ["", "cur", "new", "tmp"]) {
      await mkdir(join(folder, part), { recursive: true });
      await ownedByServer(join(folder, part));
    }
    await ownedByServer(join(mail, login));
    folders.set(login, folder);
  }
  return folders;
}

/** Dovecot reads mail as nobody when it was started by root. */
async function ownedByServer(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, 65534, 65534);
}

async function place(folder: string, name: string, bytes: Buffer): Promise<void> {
  const path = join(folder, "tmp", name);
  await writeFile(path, bytes);
  await ownedByServer(path);
  await rename(path, join(folder, "new", name));
}

/** A way to a port that can be closed. */
async function openGate(target: number) {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = 0;
  const set = async (up: boolean) => {
    if (!up && server !== null) {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server?.close(resolve));
      server = null;
    } else if (up && server === null) {
      const opened = createServer((socket) => {
        const onward = connect(target, "127.0.0.1");
        for (const one of [socket, onward]) {
          sockets.add(one);
          one.on("error", () => {});
          one.on("close", () => {
            sockets.delete(one);
            socket.destroy();
            onward.destroy();
          });
        }
        socket.pipe(onward).pipe(socket);
      });
      await new Promise<void>((resolve) => opened.listen(port, "127.0.0.1", resolve));
      const address = opened.address();
      if (address !== null && typeof address !== "string") port = address.port;
      server = opened;
    }
  };
  await set(true);
  return { port, set, stop: () => set(false) };
}
