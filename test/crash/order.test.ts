/**
 * The order of system calls of a real poll: nothing is told to be safe before it is, nothing is deleted
 * before it is safe. And the check itself: it notices each swap.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyFile } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { findProgram, lacks } from "../support/tools.ts";
import { configurations, installationFile } from "./configurations.ts";
import { readDatabase } from "./database-look.ts";
import { mailOfRound } from "./mail.ts";
import { disorder, type OrderOf } from "./order.ts";
import { startRemote } from "./remote.ts";
import { seededRandom } from "./seeded-random.ts";
import { readStraceLog } from "./strace-log.ts";
import { program, runGroup } from "./struck-process.ts";

const calls = [
  ...["fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"],
  ...["write", "writev", "sendto", "sendmsg", "pwrite64"],
];

describe.skipIf(lacks("strace"))("system calls of a poll", () => {
  const traced = configurations.filter(({ name }) => ["personal", "unified-three"].includes(name));
  test.each(traced)(
    "$name: each message is safe before it is deleted, and shown once",
    async (configuration) => {
      await using remote = await startRemote(configuration);
      await using data = await temporaryDirectory("order");
      await applyFile(data.path, installationFile(configuration, remote.port));
      const mails = mailOfRound(configuration, 0, 20, seededRandom(1));
      await remote.add(mails);
      const log = join(data.path, "strace.log");

      const command = [process.execPath, program, "--data", data.path, "poll", "--all"];
      const { code, said } = await runGroup([
        findProgram("strace") ?? "",
        ...["-f", "-y", "-s", "5000", "-e", `trace=${calls.join(",")}`, "-o", log],
        ...command,
      ]).ended;

      expect({ code, said }).toMatchObject({ code: 0 });
      const { accepted } = await readDatabase(data.path);
      expect(accepted).toHaveLength(mails.length);
      const seen = readStraceLog(await readFile(log, "latin1"));
      const complaints = accepted.flatMap(({ id, uid }) =>
        disorder(seen, data.path, {
          id,
          number: mails.findIndex((mail) => mail.uid === uid) + 1,
          entries: configuration.recipients.map((name, ordinal) => ({
            ordinal,
            maildir: join(data.path, "mail", `${name}@example.com`),
          })),
        }),
      );
      expect(complaints).toEqual([]);
    },
  );
});

describe("the check of the order", () => {
  const id = "01a2-7000";
  const message: OrderOf = { id, number: 3, entries: [{ ordinal: 0, maildir: "/d/mail/ann" }] };
  const commit = (row: string) => `pwrite64(9</d/rpop.db-wal>, "\\r\\0${row}\\0", 4096, 0) = 4096`;
  const sync = (file: string) => `fsync(9<${file}>) = 0`;
  const name = `1.R${id}-0.host`;
  /** What a good poll does, a call a line. */
  const good = {
    written: sync(`/d/spool/tmp/${id}.1`),
    renamed: `rename("/d/spool/tmp/${id}.1", "/d/spool/${id}.1") = 0`,
    named: sync("/d/spool"),
    "accept written": commit(`accepted${id}uid`),
    accepted: sync("/d/rpop.db-wal"),
    DELE: String.raw`write(7<socket:[1]>, "DELE 4\r\nDELE 3\r\n", 16) = 16`,
    placed: `link("/d/spool/${id}.1", "/d/mail/ann/tmp/${name}.1") = 0`,
    "placed name": sync("/d/mail/ann/tmp"),
    "ready written": commit(`neverready${name}`),
    ready: sync("/d/rpop.db-wal"),
    shown: `rename("/d/mail/ann/tmp/${name}.1", "/d/mail/ann/new/${name}") = 0`,
    "shown name": sync("/d/mail/ann/new"),
    "witness gone": sync("/d/mail/ann/tmp"),
    "done written": commit(String.raw`delivered${id}{\"ordinal\":0,\"where\":\"/d/mail/ann/new/${name}\"}`),
    done: sync("/d/rpop.db-wal"),
    "spool file removed": `unlink("/d/spool/${id}.1") = 0`,
  };
  type Step = keyof typeof good;
  const steps = Object.keys(good) as Step[];
  const check = (order: readonly Step[]) =>
    disorder(readStraceLog(order.map((step) => `10 ${good[step]}`).join("\n")), "/d", message);
  const moved = (step: Step, before: Step) => {
    const rest = steps.filter((one) => one !== step);
    return rest.toSpliced(rest.indexOf(before), 0, step);
  };

  test("has nothing to say of a good poll", () => {
    expect(check(steps)).toEqual([]);
  });

  test.each<[Step, Step]>([
    ["renamed", "written"],
    ["named", "renamed"],
    ["accept written", "named"],
    ["accepted", "accept written"],
    ["DELE", "accepted"],
    ["placed", "accepted"],
    ["placed name", "placed"],
    ["ready written", "placed name"],
    ["ready", "ready written"],
    ["shown", "ready"],
    ["shown name", "shown"],
    ["witness gone", "shown"],
    ["done written", "shown name"],
    ["done written", "witness gone"],
    ["done", "done written"],
    ["spool file removed", "done"],
  ])("notices %s before %s", (step, before) => {
    expect(check(moved(step, before))).not.toEqual([]);
  });

  test.each(steps.filter((step) => step !== "DELE"))("notices that %s never was", (step) => {
    expect(check(steps.filter((one) => one !== step))).not.toEqual([]);
  });

  test("notices a call that was entered before the former one was left", () => {
    const lines = steps.map((step) => `10 ${good[step]}`);
    const at = steps.indexOf("named");
    lines.splice(
      at,
      2,
      "11 fsync(9</d/spool> <unfinished ...>",
      `10 ${good["accept written"]}`,
      "11 <... fsync resumed>) = 0",
    );
    expect(disorder(readStraceLog(lines.join("\n")), "/d", message)).toEqual([
      `${id}: accepted: written too early`,
    ]);
  });

  test("takes no failed call for a done one", () => {
    const lines = steps.map(
      (step) => `10 ${good[step].replace(/= 0$/, step === "named" ? "= -1 EIO" : "= 0")}`,
    );
    expect(disorder(readStraceLog(lines.join("\n")), "/d", message)).not.toEqual([]);
  });
});
