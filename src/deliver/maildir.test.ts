/** The steps of delivery on a disk in memory: order of calls, what is durable when, recovery, the window, trouble. */
import { expect, test } from "vitest";
import { MemoryDisk, systemError } from "../../test/model/memory-disk.ts";
import { deliveryItem } from "../../test/support/delivery-item.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { neverRestored } from "../../test/support/never-restored.ts";
import { HOUR, MINUTE } from "../core/time.ts";
import { knownMaildirsIn } from "./known-maildirs.ts";
import { maildirDelivery } from "./maildir.ts";

const content = "Subject: x\n\nx\n";
const name = "1795000000.Rm1-1.inst";

/** A delivery whose spool holds one message; `trouble` fails the calls it names. */
async function begin(trouble: { [call: string]: string | undefined } = {}) {
  const clock = new ManualClock();
  const disk = new MemoryDisk(() => clock.now());
  const calls: string[] = [];
  const fs = disk.fileSystem(async (call) => {
    calls.push(call);
    const [syscall = "", path = ""] = call.split(" ");
    const code = trouble[call];
    if (code !== undefined) throw systemError(code, syscall, path);
  });
  await fs.mkdir("/spool", 0o700);
  await fs.writeDurable({ partial: "/spool/m1.7", path: "/spool/m1.7", mode: 0o600, owner: null }, [
    Buffer.from(content),
  ]);
  disk.settle();
  const known = knownMaildirsIn(fs, "/maildirs", 1000);
  const delivery = maildirDelivery({ fs, clock, known, uid: 1000, former: neverRestored });
  /** The same disk under a process that remembers nothing. */
  const anew = () =>
    maildirDelivery({
      fs,
      clock,
      known: knownMaildirsIn(fs, "/maildirs", 1000),
      uid: 1000,
      former: neverRestored,
    });
  /** Calls since the last look. */
  const seen = () => calls.splice(0);
  return { clock, disk, fs, delivery, anew, seen, trouble };
}

test("a link, in the order of the steps, one fsync a folder for the batch", async () => {
  const { delivery, seen, disk, clock } = await begin();
  await delivery.prepare([deliveryItem({})]);
  seen();
  const [first, second] = [
    deliveryItem({ fileName: "1.a", leaseToken: 1 }),
    deliveryItem({ fileName: "1.b" }),
  ];
  expect(await delivery.prepare([first, second])).toEqual([{ kind: "prepared" }, { kind: "prepared" }]);
  expect(seen().filter((call) => !call.startsWith("lstat"))).toEqual([
    "utimes /spool/m1.7",
    "utimes /spool/m1.7",
    "link /mail/alice/tmp/1.a.1",
    "link /mail/alice/tmp/1.b.1",
    "fsync /mail/alice/tmp",
  ]);
  expect(disk.list("/mail/alice/new")).toEqual([]);
  const ready = { token: 1, at: clock.now() };
  expect(
    await delivery.commit([
      { ...first, ready },
      { ...second, ready },
    ]),
  ).toEqual([
    { kind: "delivered", where: "/mail/alice/new/1.a" },
    { kind: "delivered", where: "/mail/alice/new/1.b" },
  ]);
  expect(seen()).toEqual([
    "rename /mail/alice/new/1.a",
    "rename /mail/alice/new/1.b",
    "fsync /mail/alice/new",
    "fsync /mail/alice/tmp",
  ]);
});

test("the witness has the time of its making, whatever the spool file's", async () => {
  const { delivery, disk, clock } = await begin();
  clock.advance(50 * HOUR);
  await delivery.prepare([deliveryItem({})]);
  expect(disk.accessedAt(`/mail/alice/tmp/${name}.1`)).toBe(clock.now());
});

test("prepared and delivered outlive a power loss, with all that was made for them", async () => {
  const { delivery, disk, clock } = await begin();
  await delivery.prepare([deliveryItem({ destination: "maildir:/srv/deep/mail/alice" })]);
  disk.powerLoss(() => 0);
  expect(disk.list("/srv/deep/mail/alice/tmp")).toEqual([`${name}.1`]);
  const ready = { token: 1, at: clock.now() };
  await delivery.commit([deliveryItem({ destination: "maildir:/srv/deep/mail/alice", ready })]);
  disk.powerLoss(() => 0);
  expect(disk.list("/srv/deep/mail/alice/new")).toEqual([name]);
  expect(disk.bytes(`/srv/deep/mail/alice/new/${name}`).toString()).toBe(content);
});

const copies = [
  { name: "not the only entry", item: { sole: false }, call: "", code: "", expected: content },
  {
    name: "fields of its own",
    item: { extraFields: "X-Real-To: a\n" },
    call: "",
    code: "",
    expected: `X-Real-To: a\n${content}`,
  },
  {
    name: "another file system",
    item: {},
    call: `link /mail/alice/tmp/${name}.1`,
    code: "EXDEV",
    expected: content,
  },
  {
    name: "no more links",
    item: {},
    call: `link /mail/alice/tmp/${name}.1`,
    code: "EMLINK",
    expected: content,
  },
  {
    name: "a spool file of somebody else",
    item: {},
    call: "utimes /spool/m1.7",
    code: "EPERM",
    expected: content,
  },
];

test.each(copies)("$name: a copy, durable before it is ready", async ({ item, call, code, expected }) => {
  const { delivery, disk } = await begin(call === "" ? {} : { [call]: code });
  expect(await delivery.prepare([deliveryItem(item)])).toEqual([{ kind: "prepared" }]);
  disk.powerLoss(() => 0);
  const path = `/mail/alice/tmp/${name}.1`;
  expect(disk.bytes(path).toString()).toBe(expected);
  expect(disk.bytes(path)).not.toBe(disk.bytes("/spool/m1.7"));
});

test("a Maildir of another owner gets a copy", async () => {
  const { delivery, disk, fs } = await begin();
  await delivery.prepare([deliveryItem({ fileName: "1.a" })]);
  await fs.changeOwner("/mail/alice", { uid: 77, gid: 77 });
  await delivery.prepare([deliveryItem({})]);
  expect(disk.bytes(`/mail/alice/tmp/${name}.1`)).not.toBe(disk.bytes("/spool/m1.7"));
  expect(disk.bytes("/mail/alice/tmp/1.a.1")).toBe(disk.bytes("/spool/m1.7"));
});

test("a leftover of the same claim is replaced", async () => {
  const { delivery, disk } = await begin();
  const item = deliveryItem({ sole: false });
  await delivery.prepare([item]);
  expect(await delivery.prepare([item])).toEqual([{ kind: "prepared" }]);
  expect(await delivery.prepare([{ ...item, sole: true }])).toEqual([{ kind: "prepared" }]);
  expect(disk.list("/mail/alice/tmp")).toEqual([`${name}.1`]);
});

/** What a later claim meets in the folder, and what it makes of it. */
const recoveries = [
  {
    name: "the witness is there: renamed",
    tmp: ["1"],
    at: "",
    hours: 0,
    kind: "delivered",
    where: `new/${name}`,
  },
  {
    name: "gone, and in new: delivered",
    tmp: [],
    at: `new/${name}`,
    hours: 0,
    kind: "delivered",
    where: `new/${name}`,
  },
  {
    name: "gone, and nowhere: read and removed",
    tmp: [],
    at: "",
    hours: 29,
    kind: "delivered",
    where: `new/${name}`,
  },
  {
    name: "there after days: renamed",
    tmp: ["1"],
    at: "",
    hours: 90,
    kind: "delivered",
    where: `new/${name}`,
  },
  {
    name: "old and gone, in new",
    tmp: [],
    at: `new/${name}`,
    hours: 31,
    kind: "delivered",
    where: `new/${name}`,
  },
  {
    name: "old and gone, in cur",
    tmp: [],
    at: `cur/${name}:2,S`,
    hours: 31,
    kind: "delivered",
    where: `cur/${name}:2,S`,
  },
  {
    name: "old and gone, in cur with its size",
    tmp: [],
    at: `cur/${name},S=14:2,`,
    hours: 31,
    kind: "delivered",
    where: `cur/${name},S=14:2,`,
  },
  { name: "old and gone, nowhere", tmp: [], at: "", hours: 31, kind: "witness-lost", where: "" },
  {
    name: "old and gone, another letter there",
    tmp: [],
    at: `cur/${name}2:2,S`,
    hours: 31,
    kind: "witness-lost",
    where: "",
  },
  { name: "gone, the clock set back by days", tmp: [], at: "", hours: -40, kind: "witness-lost", where: "" },
];

test.each(recoveries)("recovery of ready(1) by claim 2. $name", async (given) => {
  const { delivery, anew, disk, clock } = await begin();
  await delivery.prepare([deliveryItem({})]);
  const ready = { token: 1, at: clock.now() };
  if (given.tmp.length === 0)
    disk.rename(`/mail/alice/tmp/${name}.1`, `/mail/alice/${given.at === "" ? "gone" : given.at}`);
  clock.setWall(clock.now() + given.hours * HOUR);
  const [answer] = await anew().commit([deliveryItem({ leaseToken: 2, ready })]);
  expect(answer).toEqual(
    given.kind === "delivered"
      ? { kind: "delivered", where: `/mail/alice/${given.where}` }
      : { kind: "witness-lost" },
  );
  expect(disk.list("/mail/alice/tmp")).toEqual([]);
});

test("step 6 stands also behind a rename that an earlier claim made", async () => {
  const { delivery, anew, disk, clock } = await begin();
  await delivery.prepare([deliveryItem({})]);
  disk.rename(`/mail/alice/tmp/${name}.1`, `/mail/alice/new/${name}`);
  await anew().commit([deliveryItem({ leaseToken: 2, ready: { token: 1, at: clock.now() } })]);
  disk.powerLoss(() => 0);
  expect(disk.list("/mail/alice/new")).toEqual([name]);
});

test("between two links of one inode rename does nothing: the witness is unlinked", async () => {
  const { delivery, disk, fs, clock } = await begin();
  await delivery.prepare([deliveryItem({})]);
  await fs.link("/spool/m1.7", `/mail/alice/new/${name}`);
  await delivery.commit([deliveryItem({ leaseToken: 2, ready: { token: 1, at: clock.now() } })]);
  expect(disk.list("/mail/alice/tmp")).toEqual([]);
  expect(disk.list("/mail/alice/new")).toEqual([name]);
});

test("a search waits until the folders rest", async () => {
  const { clock, disk, fs, delivery } = await begin();
  await delivery.prepare([deliveryItem({})]);
  const ready = { token: 1, at: clock.now() };
  disk.rename(`/mail/alice/tmp/${name}.1`, `/mail/alice/cur/${name}:2,`);
  clock.advance(31 * HOUR);
  let readings = 0;
  const busy = {
    ...fs,
    // A reader renames while cur is read: readdir shows neither name, twice.
    async readdir(path: string) {
      if (!path.endsWith("/cur") || readings++ >= 2) return fs.readdir(path);
      disk.rename(`/mail/alice/cur/${disk.list(path)[0]}`, `/mail/alice/cur/${name}:2,${readings}`);
      return [];
    },
  };
  const searching = maildirDelivery({
    former: neverRestored,
    fs: busy,
    clock,
    known: knownMaildirsIn(fs, "/maildirs", 1000),
    uid: 1000,
  });
  const answers = await searching.commit([deliveryItem({ leaseToken: 2, ready })]);
  expect(answers).toEqual([{ kind: "delivered", where: `/mail/alice/cur/${name}:2,2` }]);
});

test("one restful reading is not enough: time stamps are coarse", async () => {
  const { clock, disk, fs, delivery } = await begin();
  await delivery.prepare([deliveryItem({})]);
  const ready = { token: 1, at: clock.now() };
  disk.rename(`/mail/alice/tmp/${name}.1`, `/mail/alice/cur/${name}:2,`);
  clock.advance(31 * HOUR);
  let readings = 0;
  const coarse = {
    ...fs,
    stat: async (path: string) => ({ ...(await fs.stat(path)), modifiedAt: 1 }),
    // Renamed while it is read, within the same tick.
    readdir: async (path: string) => (path.endsWith("/cur") && readings++ === 0 ? [] : fs.readdir(path)),
  };
  const searching = maildirDelivery({
    former: neverRestored,
    fs: coarse,
    clock,
    known: knownMaildirsIn(fs, "/maildirs", 1000),
    uid: 1000,
  });
  const answers = await searching.commit([deliveryItem({ leaseToken: 2, ready })]);
  expect(answers).toEqual([{ kind: "delivered", where: `/mail/alice/cur/${name}:2,` }]);
});

const killed = [
  { name: "a folder above it", synced: ["/srv"], unsynced: ["/srv/mail"] },
  { name: "the folder, without a part", synced: ["/srv", "/srv/mail"], unsynced: ["/srv/mail/alice"] },
  { name: "its parts", synced: ["/srv", "/srv/mail", "/srv/mail/alice"], unsynced: ["tmp", "new", "cur"] },
];

test.each(killed)(
  "what a killed attempt made last is durable before it is used: $name",
  async ({ synced, unsynced }) => {
    const { disk, fs, delivery } = await begin();
    for (const path of synced) await fs.mkdir(path, 0o700);
    disk.settle();
    for (const path of unsynced)
      await fs.mkdir(path.startsWith("/") ? path : `/srv/mail/alice/${path}`, 0o700);
    await delivery.prepare([deliveryItem({ destination: "maildir:/srv/mail/alice" })]);
    disk.powerLoss(() => 0);
    expect(disk.list("/srv/mail/alice/tmp")).toEqual([`${name}.1`]);
  },
);

test("folders that never rest are searched another time", async () => {
  const { clock, disk, fs, delivery } = await begin();
  await delivery.prepare([deliveryItem({})]);
  const ready = { token: 1, at: clock.now() };
  disk.rename(`/mail/alice/tmp/${name}.1`, "/mail/alice/other");
  clock.advance(31 * HOUR);
  let stamp = 0;
  const restless = {
    ...fs,
    stat: async (path: string) => ({ ...(await fs.stat(path)), modifiedAt: ++stamp }),
  };
  const searching = maildirDelivery({
    former: neverRestored,
    fs: restless,
    clock,
    known: knownMaildirsIn(fs, "/maildirs", 1000),
    uid: 1000,
  });
  const [answer] = await searching.commit([deliveryItem({ leaseToken: 2, ready })]);
  expect(answer).toMatchObject({ kind: "failed", failure: { code: "maildir-unusable", permanent: false } });
});

test("a sweep takes lower tokens, never the witness, its own, higher ones or other letters", async () => {
  const { delivery, disk, clock } = await begin();
  for (const leaseToken of [1, 2, 3, 4, 11]) await delivery.prepare([deliveryItem({ leaseToken })]);
  await delivery.prepare([deliveryItem({ fileName: "1.other" })]);
  const ready = { token: 2, at: clock.now() };
  await delivery.sweep([deliveryItem({ leaseToken: 4, ready })]);
  expect(disk.list("/mail/alice/tmp").sort()).toEqual(["1.other.1", `${name}.11`, `${name}.2`, `${name}.4`]);
});

test("abandon takes its own token alone, and not where that is the witness", async () => {
  const { delivery, disk, clock } = await begin();
  for (const leaseToken of [1, 2, 3]) await delivery.prepare([deliveryItem({ leaseToken })]);
  await delivery.abandon([deliveryItem({ leaseToken: 2 })]);
  await delivery.abandon([deliveryItem({ leaseToken: 3, ready: { token: 3, at: clock.now() } })]);
  await delivery.abandon([deliveryItem({ leaseToken: 9 })]);
  expect(disk.list("/mail/alice/tmp").sort()).toEqual([`${name}.1`, `${name}.3`]);
});

const tmpFile = `/mail/alice/tmp/${name}.1`;
const troubles = [
  { call: `link ${tmpFile}`, code: "ENOSPC", failure: { code: "disk-full", scope: "local" } },
  {
    call: `link ${tmpFile}`,
    code: "EDQUOT",
    failure: { code: "mailbox-full", scope: "recipient", status: "4.2.2" },
  },
  { call: `link ${tmpFile}`, code: "EACCES", failure: { code: "maildir-unusable", scope: "recipient" } },
  { call: `link ${tmpFile}`, code: "EMFILE", failure: { code: "out-of-descriptors", scope: "local" } },
  { call: `link ${tmpFile}`, code: "EFANCY", failure: { code: "unexpected", scope: "local" } },
  { call: "lstat /mail/alice/new", code: "EIO", failure: { code: "io", scope: "local" } },
  { call: "lstat /mail/alice", code: "ENOTDIR", failure: { code: "maildir-unusable", scope: "recipient" } },
  {
    call: "fsync /mail/alice/tmp",
    code: "EIO",
    failure: { code: "io", scope: "local", params: { fatal: 1 } },
  },
];

test.each(troubles)("prepare: $code at $call is temporary", async ({ call, code, failure }) => {
  const { delivery, trouble } = await begin();
  await delivery.prepare([deliveryItem({ fileName: "1.a" })]);
  trouble[call] = code;
  const [mine, other] = await delivery.prepare([
    deliveryItem({}),
    deliveryItem({ destination: "maildir:/mail/bob" }),
  ]);
  expect(mine).toMatchObject({ kind: "failed", failure: { ...failure, permanent: false } });
  expect(other).toEqual({ kind: "prepared" });
});

test.each([
  { call: `rename /mail/alice/new/${name}`, code: "ENOSPC", failure: { code: "disk-full", scope: "local" } },
  {
    call: `rename /mail/alice/new/${name}`,
    code: "EACCES",
    failure: { code: "maildir-unusable", scope: "recipient" },
  },
  {
    call: "fsync /mail/alice/new",
    code: "EIO",
    failure: { code: "io", scope: "local", params: { fatal: 1 } },
  },
  {
    call: "fsync /mail/alice/tmp",
    code: "EIO",
    failure: { code: "io", scope: "local", params: { fatal: 1 } },
  },
])("commit: $code at $call is temporary, and the next claim ends it", async ({ call, code, failure }) => {
  const { delivery, anew, disk, clock, trouble } = await begin();
  await delivery.prepare([deliveryItem({})]);
  trouble[call] = code;
  const ready = { token: 1, at: clock.now() };
  expect(await delivery.commit([deliveryItem({ ready })])).toMatchObject([
    { kind: "failed", failure: { ...failure, permanent: false } },
  ]);
  trouble[call] = undefined;
  clock.advance(MINUTE);
  expect(await anew().commit([deliveryItem({ leaseToken: 2, ready })])).toMatchObject([
    { kind: "delivered" },
  ]);
  expect(disk.list("/mail/alice/new")).toEqual([name]);
});

test("a copy whose fsync fails is not ready and leaves nothing", async () => {
  const { delivery, disk } = await begin({ [`sync ${tmpFile}`]: "EIO" });
  const [answer] = await delivery.prepare([deliveryItem({ sole: false })]);
  expect(answer).toMatchObject({ kind: "failed", failure: { code: "io", scope: "local" } });
  expect(disk.list("/mail/alice/tmp")).toEqual([]);
});

test.each([
  { name: "gone", item: { spoolPath: "/spool/gone.7" } },
  { name: "gone, for a copy", item: { spoolPath: "/spool/gone.7", sole: false } },
  { name: "shorter than its row says", item: { sizeBytes: 15, sole: false } },
])("a spool file that is $name is trouble of our own", async ({ item }) => {
  const { delivery, disk } = await begin();
  const [answer] = await delivery.prepare([deliveryItem(item)]);
  expect(answer).toMatchObject({ kind: "failed", failure: { code: "io", scope: "local" } });
  expect(disk.list("/mail/alice/tmp")).toEqual([]);
});

test("an empty message is delivered", async () => {
  const { delivery, disk, fs } = await begin();
  await fs.writeDurable({ partial: "/spool/m2.7", path: "/spool/m2.7", mode: 0o600, owner: null }, []);
  await delivery.prepare([deliveryItem({ spoolPath: "/spool/m2.7", sizeBytes: 0, sole: false })]);
  expect(disk.bytes(tmpFile).length).toBe(0);
});

test.each(["", ".", ".hidden", "a/b", "a\0b", "a:2,S", "x".repeat(250)])(
  "%j is no file name",
  async (fileName) => {
    const { delivery } = await begin();
    const [answer] = await delivery.prepare([deliveryItem({ fileName })]);
    expect(answer).toMatchObject({ kind: "failed", failure: { code: "unexpected", permanent: false } });
  },
);

test("an entry that is not ready cannot be committed", async () => {
  const { delivery } = await begin();
  expect(await delivery.commit([deliveryItem({})])).toMatchObject([
    { kind: "failed", failure: { code: "unexpected" } },
  ]);
});
