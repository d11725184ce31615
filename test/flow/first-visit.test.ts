/**
 * First visits: what of all that lies at a provider is taken, and what is passed over (spec 4, `firstVisit`, F8).
 */
import { expect, test } from "vitest";
import { storedMessage } from "../../src/demo/maildrop.ts";
import { formatMailDate } from "../../src/message/date.ts";
import { message, retrieved, type World, world } from "../support/visit-world.ts";

const DAY = 86_400_000;

/** A message that the provider's last hop received at that moment; without one: nothing says when. */
function dated(uid: string, at: number | null, field: "Received" | "Date" = "Received") {
  const stamp = at === null ? "" : formatMailDate(at);
  const line =
    at === null
      ? ""
      : field === "Date"
        ? `Date: ${stamp}\n`
        : `Received: from a by b (x; y)\n\tid 1; ${stamp}\n`;
  return storedMessage(uid, Buffer.from(`${line}From: a@far.example\nSubject: ${uid}\n\ntext\n`));
}

const skippedReasons = (w: World) =>
  w.rpop.withApp(async ({ manage: { store } }) => {
    const [account] = (await store.readConfiguration()).remoteAccounts;
    if (!account) throw new Error("no account");
    return (await store.skippedMessages(account.id)).map(({ uid, reason }) => `${uid} ${reason}`);
  });

test.each([true, false])(
  "markSeen: only what comes later is taken (left on the server: %s)",
  async (leaveOnServer) => {
    await using w = await world({ leaveOnServer, account: { firstVisit: "markSeen" } });
    w.maildrop.add(message("old"), message("older"));
    expect(await w.rpop.visit()).toMatchObject({ taken: 0, skipped: 2, deleted: 0, failure: null });
    expect(await skippedReasons(w)).toEqual(["old markedSeen", "older markedSeen"]);
    w.maildrop.add(message("new"));
    expect(await w.rpop.visit()).toMatchObject({ taken: 1, skipped: 0 });
    await w.rpop.visit();
    expect(await w.rpop.subjects("alice")).toEqual(["new"]);
    const left = w.maildrop.messages.map(({ uid }) => uid);
    expect(left).toEqual(leaveOnServer ? ["old", "older", "new"] : ["old", "older"]);
    expect(retrieved(w.provider)).toBe(1);
    expect((await w.rpop.trace({ uid: "old" })).map(({ kind, detail }) => [kind, detail.reason])).toEqual([
      ["skipped", "markedSeen"],
    ]);
  },
);

test("markSeen in an empty mailbox: the next message is new", async () => {
  await using w = await world({ leaveOnServer: false, account: { firstVisit: "markSeen" } });
  await w.rpop.visit();
  w.maildrop.add(message("new"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1 });
});

test("markSeen: a message too large for us is marked as seen like the others", async () => {
  await using w = await world({
    leaveOnServer: false,
    account: { firstVisit: "markSeen", maxMessageSize: "500B" },
  });
  w.maildrop.add(message("huge", "huge", "x".repeat(1000)));
  await w.rpop.visit();
  expect(await skippedReasons(w)).toEqual(["huge markedSeen"]);
});

test("markSeen: a visit that dies after its decision takes nothing of what it marked", async () => {
  await using w = await world({ leaveOnServer: false, account: { firstVisit: "markSeen" } });
  w.maildrop.add(message("old"));
  w.provider.faults = [{ kind: "cut-at-quit" }];
  expect((await w.rpop.visit()).failure).not.toBeNull();
  w.provider.faults = [];
  w.maildrop.add(message("new"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["new"]);
});

test("since: by the last hop's date, else by the message's own; what says nothing is taken", async () => {
  await using w = await world({
    leaveOnServer: true,
    account: { firstVisit: "since 2026-11-01" },
    settings: { timeZone: "Asia/Tokyo" },
  });
  // The day begins in Tokyo nine hours before it begins in UTC.
  const begins = Date.UTC(2026, 9, 31, 15);
  w.maildrop.add(
    dated("before", begins - 1000),
    dated("after", begins),
    dated("own date before", begins - DAY, "Date"),
    dated("own date after", begins + DAY, "Date"),
    dated("undated", null),
  );
  expect(await w.rpop.visit()).toMatchObject({ taken: 3, skipped: 2, failure: null });
  expect(await w.rpop.subjects("alice")).toEqual(["after", "own date after", "undated"]);
  expect(retrieved(w.provider)).toBe(3);
  w.maildrop.add(dated("late, of old date", begins - 5 * DAY));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1 });
});

const impossible = [
  { name: "markSeen without UIDL", traits: { uidl: false }, firstVisit: "markSeen", command: "UIDL" },
  { name: "since without UIDL", traits: { uidl: false }, firstVisit: "since 2026-11-01", command: "UIDL" },
  { name: "since without TOP", traits: { top: false }, firstVisit: "since 2026-11-01", command: "TOP" },
];

test.each(impossible)("$name: an account error; nothing is fetched, nothing is marked", async (one) => {
  await using w = await world({
    leaveOnServer: false,
    ...one.traits,
    account: { firstVisit: one.firstVisit },
  });
  w.maildrop.add(message("one"));
  const report = await w.rpop.poll();
  expect(report).toMatchObject({
    exitCode: 1,
    visits: [
      {
        taken: 0,
        failure: { code: "first-visit-impossible", scope: "account", params: { command: one.command } },
      },
    ],
  });
  expect(retrieved(w.provider)).toBe(0);
  expect(await skippedReasons(w)).toEqual([]);
  expect(w.maildrop.messages).toHaveLength(1);
});

test("markSeen without TOP works: it needs no dates", async () => {
  await using w = await world({ leaveOnServer: false, top: false, account: { firstVisit: "markSeen" } });
  w.maildrop.add(message("old"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, skipped: 1, failure: null });
});

test("a record that names another server marks what is older than its last visit there, and hides nothing newer", async () => {
  const id = "01900000-0000-7000-8000-000000000001";
  await using w = await world({ leaveOnServer: true, account: { id, firstVisit: "markSeen" } });
  const began = w.clock.now();
  w.maildrop.add(dated("old", began - 30 * DAY));
  await w.rpop.visit();
  const server = `localhost:${w.provider.port}`;
  const accounts = [{ name: "alice", remoteAccounts: [{ id, account: "alice", server }] }];
  await w.rpop.apply({ domains: [{ name: "example.com", accounts }] });
  // The provider moved: all UIDs are new, and mail came meanwhile.
  w.clock.advance(DAY);
  w.maildrop.messages = [dated("moved", began - 30 * DAY), dated("came meanwhile", began + DAY / 2)];
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, skipped: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["came meanwhile"]);
});

test("mail of the first visit is known as such in the queue, later mail is not", async () => {
  await using w = await world({ leaveOnServer: true });
  // Nobody listens there: what is taken stays in the queue.
  const accounts = [{ name: "alice", destination: "lmtp://127.0.0.1:1" }];
  await w.rpop.apply({ domains: [{ name: "example.com", accounts }] });
  w.maildrop.add(message("one"));
  await w.rpop.visit();
  w.maildrop.add(message("two"));
  await w.rpop.visit();
  const queued = await w.rpop.withApp(({ manage: { store } }) => store.queueEntries({}));
  expect(queued.map(({ message: { subject, firstVisit } }) => [subject, firstVisit])).toEqual([
    ["one", true],
    ["two", false],
  ]);
});
