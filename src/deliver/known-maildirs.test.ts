import { expect, test } from "vitest";
import { MemoryDisk } from "../../test/model/memory-disk.ts";
import { deliveryItem } from "../../test/support/delivery-item.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { neverRestored } from "../../test/support/never-restored.ts";
import { knownMaildirsIn } from "./known-maildirs.ts";
import { maildirDelivery } from "./maildir.ts";

async function begin() {
  const clock = new ManualClock();
  const disk = new MemoryDisk(() => clock.now());
  const fs = disk.fileSystem(() => Promise.resolve());
  await fs.mkdir("/spool", 0o700);
  await fs.writeDurable({ partial: "/spool/m1.7", path: "/spool/m1.7", mode: 0o600, owner: null }, [
    Buffer.from("Subject: x\n\nx\n"),
  ]);
  disk.settle();
  const process = () => {
    const known = knownMaildirsIn(fs, "/maildirs", 1000);
    return { known, delivery: maildirDelivery({ fs, clock, known, uid: 1000, former: neverRestored }) };
  };
  return { disk, fs, clock, process };
}

function vanish(disk: MemoryDisk, ...parts: string[]): void {
  for (const part of parts) {
    for (const name of disk.list(`/mail/alice/${part}`)) disk.remove(`/mail/alice/${part}/${name}`);
    disk.remove(`/mail/alice/${part}`);
  }
}

test.each([
  { name: "whole", parts: ["tmp", "new", "cur"], top: true },
  { name: "to an empty mount point", parts: ["tmp", "new", "cur"], top: false },
  { name: "in part", parts: ["cur"], top: false },
])("a Maildir that vanished $name is waited for, by every process", async ({ parts, top }) => {
  const { disk, process } = await begin();
  const first = process();
  await first.delivery.prepare([deliveryItem({})]);
  vanish(disk, ...parts);
  if (top) disk.remove("/mail/alice");
  for (const { delivery } of [first, process()]) {
    expect(await delivery.prepare([deliveryItem({ fileName: "1.b" })])).toMatchObject([
      { kind: "failed", failure: { code: "maildir-vanished", scope: "recipient", permanent: false } },
    ]);
  }
});

test("a Maildir that vanished between ready and rename was not delivered to", async () => {
  const { disk, clock, process } = await begin();
  const { delivery } = process();
  await delivery.prepare([deliveryItem({})]);
  vanish(disk, "tmp", "new", "cur");
  disk.remove("/mail/alice");
  const ready = { token: 1, at: clock.now() };
  for (const leaseToken of [1, 2]) {
    expect(await delivery.commit([deliveryItem({ leaseToken, ready })])).toMatchObject([
      { kind: "failed", failure: { code: "maildir-vanished", permanent: false } },
    ]);
  }
});

test("in a Maildir that vanished in part, a witness that is gone proves nothing", async () => {
  const { disk, clock, process } = await begin();
  const { delivery } = process();
  await delivery.prepare([deliveryItem({})]);
  vanish(disk, "cur");
  for (const name of disk.list("/mail/alice/tmp")) disk.remove(`/mail/alice/tmp/${name}`);
  const ready = { token: 1, at: clock.now() };
  expect(await delivery.commit([deliveryItem({ ready })])).toMatchObject([
    { kind: "failed", failure: { code: "maildir-vanished", permanent: false } },
  ]);
});

test("forgotten, it is made anew; one that came back is used", async () => {
  const { disk, fs, process } = await begin();
  const { delivery, known } = process();
  await delivery.prepare([deliveryItem({})]);
  vanish(disk, "tmp", "new", "cur");
  await known.forget("/mail/alice");
  await known.forget("/mail/never-known");
  expect(await delivery.prepare([deliveryItem({})])).toEqual([{ kind: "prepared" }]);
  vanish(disk, "tmp", "new", "cur");
  for (const part of ["tmp", "new", "cur"]) await fs.mkdir(`/mail/alice/${part}`, 0o700);
  expect(await delivery.prepare([deliveryItem({})])).toEqual([{ kind: "prepared" }]);
});

test("a mark outlives a power loss, one of several noted at once too", async () => {
  const { disk, process } = await begin();
  await process().known.noteUsed(["/a", "/b", "/a"]);
  disk.powerLoss(() => 0);
  const { known } = process();
  expect([await known.wasUsed("/a"), await known.wasUsed("/b"), await known.wasUsed("/c")]).toEqual([
    true,
    true,
    false,
  ]);
});

test("a Maildir that others made is marked at its first delivery", async () => {
  const { fs, process } = await begin();
  for (const path of ["/mail", "/mail/alice", "/mail/alice/tmp", "/mail/alice/new", "/mail/alice/cur"]) {
    await fs.mkdir(path, 0o700);
  }
  expect(await process().known.wasUsed("/mail/alice")).toBe(false);
  await process().delivery.prepare([deliveryItem({})]);
  expect(await process().known.wasUsed("/mail/alice")).toBe(true);
});
