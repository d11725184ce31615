/**
 * What binds users when they have their own accounts visited, over real sockets (spec 4, 7, 10): only their own, not
 * too often, not outside of the schedule, and never into private networks unless somebody vouches.
 */
import { expect, test } from "vitest";
import type { Role } from "../../src/auth/policies.ts";
import { failureOf } from "../../src/core/failure.ts";
import { MemoryMaildrop } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { changeRemoteAccount } from "../../src/manage/change-remote-account.ts";
import { poll } from "../../src/manage/poll.ts";
import { localAccountNamed } from "../../src/manage/remote-accounts.ts";
import { startInstallation } from "../support/installation.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE = 60_000;

async function world(settings: object = {}) {
  const provider = await startProvider({
    accounts: () => ({ password: "secret", maildrop: new MemoryMaildrop() }),
  });
  const clock = new ManualClock();
  const rpop = await startInstallation({
    now: () => clock.now(),
    monotonic: () => performance.now(),
    setTimer(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  });
  const remote = (id: string) => ({
    ...{ id, account: id, server: `127.0.0.1:${provider.port}`, password: "secret", tls: "off" },
  });
  await rpop.apply({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB", userPorts: [provider.port], ...settings },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [
          { name: "alice", mayUseRemoteAccounts: true, remoteAccounts: [remote("hers")] },
          { name: "bob", mayUseRemoteAccounts: true, remoteAccounts: [remote("his")] },
        ],
      },
    ],
  });
  return {
    rpop,
    clock,
    server: remote("").server,
    /** `ok`, or the code of what stood in the way: of the poll, else of its visit. */
    polled: (role: Role, id: string) =>
      rpop.withApp(async (app) => {
        const { store } = app.manage;
        const alice = localAccountNamed(await store.readDirectory(), "alice");
        const actor = { role, name: "alice", accountId: alice?.id ?? null };
        const accounts = (await store.readConfiguration()).remoteAccounts.filter((one) => one.id === id);
        const silent = { visitStarted() {}, progress() {}, visitEnded() {} };
        const signal = new AbortController().signal;
        const context = { ...(await app.work()), actor };
        try {
          const report = await poll(context, accounts, silent, signal);
          if (!report.ok) return `${report.failure.code} ${report.failure.params.wait ?? ""}`.trim();
          return report.value.visits[0]?.failure?.code ?? "ok";
        } catch (error) {
          return failureOf(error).code;
        }
      }),
    as: (role: Role, values: object) =>
      rpop.withApp(async (app) => {
        const alice = localAccountNamed(await app.manage.store.readDirectory(), "alice");
        const actor = { role, name: role, accountId: alice?.id ?? null };
        const answer = await changeRemoteAccount(
          { ...app.manage, actor },
          { name: "hers", values: { ...values } },
        );
        return answer.ok ? answer.value.mistakes.map(({ code }) => code) : answer.failure.code;
      }),
    async [Symbol.asyncDispose]() {
      await rpop[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

test("a user has the own accounts visited, not sooner than the minimum interval after the last visit", async () => {
  await using w = await world();
  expect(await w.polled("user", "his")).toBe("not-allowed");
  expect(await w.polled("user", "hers")).toBe("ok");
  w.clock.advance(2 * MINUTE);
  expect(await w.polled("user", "hers")).toBe("too-soon 3m");
  expect(await w.polled("administrator", "hers")).toBe("ok");
  w.clock.advance(5 * MINUTE - 1);
  expect(await w.polled("user", "hers")).toBe("too-soon 1s");
  w.clock.advance(1);
  expect(await w.polled("user", "hers")).toBe("ok");
});

test("the schedule binds users, and not administrators", async () => {
  await using w = await world({ activitySchedule: { windows: [] } });
  expect(await w.polled("user", "hers")).toBe("visits-closed");
  expect(await w.polled("operator", "his")).toBe("ok");
});

test("a private host: reached where an administrator named it, refused at the connection where a user did", async () => {
  await using w = await world();
  expect(await w.polled("administrator", "hers")).toBe("ok");
  // A name needs a lookup, so it is taken; what it leads to is refused when it is reached.
  const byName = w.server.replace("127.0.0.1", "localhost");
  expect(await w.as("user", { server: byName, password: "secret" })).toEqual([]);
  expect(await w.polled("administrator", "hers")).toBe("private-host");
  expect(await w.as("user", { note: "other fields vouch for nothing" })).toEqual([]);
  expect(await w.polled("administrator", "hers")).toBe("private-host");
  expect(await w.as("administrator", { server: byName })).toEqual([]);
  expect(await w.polled("administrator", "hers")).toBe("ok");
});
