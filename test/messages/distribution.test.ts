/**
 * Every message of this folder through `distribute`, against `expected.ts`; and what holds for all of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatAddress } from "../../src/core/address.ts";
import { distribute } from "../../src/distribute/distribute.ts";
import type { Distribution, DistributionRecipient } from "../../src/distribute/distribution.ts";
import { findHeaderEnd, Header } from "../../src/message/header.ts";
import { compileRoutingTable } from "../../src/route/routing-table.ts";
import { type Expected, expected } from "./expected.ts";
import { remoteAccounts, routingTable } from "./routing-table.ts";

const router = compileRoutingTable(routingTable);
const folder = new URL("./", import.meta.url);

function bytesOf(message: string): Buffer {
  return readFileSync(new URL(`${message}.eml`, folder));
}

test("every message has one expectation", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".eml"));
  expect(expected.map(({ message }) => `${message}.eml`).sort()).toEqual(files.sort());
});

function nameOf({ target, forwardPath }: DistributionRecipient): string {
  switch (target.kind) {
    case "local":
      return `${unquoted(target.account.address)}${target.domainWide ? `/${formatAddress(forwardPath)}` : ""}`;
    case "postmaster":
      return "postmaster";
    case "remote":
      return `remote:${formatAddress(target.address)}`;
    case "refused":
      return `refused:${target.failure.params.address}`;
  }
}

/** The table names people as they are called, without the quotation marks that RFC 5321 asks for. */
function unquoted(address: string): string {
  return address.replaceAll('"', "");
}

function rowOf(message: string, account: Expected["account"], distribution: Distribution): Expected {
  const { reversePath, recipients, postmasterReason, specialHeaderAbsent, decisions } = distribution;
  const others = decisions.filter(({ verdict }) => verdict !== "recipient" && verdict !== "unknown-user");
  return {
    message,
    ...(account === undefined ? {} : { account }),
    sender: reversePath === null ? "<>" : `${reversePath.localPart}@${reversePath.domain}`,
    gets: recipients.map(nameOf),
    ...(recipients.every(({ notify }) => notify === "failure") ? { notify: "failure" } : {}),
    ...(postmasterReason === null ? {} : { because: postmasterReason }),
    ...(specialHeaderAbsent ? { specialHeaderAbsent } : {}),
    ...(others.length > 0 ? { others: others.map(({ verdict, text }) => `${verdict} ${text}`) } : {}),
  };
}

test.each(expected)("$message", (row) => {
  const input = remoteAccounts[row.account ?? "plain"];
  const { header } = Header.parse(bytesOf(row.message));
  const distribution = distribute(input, header, router);
  expect(rowOf(row.message, row.account, distribution)).toEqual(row);
  const notifies = new Set(distribution.recipients.map(({ notify }) => notify));
  expect(notifies.size).toBe(1);
});

test.each(expected)(
  "nothing but Return-Path and special header is removed: $message",
  ({ message, account }) => {
    const input = remoteAccounts[account ?? "plain"];
    const bytes = bytesOf(message);
    const { header, headerEnd, bodyOffset } = Header.parse(bytes);
    const removed = ["return-path"];
    if (input.kind === "unified" && input.specialHeader !== null)
      removed.push(input.specialHeader.toLowerCase());

    expect(Buffer.from(header.toBytes()).equals(bytes.subarray(0, headerEnd))).toBe(true);
    expect(bytes.subarray(headerEnd, bodyOffset).toString("latin1")).toMatch(/^(\r?\n)?$/);

    // The same with another method: line by line, over text.
    const kept: string[] = [];
    let dropping = false;
    for (const line of bytes
      .subarray(0, headerEnd)
      .toString("latin1")
      .split(/(?<=\n)/)) {
      if (!/^[ \t]/.test(line))
        dropping = removed.includes(line.replace(/[ \t]*:[\s\S]*$/, "").toLowerCase());
      if (!dropping) kept.push(line);
    }
    const left = distribute(input, header, router).header.toBytes();
    expect(Buffer.from(left).toString("latin1")).toBe(kept.join(""));
  },
);

test.each(expected)("the end of the header is found however the bytes come: $message", ({ message }) => {
  const bytes = bytesOf(message).subarray(0, 2000);
  const whole = findHeaderEnd(bytes, 0);
  let found = -1;
  let seen = 0;
  for (let size = 1; size <= bytes.length && found === -1; size++) {
    found = findHeaderEnd(bytes.subarray(0, size), seen);
    seen = size;
  }
  expect(found).toBe(whole);
});
