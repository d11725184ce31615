import { expect, test } from "vitest";
import type { AuditRow } from "../../store/records.ts";
import { wordsIn } from "../../words/words.ts";
import { auditLines } from "./audit.ts";

const at = Date.UTC(2026, 10, 25, 3, 4, 5);
const time = { now: at, timeZone: "UTC" };

const row: AuditRow = {
  at,
  actor: "root as alice@example.com",
  role: "user",
  action: "change personal",
  subject: "alice@example.com/a\u001b[2J@pop.x",
  detail: {
    note: { from: null, to: "new" },
    pollEvery: { from: "5m", to: "1h" },
    apop: { from: true, to: null },
    password: "secret",
  },
};

test("who did what, from what to what; never a password, never a control character", () => {
  expect(auditLines(wordsIn("en"), [row], time)).toEqual([
    "03:04:05  root as alice@example.com (User): changed the remote account alice@example.com/a\\x1b[2J@pop.x",
    "    note: new",
    "    pollEvery: 5m → 1h",
    "    apop: true → none",
    "    password: (changed, not recorded)",
  ]);
  expect(auditLines(wordsIn("ja"), [{ ...row, detail: {} }], time)).toEqual([
    "03:04:05  root as alice@example.com (ユーザー): リモートアカウントを変更: alice@example.com/a\\x1b[2J@pop.x",
  ]);
});

test("both languages know the same acts and roles", () => {
  for (const part of ["actions", "roles"] as const) {
    expect(Object.keys(wordsIn("ja").audit[part])).toEqual(Object.keys(wordsIn("en").audit[part]));
  }
});
