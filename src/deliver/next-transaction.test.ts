import { expect, test } from "vitest";
import { deliveryItem } from "../../test/support/delivery-item.ts";
import type { DeliveryItem } from "./delivery.ts";
import { type Manners, nextTransaction } from "./next-transaction.ts";

const hop = { destination: "smtp://mx.example", host: "mx.example:25" };
const plain: Manners = { protocol: "smtp", dsn: false, smtpUtf8: false };
const dsn: Manners = { ...plain, dsn: true };
const utf8: Manners = { ...plain, smtpUtf8: true };
const lmtp: Manners = { ...plain, protocol: "lmtp" };
const sender = { localPart: "s", domain: "x.example" };
const named = (localPart: string) => ({ localPart, domain: "x.example" });

/** One line per transaction: `from | recipients | NOTIFY`. */
function lines(items: readonly Partial<DeliveryItem>[], manners: Manners): string[] {
  let waiting = items.map((given) => deliveryItem({ reversePath: sender, ...given }));
  const found: string[] = [];
  while (waiting.length > 0) {
    const next = nextTransaction(waiting, manners, hop);
    if (next.kind === "unsaid") {
      found.push(`unsaid ${next.failure.status}`);
      waiting = waiting.filter((item) => item !== next.item);
      continue;
    }
    const done = [...next.recipients.values()];
    expect(done).toContain(waiting[0]);
    const parts = [next.from, [...next.recipients.keys()].join(" "), ...(next.dsn ? [next.dsn.notify] : [])];
    found.push(parts.join(" | "));
    waiting = waiting.filter((item) => !done.includes(item));
  }
  return found;
}

const a = { recipient: named("a") };
const b = { recipient: named("b") };
const reported = { notify: "failure" } as const;

test.each([
  {
    name: "one message, one transaction",
    manners: plain,
    items: [a, b],
    sent: [" | a@x.example b@x.example"],
  },
  {
    name: "another message",
    manners: plain,
    items: [a, { ...b, spoolPath: "/other" }],
    sent: [" | a@x.example", " | b@x.example"],
  },
  {
    name: "another sender for those whose failure is reported",
    manners: plain,
    items: [a, { ...b, ...reported }],
    sent: [" | a@x.example", "s@x.example | b@x.example"],
  },
  {
    name: "fields of its own",
    manners: plain,
    items: [a, { ...b, extraFields: "X-Real-To: b\n" }],
    sent: [" | a@x.example", " | b@x.example"],
  },
  {
    name: "one address twice: two transactions, two answers",
    manners: plain,
    items: [a, a],
    sent: [" | a@x.example", " | a@x.example"],
  },
  {
    name: "DSN: never-report shares, reported goes alone",
    manners: dsn,
    items: [{ ...a, ...reported }, a, { ...b, ...reported }, b],
    sent: [
      "s@x.example | a@x.example | FAILURE",
      "s@x.example | a@x.example b@x.example | NEVER",
      "s@x.example | b@x.example | FAILURE",
    ],
  },
  {
    name: "LMTP: one by one, with the sender, without NOTIFY",
    manners: { ...lmtp, dsn: true },
    items: [a, b],
    sent: ["s@x.example | a@x.example", "s@x.example | b@x.example"],
  },
  {
    name: "the null sender",
    manners: dsn,
    items: [{ ...a, reversePath: null }],
    sent: [" | a@x.example | NEVER"],
  },
  {
    name: "a sender that cannot be said: dropped where nobody is told anyway, else refused",
    manners: lmtp,
    items: [
      { ...a, reversePath: named("ü") },
      { ...a, reversePath: named("ü"), ...reported },
      { ...a, reversePath: named("<>") },
      { ...a, reversePath: named("x\r\nRCPT TO:<v@y>"), ...reported },
    ],
    sent: [" | a@x.example", "unsaid 5.6.7", " | a@x.example", "unsaid 5.1.7"],
  },
  {
    name: "SMTPUTF8",
    manners: utf8,
    items: [{ recipient: named("ü"), reversePath: named("ö"), ...reported }],
    sent: ["ö@x.example | ü@x.example"],
  },
  {
    name: "a recipient that cannot be said",
    manners: utf8,
    items: [{ recipient: named("a\nb") }, { recipient: named("a>b") }, { recipient: named("@b") }],
    sent: ["unsaid 5.1.3", "unsaid 5.1.3", ' | "@b"@x.example'],
  },
  {
    name: "a hundred recipients, no more",
    manners: plain,
    items: Array.from({ length: 101 }, (_, index) => ({ recipient: named(`r${index}`) })),
    sent: [expect.stringMatching(/^ \| r0@.* r99@x.example$/), " | r100@x.example"],
  },
])("$name", ({ manners, items, sent }) => {
  expect(lines(items, manners)).toEqual(sent);
});
