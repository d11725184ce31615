import { expect, test } from "vitest";
import { type LedgerLine, placementsOf, placementTable } from "./placements.ts";

const row = (
  kind: string,
  recipient: string | null,
  detail: LedgerLine["detail"] = {},
  messageId = "m1",
): LedgerLine => ({
  kind,
  recipient,
  messageId,
  detail,
});

const cases = [
  {
    name: "a personal mailbox",
    rows: [
      row("accepted", null),
      row("distributed", "a@x", { target: "a@x" }),
      row("delivered", "a@x", { where: "/a/1" }),
    ],
    placements: [{ about: "it", where: "/a/1", why: "the mailbox is theirs" }],
  },
  {
    name: "two recipients, each for its own reason",
    rows: [
      row("distributed", "a@x", { why: "X-Real-To" }),
      row("distributed", "b@x", { why: "Cc" }),
      row("delivered", "b@x", { where: "/b/1" }),
      row("delivered", "a@x", { where: "/a/1" }),
    ],
    placements: [
      { about: "it", where: "/b/1", why: "Cc: b@x" },
      { about: "it", where: "/a/1", why: "X-Real-To: a@x" },
    ],
  },
  {
    name: "the postmaster's share",
    rows: [
      row("distributed", "postmaster@x", { why: "none" }),
      row("delivered", "postmaster@x", { where: "/p/1" }),
    ],
    placements: [{ about: "it", where: "/p/1", why: "nobody of ours is named" }],
  },
  {
    name: "a copy that was merged",
    rows: [
      row("distributed", "a@x", { why: "To" }),
      row("delivered", "a@x", { where: "/a/1" }),
      row("distributed", "a@x", { why: "To" }, "m2"),
      row("merged", "a@x", {}, "m2"),
    ],
    placements: [{ about: "it", where: "/a/1", why: "To: a@x, its copy merged" }],
  },
  {
    name: "nothing delivered",
    rows: [row("accepted", null)],
    placements: [{ about: "it", where: null, why: "not delivered" }],
  },
];

test.each(cases)("placements: $name", ({ rows, placements }) => {
  expect(placementsOf("it", rows)).toEqual(placements);
});

test("the table's columns stand below each other", () => {
  const table = placementTable(
    [
      { about: "short", where: "/mail/a/new/1", why: "To: a@x" },
      { about: "a longer one", where: null, why: "not delivered" },
    ],
    (path) => path.slice(6),
  );
  expect(table.split("\n")).toEqual([
    "  message       went to  why",
    "  short         a/new/1  To: a@x",
    "  a longer one  -        not delivered",
  ]);
});
