import { expect, test } from "vitest";
import { openManage } from "../../test/support/manage.ts";

const act = (n: number) => ({
  at: n,
  actor: "a\u0000",
  role: "administrator",
  action: "drop",
  subject: `${n}`,
  detail: { n },
});

test("rows are of the same commit as what they tell: a change that is not taken leaves none", async () => {
  await using manage = await openManage();
  const { store } = manage.context;
  const version = await store.configurationVersion();
  const change = { kind: "set-setting", key: "channels", value: 1 } as const;
  expect(await store.applyChanges(version + 7, [change], [act(1)])).toBe("conflict");
  expect(await store.auditRows({ since: 0, limit: 9 })).toEqual([]);
  await store.applyChanges(version, [change], [act(1), act(2), act(3)]);
  expect(await store.auditRows({ since: 2, limit: 9 })).toEqual([act(2), act(3)]);
  expect(await store.auditRows({ since: 0, limit: 2 })).toEqual([act(2), act(3)]);
});

test("marks that were not there leave no row", async () => {
  await using manage = await openManage();
  const { store } = manage.context;
  await store.clearMarks({ hosts: [{ host: "pop.x", port: 995 }], accounts: [] }, 1, [act(1)]);
  expect(await store.auditRows({ since: 0, limit: 9 })).toEqual([]);
});

test("the newest 100,000 rows are kept", async () => {
  await using manage = await openManage();
  const { store } = manage.context;
  const rows = Array.from({ length: 100_002 }, (_, index) => act(index));
  await store.applyChanges(await store.configurationVersion(), [], rows);
  const kept = await store.auditRows({ since: 0, limit: 200_000 });
  expect([kept.length, kept[0]?.at, kept.at(-1)?.at]).toEqual([100_000, 2, 100_001]);
}, 60_000);
