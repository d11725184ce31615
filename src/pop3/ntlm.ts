/**
 * NTLMv2 as a client (MS-NLMP), for `AUTH NTLM` (MS-POP3) and `AUTH MSN`.
 *
 * Never LM and never NTLMv1. The server's message is read by its own lengths and offsets only after these were
 * checked. No signing and no sealing is asked for: the connection's own TLS does that, and without TLS the
 * method is used only where the account allows it.
 */
import { createHmac } from "node:crypto";
import { md4 } from "./md4.ts";
import { SaslFault, type SaslMechanism } from "./sasl.ts";

/** Whose password, and of which domain; UTF-16 text as the protocol wants it. */
export interface NtlmIdentity {
  readonly user: string;
  /** Empty: the server decides. */
  readonly domain: string;
}

/** What an answer depends on besides the server: handed in, so that a test can repeat it. */
export interface NtlmChance {
  /** 8 random bytes. */
  readonly clientChallenge: Uint8Array;
  /** Milliseconds since 1970; used where the server does not tell its own time. */
  readonly now: number;
}

/** What the server's CHALLENGE_MESSAGE says (MS-NLMP, 2.2.1.2). */
export interface NtlmChallenge {
  /** 8 bytes. */
  readonly serverChallenge: Buffer;
  /** NegotiateFlags. */
  readonly flags: number;
  /** AV pairs in the server's order, without the one that ends them; empty where it sent none. */
  readonly targetInfo: readonly AvPair[];
}

export interface AvPair {
  readonly id: number;
  readonly value: Buffer;
}

const SIGNATURE = Buffer.from("NTLMSSP\0", "latin1");

const UNICODE = 0x0000_0001;
const REQUEST_TARGET = 0x0000_0004;
const NTLM = 0x0000_0200;
const ALWAYS_SIGN = 0x0000_8000;
const EXTENDED_SESSION_SECURITY = 0x0008_0000;
const TARGET_INFO = 0x0080_0000;

const AV_END = 0;
const AV_FLAGS = 6;
const AV_TIMESTAMP = 7;
/** MsvAvFlags: the AUTHENTICATE_MESSAGE holds a MIC. */
const AV_FLAG_MIC = 0x2;

/** Between the epochs of Windows (1601) and Unix (1970), milliseconds. */
const EPOCHS_APART_MS = 11_644_473_600_000;

/**
 * `DOMAIN\user` names its domain; `user@domain` is sent as it is, for the server knows such names; so is `user`.
 *
 * @returns null where the bytes are no UTF-8: the protocol has no other way to say them
 */
export function ntlmIdentity(login: Uint8Array): NtlmIdentity | null {
  const text = ntlmText(login);
  if (text === null) return null;
  const split = text.indexOf("\\");
  return split < 0
    ? { user: text, domain: "" }
    : { user: text.slice(split + 1), domain: text.slice(0, split) };
}

/** Text of UTF-8 bytes; null where they are none. */
export function ntlmText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * @param name the mechanism's name on the wire: `NTLM`, or `MSN` for the same exchange at MSN
 */
export function ntlm(
  name: "NTLM" | "MSN",
  identity: NtlmIdentity,
  password: string,
  chance: NtlmChance,
): SaslMechanism {
  const negotiate = ntlmNegotiate();
  let done = false;
  return {
    name,
    initial: negotiate,
    // Exchange and MSN know the exchange only this way (MS-POP3, 3.1.5).
    waitsForGo: true,
    challenges: "strict",
    isDone: () => done,
    respond: async (challenge) => {
      if (done) throw new SaslFault("extra-challenge");
      done = true;
      return ntlmAuthenticate(negotiate, challenge, identity, password, chance);
    },
  };
}

/** NEGOTIATE_MESSAGE (MS-NLMP, 2.2.1.1): no domain, no workstation, no version. */
export function ntlmNegotiate(): Buffer {
  const message = Buffer.alloc(32);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(UNICODE | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED_SESSION_SECURITY, 12);
  // Empty fields point behind the header, as Windows itself writes them.
  message.writeUInt32LE(32, 20);
  message.writeUInt32LE(32, 28);
  return message;
}

/**
 * Reads a CHALLENGE_MESSAGE (MS-NLMP, 2.2.1.2).
 *
 * @throws SaslFault `ntlm-signature`, `ntlm-type`, `ntlm-length`, `ntlm-offset`, `ntlm-flags`, `ntlm-target-info`
 */
export function parseNtlmChallenge(message: Buffer): NtlmChallenge {
  if (!message.subarray(0, 8).equals(SIGNATURE)) throw new SaslFault("ntlm-signature");
  if (message.length < 32) throw new SaslFault("ntlm-length");
  if (message.readUInt32LE(8) !== 2) throw new SaslFault("ntlm-type");
  const flags = message.readUInt32LE(20);
  if ((flags & UNICODE) === 0) throw new SaslFault("ntlm-flags");
  // Not used, but a message that lies about it is not read on.
  field(message, 12, 32);
  const targetInfo = (flags & TARGET_INFO) === 0 ? [] : parseTargetInfo(field(message, 40, 48));
  return { serverChallenge: message.subarray(24, 32), flags, targetInfo };
}

/** The bytes that a length and an offset at `at` name; they lie behind the header. */
function field(message: Buffer, at: number, headerBytes: number): Buffer {
  if (message.length < headerBytes) throw new SaslFault("ntlm-length");
  const sizeBytes = message.readUInt16LE(at);
  if (sizeBytes === 0) return Buffer.alloc(0);
  const offset = message.readUInt32LE(at + 4);
  if (offset < headerBytes || offset + sizeBytes > message.length) throw new SaslFault("ntlm-offset");
  return message.subarray(offset, offset + sizeBytes);
}

function parseTargetInfo(bytes: Buffer): AvPair[] {
  const pairs: AvPair[] = [];
  if (bytes.length === 0) return pairs;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const id = bytes.readUInt16LE(at);
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    if (end > bytes.length) break;
    if (id === AV_END) return pairs;
    pairs.push({ id, value: bytes.subarray(at + 4, end) });
    at = end;
  }
  throw new SaslFault("ntlm-target-info");
}

/**
 * AUTHENTICATE_MESSAGE (MS-NLMP, 2.2.1.3) with an NTLMv2 response (3.3.2).
 *
 * A server that tells its time wants the message integrity code (3.1.5.1.2): it proves that nobody changed the two
 * messages before. Others may not know it, and get none.
 *
 * @param negotiate what was sent first; the code covers it
 * @param challenge the server's message as it came
 * @throws SaslFault as `parseNtlmChallenge` does
 */
export function ntlmAuthenticate(
  negotiate: Buffer,
  challenge: Buffer,
  identity: NtlmIdentity,
  password: string,
  chance: NtlmChance,
): Buffer {
  const { serverChallenge, flags, targetInfo } = parseNtlmChallenge(challenge);
  const timestamp = targetInfo.find(({ id, value }) => id === AV_TIMESTAMP && value.length === 8);
  const withMic = timestamp !== undefined;
  const key = ntlmV2Key(identity, password);
  const blob = ntlmV2Blob(
    timestamp?.value ?? fileTime(chance.now),
    chance.clientChallenge,
    withMic ? announceMic(targetInfo) : targetInfo,
  );
  const proof = hmacMd5(key, serverChallenge, blob);
  const lmProof = hmacMd5(key, serverChallenge, chance.clientChallenge);
  // Beside a MIC the LM response is zeros (MS-NLMP, 3.1.5.1.2).
  const lmResponse = withMic ? Buffer.alloc(24) : Buffer.concat([lmProof, chance.clientChallenge]);
  const message = authenticateMessage({
    flags: flags & (UNICODE | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED_SESSION_SECURITY | TARGET_INFO),
    headerBytes: withMic ? 88 : 64,
    fields: [
      lmResponse,
      Buffer.concat([proof, blob]),
      Buffer.from(identity.domain, "utf16le"),
      Buffer.from(identity.user, "utf16le"),
    ],
  });
  if (withMic) hmacMd5(hmacMd5(key, proof), negotiate, challenge, message).copy(message, 72);
  return message;
}

/** NTOWFv2 (MS-NLMP, 3.3.2): what stands for the password. */
export function ntlmV2Key(identity: NtlmIdentity, password: string): Buffer {
  const owner = Buffer.from(upperCase(identity.user) + identity.domain, "utf16le");
  return hmacMd5(md4(Buffer.from(password, "utf16le")), owner);
}

/** NTLMv2_CLIENT_CHALLENGE (MS-NLMP, 2.2.2.7), called `temp` in 3.3.2. */
export function ntlmV2Blob(time: Uint8Array, clientChallenge: Uint8Array, pairs: readonly AvPair[]): Buffer {
  const nothing = Buffer.alloc(4);
  return Buffer.concat([
    Buffer.of(1, 1, 0, 0),
    nothing,
    time,
    clientChallenge,
    nothing,
    ...pairs.flatMap(({ id, value }) => [pairHeader(id, value.length), value]),
    pairHeader(AV_END, 0),
    nothing,
  ]);
}

function announceMic(pairs: readonly AvPair[]): AvPair[] {
  const given = pairs.find(({ id, value }) => id === AV_FLAGS && value.length === 4);
  const value = Buffer.alloc(4);
  value.writeUInt32LE(((given?.value.readUInt32LE(0) ?? 0) | AV_FLAG_MIC) >>> 0);
  return [...pairs.filter(({ id }) => id !== AV_FLAGS), { id: AV_FLAGS, value }];
}

function pairHeader(id: number, sizeBytes: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(id, 0);
  header.writeUInt16LE(sizeBytes, 2);
  return header;
}

/** Header, then the fields one behind the other; workstation and session key stay empty. */
function authenticateMessage(parts: {
  readonly flags: number;
  readonly headerBytes: number;
  readonly fields: readonly Buffer[];
}): Buffer {
  const header = Buffer.alloc(parts.headerBytes);
  SIGNATURE.copy(header);
  header.writeUInt32LE(3, 8);
  const empty = Buffer.alloc(0);
  let offset = parts.headerBytes;
  for (const [index, bytes] of [...parts.fields, empty, empty].entries()) {
    const at = 12 + 8 * index;
    header.writeUInt16LE(bytes.length, at);
    header.writeUInt16LE(bytes.length, at + 2);
    header.writeUInt32LE(offset, at + 4);
    offset += bytes.length;
  }
  header.writeUInt32LE(parts.flags >>> 0, 60);
  return Buffer.concat([header, ...parts.fields]);
}

function fileTime(now: number): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(now + EPOCHS_APART_MS) * 10_000n);
  return time;
}

/** Character by character, as Windows does: `ß` stays one letter. */
function upperCase(text: string): string {
  return [...text]
    .map((letter) => {
      const upper = letter.toUpperCase();
      return upper.length === letter.length ? upper : letter;
    })
    .join("");
}

function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac("md5", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}
