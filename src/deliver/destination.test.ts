import { expect, test } from "vitest";
import type { Delivery } from "./delivery.ts";
import { maildirPath } from "./destination.ts";
import { deliveryPicker } from "./pick.ts";

test.each([
  ["maildir:/srv/mail/alice", "/srv/mail/alice"],
  ["maildir:/srv//mail/./alice/", "/srv/mail/alice"],
  ["MAILDIR:/srv/mail/a b", "/srv/mail/a b"],
  ["maildir:/srv/mail/alice/.Archive", "/srv/mail/alice/.Archive"],
  ["maildir:/srv/..mail/alice", "/srv/..mail/alice"],
])("%s is the folder %s", (destination, path) => {
  expect(maildirPath(destination)).toEqual({ ok: true, value: path });
});

test.each([
  ["maildir:mail/alice", "maildir-unusable"],
  ["maildir:", "maildir-unusable"],
  ["maildir:/", "maildir-unusable"],
  ["maildir://", "maildir-unusable"],
  ["maildir:/srv/mail/../etc", "maildir-unusable"],
  ["maildir:/srv/mail/..", "maildir-unusable"],
  ["maildir:/srv/mail/a\0b", "maildir-unusable"],
  ["mbox:/var/mail/alice", "destination-unsupported"],
])("%j is no Maildir: %s, temporary", (destination, code) => {
  expect(maildirPath(destination)).toMatchObject({
    ok: false,
    failure: { code, scope: "recipient", permanent: false },
  });
});

test("the scheme picks the delivery", () => {
  const named = (): Delivery => ({
    kind: "two-step",
    find: async () => [],
    prepare: async () => [],
    commit: async () => [],
    abandon: async () => {},
    sweep: async () => {},
  });
  const [maildir, lmtpUnix] = [named(), named()];
  const pick = deliveryPicker({ maildir, "lmtp+unix": lmtpUnix });
  expect(pick("maildir:/srv/mail/alice")).toBe(maildir);
  expect(pick("Maildir:/srv/mail/alice")).toBe(maildir);
  expect(pick("lmtp+unix:/run/lmtp")).toBe(lmtpUnix);
  for (const unknown of ["lmtp://host", "/srv/mail/alice", "", "toString:x", "__proto__:x"]) {
    expect(pick(unknown)).toMatchObject({
      code: "destination-unsupported",
      scope: "recipient",
      permanent: false,
    });
  }
});
