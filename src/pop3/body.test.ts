import fc from "fast-check";
import { expect, test } from "vitest";
import { BodyDecoder } from "./body.ts";

interface Decoded {
  text: string;
  octets: number;
  done: boolean;
  rest: string;
  startsLikeReply: boolean;
}

/** Decodes pieces as a session does, with fresh buffers, for they are overwritten. */
function decode(pieces: readonly string[], bareLf = false): Decoded {
  const decoder = new BodyDecoder(bareLf);
  let text = "";
  let rest = "";
  for (const piece of pieces) {
    const chunk = Buffer.from(piece, "latin1");
    if (decoder.done) {
      rest += piece;
      continue;
    }
    const { bytes, used } = decoder.decode(chunk);
    text += bytes.toString("latin1");
    rest += chunk.toString("latin1", used);
  }
  const { octets, done, startsLikeReply } = decoder;
  return { text, octets, done, rest, startsLikeReply };
}

const cases = [
  { name: "empty message", wire: ".\r\n", text: "", octets: 0 },
  { name: "one line", wire: "a\r\n.\r\n", text: "a\n", octets: 3 },
  { name: "empty line", wire: "\r\n.\r\n", text: "\n", octets: 2 },
  {
    name: "what follows is left alone",
    wire: "a\r\n.\r\n+OK next",
    text: "a\n",
    octets: 3,
    rest: "+OK next",
  },
  { name: "stuffed dot", wire: "..\r\n.\r\n", text: ".\n", octets: 3 },
  { name: "stuffed line", wire: "..a\r\n...\r\n.\r\n", text: ".a\n..\n", octets: 8 },
  { name: "a dot that nobody stuffed goes", wire: ".a\r\n.\r\n", text: "a\n", octets: 3 },
  { name: "LF dot LF is text (R-21)", wire: "a\n.\nb\r\n.\r\n", text: "a\n.\nb\n", octets: 7 },
  { name: "LF dot CRLF is text (R-21)", wire: "a\n.\r\nb\r\n.\r\n", text: "a\n.\nb\n", octets: 8 },
  { name: "CRLF dot LF is text (R-21)", wire: "a\r\n.\nb\r\n.\r\n", text: "a\n\nb\n", octets: 7 },
  { name: "no unstuffing behind a bare LF", wire: "a\n..b\r\n.\r\n", text: "a\n..b\n", octets: 7 },
  { name: "lone CR is kept (R-22)", wire: "a\rb\r\n.\r\n", text: "a\rb\n", octets: 5 },
  { name: "CR CR LF", wire: "a\r\r\n.\r\n", text: "a\r\n", octets: 4 },
  { name: "dot CR and more", wire: ".\rx\r\n.\r\n", text: "\rx\n", octets: 4 },
  { name: "dot CR CR LF", wire: ".\r\r\n.\r\n", text: "\r\n", octets: 3 },
  { name: "NUL and 8-bit bytes (R-22)", wire: "\0\xff\xfe\r\n.\r\n", text: "\0\xff\xfe\n", octets: 5 },
  {
    name: "the end without a line end before it is none",
    wire: "a.\r\nb\r\n.\r\n",
    text: "a.\nb\n",
    octets: 7,
  },
] as const;

test.each(cases)("body: $name", (one) => {
  const { wire, text, octets } = one;
  const rest = "rest" in one ? one.rest : "";
  expect(decode([wire])).toMatchObject({ text, octets, rest, done: true });
});

const bareCases = [
  { name: "LF dot LF ends", wire: "a\n.\n+OK", text: "a\n", rest: "+OK" },
  { name: "stuffing behind LF", wire: "..a\n.\n", text: ".a\n", rest: "" },
  { name: "CRLF in the mail", wire: "a\r\n.\r\n", text: "a\n", rest: "" },
];

test.each(bareCases)("body of a server with bare LF: $name", ({ wire, text, rest }) => {
  expect(decode([wire], true)).toMatchObject({ text, rest, done: true });
});

test.each([
  ["+OK 3 octets", true],
  ["-ERR no such", true],
  ["+OKAY", false],
  ["-ERROR", false],
  ["From: a", false],
])("a message that begins like a reply is told (R-23): %s", (line, startsLikeReply) => {
  expect(decode([`${line}\r\n.\r\n`])).toMatchObject({ startsLikeReply });
  expect(decode([...`${line}\r\n.\r\n`])).toMatchObject({ startsLikeReply });
});

test("a 64 KiB line needs no line end to flow", () => {
  const decoder = new BodyDecoder(false);
  const line = "x".repeat(65_536);
  expect(decoder.decode(Buffer.from(line)).bytes.length).toBe(65_536);
  expect(decoder.done).toBe(false);
});

const nasty = fc.array(fc.constantFrom("\r", "\n", ".", "a", "\r\n", "\r\n.", ".\r\n", "\0", "\xff"), {
  maxLength: 30,
});

test("equal for every cutting into two and for single bytes (R-22)", () => {
  fc.assert(
    fc.property(nasty, fc.boolean(), (parts, bareLf) => {
      const wire = `${parts.join("")}\r\n.\r\nrest`;
      const whole = decode([wire], bareLf);
      expect(whole.done).toBe(true);
      expect(decode([...wire], bareLf)).toEqual(whole);
      for (let cut = 1; cut < wire.length; cut++) {
        expect(decode([wire.slice(0, cut), wire.slice(cut)], bareLf)).toEqual(whole);
      }
    }),
  );
});

/** What RFC 1939 section 3 asks of a server. */
function stuff(message: string): string {
  const lines = message.split("\r\n");
  return `${lines.map((line) => (line.startsWith(".") ? `.${line}` : line)).join("\r\n")}\r\n.\r\n`;
}

test("what a server stuffs comes back", () => {
  fc.assert(
    fc.property(nasty, (parts) => {
      const message = parts.join("");
      const decoded = decode([stuff(message)]);
      expect(decoded.text).toBe(`${message}\r\n`.replaceAll("\r\n", "\n"));
      expect(decoded.octets).toBe(message.length + 2);
      expect(decoded.done).toBe(true);
    }),
  );
});
