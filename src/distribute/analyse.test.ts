import { expect, test } from "vitest";
import type { LocalAccountId } from "../core/ids.ts";
import { Header } from "../message/header.ts";
import { compileRoutingTable } from "../route/routing-table.ts";
import { analyse } from "./analyse.ts";

const account = (name: string) => ({
  id: `id-of-${name}` as LocalAccountId,
  name,
  aliases: [],
  destination: `maildir:/mail/${name}`,
});
const router = compileRoutingTable({
  mainDomain: "example.com",
  relay: null,
  domains: [
    {
      name: "example.com",
      aliases: [],
      catchAll: null,
      accounts: ["alice", "bob", "marie", "anne-marie"].map(account),
      routes: [],
    },
  ],
});

const times = (count: number, text: string) => Array.from({ length: count }, () => text);

const providers: {
  name: string;
  messages: string[];
  configured?: string;
  /** Field, prefix, messages that it would bring to an account. */
  best: [string | null, string | null, number] | null;
}[] = [
  {
    name: "Postfix writes X-Original-To, and the collecting mailbox into Delivered-To",
    messages: [
      "Delivered-To: box@isp.example\nX-Original-To: alice@example.com\nTo: list@far.example\n",
      "Delivered-To: box@isp.example\nX-Original-To: bob@example.com\nTo: bob@example.com\n",
    ],
    best: ["X-Original-To", null, 2],
  },
  {
    name: "qmail writes Delivered-To with the domain in front",
    messages: [
      "Delivered-To: example.com-alice@example.com\nTo: x@far.example\n",
      "Delivered-To: example.com-anne-marie@example.com\nTo: x@far.example\n",
    ],
    best: ["Delivered-To", "example.com-", 2],
  },
  {
    name: "qmail, and all mail is for one person with a dash in the name",
    messages: times(3, "Delivered-To: example.com-anne-marie@example.com\n"),
    best: ["Delivered-To", "example.com-", 3],
  },
  {
    name: "names with dashes need no prefix stripped",
    messages: times(3, "X-Real-To: anne-marie@example.com\n"),
    best: ["X-Real-To", null, 3],
  },
  {
    name: "two fields say the same: the surer one",
    messages: times(2, "Envelope-To: alice@example.com\nX-Real-To: alice@example.com\n"),
    best: ["X-Real-To", null, 2],
  },
  {
    name: "only the collecting mailbox is named: To, Cc and Bcc",
    messages: [
      "Delivered-To: box@isp.example\nTo: alice@example.com\n",
      "Delivered-To: box@isp.example\nCc: bob@example.com\n",
    ],
    best: [null, null, 2],
  },
  {
    name: "a field that came with one forwarded message is not the provider's",
    messages: ["X-Original-To: alice@example.com\n", ...times(3, "To: bob@example.com\n")],
    best: [null, null, 3],
  },
  {
    name: "unknown names in the right field count as not placed, and it is the right one all the same",
    messages: ["X-Real-To: alice@example.com\n", "X-Real-To: ghost@example.com\nTo: x@far.example\n"],
    best: ["X-Real-To", null, 1],
  },
  {
    name: "a field of a name of its own, set already",
    messages: times(2, "X-Provider-Rcpt: alice@example.com\n"),
    configured: "X-Provider-Rcpt",
    best: ["X-Provider-Rcpt", null, 2],
  },
  { name: "nobody of ours anywhere", messages: times(2, "To: x@far.example\n"), best: null },
  { name: "no message", messages: [], best: null },
];

test.each(providers)("$name", ({ messages, configured, best }) => {
  const headers = messages.map((text) => Header.parse(Buffer.from(`${text}\n`)).header);
  const analysis = analyse(headers, router, configured ?? null);
  expect(analysis.messages).toBe(messages.length);
  expect(analysis.best && [analysis.best.field, analysis.best.prefix, analysis.best.placedInAll]).toEqual(
    best,
  );
});

test("every field is counted: in how many it stands, and how many it would bring to an account", () => {
  const headers = ["X-Original-To: alice@example.com\nTo: bob@example.com\n", "To: x@far.example\n"].map(
    (text) => Header.parse(Buffer.from(`${text}\n`)).header,
  );
  const spoken = analyse(headers, router).fields.map(
    ({ field, present, placed }) => `${field ?? "guess"} ${present} ${placed}`,
  );
  expect(spoken).toEqual([
    "X-Real-To 0 0",
    "X-Original-To 1 1",
    "Delivered-To 0 0",
    "Envelope-To 0 0",
    "X-Envelope-To 0 0",
    "guess 2 1",
  ]);
});
