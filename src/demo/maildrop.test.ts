import { expect, test } from "vitest";
import { storedMessage } from "./maildrop.ts";

const cases = [
  { name: "LF becomes CRLF", bytes: "a\nb\n", wire: "a\r\nb\r\n", sizeBytes: 6 },
  { name: "CRLF stays", bytes: "a\r\nb\r\n", wire: "a\r\nb\r\n", sizeBytes: 6 },
  { name: "the last line is ended", bytes: "a\nb", wire: "a\r\nb\r\n", sizeBytes: 6 },
  {
    name: "dots are stuffed and not counted",
    bytes: ".\n..\na.\n",
    wire: "..\r\n...\r\na.\r\n",
    sizeBytes: 11,
  },
  { name: "no lone CR or LF is lost", bytes: "a\rb\n\n\r\n", wire: "a\rb\r\n\r\n\r\n", sizeBytes: 9 },
  {
    name: "8-bit bytes and NUL pass",
    bytes: "\u00e9\u0000\u00ff\n",
    wire: "\u00e9\u0000\u00ff\r\n",
    sizeBytes: 5,
  },
  { name: "nothing", bytes: "", wire: "", sizeBytes: 0 },
];

test.each(cases)("a stored message on the wire: $name", ({ bytes, wire, sizeBytes }) => {
  const message = storedMessage("uid", Buffer.from(bytes, "latin1"));
  expect(message.sizeBytes).toBe(sizeBytes);
  expect(Buffer.concat([...message.wire()]).toString("latin1")).toBe(wire);
});
