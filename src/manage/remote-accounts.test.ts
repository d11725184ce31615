import { expect, test } from "vitest";
import { openManage } from "../../test/support/manage.ts";
import { failure } from "../core/failure.ts";
import { listRemoteAccounts, resolveRemoteAccounts } from "./remote-accounts.ts";

const file = `
domains:
  - name: example.com
    main: true
    accounts:
      - name: alice
        remoteAccounts:
          - { id: one, account: alice, server: pop.x, password: p }
          - { id: two, account: mail@alice.example, server: "pop.x:1110", tls: off, password: p, pollEvery: disabled }
      - name: bob
        remoteAccounts:
          - { id: three, account: alice, server: pop.x, password: p }
          - { id: four, account: bob, server: pop.y, password: p }
unifiedAccounts:
  - { id: five, account: bob, server: pop.z, password: p }
  - { id: six, account: "山田 太郎", server: pop.z, password: p }
`;

const names = [
  { name: "one", found: ["one"] },
  { name: "alice", found: "ambiguous-name" },
  { name: "alice@pop.x", found: "ambiguous-name" },
  { name: "alice@example.com/alice@pop.x", found: ["one"] },
  { name: "alice/alice@pop.x", found: ["one"] },
  { name: "bob@example.com/alice@pop.x", found: ["three"] },
  { name: "bob", found: "ambiguous-name" },
  { name: "bob@pop.y", found: ["four"] },
  { name: "bob@pop.z", found: ["five"] },
  { name: "mail@alice.example", found: ["two"] },
  { name: "mail@alice.example@pop.x", found: ["two"] },
  { name: "mail@alice.example@pop.x:1110", found: ["two"] },
  { name: "bob@pop.z:995", found: ["five"] },
  { name: "山田 太郎", found: ["six"] },
  { name: "carol", found: "unknown-name" },
  { name: "pop.x", found: "unknown-name" },
  { name: "ALICE", found: "unknown-name" },
  { name: "", found: "unknown-name" },
];

test.each(names)("$name means $found", async ({ name, found }) => {
  await using manage = await openManage();
  await manage.apply(file);
  const answer = resolveRemoteAccounts(await manage.context.store.readConfiguration(), [name]);
  expect(answer.ok ? answer.value.map(({ id }) => id) : answer.failure.code).toEqual(found);
});

test("an ambiguous name is told with names that are not: by owner where that helps, else by id", async () => {
  await using manage = await openManage();
  await manage.apply(`${file}  - { id: seven, account: bob, server: pop.z, password: p }\n`);
  const configuration = await manage.context.store.readConfiguration();
  const candidates = (name: string) => {
    const answer = resolveRemoteAccounts(configuration, [name]);
    return answer.ok ? "" : answer.failure.params.candidates;
  };
  expect(candidates("alice")).toBe("alice@example.com/alice@pop.x, bob@example.com/alice@pop.x");
  expect(candidates("bob@pop.z")).toBe("five, seven");
});

test("all means every account that is not disabled; a record named twice comes once", async () => {
  await using manage = await openManage();
  await manage.apply(file);
  const configuration = await manage.context.store.readConfiguration();
  const all = resolveRemoteAccounts(configuration, "all");
  expect(all.ok && all.value.map(({ id }) => id).sort()).toEqual(["five", "four", "one", "six", "three"]);
  const twice = resolveRemoteAccounts(configuration, ["one", "alice/alice@pop.x", "two"]);
  expect(twice.ok && twice.value.map(({ id }) => id)).toEqual(["one", "two"]);
});

test("the list: unified first, then by owner; failures and host marks show", async () => {
  await using manage = await openManage();
  await manage.apply(file);
  const { store } = manage.context;
  const start = await store.beginVisit({
    accountId: "four" as never,
    nodeId: manage.nodeId,
    at: manage.clock.now(),
    leaseMs: 1000,
  });
  if (typeof start === "string") throw new Error(start);
  const trouble = failure("host-unreachable", "host", { params: { host: "pop.y" } });
  const mark = { failure: trouble, since: 1, retryAt: manage.clock.now() + 600_000, count: 1 };
  await store.endVisit({
    lease: start.lease,
    last: { successAt: null, failure: trouble, endedAt: manage.clock.now(), taken: 0 },
    mark: null,
    dueAt: manage.clock.now() + 300_000,
    hostMark: mark,
    withoutSpecialHeader: 0,
  });
  const list = await listRemoteAccounts(manage.context);
  expect(list.map(({ id, owner }) => `${id} ${owner}`)).toEqual([
    "five null",
    "six null",
    "one alice@example.com",
    "two alice@example.com",
    "three bob@example.com",
    "four bob@example.com",
  ]);
  expect(list.find(({ id }) => id === "four")).toMatchObject({
    failure: { code: "host-unreachable" },
    nextVisitAt: mark.retryAt,
  });
  expect(list.find(({ id }) => id === "two")).toMatchObject({
    pollEveryMs: null,
    nextVisitAt: null,
    failure: null,
  });
});
