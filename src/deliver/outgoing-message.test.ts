import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deliveryItem } from "../../test/support/delivery-item.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { nodeFileSystem } from "../spool/node-file-system.ts";
import type { DeliveryItem } from "./delivery.ts";
import { outgoingMessage } from "./outgoing-message.ts";

async function sent(given: Partial<DeliveryItem>, returnPath: "keep" | "omit"): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of outgoingMessage(nodeFileSystem, deliveryItem(given), returnPath))
    pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}

const cases = [
  {
    name: "our Return-Path goes",
    prefix: "Return-Path: <a@x>\nReceived: y\n",
    message: "S: z\n\n",
    rest: "Received: y\n",
  },
  {
    name: "folded",
    prefix: "return-path:\n <a@x>\n\tmore\nReceived: y\n",
    message: "\n",
    rest: "Received: y\n",
  },
  { name: "none there", prefix: "Received: y\n", message: "\n", rest: "Received: y\n" },
  { name: "no prefix: the message's own stays", prefix: "", message: "Return-Path: <a@x>\n\n", rest: "" },
  { name: "only the prefix is ours", prefix: "Return-Path: <a@x>\n", message: " folded?\n\n", rest: "" },
];

test.each(cases)("$name", async ({ prefix, message, rest }) => {
  await using directory = await temporaryDirectory("outgoing");
  const spoolPath = join(directory.path, "m");
  await writeFile(spoolPath, prefix + message);
  const item = { spoolPath, sizeBytes: prefix.length + message.length, prefixBytes: prefix.length };
  expect(await sent(item, "omit")).toBe(rest + message);
  expect(await sent({ ...item, extraFields: "X: y\n" }, "omit")).toBe(`X: y\n${rest}${message}`);
  expect(await sent({ ...item, extraFields: "X: y\n" }, "keep")).toBe(`X: y\n${prefix}${message}`);
});

test("any bytes, any size: what stands behind the prefix comes out", async () => {
  await using directory = await temporaryDirectory("outgoing");
  const spoolPath = join(directory.path, "m");
  const prefix = "Return-Path: <>\n";
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(900), async (bytes, repeats) => {
      const message = Buffer.concat(Array.from({ length: repeats }, () => Buffer.from(bytes)));
      await writeFile(spoolPath, Buffer.concat([Buffer.from(prefix), message]));
      const item = { spoolPath, sizeBytes: prefix.length + message.length, prefixBytes: prefix.length };
      expect((await sent(item, "omit")) === message.toString("latin1")).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test("a file that is gone or short is our own trouble", async () => {
  await using directory = await temporaryDirectory("outgoing");
  const spoolPath = join(directory.path, "m");
  await expect(sent({ spoolPath, sizeBytes: 3 }, "keep")).rejects.toMatchObject({
    failure: { code: "io", scope: "local" },
  });
  await writeFile(spoolPath, "ab");
  await expect(sent({ spoolPath, sizeBytes: 3 }, "keep")).rejects.toMatchObject({
    failure: { code: "io", params: { detail: `${spoolPath}: 2 of 3 bytes` } },
  });
});
