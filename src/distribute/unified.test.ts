import { expect, test } from "vitest";
import { Header } from "../message/header.ts";
import { rebuildEnvelope } from "./unified.ts";

const fields =
  "Return-Path: <ann@sender.example>\nX-Real-To: a@x, a@x\nReceived: r\nX-Real-To: b@x\nBcc: f@x\nCc: e@x\nTo: c@x\nTo: d@x, @@\n";
const header = Header.parse(Buffer.from(`${fields}\nbody`)).header;
const print = (part: Header) => Buffer.from(part.toBytes()).toString();

test("special header present: its topmost hop, reported, repeats kept for the router", () => {
  const envelope = rebuildEnvelope(header, "x-real-to", null);
  expect(envelope.reversePath).toEqual({ localPart: "ann", domain: "sender.example" });
  expect(envelope.candidates.map(({ source, text }) => `${source} ${text}`)).toEqual([
    "x-real-to a@x",
    "x-real-to a@x",
  ]);
  expect(envelope).toMatchObject({
    notify: "failure",
    guessed: false,
    specialHeaderAbsent: false,
    bound: null,
  });
  expect(print(envelope.header)).toBe("Received: r\nBcc: f@x\nCc: e@x\nTo: c@x\nTo: d@x, @@\n");
});

test.each([
  { name: "not set", specialHeader: null, absent: false },
  { name: "set and absent", specialHeader: "Envelope-To", absent: true },
])("special header $name: To, Cc, Bcc in this order, never reported", ({ specialHeader, absent }) => {
  const envelope = rebuildEnvelope(header, specialHeader, "pre-");
  const read = envelope.candidates.map(
    ({ source, text, address }) => `${source} ${text} ${address === null}`,
  );
  expect(read).toEqual(["To c@x false", "To d@x false", "To @@ true", "Cc e@x false", "Bcc f@x false"]);
  expect(envelope).toMatchObject({ notify: "never", guessed: true, specialHeaderAbsent: absent });
  expect(print(envelope.header)).toBe(fields.replace(/^.*\n/, ""));
});

test.each([
  { prefix: "mbox-", address: "mbox-alice@x", left: "alice" },
  { prefix: "MBOX-", address: "Mbox-Alice@x", left: "Alice" },
  { prefix: "mbox-", address: "alice@x", left: "alice" },
  { prefix: "mbox-", address: "mbox-@x", left: "mbox-" },
  { prefix: "mbox-", address: "a-mbox-b@x", left: "a-mbox-b" },
  { prefix: "mbox-", address: "mbox-mbox-b@x", left: "mbox-b" },
  { prefix: "", address: "alice@x", left: "alice" },
  { prefix: null, address: "mbox-alice@x", left: "mbox-alice" },
])("prefix $prefix of $address leaves $left", ({ prefix, address, left }) => {
  const delivered = Header.parse(Buffer.from(`Delivered-To: ${address}\n\n`)).header;
  const [candidate] = rebuildEnvelope(delivered, "Delivered-To", prefix).candidates;
  expect(candidate).toEqual({
    source: "Delivered-To",
    text: address,
    address: { localPart: left, domain: "x" },
  });
});

test("the prefix is for the special header alone", () => {
  const guessed = Header.parse(Buffer.from("To: mbox-alice@x\n\n")).header;
  const [candidate] = rebuildEnvelope(guessed, "Delivered-To", "mbox-").candidates;
  expect(candidate?.address?.localPart).toBe("mbox-alice");
});
