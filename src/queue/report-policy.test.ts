import { expect, test } from "vitest";
import { Header } from "../message/header.ts";
import { rateObstacle, reportObstacle } from "./report-policy.ts";

const sender = { localPart: "carol", domain: "far.example" };

const cases: {
  name: string;
  fields?: string;
  notify?: "failure" | "never";
  from?: typeof sender | null;
  expected: string | null;
}[] = [
  { name: "a person's mail is reported", fields: "Subject: hello", expected: null },
  { name: "guessed recipients never are", notify: "never", expected: "never-report" },
  { name: "nobody to tell", from: null, expected: "null-sender" },
  { name: "a sender without a domain", from: { localPart: "root", domain: "" }, expected: "unusable-sender" },
  {
    name: "a report, by its type",
    fields: "Content-Type: multipart/report; boundary=x",
    expected: "automatic",
  },
  {
    name: "a report, by its sender",
    from: { localPart: "MAILER-DAEMON", domain: "far.example" },
    expected: "automatic",
  },
  { name: "an automatic answer", fields: "Auto-Submitted: auto-replied (vacation)", expected: "automatic" },
  { name: "Auto-Submitted: no is a person", fields: "Auto-Submitted: no", expected: null },
  { name: "Exchange asks for no NDR", fields: "X-Auto-Response-Suppress: DR, NDR", expected: "automatic" },
  {
    name: "Exchange asks for no vacation: a report is fine",
    fields: "X-Auto-Response-Suppress: OOF",
    expected: null,
  },
  { name: "a mailing list", fields: "List-Id: <l.example>", expected: "list" },
  { name: "a newsletter", fields: "List-Unsubscribe: <https://x.example/>", expected: "list" },
  { name: "Precedence: bulk", fields: "Precedence: Bulk", expected: "list" },
  { name: "Precedence: first-class is a person", fields: "Precedence: first-class", expected: null },
  { name: "spam by SpamAssassin", fields: "X-Spam-Status: Yes, score=9.1", expected: "spam" },
  { name: "no spam by SpamAssassin", fields: "X-Spam-Status: No, score=0.1", expected: null },
  { name: "spam by flag", fields: "x-spam-flag: YES", expected: "spam" },
];

test.each(cases)("$name", ({ fields = "", notify = "failure", from = sender, expected }) => {
  const { header } = Header.parse(Buffer.from(`${fields}\n\n`));
  expect(reportObstacle(notify, from, header)).toBe(expected);
});

test.each([
  [{ toSender: 0, inAll: 0 }, null],
  [{ toSender: 9, inAll: 99 }, null],
  [{ toSender: 10, inAll: 10 }, "rate-sender"],
  [{ toSender: 0, inAll: 100 }, "rate-all"],
])("after %o in an hour: %s", (counts, expected) => {
  expect(rateObstacle(counts)).toBe(expected);
});
