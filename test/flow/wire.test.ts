/** From a provider's maildrop to servers and programs: the whole way of a message that leaves by a wire. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/time.ts";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { systemClock } from "../../src/system/clock.ts";
import { startInstallation } from "../support/installation.ts";
import { playMailServer } from "../support/mail-dialogue.ts";

const said = [
  "C: MAIL FROM:<bob@example.net>",
  "C: RCPT TO:<alice@example.com>",
  "C: DATA",
  "S: 250 ok",
  "S: 250 ok",
  "S: 354 go",
];
const hello = ["S: 220 sink", "C: LHLO us.example", "S: 250-sink", "S: 250 PIPELINING"];
const message = "Return-Path: <bob@example.net>\r\nSubject: one\r\n\r\n.dot\r\nbody\r\n";

/** An installation whose account `alice` has this destination, and a provider with one message for her. */
async function world(destinationOf: (dataDir: string) => string) {
  const maildrop = new MemoryMaildrop();
  maildrop.add(storedMessage("u1", Buffer.from(message)));
  const provider = await startProvider({
    accounts: (login) => (login === "alice" ? { password: "secret", maildrop } : undefined),
    uidl: true,
  });
  let passedMs = 0;
  const rpop = await startInstallation({ ...systemClock, now: () => systemClock.now() + passedMs });
  await rpop.apply({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB", serverName: "us.example" },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [
          {
            name: "alice",
            destination: destinationOf(rpop.dataDir),
            remoteAccounts: [
              { account: "alice", server: `127.0.0.1:${provider.port}`, password: "secret", tls: "off" },
            ],
          },
        ],
      },
    ],
  });
  return {
    rpop,
    /** Moves the wall clock past the first retry. */
    wait: () => {
      passedMs += 2 * MINUTE;
    },
    async [Symbol.asyncDispose]() {
      await rpop[Symbol.asyncDispose]();
      await provider.stop();
    },
  };
}

test("LMTP: taken, handed over, gone from the provider and from the queue", async () => {
  await using server = await playMailServer([
    [...hello, ...said, "DATA", "S: 250 saved", "C: QUIT", "S: 221 bye"],
  ]);
  await using made = await world(() => `lmtp://127.0.0.1:${server.port}`);
  await made.rpop.poll();
  const [got = ""] = server.messages;
  expect(got).toMatch(/^Received: /);
  expect(got).not.toContain("Return-Path");
  expect(got.slice(got.indexOf("Subject:"))).toBe("Subject: one\r\n\r\n.dot\r\nbody\r\n");
  const kinds = (await made.rpop.trace({ recipient: "alice@example.com" })).map(({ kind }) => kind);
  expect(kinds).toContain("delivered");
  await server.done;
});

test("LMTP: the answer to the dot is lost: the mail is sent again, under the doubt", async () => {
  const good = [...hello, ...said, "DATA", "S: 250 saved", "C: QUIT", "S: 221 bye"];
  await using server = await playMailServer([[...hello, ...said, "DATA", "CLOSE"], good]);
  await using made = await world(() => `lmtp://127.0.0.1:${server.port}`);
  await made.rpop.poll();
  made.wait();
  await made.rpop.poll();
  expect(server.messages).toHaveLength(2);
  expect(server.messages[0]).toBe(server.messages[1]);
  await server.done;
});

test("a pipe gets the message with its Return-Path", async () => {
  await using made = await world((dataDir) => `pipe:/bin/sh -c 'cat > "$1"' sh ${join(dataDir, "got")}`);
  await made.rpop.poll();
  const got = await readFile(join(made.rpop.dataDir, "got"), "utf8");
  expect(got).toMatch(/^Return-Path: <bob@example.net>\nReceived: /);
  expect(got.slice(got.indexOf("Subject:"))).toBe("Subject: one\n\n.dot\nbody\n");
});
