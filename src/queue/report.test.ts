import { expect, test } from "vitest";
import { failure } from "../core/failure.ts";
import { Header } from "../message/header.ts";
import { writeReport } from "../message/report-writer.ts";
import { wordsIn } from "../words/words.ts";
import { type ReportFacts, reportLanguage, reportOf } from "./report.ts";

const refused = failure("delivery-refused", "recipient", {
  permanent: true,
  status: "5.2.1",
  remoteText: "550 5.2.1 mailbox \u202edisabled\u0007\r\nRCPT TO:<x>",
  params: { host: "mx.next.example" },
});

function facts(fields: string, change: Partial<ReportFacts> = {}): ReportFacts {
  return {
    id: "0198-report",
    from: { localPart: "postmaster", domain: "example.com" },
    to: { localPart: "carol", domain: "far.example" },
    serverName: "mail.example.com",
    at: Date.UTC(2026, 10, 24, 12, 0, 0),
    timeZone: "Asia/Tokyo",
    original: {
      header: Header.parse(Buffer.from(`${fields}\n\n`)).header,
      arrivedAt: Date.UTC(2026, 10, 24, 11, 59, 0),
      messageId: "<orig@far.example>",
    },
    failed: [{ recipient: { localPart: "bob", domain: "example.com" }, failure: refused }],
    ...change,
  };
}

const written = (fields: string, change: Partial<ReportFacts> = {}) => {
  const made = facts(fields, change);
  const language = reportLanguage(made.original.header);
  const english = language === "en" ? null : wordsIn("en").report;
  return Buffer.from(writeReport(reportOf(made, wordsIn(language).report, english))).toString("latin1");
};

test("an English report, whole", async () => {
  const text = written(
    "From: Carol <carol@far.example>\nSubject: Lunch\nDate: Tue, 24 Nov 2026 20:58:00 +0900",
  );
  await expect(text).toMatchFileSnapshot("../../test/reference/report-en.eml");
});

test("a Japanese report, whole, with the English text below", async () => {
  const text = written("From: =?utf-8?B?44OG44K544OI?= <carol@far.example>\nSubject: =?utf-8?B?44GK5pi8?=");
  await expect(text).toMatchFileSnapshot("../../test/reference/report-ja.eml");
});

test("no line of the fields and the status part holds more than printable ASCII (R-45)", () => {
  const odd = { localPart: "b\r\nBcc: x@y", domain: "example.com" };
  const text = written("Subject: x", {
    to: odd,
    failed: [{ recipient: { localPart: "bö\nb", domain: "例え.example" }, failure: refused }],
    original: { ...facts("Subject: x").original, messageId: "<a@b>\nBcc: z@z" },
  });
  const [fields = ""] = text.split("\n\n");
  expect(fields).not.toMatch(/^Bcc:/m);
  expect(text).not.toMatch(/^Bcc:/m);
  const status = text.slice(text.indexOf("message/delivery-status"), text.indexOf("text/rfc822-headers"));
  expect(status).toMatch(/^[\n -~]*$/);
  expect(status).toContain("Final-Recipient: utf-8; ");
  expect(status).toContain("\\x{F6}");
});

test("a header of megabytes is cut at a line, NUL goes, 8-bit is said", () => {
  const line = `X-Fill: ${"ä".repeat(100)}\0\n`;
  const text = written(line.repeat(2000).trimEnd());
  expect(text.length).toBeLessThan(80_000);
  expect(text).toContain("Content-Transfer-Encoding: 8bit");
  expect(text).not.toContain("\0");
});
