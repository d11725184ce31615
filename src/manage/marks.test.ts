import { expect, test } from "vitest";
import { openManage } from "../../test/support/manage.ts";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { failure } from "../core/failure.ts";
import type { Mark } from "../store/records.ts";
import { clearMarks, listMarks } from "./marks.ts";
import { listRemoteAccounts } from "./remote-accounts.ts";
import { status } from "./status.ts";

const down = failure("host-unreachable", "host");
const refused = failure("auth-refused", "account");

/** Three accounts on one host, one elsewhere; `refused` carries a mark, and the first host does. */
async function marked() {
  const manage = await openManage();
  const { store, clock } = manage.context;
  const account = (name: string, server = "pop.isp.example") =>
    `{ name: ${name}, remoteAccounts: [{ account: ${name}, server: ${server}, password: x }] }`;
  await manage.apply(`
domains:
  - name: example.com
    main: true
    accounts: [${[account("down"), account("waiting"), account("refused"), account("well", "other.example")].join(", ")}]
`);
  const now = clock.now();
  const mark = (why: Mark["failure"]): Mark => ({
    failure: why,
    since: now,
    retryAt: now + 600_000,
    count: 1,
  });
  const { remoteAccounts } = await store.readConfiguration();
  for (const record of remoteAccounts) {
    const ends = {
      down: { why: down, change: { hostMark: mark(down), dueAt: now + 600_000 } },
      refused: { why: refused, change: { mark: mark(refused), dueAt: now + 600_000 } },
    }[record.login as string];
    if (!ends) continue;
    const start = await store.beginVisit({
      accountId: record.id,
      nodeId: manage.nodeId,
      at: now,
      leaseMs: 1000,
    });
    if (typeof start === "string") throw new Error(start);
    await store.endVisit({
      lease: start.lease,
      last: { successAt: null, failure: ends.why, endedAt: now, taken: 0 },
      mark: null,
      withoutSpecialHeader: 0,
      ...ends.change,
    });
  }
  return { ...manage, now, [Symbol.asyncDispose]: () => manage[Symbol.asyncDispose]() };
}

const names = async (context: Parameters<typeof listMarks>[0]) => {
  const { hosts, accounts } = await listMarks(context);
  return [
    ...hosts.map(({ host, port }) => `${host}:${port}`),
    ...accounts.map(({ account }) => account.account),
  ];
};

test("marks are listed, hosts first, and hold back the next visit of every account there", async () => {
  await using manage = await marked();
  expect(await names(manage.context)).toEqual(["pop.isp.example:995", "refused"]);
  const list = await listRemoteAccounts(manage.context);
  const next = Object.fromEntries(list.map((one) => [one.account, (one.nextVisitAt ?? 0) - manage.now]));
  expect(next).toEqual({ down: 600_000, waiting: 600_000, refused: 600_000, well: 0 });
  expect(await status(manage.context)).toMatchObject({
    server: null,
    visitsUnderWay: 0,
    marks: { hosts: [{ host: "pop.isp.example" }], accounts: [{ account: { account: "refused" } }] },
  });
});

const cases = [
  { names: ["pop.isp.example"], cleared: { hosts: 1, accounts: 0 }, left: ["refused"] },
  { names: ["POP.isp.example:995"], cleared: { hosts: 1, accounts: 0 }, left: ["refused"] },
  { names: ["refused"], cleared: { hosts: 0, accounts: 1 }, left: ["pop.isp.example:995"] },
  { names: ["waiting"], cleared: { hosts: 1, accounts: 0 }, left: ["refused"] },
  { names: ["well"], cleared: { hosts: 0, accounts: 0 }, left: ["pop.isp.example:995", "refused"] },
  { names: "all" as const, cleared: { hosts: 1, accounts: 1 }, left: [] },
];

test.each(cases)("clear $names", async ({ names: wanted, cleared, left }) => {
  await using manage = await marked();
  const log = new RecordedLog("major");
  expect(await clearMarks({ ...manage.context, log }, wanted)).toEqual({ ok: true, value: cleared });
  expect(await names(manage.context)).toEqual(left);
  const nothing = cleared.hosts + cleared.accounts === 0;
  expect(log.records).toEqual(nothing ? [] : [{ event: "marks-cleared", by: "tester", ...cleared }]);
});

test("a name that is nobody's clears nothing", async () => {
  await using manage = await marked();
  expect(await clearMarks(manage.context, ["pop.isp.example", "nobody"])).toMatchObject({
    ok: false,
    failure: { code: "unknown-name" },
  });
  expect(await names(manage.context)).toEqual(["pop.isp.example:995", "refused"]);
});
