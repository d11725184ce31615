import { expect, test } from "vitest";
import { failure } from "../core/failure.ts";
import type { LocalAccountId, RemoteAccountId } from "../core/ids.ts";
import type { DestinationTrouble } from "../store/records.ts";
import { holdUpBy, pausedDestinations } from "./destination-pauses.ts";

const MINUTE = 60_000;
const now = 100 * MINUTE;
const trouble = (change: Partial<DestinationTrouble>): DestinationTrouble => ({
  destination: "lmtp://a",
  failingSince: now - 15 * MINUTE,
  failedAt: now,
  failure: failure("destination-unreachable", "recipient"),
  deferred: 1,
  ...change,
});

test.each([
  ["down for 15 minutes", {}, true],
  ["down for a moment less", { failingSince: now - 15 * MINUTE + 1 }, false],
  ["1,000 entries wait", { failingSince: now, deferred: 1000 }, true],
  ["999 entries wait", { failingSince: now, deferred: 999 }, false],
  ["failed long ago, and nothing waits any more", { deferred: 0 }, false],
])("%s: paused is %s", (_name, change, paused) => {
  expect(pausedDestinations([trouble(change)], now)).toHaveLength(paused ? 1 : 0);
});

const unified = { id: "unified" as RemoteAccountId, ownerId: null };
const personal = (owner: string) => ({ id: "p" as RemoteAccountId, ownerId: owner as LocalAccountId });
const destinations: Record<string, string> = { alice: "lmtp://a", bob: "maildir:/bob", carol: "lmtp://a" };
const fed = {
  destinationOf: (owner: LocalAccountId) => destinations[owner] ?? null,
  mailboxesAt: (destination: string) =>
    Object.values(destinations).filter((one) => one === destination).length,
};
const waitingAt = (destination: string) => [{ accountId: unified.id, destination }];

test("a personal account rests with its owner's destination, others do not", () => {
  const holdUp = holdUpBy([trouble({})], [], fed);
  expect(holdUp(personal("alice"))).toMatchObject({
    code: "destination-down",
    scope: "local",
    params: { destination: "lmtp://a" },
  });
  expect(holdUp(personal("bob"))).toBe(null);
  expect(holdUp(personal("nobody"))).toBe(null);
});

test("a unified account rests for a server behind us, not for one person's Maildir", () => {
  expect(holdUpBy([trouble({})], waitingAt("lmtp://a"), fed)(unified)).not.toBe(null);
  const full = trouble({ destination: "maildir:/bob" });
  expect(holdUpBy([full], waitingAt("maildir:/bob"), fed)(unified)).toBe(null);
  const many = trouble({ destination: "maildir:/bob", deferred: 1000 });
  expect(holdUpBy([many], waitingAt("maildir:/bob"), fed)(unified)).not.toBe(null);
  // None of its mail waits there.
  expect(holdUpBy([trouble({})], [], fed)(unified)).toBe(null);
});
