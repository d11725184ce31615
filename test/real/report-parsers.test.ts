/**
 * Our error reports as two programs that are not ours read them: Python's `email`, and mailparser.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { describe, expect, test } from "vitest";
import { findProgram, lacks } from "../support/tools.ts";

const reports = [
  { file: "report-en.eml", subject: "Undelivered mail: bob@example.com", says: "The next server refused" },
  {
    file: "report-ja.eml",
    subject: "メールを配信できませんでした: bob@example.com",
    says: "配信先のサーバーがメッセージを拒否しました。",
  },
];

const path = (file: string) => join(import.meta.dirname, "../reference", file);

/** Reads a report strictly: every defect that Python finds is an error. */
const script = `
import email, email.policy, json, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
parts = list(m.iter_parts())
status = parts[1].get_payload()
print(json.dumps({
  "type": m.get_content_type(), "kind": m.get_param("report-type"), "subject": m["Subject"],
  "defects": [str(d) for p in m.walk() for d in p.defects],
  "parts": [p.get_content_type() for p in parts],
  "text": parts[0].get_content(),
  "status": [dict(group.items()) for group in status],
  "original": parts[2].get_content() if parts[2].get_content_maintype() == "text" else "",
}))`;

describe.skipIf(lacks("python3"))("Python's email", () => {
  test.each(reports)("reads $file", ({ file, subject, says }) => {
    const said = execFileSync(findProgram("python3") ?? "python3", ["-c", script, path(file)], {
      encoding: "utf8",
      env: { ...process.env, PYTHONIOENCODING: "utf-8" },
    });
    const read = JSON.parse(said);
    expect(read).toMatchObject({
      type: "multipart/report",
      kind: "delivery-status",
      subject,
      defects: [],
      parts: ["text/plain", "message/delivery-status", "text/rfc822-headers"],
    });
    expect(read.text).toContain(says);
    expect(read.status[0]).toMatchObject({ "Reporting-MTA": "dns; mail.example.com" });
    expect(read.status[1]).toMatchObject({
      "Final-Recipient": "rfc822; bob@example.com",
      Action: "failed",
      Status: "5.2.1",
    });
    expect(read.original).toContain("carol@far.example");
  });
});

describe("mailparser", () => {
  test.each(reports)("reads $file", async ({ file, subject, says }) => {
    const read = await simpleParser(readFileSync(path(file)));
    expect(read.subject).toBe(subject);
    expect(read.text).toContain(says);
    expect(read.from?.value).toEqual([{ name: "Mail Delivery System", address: "postmaster@example.com" }]);
    expect(read.headers.get("content-type")).toMatchObject({
      value: "multipart/report",
      params: { "report-type": "delivery-status" },
    });
    // It shows the status part as text, and hands the header out as a file.
    expect(read.text).toContain("Final-Recipient: rfc822; bob@example.com");
    expect(read.attachments.map(({ contentType }) => contentType)).toEqual(["text/rfc822-headers"]);
  });
});
