/**
 * After a restore: which file in a Maildir is an entry's message already.
 */
import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { spooledMessage } from "../../test/support/spooled-message.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { uuidv7 } from "../core/ids.ts";
import { writeReceived } from "../message/received.ts";
import { nodeFileSystem } from "../spool/node-file-system.ts";
import { knownMaildirsIn } from "./known-maildirs.ts";
import { maildirFinder } from "./maildir-found.ts";

const DAY = 86_400_000;
const madeAt = Date.UTC(2026, 10, 20);
const inst = "inst";
const idAt = (at: number, count: number) => uuidv7(at, count, new Uint8Array(8));
/** Taken by the installation that was lost, after the backup. */
const lost = idAt(madeAt + 1000, 1);
/** Taken before the backup: the ledger knows it. */
const former = idAt(madeAt - 1000, 2);
/** So long ago that the ledger has forgotten it. */
const forgotten = idAt(madeAt - 100 * DAY, 3);
/** The entry's own, in the queue of the backup. */
const own = idAt(madeAt - 500, 4);

const prefix = (messageId: string, above = "", by = inst) =>
  `${above}Return-Path: <a@b.example>\n${writeReceived({ installationId: by, messageId, serverName: "us.example", remoteHost: "pop.example", at: madeAt, withProtocol: "POP3" })}`;
const nameOf = (messageId: string, ordinal = 0) => `1795000000.R${messageId}-${ordinal}.${inst}`;
const message = "Subject: x\n\nhello\n";

interface Case {
  readonly name: string;
  /** Path in the Maildir, and what the file holds. */
  readonly files: Readonly<Record<string, string>>;
  /** Of the entry's file name. */
  readonly id: string;
  /** Which file it is; null: none. */
  readonly found: string | null;
}

const cases: Case[] = [
  {
    name: "its own name, flagged by a reader",
    files: { [`cur/${nameOf(own)}:2,S`]: prefix(own) + message },
    id: own,
    found: `cur/${nameOf(own)}:2,S`,
  },
  {
    name: "its own id under a foreign name, in a subfolder",
    files: { ".Archive/cur/12.M3.host,S=4:2,S": prefix(own) + message },
    id: own,
    found: ".Archive/cur/12.M3.host,S=4:2,S",
  },
  {
    name: "the file of the message's other recipient is not its own",
    files: { [`new/${nameOf(own, 1)}`]: prefix(own) + message },
    id: own,
    found: null,
  },
  {
    name: "taken again: the same bytes behind other fields of ours",
    files: { [`new/${nameOf(lost)}`]: prefix(lost, "X-Real-To: alice@example.com\n") + message },
    id: idAt(madeAt + DAY, 9),
    found: `new/${nameOf(lost)}`,
  },
  {
    name: "taken again, and renamed by a reader",
    files: { "cur/12.M3.host:2,": prefix(lost) + message },
    id: idAt(madeAt + DAY, 9),
    found: "cur/12.M3.host:2,",
  },
  {
    name: "other bytes",
    files: { [`new/${nameOf(lost)}`]: `${prefix(lost)}Subject: y\n\nhello\n` },
    id: idAt(madeAt + DAY, 9),
    found: null,
  },
  {
    name: "equal bytes that were delivered before the backup are another message",
    files: { [`new/${nameOf(former)}`]: prefix(former) + message },
    id: idAt(madeAt + DAY, 9),
    found: null,
  },
  {
    name: "equal bytes that were delivered long ago, beyond the ledger",
    files: { [`new/${nameOf(forgotten)}`]: prefix(forgotten) + message },
    id: idAt(madeAt + DAY, 9),
    found: null,
  },
  {
    name: "another installation's delivery",
    files: { "new/12.M3.host": prefix(lost, "", "other") + message },
    id: idAt(madeAt + DAY, 9),
    found: null,
  },
];

async function world(files: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory("found");
  const maildir = join(directory.path, "maildir");
  for (const part of ["tmp", "new", "cur"]) await mkdir(join(maildir, part), { recursive: true });
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(maildir, path)), { recursive: true });
    await writeFile(join(maildir, path), bytes);
    await utimes(join(maildir, path), madeAt / 1000, madeAt / 1000);
  }
  const known = knownMaildirsIn(nodeFileSystem, join(directory.path, "maildirs"), 1000);
  const find = maildirFinder({
    fs: nodeFileSystem,
    known,
    former: {
      installationId: inst,
      madeAt: async () => madeAt,
      knownMessages: async (ids) => ({
        queued: ids.filter((id) => id === own),
        former: ids.filter((id) => id === former || id === own),
      }),
      foundFiles: async () => [],
    },
  });
  const item = async (id: string, key: string) => {
    const spooled = await spooledMessage(directory.path, key, message, prefix(id));
    return spooled.item({ key, fileName: nameOf(id), verify: true });
  };
  return {
    directory,
    maildir,
    known,
    find,
    item,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

test.each(cases)("$name", async ({ files, id, found }) => {
  await using w = await world(files);
  const answer = await w.find(await w.item(id, "e1"), w.maildir);
  const path = found === null ? null : join(w.maildir, found);
  expect(answer).toMatchObject({ ok: true, value: path === null ? null : { path } });
});

test("each file stands for one entry: of two equal messages the second is delivered; asked again, the same", async () => {
  await using w = await world({ [`new/${nameOf(lost)}`]: prefix(lost) + message });
  const one = await w.item(idAt(madeAt + DAY, 8), "e1");
  const two = await w.item(idAt(madeAt + DAY, 9), "e2");
  expect(await w.find(one, w.maildir)).toMatchObject({ value: { fileName: nameOf(lost) } });
  expect(await w.find(two, w.maildir)).toEqual({ ok: true, value: null });
  expect(await w.find(one, w.maildir)).toMatchObject({ value: { fileName: nameOf(lost) } });
});

test("a Maildir that was used and is not there is no empty one; once it is there again, it is read", async () => {
  await using w = await world({ [`new/${nameOf(lost)}`]: prefix(lost) + message });
  const item = await w.item(idAt(madeAt + DAY, 9), "e1");
  await w.known.noteUsed([w.maildir]);
  await rename(w.maildir, `${w.maildir}.away`);
  expect(await w.find(item, w.maildir)).toMatchObject({ ok: false, failure: { code: "maildir-vanished" } });
  await rename(`${w.maildir}.away`, w.maildir);
  expect(await w.find(item, w.maildir)).toMatchObject({ value: { fileName: nameOf(lost) } });
});
