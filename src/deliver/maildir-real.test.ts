/** Delivery on the machine's own file system: links, copies, wrong things in the way, owners. */
import {
  chown,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deliveryItem } from "../../test/support/delivery-item.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { neverRestored } from "../../test/support/never-restored.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { nodeFileSystem } from "../spool/node-file-system.ts";
import type { DeliveryItem } from "./delivery.ts";
import { knownMaildirsIn } from "./known-maildirs.ts";
import { maildirDelivery } from "./maildir.ts";

const uid = process.geteuid?.() ?? 0;
const name = "1795000000.Rm1-1.inst";

async function begin(content = "Subject: x\n\nx\n") {
  const directory = await temporaryDirectory("maildir");
  await mkdir(join(directory.path, "spool"));
  const spoolPath = join(directory.path, "spool", "m1.7");
  await writeFile(spoolPath, content, { mode: 0o600 });
  const clock = new ManualClock();
  const known = knownMaildirsIn(nodeFileSystem, join(directory.path, "maildirs"), uid);
  const delivery = maildirDelivery({ fs: nodeFileSystem, clock, known, uid, former: neverRestored });
  const item = (folder: string, given: Partial<DeliveryItem> = {}) =>
    deliveryItem({
      destination: `maildir:${join(directory.path, folder)}`,
      spoolPath,
      sizeBytes: Buffer.byteLength(content),
      ...given,
    });
  const deliver = async (one: DeliveryItem) => {
    const [prepared] = await delivery.prepare([one]);
    if (prepared?.kind !== "prepared") return prepared;
    const [committed] = await delivery.commit([
      { ...one, ready: { token: one.leaseToken, at: clock.now() } },
    ]);
    return committed;
  };
  return {
    directory,
    path: directory.path,
    spoolPath,
    clock,
    delivery,
    item,
    deliver,
    [Symbol.asyncDispose]: directory[Symbol.asyncDispose],
  };
}

test("a letter for one is a link of its spool file, in a Maildir made for it", async () => {
  await using given = await begin();
  await utimes(given.spoolPath, 1, 1);
  expect(await given.deliver(given.item("mail/alice"))).toEqual({
    kind: "delivered",
    where: join(given.path, "mail/alice/new", name),
  });
  const delivered = await stat(join(given.path, "mail/alice/new", name));
  expect(delivered.ino).toBe((await stat(given.spoolPath)).ino);
  expect(delivered.atimeMs).toBe(given.clock.now());
  expect((await readdir(join(given.path, "mail/alice"))).sort()).toEqual(["cur", "new", "tmp"]);
  for (const made of ["mail", "mail/alice", "mail/alice/tmp", "mail/alice/new", "mail/alice/cur"]) {
    expect((await stat(join(given.path, made))).mode & 0o777).toBe(0o700);
  }
});

test("a copy is byte for byte, however long, with its own fields above", async () => {
  const content = `Subject: long\n\n${"0123456789abcde\n".repeat(50_000)}`;
  await using given = await begin(content);
  await given.deliver(
    given.item("mail/alice", { sole: false, extraFields: "X-Real-To: älice@example.com\n" }),
  );
  const delivered = join(given.path, "mail/alice/new", name);
  expect((await readFile(delivered, "utf8")) === `X-Real-To: älice@example.com\n${content}`).toBe(true);
  expect((await stat(delivered)).mode & 0o777).toBe(0o600);
  expect((await stat(delivered)).ino).not.toBe((await stat(given.spoolPath)).ino);
});

const wrong: { name: string; put(path: string): Promise<unknown>; detail: string }[] = [
  { name: "an mbox file", put: (path) => writeFile(path, "From x\n"), detail: "file" },
  {
    name: "a link to nowhere",
    put: (path) => symlink("/nowhere", path),
    detail: "dangling-link",
  },
  {
    name: "a link to a file",
    put: (path) => symlink("/etc/passwd", path),
    detail: "link-to-file",
  },
  {
    name: "a Maildir whose new leads elsewhere",
    put: async (path) => {
      for (const part of ["tmp", "cur"]) await mkdir(join(path, part), { recursive: true });
      await symlink("/tmp", join(path, "new"));
    },
    detail: "new-is-link",
  },
  {
    name: "a Maildir whose tmp is a file",
    put: async (path) => {
      await mkdir(path);
      await writeFile(join(path, "tmp"), "");
    },
    detail: "tmp-is-file",
  },
];

test.each(wrong)("$name in its place is unusable, and left alone", async ({ put, detail }) => {
  await using given = await begin();
  const path = join(given.path, "alice");
  await put(path);
  const before = (await lstat(path)).mtimeMs;
  expect(await given.deliver(given.item("alice"))).toMatchObject({
    kind: "failed",
    failure: { code: "maildir-unusable", scope: "recipient", permanent: false, params: { path, detail } },
  });
  expect((await lstat(path)).mtimeMs).toBe(before);
});

test("a file where a folder above should be is unusable", async () => {
  await using given = await begin();
  await writeFile(join(given.path, "mail"), "");
  expect(await given.deliver(given.item("mail/alice"))).toMatchObject({
    failure: { code: "maildir-unusable" },
  });
});

test("a link to a Maildir of the same owner is followed", async () => {
  await using given = await begin();
  await mkdir(join(given.path, "disk2"));
  for (const part of ["tmp", "new", "cur"]) await mkdir(join(given.path, "disk2", part));
  await symlink("disk2", join(given.path, "alice"));
  expect(await given.deliver(given.item("alice"))).toMatchObject({ kind: "delivered" });
  expect(await readdir(join(given.path, "disk2/new"))).toEqual([name]);
});

test("rename between two links does nothing, here too: the witness goes", async () => {
  await using given = await begin();
  const ready = { token: 1, at: given.clock.now() };
  await given.delivery.prepare([given.item("alice")]);
  await nodeFileSystem.link(given.spoolPath, join(given.path, "alice/new", name));
  await given.delivery.commit([given.item("alice", { leaseToken: 2, ready })]);
  expect(await readdir(join(given.path, "alice/tmp"))).toEqual([]);
  expect(await readdir(join(given.path, "alice/new"))).toEqual([name]);
});

test.skipIf(uid !== 0)(
  "as root, what is made and copied belongs to the folder's owner (needs root)",
  async () => {
    await using given = await begin();
    await chown(given.path, 4242, 4243);
    await given.deliver(given.item("mail/alice"));
    for (const made of ["maildirs", "mail", "mail/alice", "mail/alice/tmp", `mail/alice/new/${name}`]) {
      expect(await stat(join(given.path, made))).toMatchObject({ uid: 4242, gid: 4243 });
    }
    const { ino } = await stat(join(given.path, "mail/alice/new", name));
    expect(ino).not.toBe((await stat(given.spoolPath)).ino);
  },
);

test.skipIf(uid !== 0)("as root, a spool file of the Maildir's owner is linked (needs root)", async () => {
  await using given = await begin();
  await chown(given.path, 4242, 4243);
  await chown(join(given.path, "spool"), 4242, 4243);
  await chown(given.spoolPath, 4242, 4243);
  await given.deliver(given.item("alice"));
  expect((await stat(join(given.path, "alice/new", name))).ino).toBe((await stat(given.spoolPath)).ino);
});

test.skipIf(uid !== 0)(
  "as root, a user's link into somebody else's folder is not followed (needs root)",
  async () => {
    await using given = await begin();
    for (const part of ["tmp", "new", "cur"]) await mkdir(join(given.path, "bob", part), { recursive: true });
    await symlink("bob", join(given.path, "alice"));
    await lchown(join(given.path, "alice"), 4242, 4243);
    expect(await given.deliver(given.item("alice"))).toMatchObject({
      failure: {
        code: "maildir-unusable",
        params: { detail: "foreign-link" },
      },
    });
    expect(await readdir(join(given.path, "bob/new"))).toEqual([]);
  },
);
