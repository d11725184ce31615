/** NTLMv2 by the examples of MS-NLMP, and what is refused. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ntlm,
  ntlmAuthenticate,
  ntlmIdentity,
  ntlmNegotiate,
  ntlmText,
  ntlmV2Blob,
  ntlmV2Key,
  parseNtlmChallenge,
} from "./ntlm.ts";
import { SaslFault } from "./sasl.ts";

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ""), "hex");

// MS-NLMP, 4.2.1 and 4.2.4.
const identity = { user: "User", domain: "Domain" };
const password = "Password";
const clientChallenge = Buffer.alloc(8, 0xaa);
const challengeMessage = hex(`
  4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000
  060070170000000f 530065007200760065007200
  02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000`);
const key = hex("0c868a403bfd7a93a3001ef22ef02e3f");
const proof = hex("68cd0ab851e51c96aabc927bebef6a1c");
const lmResponse = hex("86c35097ac9cec102554764a57cccc19 aaaaaaaaaaaaaaaa");
const sessionKey = hex("8de40ccadbc14a82f15cb0ad0de95ca3");
/** The moment at which Windows' clock stood at zero, as the examples have it. */
const windowsEpoch = -11_644_473_600_000;

/** The fields of an AUTHENTICATE_MESSAGE, by its own lengths and offsets. */
function fieldsOf(message: Buffer) {
  const field = (at: number) => {
    const offset = message.readUInt32LE(at + 4);
    return message.subarray(offset, offset + message.readUInt16LE(at));
  };
  return {
    type: message.readUInt32LE(8),
    lm: field(12),
    nt: field(20),
    domain: field(28).toString("utf16le"),
    user: field(36).toString("utf16le"),
    workstation: field(44).toString("utf16le"),
    sessionKey: field(52),
    flags: message.readUInt32LE(60),
  };
}

function challenge(more: { flags?: number; targetInfo?: Buffer; headerBytes?: number }): Buffer {
  const { flags = 0x00800001, targetInfo = Buffer.alloc(4), headerBytes = 48 } = more;
  const header = Buffer.alloc(headerBytes);
  header.write("NTLMSSP\0", "latin1");
  header.writeUInt32LE(2, 8);
  header.writeUInt32LE(flags >>> 0, 20);
  hex("0123456789abcdef").copy(header, 24);
  if (headerBytes >= 48) {
    header.writeUInt16LE(targetInfo.length, 40);
    header.writeUInt16LE(targetInfo.length, 42);
    header.writeUInt32LE(48, 44);
  }
  return Buffer.concat([header, headerBytes >= 48 ? targetInfo : Buffer.alloc(0)]);
}

function changed(message: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(message);
  change(copy);
  return copy;
}

test("the key of a password (MS-NLMP, 4.2.4.1.1)", () => {
  expect(ntlmV2Key(identity, password)).toEqual(key);
  expect(ntlmV2Key({ user: "uSER", domain: "Domain" }, password)).toEqual(key);
  expect(ntlmV2Key({ user: "User", domain: "DOMAIN" }, password)).not.toEqual(key);
});

test("the challenge of the example, read", () => {
  const { serverChallenge, flags, targetInfo } = parseNtlmChallenge(challengeMessage);
  expect(serverChallenge.toString("hex")).toBe("0123456789abcdef");
  expect(flags).toBe(0xe28a8233);
  expect(targetInfo.map(({ id, value }) => [id, value.toString("utf16le")])).toEqual([
    [2, "Domain"],
    [1, "Server"],
  ]);
});

test("the responses of the example (MS-NLMP, 4.2.4.2)", () => {
  const chance = { clientChallenge, now: windowsEpoch };
  const message = ntlmAuthenticate(ntlmNegotiate(), challengeMessage, identity, password, chance);
  const { nt, ...rest } = fieldsOf(message);
  expect(rest).toEqual({
    type: 3,
    lm: lmResponse,
    domain: "Domain",
    user: "User",
    workstation: "",
    sessionKey: Buffer.alloc(0),
    flags: 0x00888201,
  });
  expect(nt.subarray(0, 16)).toEqual(proof);
  expect(nt.subarray(16)).toEqual(
    hex(`0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000
         02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000`),
  );
  expect(createHmac("md5", key).update(proof).digest()).toEqual(sessionKey);
});

test("a server that tells its time gets it back, with the code over all three messages", () => {
  const time = hex("0102030405060708");
  const targetInfo = Buffer.concat([
    hex("06000400 01000000 02000200 4100 07000800"),
    time,
    hex("01000200 4200 00000000"),
  ]);
  const negotiate = ntlmNegotiate();
  const told = challenge({ targetInfo });
  const message = ntlmAuthenticate(negotiate, told, identity, password, { clientChallenge, now: 0 });
  const { lm, nt } = fieldsOf(message);
  expect(lm).toEqual(Buffer.alloc(24));
  expect(nt.subarray(24, 32)).toEqual(time);
  // What the server said, but for MsvAvFlags: its own bit, and the one for the code (MS-NLMP, 2.2.2.1).
  const pairs = Buffer.concat([hex("02000200 4100 07000800"), time, hex("01000200 4200 06000400 03000000")]);
  expect(nt.subarray(44)).toEqual(Buffer.concat([pairs, Buffer.alloc(8)]));
  const withoutCode = changed(message, (copy) => copy.fill(0, 72, 88));
  const session = createHmac("md5", key).update(nt.subarray(0, 16)).digest();
  const code = createHmac("md5", session).update(negotiate).update(told).update(withoutCode).digest();
  expect(message.subarray(72, 88)).toEqual(code);
});

test("a server without target info is answered all the same, by our own clock", () => {
  const chance = { clientChallenge, now: windowsEpoch + 1 };
  const told = challenge({ flags: 1, headerBytes: 32 });
  const { nt, lm } = fieldsOf(ntlmAuthenticate(ntlmNegotiate(), told, identity, password, chance));
  expect(lm).toEqual(lmResponse);
  // A millisecond is 10,000 of Windows' ticks.
  expect(nt.subarray(16)).toEqual(ntlmV2Blob(hex("1027000000000000"), clientChallenge, []));
});

test("the first message offers NTLM version 2 in Unicode, and names nobody (MS-NLMP, 2.2.1.1)", () => {
  expect(ntlmNegotiate()).toEqual(
    hex("4e544c4d53535000 01000000 05820800 0000000020000000 0000000020000000"),
  );
});

test.each([
  ["user", "user", ""],
  ["DOMAIN\\user", "user", "DOMAIN"],
  ["user@example.com", "user@example.com", ""],
  ["DOMAIN\\a\\b", "a\\b", "DOMAIN"],
  ["日本\\é", "é", "日本"],
])("the login %s", (login, user, domain) => {
  expect(ntlmIdentity(Buffer.from(login))).toEqual({ user, domain });
});

test("bytes that are no UTF-8 have no NTLM form", () => {
  expect(ntlmIdentity(Buffer.of(0xff))).toBeNull();
  expect(ntlmText(Buffer.of(0xff))).toBeNull();
});

test("a letter whose capital is two stays as it is", () => {
  expect(ntlmV2Key({ user: "ß", domain: "" }, password)).not.toEqual(
    ntlmV2Key({ user: "SS", domain: "" }, password),
  );
  expect(ntlmV2Key({ user: "é", domain: "" }, password)).toEqual(
    ntlmV2Key({ user: "É", domain: "" }, password),
  );
});

test("MSN is the same exchange under another name", async () => {
  const chance = { clientChallenge, now: 0 };
  const [one, other] = (["NTLM", "MSN"] as const).map((name) => ntlm(name, identity, password, chance));
  expect([one?.name, other?.name]).toEqual(["NTLM", "MSN"]);
  expect(other?.initial).toEqual(one?.initial);
  expect(await other?.respond(challengeMessage)).toEqual(await one?.respond(challengeMessage));
  expect(one?.isDone()).toBe(true);
  await expect(one?.respond(challengeMessage)).rejects.toThrow(SaslFault);
});

const infoOf = (bytes: string) => challenge({ targetInfo: hex(bytes) });

test.each([
  { name: "nothing", message: Buffer.alloc(0), reason: "ntlm-signature" },
  {
    name: "another signature",
    message: changed(challengeMessage, (copy) => copy.write("NTLMSSX")),
    reason: "ntlm-signature",
  },
  { name: "a header cut short", message: challengeMessage.subarray(0, 31), reason: "ntlm-length" },
  {
    name: "target info promised, header too short for it",
    message: challenge({ headerBytes: 40 }),
    reason: "ntlm-length",
  },
  { name: "our own message back", message: ntlmNegotiate(), reason: "ntlm-type" },
  { name: "no Unicode", message: challenge({ flags: 0x00800002 }), reason: "ntlm-flags" },
  {
    name: "a target name beyond the end",
    message: changed(challengeMessage, (copy) => copy.writeUInt32LE(challengeMessage.length - 11, 16)),
    reason: "ntlm-offset",
  },
  {
    name: "target info beyond the end",
    message: changed(challengeMessage, (copy) => copy.writeUInt32LE(0xffffffff, 44)),
    reason: "ntlm-offset",
  },
  {
    name: "target info within the header",
    message: changed(challengeMessage, (copy) => copy.writeUInt32LE(47, 44)),
    reason: "ntlm-offset",
  },
  { name: "target info without end", message: infoOf("02000200 4100"), reason: "ntlm-target-info" },
  { name: "a pair longer than the info", message: infoOf("02000300 4100"), reason: "ntlm-target-info" },
  { name: "half a pair", message: infoOf("0200"), reason: "ntlm-target-info" },
])("refused (R-39): $name", ({ message, reason }) => {
  expect(() => parseNtlmChallenge(message)).toThrow(expect.objectContaining({ reason }));
});

test("whatever a server sends is read within its bytes, or refused", () => {
  const start = Buffer.from("NTLMSSP\0\x02\0\0\0", "latin1");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, framed) => {
      const message = framed ? Buffer.concat([start, bytes]) : Buffer.from(bytes);
      try {
        const { targetInfo } = parseNtlmChallenge(message);
        for (const { value } of targetInfo) expect(message.includes(value)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(SaslFault);
      }
    }),
  );
});
