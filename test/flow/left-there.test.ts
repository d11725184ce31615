/**
 * Messages that stay at the provider: for how long, what happens when they are no longer to stay, and what a person
 * wants of those that were never taken (spec 4 `deleteAfter`, 5.3, 5.5, F20).
 */
import { expect, test } from "vitest";
import type { RememberedWish } from "../../src/store/records.ts";
import { message, retrieved, type World, world } from "../support/visit-world.ts";

const DAY = 86_400_000;
const id = "01900000-0000-7000-8000-000000000001";

const uids = (w: World) => w.maildrop.messages.map(({ uid }) => uid);

/** A person's wish about the messages with these UIDs. */
const wish = (w: World, names: readonly string[], what: RememberedWish | null) =>
  w.rpop.withApp(async ({ manage: { store } }) => {
    const [account] = (await store.readConfiguration()).remoteAccounts;
    if (!account) throw new Error("no account");
    const rows = (await store.skippedMessages(account.id)).filter(({ uid }) => names.includes(uid ?? ""));
    const ids = rows.map((row) => row.id);
    return store.wishSkipped(account.id, { ids, wish: what, by: "ann", at: w.clock.now() });
  });

const skipped = (w: World) =>
  w.rpop.withApp(async ({ manage: { store } }) => {
    const [account] = (await store.readConfiguration()).remoteAccounts;
    return account ? store.skippedMessages(account.id) : [];
  });

/** Changes keys of the one remote account. */
const change = (w: World, keys: object, deleteLeft?: number) =>
  w.rpop.applyWith(
    {
      domains: [
        {
          name: "example.com",
          accounts: [
            {
              name: "alice",
              remoteAccounts: [{ account: "alice", server: `127.0.0.1:${w.provider.port}`, ...keys }],
            },
          ],
        },
      ],
    },
    deleteLeft === undefined ? {} : { deleteLeft },
  );

test("deleteAfter: what was taken long enough ago goes, the rest stays; nothing is fetched again", async () => {
  await using w = await world({ leaveOnServer: true, account: { deleteAfter: 10 } });
  w.maildrop.add(message("old"), message("older"));
  await w.rpop.visit();
  w.clock.advance(6 * DAY);
  w.maildrop.add(message("young"));
  await w.rpop.visit();
  w.clock.advance(5 * DAY);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, deleted: 2, failure: null });
  expect(uids(w)).toEqual(["young"]);
  expect(retrieved(w.provider)).toBe(3);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, deleted: 0 });
  expect((await w.rpop.trace({ uid: "old" })).map(({ kind }) => kind)).toContain("deleted");
  w.clock.advance(6 * DAY);
  expect(await w.rpop.visit()).toMatchObject({ deleted: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["old", "older", "young"]);
});

test("deleteAfter: another message under that UID and size is taken, not deleted unread (R-8)", async () => {
  await using w = await world({ leaveOnServer: true, account: { deleteAfter: 10 } });
  w.maildrop.add(message("one"));
  await w.rpop.visit();
  w.clock.advance(11 * DAY);
  w.maildrop.messages = [message("one", "eno")];
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, deleted: 0 });
  expect(uids(w)).toEqual(["one"]);
  expect(await w.rpop.subjects("alice")).toEqual(["one", "eno"]);
});

test("deleteAfter: what was never taken stays, however old", async () => {
  await using w = await world({ leaveOnServer: true, account: { deleteAfter: 10, firstVisit: "markSeen" } });
  w.maildrop.add(message("seen"));
  await w.rpop.visit();
  w.maildrop.add(message("taken"));
  await w.rpop.visit();
  w.clock.advance(11 * DAY);
  expect(await w.rpop.visit()).toMatchObject({ deleted: 1 });
  expect(uids(w)).toEqual(["seen"]);
});

test("deleteAfter: nothing goes before one message of the record was delivered (spec 5.5)", async () => {
  await using w = await world({ leaveOnServer: true, account: { deleteAfter: 10 } });
  const to = (destination: string | null) =>
    w.rpop.apply({ domains: [{ name: "example.com", accounts: [{ name: "alice", destination }] }] });
  await to("lmtp://127.0.0.1:1");
  w.maildrop.add(message("one"));
  await w.rpop.visit();
  w.clock.advance(11 * DAY);
  expect(await w.rpop.visit()).toMatchObject({ deleted: 0 });
  expect(uids(w)).toEqual(["one"]);
});

test("leave on server is turned off: what was left stays, until its number is confirmed", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one"), message("two"));
  await w.rpop.visit();
  const first = await change(w, { leaveOnServer: false });
  expect(first).toMatchObject({
    ok: true,
    value: { applied: true, warnings: [{ code: "left-stays", params: { count: 2 } }] },
  });
  w.maildrop.add(message("three"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, deleted: 1 });
  expect(uids(w)).toEqual(["one", "two"]);

  await change(w, { leaveOnServer: true });
  const wrong = await change(w, { leaveOnServer: false }, 3);
  expect(wrong).toMatchObject({
    ok: false,
    failure: { code: "number-differs", params: { given: 3, found: 2 } },
  });
  expect(await w.rpop.visit()).toMatchObject({ deleted: 0 });
  const right = await change(w, { leaveOnServer: false }, 2);
  expect(right).toMatchObject({ ok: true, value: { applied: true, warnings: [{ code: "left-goes" }] } });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, deleted: 2 });
  expect(uids(w)).toEqual([]);
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two", "three"]);
});

test("a person asks for a message that is too large: it is taken at the next visit, whole", async () => {
  await using w = await world({ leaveOnServer: false, account: { maxMessageSize: "1000B" } });
  w.maildrop.add(message("large", "large", "x".repeat(5000)), message("huge", "huge", "x".repeat(6000)));
  await w.rpop.visit();
  expect((await skipped(w)).map(({ uid, reason }) => [uid, reason])).toEqual([
    ["large", "tooLarge"],
    ["huge", "tooLarge"],
  ]);
  expect(await wish(w, ["large"], "take")).toBe(1);
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, deleted: 1, failure: null });
  expect(uids(w)).toEqual(["huge"]);
  expect((await w.rpop.messages("alice"))[0]?.toString()).toContain("x".repeat(5000));
  expect(await w.rpop.visit()).toMatchObject({ taken: 0 });
});

test("a person asks for a message that was marked as seen, which the settled listing passes over", async () => {
  await using w = await world({ leaveOnServer: true, account: { firstVisit: "markSeen" } });
  w.maildrop.add(message("one"), message("two"), message("three"));
  await w.rpop.visit();
  await w.rpop.visit();
  await wish(w, ["two"], "take");
  expect(await w.rpop.visit()).toMatchObject({ taken: 1 });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0 });
  expect(await w.rpop.subjects("alice")).toEqual(["two"]);
  expect(uids(w)).toEqual(["one", "two", "three"]);
});

test("a stuck message rests; a person's retry tries it at once, and it rests again when it fails", async () => {
  await using w = await world({ leaveOnServer: false });
  w.maildrop.add(message("bad"));
  w.provider.faults = [{ kind: "refuse-message", uid: "bad", words: "Message can not load" }];
  for (let visit = 0; visit < 3; visit++) await w.rpop.visit();
  const tried = retrieved(w.provider);
  await w.rpop.visit();
  expect(retrieved(w.provider)).toBe(tried);
  await wish(w, ["bad"], "take");
  await w.rpop.visit();
  expect(retrieved(w.provider)).toBe(tried + 1);
  await w.rpop.visit();
  expect(retrieved(w.provider)).toBe(tried + 1);
  expect(await skipped(w)).toMatchObject([
    { uid: "bad", reason: "stuck", failures: 4, failure: { remoteText: "Message can not load" } },
  ]);
  w.provider.faults = [];
  await wish(w, ["bad"], "take");
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, deleted: 1 });
});

test("the header alone: a message that says what it is, once; the original stays", async () => {
  await using w = await world({ leaveOnServer: false, account: { maxMessageSize: "1000B" } });
  w.maildrop.add(message("large", "large", "x".repeat(5000)));
  await w.rpop.visit();
  await wish(w, ["large"], "header");
  await w.rpop.visit();
  await w.rpop.visit();
  expect(uids(w)).toEqual(["large"]);
  const messages = await w.rpop.messages("alice");
  expect(messages).toHaveLength(1);
  const text = messages[0]?.toString() ?? "";
  expect(text).toContain("Subject: large\n");
  expect(text).toContain("X-RPOP-Header-Only: yes\n");
  const body = Buffer.from(text.slice(text.indexOf("\n\n")), "base64").toString();
  expect(body).toBe(
    "This is only the header of a message.\n\n" +
      "The message itself (6 kB) is still in the mailbox alice at 127.0.0.1.\n" +
      "It is larger than allowed here.\n\n" +
      "Read it in the provider's webmail, or ask your administrator to fetch it.\n",
  );
  expect(await skipped(w)).toMatchObject([{ uid: "large", reason: "tooLarge", wish: null }]);
  expect(retrieved(w.provider)).toBe(0);
  const rows = await w.rpop.trace({ uid: "large" });
  expect(rows.map(({ kind }) => kind)).toEqual(["skipped", "asked", "accepted", "distributed", "delivered"]);
});

test("the header where TOP is refused: told, and asked for again", async () => {
  await using w = await world({ leaveOnServer: false, top: false, account: { maxMessageSize: "1000B" } });
  w.maildrop.add(message("large", "large", "x".repeat(5000)));
  await w.rpop.visit();
  await wish(w, ["large"], "header");
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, troubled: 1 });
  expect(await skipped(w)).toMatchObject([
    { reason: "tooLarge", wish: "header", failure: { remoteText: "unknown command" } },
  ]);
});

test("delete there: that very message goes, though nothing was delivered yet, and the ledger says by whom", async () => {
  await using w = await world({ leaveOnServer: true, account: { firstVisit: "markSeen" } });
  w.maildrop.add(message("keep"), message("gone"));
  await w.rpop.visit();
  await wish(w, ["gone"], "delete");
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, deleted: 1, failure: null });
  expect(uids(w)).toEqual(["keep"]);
  const rows = await w.rpop.trace({ uid: "gone" });
  expect(rows.map(({ kind, detail }) => [kind, detail.by])).toEqual([
    ["skipped", undefined],
    ["asked", "ann"],
    ["deleted", "ann"],
  ]);
  // The UID is free: a message that comes under it is new mail.
  w.maildrop.add(message("gone", "eerg"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1 });
});

test("delete there after a lost QUIT: asked for again, and done", async () => {
  await using w = await world({ leaveOnServer: true, account: { firstVisit: "markSeen" } });
  w.maildrop.add(message("gone"));
  await w.rpop.visit();
  await wish(w, ["gone"], "delete");
  w.provider.faults = [{ kind: "cut-at-quit" }];
  await w.rpop.visit();
  expect(uids(w)).toEqual(["gone"]);
  w.provider.faults = [];
  expect(await w.rpop.visit()).toMatchObject({ deleted: 1 });
  expect(uids(w)).toEqual([]);
});

const doubtful = [
  { name: "another size", now: [message("gone", "longer subject")] },
  { name: "a second message of that UID and size", now: [message("gone"), message("gone", "enog")] },
];

test.each(doubtful)("delete there: $name, and nothing is deleted", async ({ now }) => {
  await using w = await world({ leaveOnServer: true, account: { id, firstVisit: "markSeen" } });
  w.maildrop.add(message("gone"));
  await w.rpop.visit();
  await wish(w, ["gone"], "delete");
  w.maildrop.messages = now;
  await w.rpop.visit();
  expect(w.maildrop.messages).toHaveLength(now.length);
});

test("a wish that is taken back does nothing", async () => {
  await using w = await world({ leaveOnServer: true, account: { firstVisit: "markSeen" } });
  w.maildrop.add(message("one"));
  await w.rpop.visit();
  await wish(w, ["one"], "delete");
  await wish(w, ["one"], null);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, deleted: 0 });
  expect(uids(w)).toEqual(["one"]);
});
