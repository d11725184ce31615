import { expect, test } from "vitest";
import { describeStore, firstAccount } from "../../test/support/stores.ts";
import type { MessageId } from "../core/ids.ts";
import type { LedgerRow } from "./records.ts";

function row(change: Partial<LedgerRow>): LedgerRow {
  return {
    at: 1,
    kind: "accepted",
    messageId: null,
    remoteAccountId: firstAccount,
    uid: null,
    messageIdField: null,
    recipient: null,
    detail: {},
    ...change,
  };
}

const way = [
  row({
    messageId: "m1" as MessageId,
    uid: "u\xff",
    messageIdField: "<A@x>",
    detail: { text: "a\0b", size: 1 },
  }),
  row({ messageId: "m1" as MessageId, kind: "distributed", recipient: "alice@example.com", at: 3 }),
  row({ messageId: "m2" as MessageId, uid: "v", messageIdField: "<a@x>" }),
  row({ messageId: "m1" as MessageId, kind: "delivered", recipient: "alice@example.com", at: 2 }),
  row({ kind: "skipped", uid: "w".repeat(300) }),
];

describeStore("ledger", (implementation) => {
  const queries = [
    {
      name: "by message id: its whole way, in the order it happened",
      query: { messageId: "m1" },
      found: [0, 1, 3],
    },
    { name: "by Message-ID, exactly", query: { messageIdField: "<A@x>" }, found: [0, 1, 3] },
    { name: "by UID, as bytes", query: { uid: "u\xff" }, found: [0, 1, 3] },
    { name: "by a UID longer than 255 bytes", query: { uid: "w".repeat(300) }, found: [4] },
    { name: "by recipient, whatever its case", query: { recipient: "ALICE@Example.com" }, found: [0, 1, 3] },
    {
      name: "by one word that may be any of them",
      query: { messageId: "v", uid: "v", recipient: "v" },
      found: [2],
    },
    {
      name: "of too many rows, the last ones",
      query: { recipient: "alice@example.com", limit: 2 },
      found: [1, 3],
    },
    { name: "of nothing: nothing", query: {}, found: [] },
    { name: "of nobody: nothing", query: { messageId: "m9" }, found: [] },
  ];
  test.each(queries)("trace $name", async ({ query, found }) => {
    await using opened = await implementation.open();
    await opened.store.appendLedger(way.slice(0, 2));
    await opened.store.appendLedger(way.slice(2));
    expect(await opened.store.trace({ limit: 100, ...query })).toEqual(found.map((index) => way[index]));
  });
});
