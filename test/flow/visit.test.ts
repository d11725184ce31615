/**
 * Visits over real sockets, a real store and real Maildirs, against the sample provider: what is taken, what is
 * left, what is recognised (spec 5, R-8 to R-16, field notes F1 to F11).
 */
import { expect, test } from "vitest";
import { message, retrieved, type World, world } from "../support/visit-world.ts";

const DAY = 86_400_000;

test("delete mode: taken, delivered, deleted; a second visit finds nothing", async () => {
  await using w = await world({ leaveOnServer: false });
  w.maildrop.add(message("one"), message("two"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 2, deleted: 2, failure: null });
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two"]);
  expect(w.maildrop.messages).toEqual([]);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, known: 0, failure: null });
  expect(retrieved(w.provider)).toBe(2);
});

test("leave on server: each message once, whatever stays there", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one"), message("two"));
  await w.rpop.visit();
  w.maildrop.add(message("three"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, left: 3 });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, left: 3 });
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two", "three"]);
  expect(w.maildrop.messages).toHaveLength(3);
  expect(retrieved(w.provider)).toBe(3);
});

test("a visit that finds the listing as it stood asks for no sizes and reads no message", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one"));
  await w.rpop.visit();
  const lists = w.provider.commands.get("LIST");
  await w.rpop.visit();
  expect(w.provider.commands.get("LIST")).toBe(lists);
  expect(w.provider.commands.get("TOP") ?? 0).toBe(0);
});

test("without UIDL leave on server is a clear error; nothing is fetched, nothing lost", async () => {
  await using w = await world({ leaveOnServer: true, uidl: false });
  w.maildrop.add(message("one"));
  const report = await w.rpop.poll();
  expect(report).toMatchObject({
    exitCode: 1,
    visits: [{ taken: 0, failure: { code: "no-uidl", scope: "account" } }],
  });
  expect(retrieved(w.provider)).toBe(0);
  expect(w.maildrop.messages).toHaveLength(1);
});

test("without UIDL delete mode works, and after a lost QUIT the digests keep doubles away (R-16)", async () => {
  await using w = await world({ leaveOnServer: false, uidl: false });
  w.maildrop.add(message("1", "one"), message("2", "two"), message("3", "two"));
  w.provider.faults = [{ kind: "cut-at-quit" }];
  await w.rpop.visit();
  expect(w.maildrop.messages).toHaveLength(3);
  w.provider.faults = [];
  w.maildrop.add(message("4", "four"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, known: 3, deleted: 4 });
  expect(w.maildrop.messages).toEqual([]);
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two", "two", "four"]);
});

test("after a lost QUIT the next visit deletes without fetching, once UID, size and header agree (R-8)", async () => {
  await using w = await world({ leaveOnServer: false });
  w.maildrop.add(message("one"), message("two"));
  w.provider.faults = [{ kind: "cut-at-quit" }];
  expect((await w.rpop.visit()).failure).not.toBeNull();
  w.provider.faults = [];
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, deleted: 2, failure: null });
  expect(retrieved(w.provider)).toBe(2);
  expect(w.provider.commands.get("TOP")).toBe(2);
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two"]);
});

test("after a lost QUIT a UID used again for other mail is not deleted unread (F3)", async () => {
  await using w = await world({ leaveOnServer: false });
  w.maildrop.add(message("one"));
  w.provider.faults = [{ kind: "cut-at-quit" }];
  await w.rpop.visit();
  w.provider.faults = [];
  // Same UID, same size, other content.
  w.maildrop.messages = [message("one", "eno")];
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, deleted: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["one", "eno"]);
});

test("two messages with one UID are two messages (F2, R-12)", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("same", "first"), message("same", "second, longer"));
  await w.rpop.visit();
  w.maildrop.add(message("same", "third"));
  await w.rpop.visit();
  await w.rpop.visit();
  expect(await w.rpop.subjects("alice")).toEqual(["first", "second, longer", "third"]);
});

test("a UID used again with other content while mail is left: new mail is taken, once (F3)", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one", "old"));
  await w.rpop.visit();
  w.maildrop.messages = [message("one", "quite new")];
  expect(await w.rpop.visit()).toMatchObject({ taken: 1 });
  const fetched = retrieved(w.provider);
  await w.rpop.visit();
  await w.rpop.visit();
  expect(retrieved(w.provider)).toBe(fetched);
  expect(await w.rpop.subjects("alice")).toEqual(["old", "quite new"]);
});

test("a known UID whose size changed and whose bytes did not is not delivered again (R-13)", async () => {
  await using w = await world({ leaveOnServer: true });
  const kept = message("one");
  w.maildrop.add(kept);
  await w.rpop.visit();
  w.maildrop.messages = [{ ...kept, sizeBytes: kept.sizeBytes + 7 }];
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, known: 1 });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, known: 0 });
  expect(await w.rpop.subjects("alice")).toEqual(["one"]);
});

test("all UIDs changed: the mailbox moved; headers are compared, nothing is fetched, nothing doubled (F10)", async () => {
  await using w = await world({ leaveOnServer: true });
  const subjects = Array.from({ length: 12 }, (_, index) => `subject ${index}`);
  w.maildrop.add(...subjects.map((subject, index) => message(`old${index}`, subject)));
  await w.rpop.visit();
  w.maildrop.messages = subjects.map((subject, index) => message(`moved${index}`, subject));
  w.maildrop.add(message("fresh", "after the move"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, known: 12 });
  expect(retrieved(w.provider)).toBe(13);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, known: 0 });
  expect(await w.rpop.subjects("alice")).toEqual([...subjects, "after the move"]);
});

test("after an edit of the server's name old UIDs hide nothing, but digests do (spec 5.4)", async () => {
  await using w = await world({
    leaveOnServer: true,
    account: { id: "01900000-0000-7000-8000-000000000001" },
  });
  w.maildrop.add(message("one"), message("two"));
  await w.rpop.visit();
  await w.rpop.apply({
    domains: [
      {
        name: "example.com",
        accounts: [
          {
            name: "alice",
            remoteAccounts: [
              {
                id: "01900000-0000-7000-8000-000000000001",
                account: "alice",
                server: `localhost:${w.provider.port}`,
              },
            ],
          },
        ],
      },
    ],
  });
  // Another maildrop may use the same UID for other mail.
  w.maildrop.messages = [message("one", "quite another"), message("two")];
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, known: 1 });
  const fetched = retrieved(w.provider);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, known: 0 });
  expect(retrieved(w.provider)).toBe(fetched);
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two", "quite another"]);
});

test("a few UIDs changed: the messages are recognised by their bytes (R-14)", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("a", "first"), message("b", "second"));
  await w.rpop.visit();
  w.maildrop.messages = [message("a", "first"), message("B", "second")];
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, known: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["first", "second"]);
});

test("an empty listing for one visit forgets nothing (F9)", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one"), message("two"));
  await w.rpop.visit();
  const kept = w.maildrop.messages;
  w.maildrop.messages = [];
  await w.rpop.visit();
  await w.rpop.visit();
  w.maildrop.messages = kept;
  expect(await w.rpop.visit()).toMatchObject({ taken: 0 });
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two"]);
});

test("a UID is forgotten after 30 days without it, and two listings (R-15)", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one"), message("two"));
  await w.rpop.visit();
  w.maildrop.messages = [message("two")];
  await w.rpop.visit();
  w.clock.advance(31 * DAY);
  w.maildrop.add(message("three"));
  await w.rpop.visit();
  // The same UID and bytes after so long: a message again, not the one from then.
  w.maildrop.add(message("one"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1 });
});

test("one refused message holds up nobody, and rests after three tries (F20, R-10)", async () => {
  await using w = await world({ leaveOnServer: false });
  w.maildrop.add(message("good"), message("bad"), message("fine"));
  w.provider.faults = [{ kind: "refuse-message", uid: "bad", words: "Message can not load" }];
  expect(await w.rpop.visit()).toMatchObject({ taken: 2, troubled: 1, deleted: 2, failure: null });
  await w.rpop.visit();
  await w.rpop.visit();
  const tried = retrieved(w.provider);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, skipped: 1 });
  expect(retrieved(w.provider)).toBe(tried);
  const refusals = (await w.rpop.trace({ uid: "bad" })).filter(({ kind }) => kind === "refused");
  expect(refusals.map(({ detail }) => [detail.remoteText, detail.stuck])).toEqual([
    ["Message can not load", false],
    ["Message can not load", false],
    ["Message can not load", true],
  ]);
  // Its rest is over, and the server has thought better of it.
  w.clock.advance(DAY);
  w.provider.faults = [];
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, deleted: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["good", "fine", "bad"]);
});

test("a connection cut inside a message: what came before is ours, and nothing of it comes twice", async () => {
  await using w = await world({ leaveOnServer: false });
  w.maildrop.add(message("one"), message("two", "two", "x".repeat(5000)), message("three"));
  w.provider.faults = [{ kind: "cut-message", uid: "two", afterBytes: 1000 }];
  const cut = await w.rpop.visit();
  expect(cut).toMatchObject({ taken: 1, deleted: 0 });
  expect(cut.failure).not.toBeNull();
  w.provider.faults = [];
  expect(await w.rpop.visit()).toMatchObject({ taken: 2, deleted: 3, failure: null });
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two", "three"]);
});

test("a message larger than the limit is skipped, never deleted, and taken once the limit allows (R-25)", async () => {
  await using w = await world({ leaveOnServer: false, account: { maxMessageSize: "1000B" } });
  w.maildrop.add(message("small"), message("large", "large", "x".repeat(2000)));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, skipped: 1, deleted: 1 });
  // Noted once: neither listed anew nor looked at again while the limit stands.
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, failure: null });
  expect(w.maildrop.messages).toHaveLength(1);
});

test("a message larger than LIST says is cut off; the others come on a new connection (R-25)", async () => {
  await using w = await world({ leaveOnServer: false, account: { maxMessageSize: "100KB" } });
  const large = message("large", "large", "x".repeat(300_000));
  w.maildrop.add(message("first"), { ...large, sizeBytes: 10 }, message("last"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 2, skipped: 1, deleted: 2, failure: null });
  expect(await w.rpop.subjects("alice")).toEqual(["first", "last"]);
  expect(w.maildrop.messages.map(({ uid }) => uid)).toEqual(["large"]);
});

test("an empty message is neither taken nor deleted, but told (R-24)", async () => {
  await using w = await world({ leaveOnServer: false });
  const empty = { uid: "empty", sizeBytes: 0, wire: () => [] };
  w.maildrop.add(message("one"), empty, message("two"));
  await w.rpop.visit();
  expect(w.maildrop.messages.map(({ uid }) => uid)).toContain("empty");
  expect(await w.rpop.subjects("alice")).toEqual(["one", "two"]);
  expect((await w.rpop.trace({ uid: "empty" })).map(({ detail }) => detail.code)).toContain("message-empty");
});

test("below the free space that is to stay, nothing is fetched and nobody is blamed (F7, R-66)", async () => {
  await using w = await world({ leaveOnServer: false, settings: { minFreeSpace: "900TB" } });
  w.maildrop.add(message("one"));
  const report = await w.rpop.poll();
  expect(report).toMatchObject({
    exitCode: 75,
    visits: [{ taken: 0, failure: { code: "disk-low", scope: "local" } }],
  });
  expect(retrieved(w.provider)).toBe(0);
  await w.rpop.withApp(async (app) => {
    const [account] = (await app.manage.store.readConfiguration()).remoteAccounts;
    expect(account?.mark).toBeNull();
  });
});

test("self-poll is refused before a byte of login", async () => {
  await using w = await world({ leaveOnServer: false, settings: { allowSelfPoll: false } });
  w.maildrop.add(message("one"));
  const report = await w.rpop.poll();
  expect(report).toMatchObject({
    exitCode: 1,
    visits: [{ failure: { code: "self-poll", scope: "account" } }],
  });
  expect(w.provider.commands.size).toBe(0);
});

test("a wrong password: the server's own words, a mark, exit code 1", async () => {
  await using w = await world({ leaveOnServer: false, account: { password: "mistyped" } });
  const report = await w.rpop.poll();
  expect(report).toMatchObject({
    exitCode: 1,
    visits: [{ failure: { code: "auth-refused", remoteText: "[AUTH] unknown user or wrong password" } }],
  });
  await w.rpop.withApp(async (app) => {
    const [account] = (await app.manage.store.readConfiguration()).remoteAccounts;
    expect(account?.mark?.failure.code).toBe("auth-refused");
    expect(account?.last).toMatchObject({ successAt: null, failure: { code: "auth-refused" } });
  });
});

/** Says which UIDs a former program had taken from the one remote account. */
async function importUids(w: World, uids: readonly string[]) {
  await w.rpop.withApp(async ({ manage: { store } }) => {
    const { version, remoteAccounts } = await store.readConfiguration();
    const changes = remoteAccounts.map(({ id }) => ({
      kind: "import-uids" as const,
      id,
      uids,
      from: "fetchmail",
      at: w.clock.now(),
    }));
    await store.applyChanges(version, changes);
  });
}

test("what a former program had taken is not fetched, until its UID stands for another message", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one"), message("two"));
  await importUids(w, ["one", "two", "gone"]);
  w.maildrop.add(message("three"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, left: 3 });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, left: 3 });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, left: 3 });
  expect(await w.rpop.subjects("alice")).toEqual(["three"]);
  expect(retrieved(w.provider)).toBe(1);

  w.maildrop.remove(new Set(w.maildrop.messages.slice(0, 1)));
  w.maildrop.add(message("one", "one", "another text of another length"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, left: 3 });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, left: 3 });
  expect(await w.rpop.subjects("alice")).toEqual(["three", "one"]);
});

test("delete mode: what a former program had taken and left there stays there", async () => {
  await using w = await world({ leaveOnServer: false });
  w.maildrop.add(message("old"));
  await importUids(w, ["old"]);
  w.maildrop.add(message("new"));
  expect(await w.rpop.visit()).toMatchObject({ taken: 1, deleted: 1, left: 1 });
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, deleted: 0, left: 1 });
  expect(await w.rpop.subjects("alice")).toEqual(["new"]);
  expect(w.maildrop.messages).toHaveLength(1);
});

test("UIDs that come after the first visit hide what is not taken yet, and nothing twice", async () => {
  await using w = await world({ leaveOnServer: true });
  w.maildrop.add(message("one"));
  await w.rpop.visit();
  w.maildrop.add(message("two"));
  await importUids(w, ["one", "two"]);
  expect(await w.rpop.visit()).toMatchObject({ taken: 0, left: 2 });
  expect(await w.rpop.subjects("alice")).toEqual(["one"]);
});
