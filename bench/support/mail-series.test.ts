import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { equal, mailSeries, mixed, writeWireForm } from "./mail-series.ts";

test.each([
  { pieces: "whole", pieceBytes: undefined },
  { pieces: "in pieces", pieceBytes: 50 },
])("what goes on the wire $pieces is the message again, once its lines are read", async ({ pieceBytes }) => {
  await using directory = await temporaryDirectory("wire");
  const series = mailSeries([300, ...mixed(12), ...equal(2, 70_000)]);
  await writeWireForm(series, join(directory.path, "mail"), join(directory.path, "index"), pieceBytes);
  const mail = await readFile(join(directory.path, "mail"));
  const index = new BigUint64Array(new Uint8Array(await readFile(join(directory.path, "index"))).buffer);

  expect(index.length).toBe(series.sizes.length * 3);
  let end = 0;
  for (let at = 0; at < series.sizes.length; at++) {
    const [offset = 0, length = 0, octets = 0] = Array.from(index.subarray(at * 3, at * 3 + 3), Number);
    expect(offset).toBe(end);
    end = offset + length;
    const lines = mail.toString("latin1", offset, end).split("\r\n");
    expect(lines.slice(-2)).toEqual([".", ""]);
    const body = lines.slice(0, -2);
    expect(body.filter((line) => line === ".")).toEqual([]);
    const plain = body.map((line) => line.replace(/^\./, ""));
    expect(`${plain.join("\n")}\n` === series.message(at).toString("latin1")).toBe(true);
    expect(octets).toBe(plain.reduce((sum, line) => sum + line.length + 2, 0));
  }
  expect(end).toBe(mail.length);
});

test("the same sizes make the same messages", () => {
  const [one, other] = [mailSeries([500, 900]), mailSeries([500, 900])];
  expect(one.message(1).equals(other.message(1))).toBe(true);
  expect(one.message(1).length).toBe(900);
});
