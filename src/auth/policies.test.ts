import { expect, test } from "vitest";
import type { LocalAccountId } from "../core/ids.ts";
import { type Action, actions, may, type Role, reachesOnlyOwn, roles, type Subject } from "./policies.ts";

const alice = "alice" as LocalAccountId;
const own: Subject = { ownerId: alice, mayUseRemoteAccounts: true };
const withoutRight: Subject = { ownerId: alice, mayUseRemoteAccounts: false };
const ofAnother: Subject = { ownerId: "bob" as LocalAccountId, mayUseRemoteAccounts: true };
const unified: Subject = { ownerId: null, mayUseRemoteAccounts: true };

function actor(role: Role, accountId: LocalAccountId | null = alice) {
  return { role, name: "someone", accountId };
}

/** A row says how far each role comes: A all, o own only, - not at all. */
const rights: readonly (readonly [Action, string])[] = [
  // administrator, operator, viewer, user
  ["change-settings", "A---"],
  ["define-unified", "AA--"],
  ["define-personal", "AAoo"],
  ["poll", "AAoo"],
  ["move-mail", "AA--"],
  ["drop-mail", "A---"],
  ["see-remote-accounts", "AAAo"],
  ["see-server", "AAA-"],
  ["see-queue", "AAA-"],
  ["see-log", "AAA-"],
  ["see-audit", "AAA-"],
  ["manage-people", "A---"],
  ["vouch", "A---"],
  ["backup", "A---"],
];

test("the table names every action once", () => {
  expect(rights.map(([action]) => action)).toEqual(actions);
});

test.each(rights)("%s: %s", (action, reaches) => {
  const shown = roles.map((role) => {
    const allowed = (subject?: Subject) => may(actor(role), action, subject) === true;
    if (allowed()) {
      expect([allowed(own), allowed(withoutRight), allowed(ofAnother), allowed(unified)]).not.toContain(
        false,
      );
      return "A";
    }
    expect([allowed(withoutRight), allowed(ofAnother), allowed(unified)]).not.toContain(true);
    expect(reachesOnlyOwn(actor(role), action)).toBe(allowed(own));
    return allowed(own) ? "o" : "-";
  });
  expect(shown.join("")).toBe(reaches);
});

test("who has no local account owns nothing, unified accounts least of all", () => {
  expect(may(actor("user", null), "poll", unified)).toMatchObject({
    code: "not-allowed",
    permanent: true,
    params: { role: "user", action: "poll" },
  });
});
