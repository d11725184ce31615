import { expect, test } from "vitest";
import { type OpenedManage, openManage } from "../../test/support/manage.ts";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { address, sampleEntry, sampleItem } from "../../test/support/stores.ts";
import { failure } from "../core/failure.ts";
import { changeQueue, listQueue, type QueueVerb, showQueueMessage } from "./queue.ts";
import { trace } from "./trace.ts";

const first = "01a20f6f-0000-7000-8000-000000000001";
const second = "01a20f6f-0000-7000-8000-000000000002";

/** Two messages: one for two people, one that is undeliverable. */
async function withQueue(): Promise<OpenedManage> {
  const manage = await openManage();
  await manage.apply("domains: [{ name: example.com, main: true, accounts: [{ name: alice }] }]");
  const { store } = manage.context;
  await store.accept(
    [
      sampleItem(first, null, { entries: [sampleEntry(0), sampleEntry(1)] }),
      sampleItem(second, null, { entries: [sampleEntry(0)] }),
    ],
    null,
    0,
    manage.nodeId,
  );
  const claimed = await store.claimDue({
    nodeId: manage.nodeId,
    at: manage.clock.now(),
    limit: 10,
    leaseUntil: manage.clock.now() + 1000,
  });
  await store.settleEntries(
    manage.nodeId,
    claimed.map(({ entry }) => {
      const key = {
        messageId: entry.messageId,
        ordinal: entry.ordinal,
        leaseToken: entry.leaseToken,
        ledger: [],
      };
      return entry.messageId === second
        ? {
            ...key,
            kind: "undeliverable" as const,
            keptUntil: 1_000_000_000,
            doubtful: false,
            failure: failure("unknown-user", "recipient", { permanent: true }),
          }
        : {
            ...key,
            kind: "deferred" as const,
            destination: null,
            doubtful: false,
            dueAt: 9_000_000_000_000,
            failure: failure("mailbox-full", "recipient"),
          };
    }),
  );
  return manage;
}

const states = async (manage: OpenedManage) =>
  Object.fromEntries((await listQueue(manage.context)).map(({ id, entry }) => [id, entry.state]));

const verbs: { name: string; of: string[] | "all"; verb: QueueVerb; states: Record<string, string> }[] = [
  {
    name: "hold one recipient",
    of: [`${first}-1`],
    verb: { kind: "hold" },
    states: { [`${first}-0`]: "queued", [`${first}-1`]: "held", [`${second}-0`]: "undeliverable" },
  },
  {
    name: "hold a whole message",
    of: [first],
    verb: { kind: "hold" },
    states: { [`${first}-0`]: "held", [`${first}-1`]: "held", [`${second}-0`]: "undeliverable" },
  },
  {
    name: "hold all that wait",
    of: "all",
    verb: { kind: "hold" },
    states: { [`${first}-0`]: "held", [`${first}-1`]: "held", [`${second}-0`]: "undeliverable" },
  },
  {
    name: "retry all, undeliverable ones too",
    of: "all",
    verb: { kind: "retry" },
    states: { [`${first}-0`]: "queued", [`${first}-1`]: "queued", [`${second}-0`]: "queued" },
  },
  {
    name: "redirect",
    of: [second],
    verb: { kind: "redirect", to: "Alice <alice@example.com>" },
    states: { [`${first}-0`]: "queued", [`${first}-1`]: "queued", [`${second}-0`]: "queued" },
  },
  {
    name: "drop",
    of: [`${first}-0`, second],
    verb: { kind: "drop" },
    states: { [`${first}-1`]: "queued" },
  },
];

test.each(verbs)("$name", async ({ of, verb, states: expected }) => {
  await using manage = await withQueue();
  const report = await changeQueue(manage.context, of, verb);
  expect(report).toMatchObject({ ok: true, value: { busy: [] } });
  expect(await states(manage)).toEqual(expected);
});

const logged: { verb: QueueVerb; fields: object }[] = [
  { verb: { kind: "hold" }, fields: { change: "held" } },
  { verb: { kind: "retry" }, fields: { change: "retried" } },
  {
    verb: { kind: "redirect", to: "alice@example.com" },
    fields: { change: "redirected", to: "alice@example.com" },
  },
  { verb: { kind: "drop" }, fields: { change: "dropped" } },
];

test.each(logged)("$verb.kind stands in the log, a record for each entry", async ({ verb, fields }) => {
  await using manage = await withQueue();
  const log = new RecordedLog("major");
  await changeQueue({ ...manage.context, log }, [first], verb);
  expect(log.records).toEqual(
    ["user0@example.com", "user1@example.com"].map((recipient) => ({
      event: "entry-changed",
      ...fields,
      by: "tester",
      recipient,
      messageId: first,
      messageIdField: `<${first}@x>`,
    })),
  );
});

test("held ones are released; who did it stands in the ledger", async () => {
  await using manage = await withQueue();
  await changeQueue(manage.context, [first], { kind: "hold" });
  await changeQueue(manage.context, "all", { kind: "release" });
  expect(await states(manage)).toMatchObject({ [`${first}-0`]: "queued", [`${first}-1`]: "queued" });
  await manage.context.store.flush();
  const rows = await trace(manage.context, first);
  expect(rows.ok && rows.value.map(({ kind, detail }) => `${kind} ${detail.by}`)).toEqual([
    "held tester",
    "held tester",
    "released tester",
    "released tester",
  ]);
});

test("a redirect begins a fresh lifetime for the new recipient, due at once", async () => {
  await using manage = await withQueue();
  await changeQueue(manage.context, [second], { kind: "redirect", to: "alice@example.com" });
  const entry = (await listQueue(manage.context)).find(({ id }) => id === `${second}-0`)?.entry;
  expect(entry?.recipient).toEqual(address("alice@example.com"));
  expect(entry?.target.kind).toBe("local");
  expect(entry?.dueAt).toBeLessThanOrEqual(manage.clock.now());
  expect(entry?.expiresAt).toBe(manage.clock.now() + 5 * 24 * 3600 * 1000);
});

const refusals: { name: string; of: string[]; verb: QueueVerb; code: string }[] = [
  { name: "an id that is none", of: ["nonsense"], verb: { kind: "hold" }, code: "unknown-name" },
  {
    name: "an id that is gone",
    of: [first.replace(/1$/, "9")],
    verb: { kind: "drop" },
    code: "unknown-name",
  },
  {
    name: "one wrong id among right ones",
    of: [first, "nonsense"],
    verb: { kind: "drop" },
    code: "unknown-name",
  },
  { name: "no address", of: [first], verb: { kind: "redirect", to: "nobody" }, code: "bad-value" },
  {
    name: "two addresses",
    of: [first],
    verb: { kind: "redirect", to: "a@b.example, c@d.example" },
    code: "bad-value",
  },
  {
    name: "nobody's name here",
    of: [first],
    verb: { kind: "redirect", to: "x@example.com" },
    code: "unknown-user",
  },
  {
    name: "elsewhere, without a relay",
    of: [first],
    verb: { kind: "redirect", to: "x@y.example" },
    code: "no-relay",
  },
];

test.each(refusals)("refused before anything is changed: $name", async ({ of, verb, code }) => {
  await using manage = await withQueue();
  const before = await states(manage);
  expect(await changeQueue(manage.context, of, verb)).toMatchObject({ ok: false, failure: { code } });
  expect(await states(manage)).toEqual(before);
});

test("an entry that a process works on is left alone, and said so", async () => {
  await using manage = await withQueue();
  await changeQueue(manage.context, [`${first}-0`], { kind: "retry" });
  await manage.context.store.claimDue({
    nodeId: manage.nodeId,
    at: manage.clock.now(),
    limit: 1,
    leaseUntil: manage.clock.now() + 60_000,
  });
  const log = new RecordedLog();
  const report = await changeQueue({ ...manage.context, log }, [`${first}-0`], { kind: "drop" });
  expect(report).toMatchObject({ ok: true, value: { changed: [], busy: [{ id: `${first}-0` }] } });
  expect(log.records).toEqual([]);
});

test("a message is shown with its recipients, also when its file is unreadable", async () => {
  await using manage = await withQueue();
  const shown = await showQueueMessage(manage.context, first);
  expect(shown.ok && shown.value.listings.map(({ id }) => id)).toEqual([`${first}-0`, `${first}-1`]);
  expect(shown.ok && shown.value.header).toBe(null);
});
