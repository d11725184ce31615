import { expect, test } from "vitest";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { failure } from "../core/failure.ts";
import type { ClaimedEntry, EntrySettlement } from "../store/queue-contract.ts";
import { logReported, logSettled } from "./settling-log.ts";

const claimed = (target: "local" | "postmaster" = "local", attempts = 0) =>
  ({
    entry: { recipient: { localPart: "alice", domain: "example.com" }, target: { kind: target }, attempts },
    message: { id: "m1", messageIdField: "<x@y>", remoteAccountId: "a1" },
  }) as unknown as ClaimedEntry;
const of = { messageId: "m1", messageIdField: "<x@y>", accountId: "a1" };
const to = { recipient: "alice@example.com", ...of };
const why = failure("delivery-deferred", "recipient", { status: "4.2.2", remoteText: "full" });
const facts = {
  code: "delivery-deferred",
  scope: "recipient",
  permanent: false,
  status: "4.2.2",
  remoteText: "full",
};

const cases: { name: string; entry?: ClaimedEntry; settlement: object; record: object | null }[] = [
  {
    name: "delivered",
    settlement: { kind: "done", ledger: [{ detail: { where: "250 saved" } }] },
    record: { event: "delivered", where: "250 saved", ...to },
  },
  {
    name: "delivered to postmaster",
    entry: claimed("postmaster"),
    settlement: { kind: "done", ledger: [{ detail: { where: "file" } }] },
    record: { event: "delivered", where: "file", toPostmaster: true, ...to },
  },
  {
    name: "deferred",
    entry: claimed("local", 2),
    settlement: {
      kind: "deferred",
      dueAt: 9,
      failure: why,
      destination: "lmtp://a",
      doubtful: false,
      ledger: [],
    },
    record: { event: "delivery-deferred", dueAt: 9, attempts: 3, destination: "lmtp://a", ...facts, ...to },
  },
  {
    name: "deferred without an answer",
    settlement: { kind: "deferred", dueAt: 9, failure: why, destination: null, doubtful: true, ledger: [] },
    record: { event: "delivery-deferred", dueAt: 9, attempts: 1, doubtful: true, ...facts, ...to },
  },
  {
    name: "kept",
    settlement: {
      kind: "undeliverable",
      failure: why,
      keptUntil: 8,
      ledger: [{ detail: { notReported: "null-sender" } }],
    },
    record: { event: "undeliverable", keptUntil: 8, notReported: "null-sender", ...facts, ...to },
  },
  { name: "put back", settlement: { kind: "requeued", dueAt: 1, ledger: [] }, record: null },
];

test.each(cases)("an entry $name", ({ entry, settlement, record }) => {
  const log = new RecordedLog();
  logSettled(log, entry ?? claimed(), settlement as EntrySettlement);
  expect(log.records).toEqual(record === null ? [] : [record]);
});

test("a report: whom it tells, of which recipients", () => {
  const log = new RecordedLog();
  const failed = [claimed(), claimed()].map((one) => ({ claimed: one, failure: why }));
  logReported(log, failed, { to: "bob@far.example", reportId: "m2" });
  expect(log.records).toEqual([
    {
      event: "reported",
      recipients: ["alice@example.com", "alice@example.com"],
      to: "bob@far.example",
      reportId: "m2",
      ...facts,
      ...of,
    },
  ]);
});
