import { connect, Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { playMailServer } from "../../test/support/mail-dialogue.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { type Spooled, spooledMessage } from "../../test/support/spooled-message.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { wireReport } from "../../test/support/wire-report.ts";
import { failed, failure } from "../core/failure.ts";
import { MINUTE, SECOND } from "../core/time.ts";
import { nodeFileSystem } from "../spool/node-file-system.ts";
import type { DeliveryItem } from "./delivery.ts";
import { type SmtpOptions, smtpDelivery } from "./smtp.ts";

let directory: TemporaryDirectory;
let message: Spooled;

beforeAll(async () => {
  directory = await temporaryDirectory("smtp");
  message = await spooledMessage(directory.path, "m1", "Subject: hi\n\nhello\n.dot\n");
});

afterAll(() => directory[Symbol.asyncDispose]());

const never = new AbortController().signal;
const wire = "Received: from pop.example by us\r\nSubject: hi\r\n\r\nhello\r\n.dot\r\n";

function delivery(clock = new ManualClock(), more: Partial<SmtpOptions> = {}) {
  const made = smtpDelivery({
    fs: nodeFileSystem,
    clock,
    serverName: () => "us.example",
    readPassword: async () => failed(failure("secret-unreadable", "account")),
    readCaFile: async () => "",
    ...more,
  });
  return { ...made, [Symbol.asyncDispose]: () => made.close() };
}

/** Entries for recipients of the message: `alice` is alice@example.com under the key `alice`. */
function entries(destination: string, names: readonly string[], more: Partial<DeliveryItem> = {}) {
  return names.map((name) =>
    message.item({
      key: name,
      destination,
      recipient: { localPart: name, domain: "example.com" },
      ...more,
    }),
  );
}

const lmtpHello = ["S: 220 sink", "C: LHLO us.example", "S: 250-sink", "S: 250 PIPELINING"];
const smtpHello = ["S: 220 sink", "C: EHLO us.example", "S: 250-sink", "S: 250 PIPELINING"];
const dsnHello = [...smtpHello.slice(0, -1), "S: 250-PIPELINING", "S: 250 DSN"];
const plainHello = ["S: 220 sink", "C: EHLO us.example", "S: 250 sink"];
const quit = ["C: QUIT", "S: 221 bye"];

function said(from: string, ...recipients: string[]): string[] {
  return [`C: MAIL FROM:<${from}>`, ...recipients.map((one) => `C: RCPT TO:<${one}@example.com>`), "C: DATA"];
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const accepted = (count: number) => [...Array(count + 1).fill("S: 250 ok"), "S: 354 go"];

interface Case {
  readonly name: string;
  readonly scheme: "lmtp" | "smtp";
  readonly options?: string;
  readonly to: readonly string[];
  readonly more?: Partial<DeliveryItem>;
  readonly scripts: readonly (readonly string[])[];
  readonly told: readonly string[];
}

const lmtpAlice = [...said("sender@example.net", "alice"), ...accepted(1), "DATA"];
const lmtpBob = [...said("sender@example.net", "bob"), ...accepted(1), "DATA"];
const never1 = [...said("", "alice"), ...accepted(1), "DATA"];

const cases: Case[] = [
  {
    name: "LMTP: one recipient a transaction, one connection for all",
    scheme: "lmtp",
    to: ["alice", "bob"],
    scripts: [[...lmtpHello, ...lmtpAlice, "S: 250 saved", ...lmtpBob, "S: 250 saved", ...quit]],
    told: ["sending alice", "alice delivered", "sending bob", "bob delivered"],
  },
  {
    name: "LMTP: a refused recipient harms no other; RSET between",
    scheme: "lmtp",
    to: ["alice", "bob"],
    scripts: [
      [
        ...lmtpHello,
        ...said("sender@example.net", "alice"),
        "S: 250 ok",
        "S: 550 5.1.1 <alice> unknown",
        "S: 503 no recipients",
        "C: RSET",
        "S: 250 ok",
        ...lmtpBob,
        "S: 250 saved",
        ...quit,
      ],
    ],
    told: ["alice delivery-refused 5.1.1 permanent", "sending bob", "bob delivered"],
  },
  {
    name: "LMTP: refused after the dot",
    scheme: "lmtp",
    to: ["alice", "bob"],
    scripts: [
      [...lmtpHello, ...lmtpAlice, "S: 452 4.2.2 over quota", ...lmtpBob, "S: 552 5.2.2 over quota", ...quit],
    ],
    told: ["sending alice", "alice mailbox-full 4.2.2", "sending bob", "bob mailbox-full 5.2.2 permanent"],
  },
  {
    name: "LMTP: the server dies between two replies: the first counts, the second is doubtful",
    scheme: "lmtp",
    to: ["alice", "bob"],
    scripts: [[...lmtpHello, ...lmtpAlice, "S: 250 saved", ...lmtpBob, "CLOSE"]],
    told: ["sending alice", "alice delivered", "sending bob", "bob destination-unreachable 4.4.1 doubtful"],
  },
  {
    name: "after a break in one transaction the next item gets a new connection",
    scheme: "lmtp",
    to: ["alice", "bob"],
    scripts: [
      [...lmtpHello, ...lmtpAlice, "CLOSE"],
      [...lmtpHello, ...lmtpBob, "S: 250 saved", ...quit],
    ],
    told: ["sending alice", "alice destination-unreachable 4.4.1 doubtful", "sending bob", "bob delivered"],
  },
  {
    name: "three breaks in a row are the server's trouble",
    scheme: "lmtp",
    to: ["alice", "bob", "carol", "dave"],
    scripts: ["alice", "bob", "carol"].map((name) => [
      ...lmtpHello,
      ...said("sender@example.net", name),
      "CLOSE",
    ]),
    told: [
      "alice destination-unreachable 4.4.1",
      "bob destination-unreachable 4.4.1",
      "carol destination-unreachable 4.4.1",
      "dave destination-unreachable 4.4.1 unreachable",
    ],
  },
  {
    name: "421 as the answer to a recipient: the server leaves, the others wait",
    scheme: "lmtp",
    to: ["alice", "bob"],
    scripts: [
      [...lmtpHello, ...said("sender@example.net", "alice"), "S: 250 ok", "S: 421 4.3.2 going down", "CLOSE"],
    ],
    told: [
      "alice destination-unreachable 4.4.1 unreachable",
      "bob destination-unreachable 4.4.1 unreachable",
    ],
  },
  {
    name: "421 for one recipient is the end for those before it, too",
    scheme: "smtp",
    to: ["alice", "bob", "carol"],
    scripts: [
      [
        ...smtpHello,
        ...said("", "alice", "bob", "carol"),
        "S: 250 ok",
        "S: 250 ok",
        "S: 421 4.3.2 busy",
        "CLOSE",
      ],
    ],
    told: ["alice", "bob", "carol"].map((name) => `${name} destination-unreachable 4.4.1 unreachable`),
  },
  {
    name: "421 after the dot is an answer: not doubtful",
    scheme: "smtp",
    to: ["alice"],
    scripts: [[...smtpHello, ...never1, "S: 421 4.3.2 going down", "CLOSE"]],
    told: ["sending alice", "alice destination-unreachable 4.4.1 unreachable"],
  },
  {
    name: "SMTP without DSN: never-report means the null sender",
    scheme: "smtp",
    to: ["alice"],
    scripts: [[...smtpHello, ...never1, "S: 250 2.0.0 queued", ...quit]],
    told: ["sending alice", "alice delivered"],
  },
  {
    name: "SMTP without DSN: whose failure is reported keeps the sender",
    scheme: "smtp",
    to: ["alice"],
    more: { notify: "failure" },
    scripts: [[...smtpHello, ...lmtpAlice, "S: 250 2.0.0 queued", ...quit]],
    told: ["sending alice", "alice delivered"],
  },
  {
    name: "SMTP with DSN: never-report is NOTIFY=NEVER, and recipients share a transaction",
    scheme: "smtp",
    to: ["alice", "bob"],
    scripts: [
      [
        ...dsnHello,
        "C: MAIL FROM:<sender@example.net>",
        "C: RCPT TO:<alice@example.com> NOTIFY=NEVER",
        "C: RCPT TO:<bob@example.com> NOTIFY=NEVER",
        "C: DATA",
        ...accepted(2),
        "DATA",
        "S: 250 queued",
        ...quit,
      ],
    ],
    told: ["sending alice bob", "alice delivered", "bob delivered"],
  },
  {
    name: "SMTP with DSN: who is reported about goes alone, with ORCPT and RET=HDRS",
    scheme: "smtp",
    to: ["alice+x"],
    more: { notify: "failure" },
    scripts: [
      [
        ...dsnHello,
        "C: MAIL FROM:<sender@example.net> RET=HDRS",
        "C: RCPT TO:<alice+x@example.com> NOTIFY=FAILURE ORCPT=rfc822;alice+2Bx@example.com",
        "C: DATA",
        ...accepted(1),
        "DATA",
        "S: 250 queued",
        ...quit,
      ],
    ],
    told: ["sending alice+x", "alice+x delivered"],
  },
  {
    name: "SMTP: some recipients refused, the answer counts for the others",
    scheme: "smtp",
    to: ["alice", "bob", "carol"],
    scripts: [
      [
        ...smtpHello,
        ...said("", "alice", "bob", "carol"),
        "S: 250 ok",
        "S: 550 5.1.1 unknown",
        "S: 250 ok",
        "S: 450 4.2.1 greylisted",
        "S: 354 go",
        "DATA",
        "S: 250 2.0.0 queued",
        ...quit,
      ],
    ],
    told: [
      "alice delivery-refused 5.1.1 permanent",
      "carol delivery-deferred 4.2.1",
      "sending bob",
      "bob delivered",
    ],
  },
  {
    name: "SMTP: the sender refused counts for all of the transaction",
    scheme: "smtp",
    to: ["alice", "bob"],
    scripts: [
      [
        ...smtpHello,
        ...said("", "alice", "bob"),
        "S: 550 5.7.1 not you",
        "S: 503 mail first",
        "S: 503 mail first",
        "S: 503 mail first",
        ...quit,
      ],
    ],
    told: ["alice delivery-refused 5.7.1 permanent", "bob delivery-refused 5.7.1 permanent"],
  },
  {
    name: "SMTP: the sender deferred is no refusal, whatever follows",
    scheme: "smtp",
    to: ["alice"],
    scripts: [
      [
        ...smtpHello,
        ...said("", "alice"),
        "S: 451 4.7.1 greylisted",
        "S: 503 mail first",
        "S: 503 mail first",
        ...quit,
      ],
    ],
    told: ["alice delivery-deferred 4.7.1"],
  },
  {
    name: "SMTP: DATA refused",
    scheme: "smtp",
    to: ["alice"],
    scripts: [[...smtpHello, ...said("", "alice"), "S: 250 ok", "S: 250 ok", "S: 451 4.3.0 later", ...quit]],
    told: ["alice delivery-deferred 4.3.0"],
  },
  {
    name: "SMTP without PIPELINING, and no extension at all",
    scheme: "smtp",
    to: ["alice", "bob"],
    scripts: [
      [
        ...plainHello,
        "C: MAIL FROM:<>",
        "S: 250 ok",
        "C: RCPT TO:<alice@example.com>",
        "S: 250 ok",
        "C: RCPT TO:<bob@example.com>",
        "S: 554 no",
        "C: DATA",
        "S: 354 go",
        "DATA",
        "S: 250 queued",
        ...quit,
      ],
    ],
    told: ["bob delivery-refused 5.0.0 permanent", "sending alice", "alice delivered"],
  },
  {
    name: "SMTP: refused before the message was whole: that answer counts, the connection goes",
    scheme: "smtp",
    to: ["alice"],
    scripts: [[...smtpHello, ...said("", "alice"), ...accepted(1), "DATA", "S: 554 5.6.0 spam", ...quit]],
    told: ["sending alice", "alice delivery-refused 5.6.0 permanent"],
  },
  {
    name: "larger than the server takes",
    scheme: "smtp",
    to: ["alice"],
    scripts: [[...smtpHello.slice(0, -1), "S: 250 SIZE 20", ...quit]],
    told: ["alice delivery-refused 5.3.4 permanent"],
  },
  {
    name: "an address that needs SMTPUTF8, not offered",
    scheme: "smtp",
    to: ["ålice"],
    scripts: [[...smtpHello, ...quit]],
    told: ["ålice delivery-refused 5.6.7 permanent"],
  },
  {
    name: "a greeting of 5xx is temporary, for all items",
    scheme: "smtp",
    to: ["alice", "bob"],
    scripts: [["S: 554 go away", "CLOSE"]],
    told: [
      "alice destination-unreachable 4.4.1 unreachable",
      "bob destination-unreachable 4.4.1 unreachable",
    ],
  },
  {
    name: "closed before the greeting",
    scheme: "smtp",
    to: ["alice"],
    scripts: [["CLOSE"]],
    told: ["alice destination-unreachable 4.4.1 unreachable"],
  },
  {
    name: "STARTTLS required and not offered",
    scheme: "smtp",
    options: "?tls=required",
    to: ["alice"],
    scripts: [[...smtpHello, "C: STARTTLS", "S: 502 what?"]],
    told: ["alice destination-unreachable 4.4.1 unreachable"],
  },
  {
    name: "STARTTLS offered, refused, and not required",
    scheme: "smtp",
    to: ["alice"],
    scripts: [
      [
        ...smtpHello.slice(0, -1),
        "S: 250-STARTTLS",
        "S: 250 PIPELINING",
        "C: STARTTLS",
        "S: 454 not now",
        ...never1,
        "S: 250 queued",
        ...quit,
      ],
    ],
    told: ["sending alice", "alice delivered"],
  },
  {
    name: "STARTTLS that leads nowhere: once more in clear, where TLS is opportunistic",
    scheme: "smtp",
    to: ["alice"],
    scripts: [
      [...smtpHello.slice(0, -1), "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "CLOSE"],
      [...smtpHello, ...never1, "S: 250 queued", ...quit],
    ],
    told: ["sending alice", "alice delivered"],
  },
  {
    name: "a login is demanded: our settings, so temporary",
    scheme: "smtp",
    to: ["alice"],
    scripts: [
      [
        ...smtpHello,
        ...said("", "alice"),
        "S: 530 5.7.0 authentication required",
        "S: 530 5.7.0 authentication required",
        "S: 530 5.7.0 authentication required",
        ...quit,
      ],
    ],
    told: ["alice destination-unreachable 4.4.1 unreachable"],
  },
  {
    name: "LMTP keeps the sender of mail that is never reported; NUL in a local part cannot be said",
    scheme: "lmtp",
    to: ["a\0b", "alice"],
    scripts: [[...lmtpHello, ...lmtpAlice, "S: 250 saved", ...quit]],
    told: ["a\0b delivery-refused 5.1.3 permanent", "sending alice", "alice delivered"],
  },
  {
    name: "a local part that needs quotes",
    scheme: "smtp",
    to: ["foo..bar."],
    scripts: [[...smtpHello, ...said("", '"foo..bar."'), ...accepted(1), "DATA", "S: 250 queued", ...quit]],
    told: ["sending foo..bar.", "foo..bar. delivered"],
  },
];

test.each(
  cases.flatMap((one) => [
    { ...one, byteByByte: false },
    { ...one, name: `${one.name}, byte by byte`, byteByByte: true },
  ]),
)("$name", async ({ scheme, options = "", to, more, scripts, told, byteByByte }) => {
  await using server = await playMailServer(scripts, { byteByByte });
  const report = wireReport();
  {
    await using out = delivery();
    await out.send(entries(`${scheme}://127.0.0.1:${server.port}${options}`, to, more), report, never);
  }
  expect(report.told).toEqual(told);
  await server.done;
  expect(server.connections).toBe(scripts.length);
  for (const text of server.messages) expect(text).toBe(wire);
});

test("LMTP over a Unix socket; extra fields stand on top, the Return-Path stays here", async () => {
  const path = join(directory.path, "lmtp");
  await using server = await playMailServer([[...lmtpHello, ...lmtpAlice, "S: 250 saved", ...quit]], {
    path,
  });
  await using out = delivery();
  const report = wireReport();
  const extraFields = "X-Real-To: <alice@example.com>\n";
  await out.send(entries(`lmtp+unix:${path}`, ["alice"], { extraFields }), report, never);
  expect(report.answers.get("alice")).toEqual({ kind: "delivered", where: "250 saved" });
  expect(server.messages).toEqual([`X-Real-To: <alice@example.com>\r\n${wire}`]);
  await out.close();
  await server.done;
});

test("`sending` is durable before the dot: until it resolves, the message is not whole", async () => {
  await using server = await playMailServer([[...lmtpHello, ...lmtpAlice, "S: 250 saved", ...quit]]);
  await using out = delivery();
  let release = (_holds: boolean): void => {};
  let asked = (): void => {};
  const asking = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const report = wireReport(() => {
    asked();
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  const sending = out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice"]), report, never);
  await asking;
  await server.reached("DATA");
  expect(server.messages).toEqual([]);
  release(true);
  await sending;
  expect(server.messages).toEqual([wire]);
});

test.each([
  { name: "a refusal counts", reply: "552 5.3.4 too big", told: "alice delivery-refused 5.3.4 permanent" },
  { name: "a yes is no yes", reply: "250 done", told: "alice destination-unreachable 4.4.1" },
])("an answer before the message is whole: $name, and the connection goes", async ({ reply, told }) => {
  await using server = await playMailServer([
    [...lmtpHello, ...lmtpAlice.slice(0, -1), "WAIT", `S: ${reply}`, "UNFINISHED"],
    [...lmtpHello, ...lmtpBob, "S: 250 saved", ...quit],
  ]);
  let heard = "";
  const report = wireReport(async ([item]) => {
    server.go();
    // Every listener of the socket has had the reply by the next turn of the event loop.
    while (item?.key === "alice" && !heard.includes(reply)) await turn();
    return true;
  });
  {
    await using out = delivery(new ManualClock(), {
      openSocket: (place) => {
        const socket = connect(place.kind === "tcp" ? { host: place.host, port: place.port } : place);
        return socket.on("data", (chunk) => {
          heard += chunk.toString("latin1");
        });
      },
    });
    await out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice", "bob"]), report, never);
  }
  expect(report.told).toEqual(["sending alice", told, "sending bob", "bob delivered"]);
  await server.done;
});

test("a break while `sending` is being written down: the answer comes after it", async () => {
  await using server = await playMailServer([[...lmtpHello, ...lmtpAlice.slice(0, -1), "WAIT", "CLOSE"]]);
  let broken = (): void => {};
  const breaking = new Promise<void>((resolve) => {
    broken = resolve;
  });
  const report = wireReport(async () => {
    server.go();
    await breaking;
    for (let turns = 0; turns < 10; turns++) await turn();
    report.told.push("written down");
    return true;
  });
  await using out = delivery(new ManualClock(), {
    openSocket: (place) =>
      connect(place.kind === "tcp" ? { host: place.host, port: place.port } : place).on("close", broken),
  });
  await out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice"]), report, never);
  expect(report.told).toEqual(["sending alice", "written down", "alice destination-unreachable 4.4.1"]);
});

test("a claim that was lost: no dot, no answer, the connection goes; the next item has another", async () => {
  await using server = await playMailServer([
    [...lmtpHello, ...lmtpAlice.slice(0, -1), "UNFINISHED"],
    [...lmtpHello, ...lmtpBob, "S: 250 saved", ...quit],
  ]);
  const report = wireReport(([item]) => item?.key !== "alice");
  {
    await using out = delivery();
    await out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice", "bob"]), report, never);
  }
  expect(report.told).toEqual(["sending alice", "sending bob", "bob delivered"]);
  await server.done;
});

test("bookkeeping that fails is thrown, and leaves no dot behind", async () => {
  await using server = await playMailServer([[...lmtpHello, ...lmtpAlice.slice(0, -1), "UNFINISHED"]]);
  await using out = delivery();
  const report = wireReport(() => {
    throw new Error("database");
  });
  const sending = out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice"]), report, never);
  await expect(sending).rejects.toThrow("database");
  await server.done;
});

test("a spool file that is gone or cut is our own trouble, and nothing is sent whole", async () => {
  await using server = await playMailServer([
    [...lmtpHello, ...lmtpAlice.slice(0, -1), "UNFINISHED"],
    [...lmtpHello, ...lmtpBob.slice(0, -1), "UNFINISHED"],
  ]);
  await using out = delivery();
  const report = wireReport();
  const destination = `lmtp://127.0.0.1:${server.port}`;
  const [gone] = entries(destination, ["alice"], { spoolPath: join(directory.path, "gone") });
  const [cut] = entries(destination, ["bob"], { sizeBytes: 1000 });
  if (gone && cut) await out.send([gone, cut], report, never);
  expect(report.told).toEqual(["alice io 4.3.0", "bob io 4.3.0"]);
  await server.done;
});

test("a connection is kept for half a minute, then ended", async () => {
  const clock = new ManualClock();
  await using server = await playMailServer([
    [...lmtpHello, ...lmtpAlice, "S: 250 ok", ...lmtpBob, "S: 250 ok", ...quit],
  ]);
  await using out = delivery(clock);
  const destination = `lmtp://127.0.0.1:${server.port}`;
  await out.send(entries(destination, ["alice"]), wireReport(), never);
  clock.advance(29 * SECOND);
  await out.send(entries(destination, ["bob"]), wireReport(), never);
  expect(server.connections).toBe(1);
  clock.advance(30 * SECOND);
  await server.done;
});

test.each([
  { name: "closed", end: ["CLOSE"] },
  { name: "closed with 421", end: ["S: 421 4.4.2 idle", "CLOSE"] },
  { name: "closed at MAIL", end: [...said("sender@example.net", "bob").slice(0, 1), "CLOSE"] },
  {
    name: "421 at MAIL",
    end: [...said("sender@example.net", "bob").slice(0, 1), "S: 421 4.4.2 idle", "CLOSE"],
  },
])("a kept connection that the server gave up is replaced: $name", async ({ end }) => {
  await using server = await playMailServer([
    [...lmtpHello, ...lmtpAlice, "S: 250 ok", ...end],
    [...lmtpHello, ...lmtpBob, "S: 250 ok", ...quit],
  ]);
  const report = wireReport();
  {
    await using out = delivery();
    const destination = `lmtp://127.0.0.1:${server.port}`;
    await out.send(entries(destination, ["alice"]), report, never);
    await out.send(entries(destination, ["bob"]), report, never);
  }
  expect(report.told.slice(-2)).toEqual(["sending bob", "bob delivered"]);
  await server.done;
});

interface Silence {
  readonly name: string;
  readonly script: readonly string[];
  /** The script's step after which the clock moves. */
  readonly until: string;
  readonly limitMs: number;
  readonly told: readonly string[];
}

const silences: Silence[] = [
  {
    name: "no greeting",
    script: ["SILENT"],
    until: "SILENT",
    limitMs: 5 * MINUTE,
    told: [
      "alice destination-unreachable 4.4.1 unreachable",
      "bob destination-unreachable 4.4.1 unreachable",
    ],
  },
  {
    name: "no answer to MAIL",
    script: [...lmtpHello, ...said("sender@example.net", "alice"), "SILENT"],
    until: "SILENT",
    limitMs: 5 * MINUTE,
    told: [
      "alice destination-unreachable 4.4.1 unreachable",
      "bob destination-unreachable 4.4.1 unreachable",
    ],
  },
  {
    name: "no answer to the dot",
    script: [...lmtpHello, ...lmtpAlice, "SILENT"],
    until: "SILENT",
    limitMs: 10 * MINUTE,
    told: [
      "sending alice",
      "alice destination-unreachable 4.4.1 doubtful unreachable",
      "bob destination-unreachable 4.4.1 unreachable",
    ],
  },
];

test.each(silences)("silence has an end: $name", async ({ script, until, limitMs, told }) => {
  const clock = new ManualClock();
  await using server = await playMailServer([script]);
  await using out = delivery(clock);
  const report = wireReport();
  const sending = out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice", "bob"]), report, never);
  await server.reached(until);
  await clock.armed(limitMs);
  clock.advance(limitMs - 1);
  expect(report.answers.size).toBe(0);
  clock.advance(1);
  await sending;
  expect(report.told).toEqual(told);
});

test("a host that does not answer at all", async () => {
  const clock = new ManualClock();
  // Never told to connect, so it never does.
  await using out = delivery(clock, { openSocket: () => new Socket() });
  const report = wireReport();
  const sending = out.send(entries("smtp://mx.example", ["alice"]), report, never);
  await clock.armed(30 * SECOND);
  clock.advance(30 * SECOND);
  await sending;
  expect(report.told).toEqual(["alice destination-unreachable 4.4.1 unreachable"]);
});

test("nobody listens: the host is named, and the system's word", async () => {
  await using out = delivery();
  const report = wireReport();
  await out.send(entries("lmtp+unix:/nonexistent/socket", ["alice"]), report, never);
  expect(report.answers.get("alice")).toMatchObject({
    unreachable: true,
    failure: {
      code: "destination-unreachable",
      scope: "recipient",
      permanent: false,
      params: { host: "/nonexistent/socket", detail: "ENOENT" },
    },
  });
});

test("the process stops: what was not begun is cancelled, what is under way has two seconds", async () => {
  const clock = new ManualClock();
  await using server = await playMailServer([[...lmtpHello, ...lmtpAlice, "SILENT"]]);
  await using out = delivery(clock);
  const stop = new AbortController();
  const report = wireReport();
  const sending = out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice", "bob"]), report, stop.signal);
  await server.reached("SILENT");
  await clock.armed(10 * MINUTE);
  stop.abort();
  clock.advance(2 * SECOND - 1);
  expect(report.answers.size).toBe(0);
  clock.advance(1);
  await sending;
  expect(report.told).toEqual(["sending alice", "alice cancelled doubtful", "bob cancelled"]);
});

test("the process stops: a transaction under way that gets its answer in time is delivered", async () => {
  await using server = await playMailServer([[...lmtpHello, ...lmtpAlice, "S: 250 ok", ...quit]]);
  await using out = delivery();
  const stop = new AbortController();
  const report = wireReport(() => {
    stop.abort();
    return true;
  });
  await out.send(entries(`lmtp://127.0.0.1:${server.port}`, ["alice", "bob"]), report, stop.signal);
  expect(report.told).toEqual(["sending alice", "alice delivered", "bob cancelled"]);
});

test("a destination that cannot be read is a mistake of the settings: temporary", async () => {
  await using out = delivery();
  const report = wireReport();
  await out.send(entries("smtp://mx.example?tls=maybe", ["alice"]), report, never);
  expect(report.told).toEqual(["alice destination-unusable 4.3.5 unreachable"]);
});

test("a file of authorities that cannot be read: no connection is made", async () => {
  const report = wireReport();
  await using out = delivery(new ManualClock(), {
    readCaFile: async () => {
      throw Object.assign(new Error("gone"), { code: "ENOENT" });
    },
    openSocket: () => {
      throw new Error("not expected");
    },
  });
  await out.send(entries("smtps://mx.example?caFile=/x", ["alice"]), report, never);
  expect(report.answers.get("alice")).toMatchObject({
    failure: { code: "destination-unusable", permanent: false, params: { detail: "caFile ENOENT" } },
  });
});
