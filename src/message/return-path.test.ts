import { expect, test } from "vitest";
import { Header } from "./header.ts";
import { returnPath } from "./return-path.ts";

test.each([
  { name: "the topmost counts", fields: "Return-Path: <a@x>\nReturn-Path: <b@x>\n", address: "a@x" },
  {
    name: "an unreadable topmost one is not made up for",
    fields: "Return-Path: <a@@x>\nReturn-Path: <b@x>\n",
    address: null,
  },
  { name: "bare", fields: "Return-path: a@X\n", address: "a@x" },
  { name: "route and comment", fields: "Return-Path: (c) <@r.example:a@x> (c)\n", address: "a@x" },
  { name: "null", fields: "Return-Path: <>\n", address: null },
  { name: "absent", fields: "From: a@x\n", address: null },
  { name: "empty", fields: "Return-Path:\n", address: null },
  { name: "no domain", fields: "Return-Path: <MAILER-DAEMON>\n", address: null },
  { name: "two addresses", fields: "Return-Path: <a@x> <b@x>\n", address: null },
  { name: "an address beside what cannot be read", fields: "Return-Path: <a@x>, b@\n", address: null },
  { name: "too deep", fields: `Return-Path: <a@x> ${"(".repeat(21)}\n`, address: null },
])("reverse-path: $name", ({ fields, address }) => {
  const found = returnPath(Header.parse(Buffer.from(fields)).header);
  expect(found && `${found.localPart}@${found.domain}`).toBe(address);
});
