import fc from "fast-check";
import { expect, test } from "vitest";
import { Header } from "./header.ts";
import { carriesOurMark, countReceived, type ReceivedTrace, writeReceived } from "./received.ts";

const trace: ReceivedTrace = {
  installationId: "0123456789abcdef",
  messageId: "0193b0f2-0000-7000-8000-000000000001",
  serverName: "mail.example.com",
  remoteHost: "pop.isp.example",
  at: Date.UTC(2026, 10, 24, 20, 38, 5),
  withProtocol: "POP3S",
};
const headerOf = (text: string) => Header.parse(Buffer.from(text)).header;

test("our Received, as RFC 5321 4.4 writes it", () => {
  expect(
    writeReceived({ ...trace, timeZone: "Asia/Tokyo", forRecipient: { localPart: "a", domain: "x" } }),
  ).toBe(
    "Received: from pop.isp.example\n" +
      "\tby mail.example.com (RPOP 0123456789abcdef)\n" +
      "\twith POP3S id 0193b0f2-0000-7000-8000-000000000001\n" +
      "\tfor <a@x>;\n" +
      "\tWed, 25 Nov 2026 05:38:05 +0900\n",
  );
  expect(writeReceived({ ...trace, withProtocol: "POP3" })).toContain(
    "\twith POP3 id 0193b0f2-0000-7000-8000-000000000001;\n",
  );
});

test.each([
  { host: "192.0.2.1", word: "[192.0.2.1]" },
  { host: "2001:db8::1", word: "[IPv6:2001:db8::1]" },
  { host: "[2001:db8::1]", word: "[IPv6:2001:db8::1]" },
  { host: "bücher.example", word: "xn--bcher-kva.example" },
  { host: "Pop.Example.", word: "pop.example" },
  { host: "a\nX-Evil: 1", word: "a?x-evil??1" },
  { host: "2001:db8::1 x", word: "2001?db8??1?x" },
  { host: "", word: "unknown" },
])("remote host $host", ({ host, word }) => {
  const [line] = writeReceived({ ...trace, remoteHost: host }).split("\n");
  expect(line).toBe(`Received: from ${word}`);
});

test("a recipient that RFC 5321 has no form for is left out", () => {
  const forRecipient = { localPart: "田中", domain: "x" };
  expect(writeReceived({ ...trace, forRecipient })).not.toContain("for");
});

test("no host and no address breaks out of the field (R-45)", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (host, localPart) => {
      const text = writeReceived({ ...trace, remoteHost: host, forRecipient: { localPart, domain: "x" } });
      expect(text).toMatch(/^Received: [\u0020-\u007e]+\n(\t[\u0020-\u007e]+\n){3,4}$/);
      expect(carriesOurMark(headerOf(text), trace.installationId)).toBe(true);
      expect(countReceived(headerOf(text))).toBe(1);
    }),
  );
});

test.each([
  { name: "ours", fields: writeReceived(trace), ours: true },
  {
    name: "ours, below another's",
    fields: `Received: from a by b; now\n${writeReceived(trace)}`,
    ours: true,
  },
  {
    name: "ours, folded anew",
    fields: "Received: from a by b (RPOP\n  0123456789abcdef) with POP3; now\n",
    ours: true,
  },
  {
    name: "another installation",
    fields: writeReceived({ ...trace, installationId: "fedcba9876543210" }),
    ours: false,
  },
  {
    name: "an id that begins like ours",
    fields: "Received: by b (RPOP 0123456789abcdef0); now\n",
    ours: false,
  },
  { name: "our address in a Delivered-To", fields: "Delivered-To: alice@example.com\n", ours: false },
  { name: "our mark in another field", fields: "X-Trace: by b (RPOP 0123456789abcdef)\n", ours: false },
  {
    name: "our id elsewhere in a Received",
    fields: "Received: from 0123456789abcdef by b; now\n",
    ours: false,
  },
  { name: "none", fields: "", ours: false },
])("loop mark: $name", ({ fields, ours }) => {
  expect(
    carriesOurMark(
      headerOf(`${fields}Subject: x\n\nReceived: by b (RPOP 0123456789abcdef)\n`),
      "0123456789abcdef",
    ),
  ).toBe(ours);
});

test("Received fields are counted", () => {
  expect(countReceived(headerOf("Received: a\nTo: x\nreceived: b\n\nReceived: c\n"))).toBe(2);
});
