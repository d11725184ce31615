/** What the services of `manage/` are handed, over a real store in a temporary directory. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { silentLog } from "../../src/core/log.ts";
import { type ApplyReport, apply } from "../../src/manage/apply.ts";
import type { ManageContext } from "../../src/manage/context.ts";
import { openSecrets } from "../../src/secrets/secrets.ts";
import { openDirectorySpool } from "../../src/spool/directory.ts";
import { nodeFileSystem } from "../../src/spool/node-file-system.ts";
import type { ManualClock } from "./manual-clock.ts";
import { inlineStore } from "./stores.ts";

export interface OpenedManage extends AsyncDisposable {
  readonly context: ManageContext;
  readonly clock: ManualClock;
  readonly nodeId: number;
  /** Applies a file; throws when there are mistakes. */
  apply(text: string, how?: { prune?: boolean; dryRun?: boolean }): Promise<ApplyReport>;
  /** Applies a file and gives the mistakes as `line:column code`. */
  mistakes(text: string, how?: { prune?: boolean }): Promise<string[]>;
}

export async function openManage(): Promise<OpenedManage> {
  const opened = await inlineStore().open();
  const dataDir = dirname(opened.path);
  const secrets = await openSecrets({ dataDir, env: {}, sealed: [] });
  if (!secrets.ok) throw new Error(secrets.failure.code);
  await mkdir(join(dataDir, "spool", "tmp"), { recursive: true });
  let lastId = 0;
  const context: ManageContext = {
    dataDir,
    store: opened.store,
    spool: await openDirectorySpool({
      fs: nodeFileSystem,
      directory: join(dataDir, "spool"),
      nodeId: opened.nodeId,
      uid: process.geteuid?.() ?? -1,
    }),
    secrets: secrets.value,
    clock: opened.clock,
    ids: { next: () => `id-${String(++lastId).padStart(6, "0")}` },
    log: silentLog,
    actor: { role: "administrator", name: "tester", accountId: null },
  };
  const run = async (text: string, how: { prune?: boolean; dryRun?: boolean } = {}) => {
    const input = { bytes: Buffer.from(text), dryRun: how.dryRun ?? false, prune: how.prune ?? false };
    const result = await apply(context, input);
    if (!result.ok) throw new Error(result.failure.code);
    return result.value;
  };
  return {
    context,
    clock: opened.clock,
    nodeId: opened.nodeId,
    async apply(text, how) {
      const report = await run(text, how);
      if (report.mistakes.length > 0) throw new Error(JSON.stringify(report.mistakes));
      return report;
    },
    async mistakes(text, how) {
      return (await run(text, how)).mistakes.map(({ line, column, code }) => `${line}:${column} ${code}`);
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** The file of spec 9, "What others script against". */
export const sampleFile = `
settings: { channels: 100, minimumPollInterval: 5m, allowSelfPoll: true, allowPrivateHosts: true }
domains:
  - name: example.com
    main: true
    aliases: [example.net]
    ipAddresses: [192.0.2.7]
    catchAll: alice
    domainWideAccount: null
    routes: [{ address: sales, to: sales@crm.example }]
    accounts:
      - name: alice
        aliases: [al]
        destination: maildir:/srv/mail/alice
        remoteAccounts:
          - { account: alice, server: "127.0.0.1:1110", password: s3cret, pollEvery: 5m, leaveOnServer: true, tls: off, apop: false }
rules: null
unifiedAccounts:
  - { account: example.com, server: pop.isp.example, password: s3cret, tls: implicit, pollEvery: 5m, specialHeader: X-Real-To }
`;
