import fc from "fast-check";
import { expect, test } from "vitest";
import { boundedText, type ReplyStep, refusal, unreachable } from "./smtp-failure.ts";

const hop = { destination: "lmtp://mail.example", host: "mail.example:24" };

const cases: readonly (readonly [string, ReplyStep, string])[] = [
  ["550 5.1.1 <a@x> unknown", "RCPT TO", "delivery-refused 5.1.1 permanent"],
  ["550-5.1.1 <a@x>\n550 5.1.1 unknown", "RCPT TO", "delivery-refused 5.1.1 permanent"],
  ["550 no such user", "RCPT TO", "delivery-refused 5.0.0 permanent"],
  ["550", "RCPT TO", "delivery-refused 5.0.0 permanent"],
  // An enhanced code of another class contradicts the reply, and the reply counts.
  ["550 4.2.1 disabled", "RCPT TO", "delivery-refused 5.0.0 permanent"],
  ["450 4.2.0 greylisted", "RCPT TO", "delivery-deferred 4.2.0"],
  ["451 try later", "DATA", "delivery-deferred 4.0.0"],
  ["452 4.2.2 over quota", "DATA", "mailbox-full 4.2.2"],
  ["552 5.2.2 over quota", "DATA", "mailbox-full 5.2.2 permanent"],
  ["552 no room", "RCPT TO", "mailbox-full 5.2.2 permanent"],
  ["552 5.3.4 too big", "MAIL FROM", "delivery-refused 5.3.4 permanent"],
  ["552 too big", "MAIL FROM", "delivery-refused 5.0.0 permanent"],
  ["452 4.5.3 too many recipients", "RCPT TO", "delivery-deferred 4.5.3"],
  ["421 4.3.2 going down", "DATA", "destination-unreachable 4.4.1 unreachable"],
  ["530 5.7.0 authentication required", "MAIL FROM", "destination-unreachable 4.4.1 unreachable"],
  ["535 5.7.8 wrong", "MAIL FROM", "destination-unreachable 4.4.1 unreachable"],
  ["539 5.7.8 something", "RCPT TO", "delivery-refused 5.7.8 permanent"],
  ["* OK IMAP", "RCPT TO", "destination-unreachable 4.4.1 unreachable"],
  ["250 ok", "DATA", "destination-unreachable 4.4.1 unreachable"],
  ["5500 what", "DATA", "destination-unreachable 4.4.1 unreachable"],
];

test.each(cases)("%s to %s: %s", (reply, step, meaning) => {
  const { failure, unreachable: gone } = refusal(hop, reply, step);
  const words = [
    failure.code,
    failure.status,
    failure.permanent ? "permanent" : "",
    gone ? "unreachable" : "",
  ];
  expect(words.filter(Boolean).join(" ")).toBe(meaning);
  expect(failure).toMatchObject({ scope: "recipient", remoteText: reply, params: hop });
});

test("what stands in the way to the server is temporary", () => {
  expect(unreachable(hop, "greeting", "554 no")).toMatchObject({ permanent: false, remoteText: "554 no" });
});

test("any reply: only 4 and 5 classes decide, and its words are at most 500 bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 700 }), (reply) => {
      const { failure } = refusal(hop, reply, "RCPT TO");
      expect(Buffer.byteLength(failure.remoteText ?? "")).toBeLessThanOrEqual(500);
      if (failure.permanent) expect(reply.startsWith("5")).toBe(true);
    }),
  );
  expect(boundedText("あ".repeat(200))).toBe("あ".repeat(166));
});
