/** No service forgets to ask who asks: each one, in the hands of somebody with no rights, does nothing. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openManage, sampleFile } from "../../test/support/manage.ts";
import { failureOf } from "../core/failure.ts";
import type { CheckContext } from "../poll/check.ts";
import type { CompareContext } from "../poll/compare-maildrop.ts";
import type { CompiledRouter } from "../route/routing-table.ts";
import { actAs } from "./act-as.ts";
import { analyseAccount } from "./analyse.ts";
import { apply } from "./apply.ts";
import { listAudit } from "./audit.ts";
import { type BackupContext, backup } from "./backup/backup.ts";
import { addRemoteAccount, changeRemoteAccount, removeRemoteAccounts } from "./change-remote-account.ts";
import { check } from "./check.ts";
import type { ManageContext } from "./context.ts";
import { explainEnvelope } from "./envelope.ts";
import { exportConfiguration } from "./export.ts";
import { type ImportInput, importFile } from "./import/import.ts";
import { clearMarks, listMarks } from "./marks.ts";
import { type PollContext, poll } from "./poll.ts";
import { changeQueue, listQueue, showQueueMessage } from "./queue.ts";
import { listRemoteAccounts } from "./remote-accounts.ts";
import { listRemoteMessages, wishForMessages } from "./remote-messages.ts";
import { status } from "./status.ts";
import { trace } from "./trace.ts";
import { verify } from "./verify.ts";

const signal = new AbortController().signal;
const values = { account: "x", server: "pop.x", password: "p" };
const silent = { visitStarted() {}, progress() {}, visitEnded() {} };

/** Every service that people reach, called as they would. */
const services: Readonly<Record<string, (context: ManageContext) => Promise<unknown>>> = {
  actAs: (context) => actAs(context, "alice"),
  addRemoteAccount: (context) => addRemoteAccount(context, { owner: "alice", values }),
  analyseAccount: (context) =>
    analyseAccount(context, {} as CheckContext, {} as CompiledRouter, "example.com", signal),
  apply: (context) => apply(context, { bytes: Buffer.from("rules: null"), dryRun: true, prune: false }),
  backup: (context) =>
    backup(
      { ...context, nodeId: 1 } as unknown as BackupContext,
      { target: join(context.dataDir, "backup"), withKey: true, withMail: true },
      { step() {}, copied() {} },
      signal,
    ),
  changeQueue: (context) => changeQueue(context, "all", { kind: "drop" }),
  changeRemoteAccount: (context) => changeRemoteAccount(context, { name: "alice", values: { note: "x" } }),
  check: (context) =>
    check({ ...context, settings: () => ({}) } as unknown as CheckContext & ManageContext, [], signal),
  clearMarks: (context) => clearMarks(context, "all"),
  explainEnvelope: (context) => explainEnvelope(context, Buffer.from("\n"), null),
  exportConfiguration: (context) => exportConfiguration(context, ""),
  importFile: (context) =>
    importFile(context, {
      file: { path: "fetchmailrc", bytes: Buffer.from('poll pop.x protocol POP3 user "x" password "p"') },
      format: null,
      owner: "alice@example.com",
      domain: null,
      uidFiles: null,
      netrc: null,
      home: null,
      dryRun: false,
      readFile: async () => null,
    } satisfies ImportInput),
  listAudit: (context) => listAudit(context, { since: 0, limit: 1 }),
  listMarks: (context) => listMarks(context),
  listQueue: (context) => listQueue(context),
  listRemoteAccounts: (context) => listRemoteAccounts(context),
  listRemoteMessages: (context) => listRemoteMessages(context, "alice"),
  poll: (context) =>
    poll(
      { actor: context.actor, visits: { store: context.store } } as unknown as PollContext,
      [],
      silent,
      signal,
    ),
  removeRemoteAccounts: (context) => removeRemoteAccounts(context, { names: ["alice"] }),
  showQueueMessage: (context) => showQueueMessage(context, "x"),
  status: (context) => status(context),
  trace: (context) => trace(context, "x"),
  verify: (context) => verify(context, {} as CompareContext, { accounts: [], deliveredSince: 0 }, signal),
  wishForMessages: (context) => wishForMessages(context, "alice", "failed", "delete"),
};

/** What the folder exports besides: decisions and readings over values that the caller has already. */
const notServices = [
  "accountWarnings",
  "asciiName",
  "auditOfChanges",
  "applyWanted",
  "auditRow",
  "demandDefinition",
  "demandForRecords",
  "directoryOf",
  "findRecord",
  "hasPort",
  "hostKey",
  "limited",
  "liveConfiguration",
  "localAccountNamed",
  "markedOf",
  "ownerNames",
  "passwordsOf",
  "peopleText",
  "pollExitCode",
  "readServerAddress",
  "resolveRemoteAccounts",
  // There are no people yet where it fills an empty folder.
  "restore",
  "seenBy",
  "visitReport",
  "wireText",
  "withLeftMessages",
];

/** The services of folders that hold more than services. */
const doors = ["backup/backup.ts", "backup/restore.ts", "import/import.ts"];

test("the table names every function of the folder", async () => {
  const files = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .concat(doors);
  const exported: string[] = [];
  for (const name of files) {
    const module: Record<string, unknown> = await import(join(import.meta.dirname, name));
    exported.push(...Object.keys(module).filter((key) => typeof module[key] === "function"));
  }
  expect(exported.sort()).toEqual([...Object.keys(services), ...notServices].sort());
});

test.each(Object.entries(services))(
  "%s refuses whoever has no rights, and changes nothing",
  async (_, call) => {
    await using manage = await openManage();
    await manage.apply(sampleFile);
    const before = await manage.context.store.readConfiguration();
    // Alice has no right to remote accounts; and a user without an account owns nothing at all.
    for (const accountId of [before.accounts[0]?.id ?? null, null]) {
      const actor = { role: "user", name: "nobody", accountId } as const;
      const refusal = await call({ ...manage.context, actor }).then(
        (answer) => answer,
        (error: unknown) => failureOf(error),
      );
      expect(refusal).toMatchObject({ code: "not-allowed", permanent: true, params: { role: "user" } });
    }
    expect(await manage.context.store.readConfiguration()).toEqual(before);
  },
);

test("a viewer sees what was never taken, and asks nothing of it", async () => {
  await using manage = await openManage();
  await manage.apply(sampleFile);
  const context = { ...manage.context, actor: { role: "viewer", name: "viewer", accountId: null } } as const;
  expect(await listRemoteMessages(context, "alice")).toMatchObject({ ok: true, value: { messages: [] } });
  const refusal = wishForMessages(context, "alice", "failed", "delete").catch(failureOf);
  expect(await refusal).toMatchObject({ code: "not-allowed", params: { role: "viewer" } });
});
